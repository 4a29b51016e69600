//! Numbers with as many digits as it takes to reckon on with them.

use crate::domain::TaskType;
use crate::domain::explanation::{Ingredient, Part};

/// Decimals of scores; those that are nought are left out.
const DECIMALS: usize = 4;

/// Every digit there is, as it was given.
pub(super) fn exact(value: f64) -> String {
    value.to_string()
}

/// A score, a share or a coverage.
pub(super) fn score(value: f64) -> String {
    trimmed(value, DECIMALS)
}

/// A sum of weights, or of weights times scores: small ones with as many digits as large ones.
pub(super) fn sum(value: f64) -> String {
    trimmed(value, DECIMALS + leading_zeros(value))
}

/// A weight that was reckoned.
pub(super) fn product(value: f64) -> String {
    trimmed(value, DECIMALS + 2 + leading_zeros(value))
}

/// A share in per cent.
pub(super) fn share(value: f64) -> String {
    format!("{} %", trimmed(value * 100.0, DECIMALS))
}

/// Noughts between the point and the first other digit.
fn leading_zeros(value: f64) -> usize {
    let value = value.abs();
    if value > 0.0 && value < 1.0 { (-value.log10()).ceil() as usize } else { 0 }
}

fn trimmed(value: f64, decimals: usize) -> String {
    let text = format!("{value:.decimals$}");
    if !text.contains('.') {
        return text;
    }
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// `IM=4.12 RT=92.5`; what was imputed says so, and from what.
pub(super) fn made_of(ingredients: &[Ingredient]) -> String {
    let all: Vec<String> = ingredients.iter().map(ingredient).collect();
    if all.is_empty() { "1".to_owned() } else { all.join(", ") }
}

fn ingredient(ingredient: &Ingredient) -> String {
    match ingredient {
        Ingredient::Type(kind) => named(*kind).to_owned(),
        Ingredient::Importance(part) => figure("IM", exact(part.value), *part, ""),
        Ingredient::Relevance(part, kind) => {
            figure("RT", exact(part.value), *part, &format!(" by type: {}", named(*kind)))
        }
        Ingredient::TimesAYear(part, percentages) => {
            let by = percentages.filter(|_| !part.imputed).map_or_else(String::new, |percentages| {
                format!(" (FT={})", percentages.map(exact).join(" "))
            });
            figure("times", product(part.value), *part, "") + &by
        }
        Ingredient::Given(part) => figure("given", exact(part.value), *part, ""),
    }
}

fn figure(name: &str, value: String, part: Part, from: &str) -> String {
    if part.imputed { format!("{name}={value} (imputed{from})") } else { format!("{name}={value}") }
}

pub(super) fn named(kind: TaskType) -> &'static str {
    match kind {
        TaskType::Untyped => "no type",
        kind => kind.name(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_digits_as_are_needed() {
        assert_eq!([score(67.0), score(200.0 / 3.0), score(0.0)], ["67", "66.6667", "0"]);
        assert_eq!([exact(4.12), exact(1e9), exact(1e-7)], ["4.12", "1000000000", "0.0000001"]);
        assert_eq!([sum(47.519_999_999_9), sum(0.000_123_456_7), sum(0.5)], ["47.52", "0.00012346", "0.5"]);
        assert_eq!(product(4.56 * 0.921), "4.19976");
        assert_eq!(share(1.0 / 12.0), "8.3333 %");
    }

    #[test]
    fn what_is_imputed_says_so() {
        let imputed = Part { value: 50.0, imputed: true };
        let known = Part { value: 4.5, imputed: false };
        let made = [Ingredient::Importance(known), Ingredient::Relevance(imputed, TaskType::Supplemental)];
        assert_eq!(made_of(&made), "IM=4.5, RT=50 (imputed by type: supplemental)");
        let by = Some([0.0, 0.0, 50.0, 50.5, 0.0, 0.0, 0.0]);
        assert_eq!(made_of(&[Ingredient::TimesAYear(known, by)]), "times=4.5 (FT=0 0 50 50.5 0 0 0)");
        assert_eq!(made_of(&[Ingredient::TimesAYear(imputed, None)]), "times=50 (imputed)");
        assert_eq!(made_of(&[Ingredient::Type(TaskType::Untyped)]), "no type");
        assert_eq!(made_of(&[]), "1");
    }
}
