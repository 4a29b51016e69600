//! The dialects: what a reply looks like in each, answers and failures. The shapes are those of
//! shared/design/WIRE.md, 1.1 to 1.6.

use std::borrow::Cow;
use std::time::Duration;

use serde_json::{Value, json};

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Dialect {
    /// OpenAI's Chat Completions, and all that copy it.
    Chat,
    /// OpenAI's Responses.
    Responses,
    /// Anthropic's Messages.
    Messages,
    Gemini,
}

/// How an answer ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ending {
    Complete,
    /// By the limit of tokens.
    Length,
    Refused,
}

/// What a model has said.
pub struct Said<'a> {
    pub number: u64,
    /// In JSON, quotes included.
    pub model: Cow<'a, str>,
    pub text: &'a str,
    pub ending: Ending,
    pub tokens_in: u64,
    pub tokens_out: u64,
}

/// An error, named as each of them names it.
pub struct Failure {
    pub status: u16,
    message: String,
    /// `type` and `code`.
    openai: (&'static str, Option<&'static str>),
    anthropic: &'static str,
    google: &'static str,
    /// Gemini says it in the body.
    wait: Option<Duration>,
}

impl Dialect {
    pub fn of(path: &str) -> Option<Self> {
        if path.ends_with("/chat/completions") {
            Some(Self::Chat)
        } else if path.ends_with("/responses") {
            Some(Self::Responses)
        } else if path.ends_with("/v1/messages") {
            Some(Self::Messages)
        } else if path.contains("/models/") && path.ends_with(":generateContent") {
            Some(Self::Gemini)
        } else {
            None
        }
    }

    /// The model's name in the path, where that is where it stands.
    pub fn model_of(path: &str) -> Option<&str> {
        path.rsplit_once("/models/")?.1.strip_suffix(":generateContent")
    }

    pub fn answer(self, said: &Said) -> String {
        match self {
            Self::Chat => chat(said),
            Self::Responses => responses(said),
            Self::Messages => messages(said),
            Self::Gemini => gemini(said),
        }
    }

    pub fn failure(self, failure: &Failure) -> String {
        let Failure { status, message, openai: (kind, code), anthropic, google, wait } = failure;
        let body = match self {
            Self::Chat | Self::Responses => {
                json!({"error": {"message": message, "type": kind, "param": null, "code": code}})
            }
            Self::Messages => json!({
                "type": "error",
                "error": {"type": anthropic, "message": message},
                "request_id": "req_test",
            }),
            Self::Gemini => {
                let mut error = json!({"code": status, "message": message, "status": google});
                if let Some(wait) = wait {
                    error["details"] = retry_info(*wait);
                }
                json!({"error": error})
            }
        };
        body.to_string()
    }

    /// The body of a 200 in which the call has failed after all.
    pub fn failure_in_200(self, said: &Said) -> String {
        let message = "Provider returned error";
        match self {
            Self::Chat => {
                json!({"error": {"code": 502, "message": message, "metadata": {"provider_name": "Test"}}})
                    .to_string()
            }
            Self::Responses => json!({
                "id": format!("resp_{}", said.number),
                "object": "response",
                "created_at": 1_790_000_000,
                "status": "failed",
                "error": {"code": "server_error", "message": message},
                "incomplete_details": null,
                "model": serde_json::from_str(&said.model).unwrap_or(Value::Null),
                "output": [],
                "usage": null,
            })
            .to_string(),
            Self::Messages | Self::Gemini => self.failure(&Failure::broken()),
        }
    }
}

fn retry_info(wait: Duration) -> Value {
    let delay = format!("{}s", wait.as_secs_f64());
    json!([{"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": delay}])
}

impl Failure {
    pub fn busy(unit: &str, wait: Option<Duration>) -> Self {
        let mut message = format!("Rate limit reached for {unit}.");
        if let Some(wait) = wait {
            message.push_str(&format!(" Please try again in {}s.", wait.as_secs_f64()));
        }
        Self {
            status: 429,
            message,
            openai: (if unit == "tokens" { "tokens" } else { "requests" }, Some("rate_limit_exceeded")),
            anthropic: "rate_limit_error",
            google: "RESOURCE_EXHAUSTED",
            wait,
        }
    }

    pub fn broken() -> Self {
        let message = "The server had an error while processing your request.";
        Self::new(500, message, ("server_error", None), "api_error", "INTERNAL")
    }

    pub fn key() -> Self {
        let openai = ("invalid_request_error", Some("invalid_api_key"));
        Self::new(401, "Incorrect API key provided.", openai, "authentication_error", "UNAUTHENTICATED")
    }

    pub fn request(message: &str) -> Self {
        let kind = "invalid_request_error";
        Self::new(400, message, (kind, None), kind, "INVALID_ARGUMENT")
    }

    pub fn path() -> Self {
        let openai = ("invalid_request_error", Some("unknown_url"));
        Self::new(404, "There is nothing at this path.", openai, "not_found_error", "NOT_FOUND")
    }

    pub fn new(
        status: u16,
        message: &str,
        openai: (&'static str, Option<&'static str>),
        anthropic: &'static str,
        google: &'static str,
    ) -> Self {
        Self { status, message: message.to_owned(), openai, anthropic, google, wait: None }
    }
}

/// A text as JSON, or null in its place.
fn text_unless(said: &Said, absent: bool) -> String {
    if absent { "null".to_owned() } else { quoted(said.text) }
}

pub fn quoted(text: &str) -> String {
    serde_json::to_string(text).unwrap()
}

fn chat(said: &Said) -> String {
    let refused = said.ending == Ending::Refused;
    let finish = if said.ending == Ending::Length { "length" } else { "stop" };
    let content = text_unless(said, refused);
    let refusal = text_unless(said, !refused);
    let Said { number, model, tokens_in, tokens_out, .. } = said;
    let total = tokens_in + tokens_out;
    format!(
        r#"{{
  "id": "chatcmpl-{number}", "object": "chat.completion", "created": 1790000000, "model": {model},
  "service_tier": "default", "system_fingerprint": "fp_test",
  "choices": [{{"index": 0, "finish_reason": "{finish}", "logprobs": null,
    "message": {{"role": "assistant", "content": {content}, "refusal": {refusal}, "annotations": []}}}}],
  "usage": {{"prompt_tokens": {tokens_in}, "completion_tokens": {tokens_out}, "total_tokens": {total},
    "prompt_tokens_details": {{"cached_tokens": 0, "cache_write_tokens": 0, "audio_tokens": 0}},
    "completion_tokens_details": {{"reasoning_tokens": 0, "audio_tokens": 0,
      "accepted_prediction_tokens": 0, "rejected_prediction_tokens": 0}}}}
}}
"#
    )
}

/// A reasoning item comes first, as it does from most models: the text is not in `output[0]`.
fn responses(said: &Said) -> String {
    let (status, details) = match said.ending {
        Ending::Length => ("incomplete", r#"{"reason": "max_output_tokens"}"#),
        Ending::Complete | Ending::Refused => ("completed", "null"),
    };
    let text = quoted(said.text);
    let part = match said.ending {
        Ending::Refused => format!(r#"{{"type": "refusal", "refusal": {text}}}"#),
        Ending::Complete | Ending::Length => {
            format!(r#"{{"type": "output_text", "text": {text}, "annotations": [], "logprobs": []}}"#)
        }
    };
    let Said { number, model, tokens_in, tokens_out, .. } = said;
    let total = tokens_in + tokens_out;
    format!(
        r#"{{
  "id": "resp_{number}", "object": "response", "created_at": 1790000000, "status": "{status}",
  "error": null, "incomplete_details": {details}, "model": {model},
  "output": [{{"id": "rs_{number}", "type": "reasoning", "summary": []}},
    {{"id": "msg_{number}", "type": "message", "role": "assistant", "status": "{status}",
      "content": [{part}]}}],
  "usage": {{"input_tokens": {tokens_in}, "output_tokens": {tokens_out}, "total_tokens": {total},
    "input_tokens_details": {{"cached_tokens": 0, "cache_write_tokens": 0}},
    "output_tokens_details": {{"reasoning_tokens": 0}}}}
}}
"#
    )
}

fn messages(said: &Said) -> String {
    let text = quoted(said.text);
    let reason = match said.ending {
        Ending::Complete => "end_turn",
        Ending::Length => "max_tokens",
        Ending::Refused => "refusal",
    };
    let (content, details) = match said.ending {
        Ending::Complete | Ending::Length => {
            (format!(r#"[{{"type": "text", "text": {text}}}]"#), "null".to_owned())
        }
        Ending::Refused => {
            let why = format!(r#"{{"type": "refusal", "category": null, "explanation": {text}}}"#);
            ("[]".to_owned(), why)
        }
    };
    let Said { number, model, tokens_in, tokens_out, .. } = said;
    format!(
        r#"{{
  "id": "msg_{number}", "type": "message", "role": "assistant", "model": {model}, "content": {content},
  "stop_reason": "{reason}", "stop_sequence": null, "stop_details": {details}, "container": null,
  "usage": {{"input_tokens": {tokens_in}, "output_tokens": {tokens_out},
    "cache_creation_input_tokens": 0, "cache_read_input_tokens": 0,
    "cache_creation": {{"ephemeral_5m_input_tokens": 0, "ephemeral_1h_input_tokens": 0}},
    "output_tokens_details": {{"thinking_tokens": 0}},
    "service_tier": "standard", "inference_geo": "not_available", "speed": "standard"}}
}}
"#
    )
}

/// A refusal is a blocked prompt: no candidates at all.
fn gemini(said: &Said) -> String {
    let text = quoted(said.text);
    let finish = if said.ending == Ending::Length { "MAX_TOKENS" } else { "STOP" };
    let outcome = match said.ending {
        Ending::Refused => r#""promptFeedback": {"blockReason": "SAFETY"}"#.to_owned(),
        Ending::Complete | Ending::Length => format!(
            r#""candidates": [{{"index": 0, "finishReason": "{finish}",
    "content": {{"role": "model", "parts": [{{"text": {text}}}]}}}}]"#
        ),
    };
    let Said { number, model, tokens_in, tokens_out, .. } = said;
    let total = tokens_in + tokens_out;
    format!(
        r#"{{
  {outcome},
  "usageMetadata": {{"promptTokenCount": {tokens_in}, "candidatesTokenCount": {tokens_out},
    "totalTokenCount": {total}}},
  "modelVersion": {model}, "responseId": "{number}"
}}
"#
    )
}
