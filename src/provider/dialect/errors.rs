//! What went wrong, and what to do about it: one reader for all providers, because servers that speak
//! one provider's dialect often fail in another's.

use serde_json::Value;

use super::waits::{duration, told};
use super::{Received, Said, allowance};
use crate::domain::{Allowance, Finish};
use crate::provider::{Closing, ProviderError};

/// Codes and types that mean that the account has nothing left to spend.
const CREDIT: [&str; 13] = [
    "insufficient_quota",
    "credit_balance_exhausted",
    "organization_spend_limit_exceeded",
    "project_spend_limit_exceeded",
    "organization_usage_limit_exceeded",
    "enforced_spend_limit_reached",
    "billing_error",
    "billing_hard_limit_reached",
    "billing_not_active",
    "contract_spend_limit_reached",
    "linked_organization_spend_limit_reached",
    "linked_organization_billing_unavailable",
    "openrouter_key_limit",
];
/// The same in the messages of errors that have no code of their own.
const CREDIT_WORDS: [&str; 5] = [
    "credit balance is too low",
    "spend limit",
    "specified api usage limits",
    "insufficient balance",
    "enable billing",
];
/// The key is not taken, whatever the status.
const KEY: [&str; 2] = ["api_key_invalid", "organization_on_hold"];
const KEY_WORDS: [&str; 2] = ["location is not supported", "api key not valid"];
/// The request is too large for the limit or the model: waiting would not help.
const TOO_LARGE: [&str; 10] = [
    "request too large",
    "must be reduced",
    "maximum context length",
    "exceed context limit",
    "longer than the model's context length",
    "input tokens exceed the configured limit",
    "exceeds the available context size",
    "exceeds the maximum number of tokens allowed",
    "prompt is too long",
    "`max_new_tokens` must be",
];
/// Codes of a model that is not there, or no longer.
const MODEL: [&str; 5] =
    ["model_not_found", "model_decommissioned", "deploymentnotfound", "model_retired", "invalid_model"];
const MODEL_WORDS: [&str; 1] = ["invalid model name"];
/// Marks of a limit on days.
const DAILY: [&str; 5] = ["perday", "per day", "limit: 0", "(rpd)", "(tpd)"];
/// A 500 that says that the request was wrong.
const VALIDATION: [&str; 4] = ["validation error", "value error", "literal_error", "input should be"];

/// Longest excerpt of a server's words in an error, in characters.
const EXCERPT: usize = 300;

/// An error as a server words it, whatever the form.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Problem {
    /// `error.code`, or the most telling word in its place.
    pub code: String,
    /// `error.type` or `error.status`.
    pub kind: String,
    pub message: String,
    /// Further codes and quotas, in lower case.
    pub details: String,
    pub retry_ms: Option<u64>,
    /// Whether it says that it is an error; else it is only no answer that we can read.
    pub is_error: bool,
}

impl Problem {
    /// Reads what can be read; a body that is no JSON is its own message.
    fn of(body: &[u8]) -> Self {
        let Ok(value) = serde_json::from_slice::<Value>(body) else {
            return Self { message: excerpt(&String::from_utf8_lossy(body)), ..Self::default() };
        };
        let value = value.as_array().and_then(|list| list.first()).unwrap_or(&value);
        match value.get("error") {
            Some(Value::String(message)) => {
                Self { message: excerpt(message), is_error: true, ..Self::default() }
            }
            Some(error) if !error.is_null() => Self::of_error(error),
            _ => Self::of_bare(value),
        }
    }

    fn of_error(error: &Value) -> Self {
        let details = error.get("details");
        let listed = details.and_then(Value::as_array).into_iter().flatten();
        let retry = listed.clone().find_map(|detail| detail.get("retryDelay")?.as_str());
        let quotas = listed
            .filter_map(|detail| detail.get("violations").or_else(|| detail.get("reason")))
            .map(Value::to_string);
        let inner = details.and_then(|details| details.get("error_code")).map(word).unwrap_or_default();
        let metadata = error.get("metadata").map(Value::to_string).unwrap_or_default();
        Self {
            code: error.get("code").map(word).unwrap_or_default(),
            kind: error.get("type").or_else(|| error.get("status")).map(word).unwrap_or_default(),
            message: excerpt(&error.get("message").map(word).unwrap_or_default()),
            details: (quotas.collect::<String>() + &inner + &metadata).to_lowercase(),
            retry_ms: retry.and_then(duration),
            is_error: true,
        }
    }

    /// `{"detail": ...}` and `{"message": ...}`.
    fn of_bare(value: &Value) -> Self {
        let said = ["message", "detail", "error_description"].iter().find_map(|key| value.get(key));
        let said = said.unwrap_or(value);
        Self {
            code: value.get("code").map(word).unwrap_or_default(),
            kind: value.get("type").map(word).unwrap_or_default(),
            message: excerpt(&said.as_str().map_or_else(|| said.to_string(), str::to_owned)),
            is_error: ["object", "type"].iter().any(|key| value.get(key).is_some_and(|kind| kind == "error")),
            ..Self::default()
        }
    }

    fn is_any(&self, codes: &[&str]) -> bool {
        codes.iter().any(|code| {
            self.code.eq_ignore_ascii_case(code)
                || self.kind.eq_ignore_ascii_case(code)
                || self.details.contains(code)
        })
    }

    fn says_any(&self, words: &[&str]) -> bool {
        let message = self.message.to_lowercase();
        words.iter().any(|words| message.contains(words) || self.details.contains(words))
    }

    fn is_credit(&self) -> bool {
        self.is_any(&CREDIT) || self.says_any(&CREDIT_WORDS)
    }

    /// A filter stepped in before the model was asked: Azure's, and OpenRouter's moderation.
    fn is_blocked(&self) -> bool {
        self.is_any(&["content_filter"]) || self.details.contains("flagged_input")
    }

    fn is_daily(&self) -> bool {
        self.says_any(&DAILY)
    }

    /// A failure that came inside a reply which in itself went well.
    pub(super) fn without_status(&self) -> ProviderError {
        let detail = self.told();
        match self.code.as_str() {
            _ if self.is_credit() => ProviderError::Closed { why: Closing::Credit, detail },
            "rate_limit_exceeded" => ProviderError::Busy {
                wait_ms: told(&Default::default(), self, crate::domain::Instant(0)),
                counts: false,
                allowance: Box::default(),
                detail,
            },
            "server_error" | "" => ProviderError::broken(true, detail),
            "model_not_found" => ProviderError::Closed { why: Closing::Model, detail },
            _ => ProviderError::Rejected { detail },
        }
    }

    fn told(&self) -> String {
        let name = if self.code.is_empty() { &self.kind } else { &self.code };
        match (name.is_empty(), self.message.is_empty()) {
            (true, true) => "no reason given".to_owned(),
            (true, false) => self.message.clone(),
            (false, true) => name.clone(),
            (false, false) => format!("{name}: {}", self.message),
        }
    }
}

/// A reply that is no answer. `Ok` where the refusal itself is one.
pub(super) fn judge(received: &Received<'_>) -> Result<Said, ProviderError> {
    let problem = Problem::of(received.body);
    if (200..300).contains(&received.status) && !problem.is_error {
        // It may be an answer that was paid for, whatever words are in it.
        return Err(ProviderError::broken(true, format!("{}: {}", received.status, problem.told())));
    }
    // Inside a reply with the status of success, the code may be a status.
    let inner = problem.code.parse().ok().filter(|code| (400..600).contains(code));
    let is_success = (200..300).contains(&received.status);
    let status = inner.filter(|_| is_success).unwrap_or(received.status);
    if problem.is_blocked() && (400..500).contains(&status) {
        let text = problem.told();
        return Ok(Said {
            served: String::new(),
            finish: Finish::Blocked,
            text,
            usage: Some(Default::default()),
        });
    }
    Err(Judge { status, problem, received }.verdict())
}

struct Judge<'a> {
    status: u16,
    problem: Problem,
    received: &'a Received<'a>,
}

impl Judge<'_> {
    fn verdict(&self) -> ProviderError {
        let problem = &self.problem;
        match self.status {
            402 if problem.is_any(&["in_flight_budget_exhausted", "openrouter_in_flight_budget"]) => {
                self.busy(false)
            }
            402 => self.closed(Closing::Credit),
            _ if problem.is_credit() => self.closed(Closing::Credit),
            _ if problem.says_any(&TOO_LARGE) => self.rejected(),
            429 if problem.is_daily() => self.closed(Closing::Quota),
            429 | 529 | 498 => self.busy(false),
            _ if problem.is_any(&["rate_limit_exceeded", "rate_limit_error", "slow_down"]) => {
                self.busy(false)
            }
            503 => self.busy(true),
            _ if problem.is_any(&["overloaded_error"]) => self.busy(false),
            _ => self.by_status(),
        }
    }

    fn by_status(&self) -> ProviderError {
        let problem = &self.problem;
        let may_retry = self.received.headers.get("x-should-retry").and_then(|value| value.to_str().ok());
        match (self.status, may_retry) {
            (401, _) => self.closed(Closing::Key),
            // A bare 403 may be a firewall's, about this one text.
            (403, _) if !(problem.code.is_empty() && problem.kind.is_empty()) => self.closed(Closing::Key),
            _ if problem.is_any(&KEY) || problem.says_any(&KEY_WORDS) => self.closed(Closing::Key),
            (404 | 410, _) => self.closed(Closing::Model),
            _ if problem.is_any(&MODEL) || problem.says_any(&MODEL_WORDS) => self.closed(Closing::Model),
            (_, Some("false")) => self.rejected(),
            (_, Some("true")) => self.broken(),
            (408 | 409 | 425, _) => self.broken(),
            (500.., _) if problem.says_any(&VALIDATION) => self.rejected(),
            (500.., _) => self.broken(),
            (200..300, _) => self.broken(),
            // A redirect is not followed, among others: the key would go to whoever is named there.
            _ => self.rejected(),
        }
    }

    fn busy(&self, counts: bool) -> ProviderError {
        let Received { headers, now, .. } = self.received;
        ProviderError::Busy {
            wait_ms: told(headers, &self.problem, *now),
            counts,
            allowance: Box::new(self.allowance()),
            detail: self.detail(),
        }
    }

    fn allowance(&self) -> Allowance {
        allowance(self.received.headers, self.received.now)
    }

    fn closed(&self, why: Closing) -> ProviderError {
        ProviderError::Closed { why, detail: self.detail() }
    }

    fn rejected(&self) -> ProviderError {
        ProviderError::Rejected { detail: self.detail() }
    }

    /// A time-out comes after the work, and what came with the status of success may have been paid for.
    fn broken(&self) -> ProviderError {
        let maybe_billed = matches!(self.received.status, 200..300 | 408 | 504 | 524);
        ProviderError::broken(maybe_billed, self.detail())
    }

    fn detail(&self) -> String {
        if (300..400).contains(&self.status) {
            return format!(
                "{}: the server redirects, which is not followed; name the address itself in base_url",
                self.status
            );
        }
        format!("{}: {}", self.status, self.problem.told())
    }
}

/// A value as a word: some servers write codes as numbers.
fn word(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

/// The beginning of a server's words, on one line and with nothing in it that a terminal would obey.
fn excerpt(text: &str) -> String {
    let plain: Vec<&str> = text.split(|c: char| c.is_control() || c.is_whitespace()).collect();
    let line = plain.into_iter().filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
    line.chars().take(EXCERPT).collect()
}
