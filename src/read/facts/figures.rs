//! Figures as statistics print them: with commas, signs for what is missing, and for what is too high to be told.

use super::super::error::shown;
use crate::domain::facts::Wage;

/// Above every wage and below what would not fit.
const MOST_WAGE: f64 = 1e9;
/// More jobs than there are people.
const MOST_COUNT: f64 = 1e11;

/// What publishers write where they have no figure.
pub(super) fn is_missing(text: &str) -> bool {
    matches!(text.trim(), "" | "*" | "**" | "N/A" | "n/a" | "NA" | "-" | "--" | "–" | "—")
}

/// A plain decimal number with commas after thousands, if any. Anything else that looks like one, such as a decimal
/// comma, is none: it would be read as another number.
pub(super) fn number(text: &str) -> Option<f64> {
    let text = text.trim().replace('\u{2212}', "-");
    let (sign, digits) = text.strip_prefix('-').map_or((1.0, text.as_str()), |rest| (-1.0, rest));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let are_digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let mut groups = whole.split(',');
    let first = groups.next()?;
    let is_grouped = groups.clone().next().is_none() || first.len() <= 3;
    let are_thousands = groups.all(|group| group.len() == 3 && are_digits(group));
    if !are_digits(first) || !is_grouped || !are_thousands || !are_digits(fraction) {
        return None;
    }
    let number: f64 = format!("{}.{fraction}", whole.replace(',', "")).parse().ok()?;
    Some(sign * number).filter(|number| number.is_finite())
}

/// An annual wage; `top` is what `#` stands for.
pub(super) fn wage(text: &str, top: Option<u32>) -> Result<Option<Wage>, String> {
    let text = text.trim();
    if is_missing(text) {
        return Ok(None);
    }
    if text == "#" {
        let unknown =
            "`#` stands for a wage that is too high to be told, but the file does not say from which on";
        return top.map(|top| Some(Wage::AtLeast(top))).ok_or_else(|| unknown.to_owned());
    }
    let open = text.strip_prefix(">=").or_else(|| text.strip_prefix('≥'));
    let open = open.or_else(|| text.strip_suffix(" or more"));
    let dollars = dollars(open.unwrap_or(text)).ok_or_else(|| {
        format!("`{}` is not an annual wage in whole dollars (like 61,500), `#`, `*` or `**`", shown(text))
    })?;
    Ok(Some(if open.is_some() { Wage::AtLeast(dollars) } else { Wage::Exactly(dollars) }))
}

/// Whole dollars, with or without their sign.
pub(super) fn dollars(text: &str) -> Option<u32> {
    let number = number(text.trim().trim_start_matches('$'))?;
    let is_wage = (1.0..=MOST_WAGE).contains(&number) && number.fract() == 0.0;
    is_wage.then_some(number as u32)
}

/// A count that is printed in units of `unit`.
pub(super) fn count(text: &str, unit: f64) -> Result<Option<u64>, String> {
    if is_missing(text) {
        return Ok(None);
    }
    let count = number(text).map(|number| (number * unit).round());
    match count {
        Some(count) if (0.0..=MOST_COUNT).contains(&count) => Ok(Some(count as u64)),
        _ => Err(format!("`{}` is not a count (like 1,579.8), `**` or empty", shown(text))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_plain_or_grouped_by_thousands() {
        for (text, expected) in [
            ("1,579.8", 1_579.8),
            ("49500", 49_500.0),
            ("-3.1", -3.1),
            ("\u{2212}0.4", -0.4),
            (" 154,187,380 ", 154_187_380.0),
            ("95.0", 95.0),
        ] {
            assert_eq!(number(text), Some(expected), "{text}");
        }
        for text in [
            "", "61,5", "1,2,3", "1.579,8", "1234,567", "1e5", "NaN", "inf", ".", "5.", "--1", "12 000", "$5",
        ] {
            assert_eq!(number(text), None, "{text}");
        }
    }

    #[test]
    fn wages_that_are_too_high_to_be_told_are_lower_bounds() {
        let top = Some(200_000);
        for (text, expected) in [
            ("61500", Some(Wage::Exactly(61_500))),
            ("$61,500", Some(Wage::Exactly(61_500))),
            ("61500.0", Some(Wage::Exactly(61_500))),
            ("#", Some(Wage::AtLeast(200_000))),
            (">=239,200", Some(Wage::AtLeast(239_200))),
            (">= $239,200", Some(Wage::AtLeast(239_200))),
            ("*", None),
            ("**", None),
            ("N/A", None),
            ("—", None),
        ] {
            assert_eq!(wage(text, top), Ok(expected), "{text}");
        }
        for text in ["61.5", "0", "-5", "lots", "99999999999", "#1"] {
            assert!(wage(text, top).is_err(), "{text}");
        }
        assert!(wage("#", None).unwrap_err().contains("does not say from which on"));
    }

    #[test]
    fn counts_come_in_units() {
        assert_eq!(count("1,579.8", 1_000.0), Ok(Some(1_579_800)));
        assert_eq!(count("—", 1_000.0), Ok(None));
        assert_eq!(count("**", 1.0), Ok(None));
        for text in ["-1", "many", "1e9", "999999999999"] {
            assert!(count(text, 1_000.0).is_err(), "{text}");
        }
    }
}
