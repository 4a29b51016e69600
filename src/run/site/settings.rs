//! What the config says of a site.

use crate::domain::{Provider, Source};
use crate::pass::Job;
use crate::run::Desk;
use crate::site::Settings;

/// How a site is called that nobody has named.
const TITLE: &str = "Task Exposure Index";

pub(super) fn settings(desk: &Desk, job: &Job) -> Settings {
    let site = &desk.config.site;
    let is_mock = |source: &Source| matches!(source, Source::Asked(Provider::Mock(_)));
    Settings {
        title: site.title.clone().unwrap_or_else(|| TITLE.to_owned()),
        base_url: site.base_url.clone(),
        licence: site.licence.clone(),
        publisher: site.publisher.clone().unwrap_or_default(),
        is_demo: job.raters.iter().all(|rater| is_mock(&rater.model.source)),
    }
}
