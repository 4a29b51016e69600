//! Schedules: what is to be scored again, when, and what happens afterwards.

use std::path::PathBuf;

/// What is done when a scheduled run is over.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct After {
    /// The gate: a rater, or the mean occupation, that moved by more points than this since the last comparable run.
    pub fail_above: Option<f64>,
    /// The summary as Markdown goes into this file, relative to the config's folder.
    pub summary: Option<PathBuf>,
    pub webhook: Option<Webhook>,
    /// A program and its arguments; it gets the summary on its standard input.
    pub command: Vec<String>,
}

impl After {
    pub fn is_nothing(&self) -> bool {
        self.fail_above.is_none() && self.summary.is_none() && !self.tells()
    }

    /// Whether anybody is told.
    pub fn tells(&self) -> bool {
        self.webhook.is_some() || !self.command.is_empty()
    }
}

/// Where the outcome is posted as JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Webhook {
    pub url: String,
    /// The variable with the secret that signs what is posted; `None`: it is not signed.
    pub secret_env: Option<String>,
}
