//! What the config says of a site, and whether what it shows was made up.

use super::past::Chosen;
use crate::domain::Commentary;
use crate::run::Desk;
use crate::run::manifest::Manifest;
use crate::site::Settings;

/// How a site is called that nobody has named.
const TITLE: &str = "Task Exposure Index";

/// One mock among what is shown is enough: readers must not have to find out which number is real.
pub(super) fn settings(desk: &Desk, chosen: &Chosen, commentary: &[Option<Commentary>]) -> Settings {
    let site = &desk.config.site;
    let has_mock = |manifest: &Manifest| manifest.models.iter().any(|model| model.provider == "mock");
    let mut runs = chosen.history.iter().chain(&chosen.beside);
    Settings {
        title: site.title.clone().unwrap_or_else(|| TITLE.to_owned()),
        base_url: site.base_url.clone(),
        licence: site.licence.clone(),
        publisher: site.publisher.clone().unwrap_or_default(),
        is_demo: runs.any(|run| has_mock(&run.1))
            || commentary.iter().flatten().any(|commentary| commentary.provider == "mock"),
    }
}
