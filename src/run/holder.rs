//! Who holds a lock, in words for whoever finds it held.

use super::Desk;

/// This process, in charge of `what`.
pub(super) fn holder(desk: &Desk, what: &str) -> String {
    format!("score-tasks {what}, process {} on {}, since {}", std::process::id(), host(), desk.clock.now())
}

#[cfg(unix)]
fn host() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}

#[cfg(not(unix))]
fn host() -> String {
    "this machine".to_owned()
}
