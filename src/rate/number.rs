//! Numbers exactly as they are written; a detour over floats would round `42.00000000000000001`.

/// The parts of a number in JSON's grammar: no `+42`, no `042`, no `.5`, no `NaN`.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Decimal<'t> {
    negative: bool,
    whole: &'t str,
    fraction: &'t str,
    exponent: &'t str,
}

impl<'t> Decimal<'t> {
    pub fn parse(text: &'t str) -> Option<Self> {
        let unsigned = text.strip_prefix('-');
        let (mantissa, exponent) = split(unsigned.unwrap_or(text), &['e', 'E']);
        let (whole, fraction) = split(mantissa, &['.']);
        let plain = exponent.map(|text| text.strip_prefix(['+', '-']).unwrap_or(text));
        let fits = is_digits(whole)
            && (whole == "0" || !whole.starts_with('0'))
            && fraction.is_none_or(is_digits)
            && plain.is_none_or(is_digits);
        fits.then(|| Self {
            negative: unsigned.is_some(),
            whole,
            fraction: fraction.unwrap_or_default(),
            exponent: exponent.unwrap_or("0"),
        })
    }

    /// The value, if it is a whole number of at most 18 digits: `42.0` and `4.2e1` are 42.
    pub fn whole(&self) -> Option<i64> {
        let digits = [self.whole, self.fraction].concat();
        let digits = digits.trim_start_matches('0');
        let significant = digits.trim_end_matches('0');
        if significant.is_empty() {
            return Some(0);
        }
        let exponent = i64::from(self.exponent.parse::<i32>().ok()?);
        let dropped = digits.len() - significant.len();
        let zeros = exponent + i64::try_from(dropped).ok()? - i64::try_from(self.fraction.len()).ok()?;
        let zeros = u32::try_from(zeros).ok().filter(|zeros| *zeros < 18)?;
        let size = significant.parse::<i64>().ok()?.checked_mul(10_i64.checked_pow(zeros)?)?;
        Some(if self.negative { -size } else { size })
    }
}

fn split<'t>(text: &'t str, at: &[char]) -> (&'t str, Option<&'t str>) {
    text.split_once(at).map_or((text, None), |(front, back)| (front, Some(back)))
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_are_read_exactly() {
        let check = |text: &str, expected: Option<i64>| {
            let number = Decimal::parse(text).expect(text);
            assert_eq!(number.whole(), expected, "{text}");
        };
        check("0", Some(0));
        check("-0.00", Some(0));
        check("0e99999999999999", Some(0));
        check("42", Some(42));
        check("-42", Some(-42));
        check("42.000", Some(42));
        check("4.2e1", Some(42));
        check("0.042E+3", Some(42));
        check("4200e-2", Some(42));
        check("100", Some(100));
        check("42.5", None);
        check("42.00000000000000000000001", None);
        check("1e-1", None);
        check("999999999999999999", Some(999_999_999_999_999_999));
        check("99999999999999999999", None);
        check("1e400", None);
        check("1e99999999999999", None);
    }

    #[test]
    fn what_json_does_not_call_a_number_is_none() {
        let wrong = "| |-|+1|01|-01|.5|1.|1e|1e+|e1|1.e1|1 |NaN|Infinity|-Infinity|0x1f|1_000|30-40|42%|4٢";
        for text in wrong.split('|') {
            assert_eq!(Decimal::parse(text), None, "{text}");
        }
    }
}
