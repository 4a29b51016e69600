//! What a server says of its limits in the headers of a reply, in each provider's form.

use reqwest::header::HeaderMap;

use super::waits::duration;
use crate::domain::{Allowance, Bucket, Instant};

/// Everything that the headers say.
pub fn allowance(headers: &HeaderMap, now: Instant) -> Allowance {
    const OURS: [&str; 3] = ["x-ratelimit", "anthropic-ratelimit-", "ratelimitbysize-"];
    let mut found = Allowance::default();
    for (name, value) in headers {
        let name = name.as_str();
        // Most headers are of no interest.
        if !OURS.iter().any(|ours| name.starts_with(ours)) {
            continue;
        }
        if let Ok(value) = value.to_str() {
            note(&mut found, name, value.trim(), now);
        }
    }
    found
}

fn note(found: &mut Allowance, name: &str, value: &str, now: Instant) {
    if let Some(rest) = name.strip_prefix("x-ratelimit-") {
        if let Some((field, what)) = rest.split_once('-') {
            openai(found, field, what, value);
        }
    } else if let Some(rest) = name.strip_prefix("anthropic-ratelimit-") {
        if let Some((what, field)) = rest.rsplit_once('-') {
            anthropic(found, what, field, value, now);
        }
    } else {
        mistral(found, name, value);
    }
}

/// `x-ratelimit-remaining-tokens: 149984`, and durations for resets.
fn openai(found: &mut Allowance, field: &str, what: &str, value: &str) {
    let bucket = match what {
        "requests" => &mut found.requests,
        "tokens" => &mut found.tokens,
        _ => return,
    };
    match field {
        "limit" => bucket.limit = number(value),
        "remaining" => bucket.remaining = number(value),
        "reset" => bucket.reset_ms = duration(value),
        _ => {}
    }
}

/// `anthropic-ratelimit-input-tokens-remaining: 9000`, and times of day for resets.
fn anthropic(found: &mut Allowance, what: &str, field: &str, value: &str, now: Instant) {
    let bucket = match what {
        "requests" => &mut found.requests,
        // The stricter of the two below; it is no limit on their sum.
        "input-tokens" => &mut found.input_tokens,
        "output-tokens" => &mut found.output_tokens,
        _ => return,
    };
    match field {
        "limit" => bucket.limit = number(value),
        "remaining" => bucket.remaining = number(value),
        "reset" => {
            let until = Instant::parse(value).ok();
            bucket.reset_ms = until.map(|until| u64::try_from(until.0.saturating_sub(now.0)).unwrap_or(0));
        }
        _ => {}
    }
}

/// `x-ratelimitbysize-limit-minute: 500000`, in tokens.
fn mistral(found: &mut Allowance, name: &str, value: &str) {
    let Bucket { limit, remaining, reset_ms } = &mut found.tokens;
    match name {
        "x-ratelimitbysize-limit-minute" => *limit = number(value),
        "x-ratelimitbysize-remaining-minute" => *remaining = number(value),
        "ratelimitbysize-reset" => *reset_ms = duration(value),
        _ => {}
    }
}

/// Azure says -1 where it does not know.
fn number(value: &str) -> Option<u64> {
    value.parse().ok()
}

#[cfg(test)]
mod tests {
    use reqwest::header::{HeaderName, HeaderValue};

    use super::*;

    fn of(headers: &[(&str, &str)]) -> Allowance {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.insert(
                HeaderName::from_bytes(name.as_bytes()).unwrap(),
                HeaderValue::from_str(value).unwrap(),
            );
        }
        allowance(&map, Instant::parse("2026-11-24T12:00:00Z").unwrap())
    }

    #[test]
    fn each_provider_in_its_form() {
        let bucket = |limit, remaining, reset_ms| Bucket { limit, remaining, reset_ms };
        let found = of(&[
            ("x-ratelimit-limit-requests", "5000"),
            ("x-ratelimit-remaining-requests", "4999"),
            ("x-ratelimit-reset-requests", "12ms"),
            ("x-ratelimit-limit-tokens", "30000"),
            ("x-ratelimit-remaining-tokens", "-1"),
            ("x-ratelimit-reset-tokens", "6m0s"),
            ("x-ratelimit-limit-tokens_usage_based", "7"),
        ]);
        assert_eq!(found.requests, bucket(Some(5000), Some(4999), Some(12)));
        assert_eq!(found.tokens, bucket(Some(30_000), None, Some(360_000)));
        let found = of(&[
            ("anthropic-ratelimit-requests-limit", "50"),
            ("anthropic-ratelimit-requests-reset", "2026-11-24T12:00:02Z"),
            ("anthropic-ratelimit-input-tokens-limit", "40000"),
            ("anthropic-ratelimit-output-tokens-remaining", "0"),
            ("anthropic-ratelimit-tokens-limit", "48000"),
        ]);
        assert_eq!(found.requests, bucket(Some(50), None, Some(2_000)));
        assert_eq!(found.input_tokens.limit, Some(40_000));
        assert_eq!(found.output_tokens.remaining, Some(0));
        assert_eq!(found.tokens, Bucket::default());
        let found = of(&[("x-ratelimitbysize-limit-minute", "500000"), ("ratelimitbysize-reset", "12")]);
        assert_eq!(found.tokens, bucket(Some(500_000), None, Some(12_000)));
        assert_eq!(of(&[("content-type", "application/json")]), Allowance::default());
    }
}
