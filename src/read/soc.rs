//! O*NET-SOC codes and the small forms of values that the files of this room share.

/// The code in full, `15-1252.00`, from its full or its six-digit form; `None` for anything else.
pub(super) fn code(text: &str) -> Option<String> {
    if has_shape(text, "00-0000.00") {
        Some(text.to_owned())
    } else if has_shape(text, "00-0000") {
        Some(format!("{text}.00"))
    } else {
        None
    }
}

/// The code that somebody may mean who leaves out dash, dot or the last two digits.
pub(super) fn loose_code(text: &str) -> Option<String> {
    let digits: String = text.trim().chars().filter(|c| !matches!(c, '-' | '.')).collect();
    if !has_shape(&digits, "000000") && !has_shape(&digits, "00000000") {
        return None;
    }
    let (group, rest) = digits.split_at_checked(2)?;
    let (detail, suffix) = rest.split_at_checked(4)?;
    Some(format!("{group}-{detail}.{}", if suffix.is_empty() { "00" } else { suffix }))
}

/// Zeros in `shape` stand for any digit, all else for itself.
fn has_shape(text: &str, shape: &str) -> bool {
    text.len() == shape.len()
        && text.bytes().zip(shape.bytes()).all(|(c, form)| match form {
            b'0' => c.is_ascii_digit(),
            _ => c == form,
        })
}

/// An id as it is kept: spreadsheets and pandas turn `8823` into `8823.0`.
pub(super) fn plain_id(text: &str) -> &str {
    match text.strip_suffix(".0") {
        Some(digits) if !digits.is_empty() && digits.bytes().all(|c| c.is_ascii_digit()) => digits,
        _ => text,
    }
}

/// Reads a number that is finite and within the bounds; says what was expected otherwise.
pub(super) fn number(text: &str, least: f64, most: f64) -> Result<f64, String> {
    match text.trim().parse::<f64>() {
        Ok(number) if (least..=most).contains(&number) => Ok(number),
        _ => Err(format!("`{}` is not {}", super::error::shown(text), range(least, most))),
    }
}

/// The bounds in words.
pub(super) fn range(least: f64, most: f64) -> String {
    format!("a number from {least} to {most}")
}

/// Weights are relative; larger ones would only bring sums that overflow.
pub(super) const MAX_WEIGHT: f64 = 1e9;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes() {
        for (text, expected) in [
            ("15-1252.00", Some("15-1252.00")),
            ("15-1252", Some("15-1252.00")),
            ("15-1252.03", Some("15-1252.03")),
            ("15-12.00", None),
            ("151252", None),
            ("15-1252.0", None),
            ("15-1252.00 ", None),
            ("１５-1252", None),
            ("", None),
        ] {
            assert_eq!(code(text).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn loose_codes() {
        for text in ["53-3032", "53-3032.00", "533032", "53303200", " 53-303200 "] {
            assert_eq!(loose_code(text).as_deref(), Some("53-3032.00"), "{text}");
        }
        assert_eq!(loose_code("53-3032.01").as_deref(), Some("53-3032.01"));
        for text in ["53", "5330320", "53-303a", "", "--", "٥٣-3032"] {
            assert_eq!(loose_code(text), None, "{text}");
        }
    }

    #[test]
    fn ids_lose_only_a_tail_of_point_zero() {
        for (text, expected) in
            [("8823.0", "8823"), ("8823", "8823"), (".0", ".0"), ("a.0", "a.0"), ("1.00", "1.00")]
        {
            assert_eq!(plain_id(text), expected);
        }
    }

    #[test]
    fn numbers_are_finite_and_within() {
        assert_eq!(number("95.0", 0.0, 100.0), Ok(95.0));
        for text in ["", "x", "NaN", "inf", "-1", "101"] {
            assert!(number(text, 0.0, 100.0).is_err(), "{text}");
        }
        assert_eq!(number("inf", 0.0, MAX_WEIGHT).unwrap_err(), "`inf` is not a number from 0 to 1000000000");
    }
}
