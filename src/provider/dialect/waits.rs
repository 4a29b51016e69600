//! How long a server wants to be left alone, in all the ways in which servers say so.

use reqwest::header::HeaderMap;

use super::allowance;
use super::errors::Problem;
use crate::domain::{Allowance, Instant};

/// Milliseconds; `None`: it did not say.
pub(super) fn told(headers: &HeaderMap, problem: &Problem, now: Instant) -> Option<u64> {
    let text = |name: &str| headers.get(name)?.to_str().ok();
    let millis = || text("retry-after-ms").and_then(|text| text.trim().parse::<f64>().ok()).map(whole);
    // The second is how LiteLLM hands on what the server behind it said.
    let after = || {
        let told = text("retry-after").or_else(|| text("llm_provider-retry-after"));
        told.and_then(|text| retry_after(text, now))
    };
    // No time at all says as little as no word.
    let some = |ms: Option<u64>| ms.filter(|ms| *ms > 0);
    some(millis())
        .or_else(|| some(after()))
        .or_else(|| some(problem.retry_ms))
        .or_else(|| some(in_words(&problem.message)))
        .or_else(|| some(reset(headers, now)))
}

/// Seconds, whole or not, or a date.
fn retry_after(text: &str, now: Instant) -> Option<u64> {
    let text = text.trim();
    if let Ok(seconds) = text.parse::<f64>() {
        return (seconds >= 0.0).then(|| whole(seconds * 1_000.0));
    }
    let until = Instant::parse_http_date(text)?;
    Some(u64::try_from(until.0.saturating_sub(now.0)).unwrap_or(0))
}

/// `Please try again in 5.289s`, `Please retry in 46.1s`.
fn in_words(message: &str) -> Option<u64> {
    let behind = ["try again in ", "retry in "].iter().find_map(|words| message.split_once(words));
    let (_, rest) = behind?;
    let end =
        rest.find(|c: char| !(c.is_ascii_digit() || c == '.' || "hms".contains(c))).unwrap_or(rest.len());
    duration(rest.get(..end)?.trim_end_matches('.'))
}

/// The reset of whatever is used up.
fn reset(headers: &HeaderMap, now: Instant) -> Option<u64> {
    let Allowance { requests, tokens, input_tokens, output_tokens } = allowance(headers, now);
    let used_up = [requests, tokens, input_tokens, output_tokens].into_iter();
    used_up.filter(|bucket| bucket.remaining == Some(0)).filter_map(|bucket| bucket.reset_ms).max()
}

/// `12ms`, `1s`, `1m30.5s`, `6m0s`, `1h2m`, or plain seconds. In milliseconds.
pub(super) fn duration(text: &str) -> Option<u64> {
    let text = text.trim();
    if let Ok(seconds) = text.parse::<f64>() {
        return (seconds >= 0.0).then(|| whole(seconds * 1_000.0));
    }
    let mut rest = text;
    let mut sum = 0.0;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !(c.is_ascii_digit() || c == '.'))?;
        let (number, behind) = rest.split_at_checked(digits)?;
        let number: f64 = number.parse().ok()?;
        let letters = behind.find(|c: char| c.is_ascii_digit()).unwrap_or(behind.len());
        let (unit, behind) = behind.split_at_checked(letters)?;
        sum += number
            * match unit {
                "h" => 3_600_000.0,
                "m" => 60_000.0,
                "s" => 1_000.0,
                "ms" => 1.0,
                "us" | "µs" => 0.001,
                _ => return None,
            };
        rest = behind;
    }
    (!text.is_empty()).then(|| whole(sum))
}

/// Whole milliseconds, never too few.
fn whole(ms: f64) -> u64 {
    // Far above any wait that is kept, far below what would overflow.
    ms.ceil().clamp(0.0, 1e12) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_as_servers_write_them() {
        for (text, ms) in [
            ("12ms", Some(12)),
            ("1s", Some(1_000)),
            ("1m30.5s", Some(90_500)),
            ("6m0s", Some(360_000)),
            ("1h2m", Some(3_720_000)),
            ("7.66s", Some(7_660)),
            ("2m59.56s", Some(179_560)),
            ("59", Some(59_000)),
            ("0.0001s", Some(1)),
            ("", None),
            ("soon", None),
            ("-1", None),
            ("5x", None),
            ("9999999999h", Some(1_000_000_000_000)),
        ] {
            assert_eq!(duration(text), ms, "{text}");
        }
    }

    #[test]
    fn waits_in_words() {
        assert_eq!(in_words("Limit 30000. Please try again in 5.289s. Visit ..."), Some(5_289));
        assert_eq!(in_words("Please try again in 12ms."), Some(12));
        assert_eq!(in_words("Please retry in 46.1s."), Some(46_100));
        assert_eq!(in_words("try again in a while"), None);
    }
}
