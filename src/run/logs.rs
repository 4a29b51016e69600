//! Logs for those who look closer: `-v` for what goes wrong, `-vv` for every call. On stderr.

use std::io::IsTerminal as _;

use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::cli::{Color, Global, LogFormat};

/// Without `-v` nothing is logged: what a user must know is said in plain lines.
pub(super) fn start(global: &Global) {
    let level = match global.verbose {
        0 if global.log_format == LogFormat::Text => return,
        0 | 1 => LevelFilter::INFO,
        2 => LevelFilter::DEBUG,
        _ => LevelFilter::TRACE,
    };
    // Ours alone: other crates log addresses and headers.
    let ours = Targets::new().with_target("score_tasks", level);
    let registry = tracing_subscriber::registry().with(ours);
    let colored = match global.color {
        Color::Always => true,
        Color::Never => false,
        Color::Auto => std::io::stderr().is_terminal(),
    };
    let layer = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_ansi(colored);
    // A second start, as in a test, changes nothing.
    let _ = match global.log_format {
        LogFormat::Text => registry.with(layer).try_init(),
        LogFormat::Json => registry.with(layer.json().with_span_list(true)).try_init(),
    };
}
