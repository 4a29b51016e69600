//! Who is asked: providers with their keys, and recordings.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::anyhow;

use super::{Desk, Exit, Failure, exchange};
use crate::config::Keys;
use crate::domain::{Fit, Hash, Model, Provider, Server, Source};
use crate::pass::Rater;
use crate::pass::collect::client;
use crate::provider::{Client, Found, Recorded, SetUpError};
use crate::store::Store;

/// What to do about a key that is missing.
pub(super) const WHERE_KEYS_ARE: &str = "set it in the environment, or in a file .env beside config.toml; \
    api_key_env names another variable, and \"\" says that the server takes none";

/// A client for each rater, in their order. Every missing key is told at once.
pub(super) fn clients(desk: &Desk, raters: &[Rater]) -> Result<Vec<Option<Arc<Client>>>, Failure> {
    let keys = Keys::beside(&desk.config.root)?;
    let models: Vec<&Model> = raters.iter().map(|rater| &rater.model).collect();
    let missing = missing(&keys, &models);
    if !missing.is_empty() {
        let names = missing.join(", ");
        return Err(Failure::new(Exit::Account, anyhow!("no key in {names}")).hint(WHERE_KEYS_ARE));
    }
    let mut recordings = Recordings::new();
    models.into_iter().map(|model| one(&keys, model, &mut recordings)).collect()
}

/// Those that are open, by their files: models may share one.
pub(super) type Recordings = HashMap<PathBuf, Arc<dyn Recorded>>;

/// The client of one model.
pub(super) fn one(
    keys: &Keys,
    model: &Model,
    recordings: &mut Recordings,
) -> Result<Option<Arc<Client>>, Failure> {
    let key = server(model).and_then(|server| server.api_key_env.as_ref()).and_then(|name| keys.get(name));
    let recorded = match &model.source {
        Source::Asked(Provider::Replay(recording)) => {
            let file = &recording.file;
            if !recordings.contains_key(file) {
                recordings.insert(file.clone(), open(file)?);
            }
            recordings.get(file).cloned()
        }
        _ => None,
    };
    client(model, key.as_ref(), recorded).map_err(|error| {
        let exit = match error {
            SetUpError::Key { .. } => Exit::Account,
            SetUpError::Connection { .. } => Exit::Failed,
        };
        Failure::new(exit, error)
    })
}

/// The variables that should hold a key and do not, each with the models that need it.
pub(super) fn missing(keys: &Keys, models: &[&Model]) -> Vec<String> {
    let mut missing: Vec<String> = models
        .iter()
        .filter_map(|model| {
            let variable = server(model)?.api_key_env.as_ref()?;
            keys.get(variable).is_none().then(|| format!("{variable} (for {})", model.id))
        })
        .collect();
    missing.dedup();
    missing
}

/// The server that is asked for a model; `None` for mocks, replays and labels.
pub(super) fn server(model: &Model) -> Option<&Server> {
    match &model.source {
        Source::Asked(Provider::Http(server)) => Some(server),
        _ => None,
    }
}

/// Host and port of a server's address.
pub(super) fn host(server: &Server) -> &str {
    let behind_scheme = server.base_url.split_once("://").map_or(&*server.base_url, |(_, rest)| rest);
    behind_scheme.split('/').next().unwrap_or_default()
}

/// A recording as a store: another store as it is, an export read into memory.
fn open(path: &Path) -> Result<Arc<dyn Recorded>, Failure> {
    if !path.exists() {
        return Err(Failure::usage(anyhow!("{} is not there", path.display()))
            .hint("`file` of the model names an export (.jsonl) or a store (.sqlite)"));
    }
    let is_export = path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("jsonl"));
    let store = if is_export {
        let store = Store::in_memory()?;
        exchange::import_into(&store, path)?;
        store
    } else {
        Store::open_to_read(path)?
    };
    Ok(Arc::new(Recording(store)))
}

struct Recording(Store);

impl Recorded for Recording {
    fn find(&self, key: Hash) -> Found<'_> {
        Box::pin(async move { self.0.find(key, Fit::ANY).await.map_err(|error| error.to_string()) })
    }
}
