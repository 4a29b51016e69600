//! Who rates: models of the config, in the manner that is asked for, and columns of labels.

use std::sync::Arc;

use anyhow::anyhow;

use super::{Desk, Failure};
use crate::ask::Asker;
use crate::cli;
use crate::config::unknown_model;
use crate::domain::{Limits, Model, Rubric, Settings, Source, names};
use crate::pass::Rater;
use crate::provider;
use crate::read::Catalogue;

/// How models are asked.
#[derive(Clone, Copy)]
pub(super) enum Manner {
    /// As the config says.
    Config,
    /// In batches, where they can be.
    Batches,
    /// At once.
    Online,
}

impl Manner {
    pub(super) fn told(args: &cli::Score) -> Self {
        match (args.batch, args.online) {
            (true, _) => Self::Batches,
            (_, true) => Self::Online,
            _ => Self::Config,
        }
    }

    fn of(self, model: Model) -> Model {
        let in_batches = match self {
            Self::Config => model.in_batches,
            Self::Batches => model.batches.is_some(),
            Self::Online => false,
        };
        Model { in_batches, ..model }
    }
}

/// The raters by name, ready to make their questions.
pub(super) fn raters(
    desk: &Desk,
    (named, manner): (&[String], Manner),
    rubric: &Arc<Rubric>,
    catalogue: &Catalogue,
) -> Result<Vec<Rater>, Failure> {
    let names = if named.is_empty() { &desk.config.models } else { named };
    let mut raters: Vec<Rater> = Vec::new();
    for name in names.iter().map(|name| name.trim()) {
        let model = match name.strip_prefix("label:") {
            Some(column) => label_rater(name, column, catalogue)?,
            None => asked_rater(desk, name, manner)?,
        };
        if let Some(twin) = raters.iter().find(|rater| rater.model.is_same_rater(&model)) {
            let twin = &twin.model.id;
            return Err(Failure::usage(anyhow!(
                "`{twin}` and `{name}` are the same rater: it would be counted twice"
            ))
            .hint("name it once; more answers of one rater are --samples"));
        }
        let asker = match &model.source {
            Source::Asked(asked) => Some(Asker::new(Arc::clone(rubric), &model, provider::endpoint(asked))?),
            Source::Label { .. } => None,
        };
        raters.push(Rater { model, asker });
    }
    Ok(raters)
}

pub(super) fn asked_rater(desk: &Desk, name: &str, manner: Manner) -> Result<Model, Failure> {
    let known = &desk.config.known_models;
    let found = known.iter().find(|model| *model.id == *name).cloned();
    found.map(|model| manner.of(model)).ok_or_else(|| {
        Failure::usage(anyhow!("{}", unknown_model(name, known)))
            .hint(format!("[models.{name}] in config.toml defines it; label:COLUMN is a column of the table"))
    })
}

fn label_rater(id: &str, column: &str, catalogue: &Catalogue) -> Result<Model, Failure> {
    let columns = catalogue.column_names();
    if !columns.iter().any(|known| known == column) {
        let hint = match names::nearest(column, columns.iter().map(String::as_str)) {
            Some(near) => format!("did you mean label:{near}?"),
            None if columns.is_empty() => "labels stand in a table: --items FILE".to_owned(),
            None => format!("its columns are {}", columns.join(", ")),
        };
        let name = &catalogue.id.name;
        return Err(Failure::usage(anyhow!("{id}: {name} has no column `{column}`")).hint(hint));
    }
    Ok(Model {
        id: id.into(),
        model: column.to_owned(),
        source: Source::Label { column: column.to_owned() },
        settings: Settings {
            temperature_hundredths: None,
            max_output_tokens: 0,
            effort: None,
            extra: String::new(),
        },
        limits: Limits::default(),
        max_attempts: 1,
        price: None,
        weight: 1.0,
        batches: None,
        in_batches: false,
    })
}
