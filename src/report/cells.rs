//! Figures as tables show them: rounded for people, a dash where they are not defined.

pub(super) fn undefined() -> String {
    "-".to_owned()
}

/// A share as a percentage with so many decimals.
pub(super) fn percent(share: Option<f64>, decimals: usize) -> String {
    share.map_or_else(undefined, |share| format!("{:.decimals$} %", share * 100.0))
}

pub(super) fn coefficient(value: Option<f64>) -> String {
    value.map_or_else(undefined, |value| format!("{value:.4}"))
}

pub(super) fn points(value: Option<f64>) -> String {
    value.map_or_else(undefined, |value| format!("{value:.2}"))
}

/// Points with their sign.
pub(super) fn signed(points: Option<f64>) -> String {
    // What is rounded to nought has no sign to speak of.
    let rounded = |points: f64| if points.abs() < 0.005 { 0.0 } else { points };
    points.map_or_else(undefined, |points| format!("{:+.2}", rounded(points)))
}
