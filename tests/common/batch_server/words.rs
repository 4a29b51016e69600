//! What models say, made up from what they are asked, and what it weighs.

use serde_json::{Value, json};

/// Bytes to 64 bits, the same in every build: FNV-1a, stirred once more.
pub fn hash(seed: u64, bytes: &[u8]) -> u64 {
    let state = bytes.iter().fold(0xcbf2_9ce4_8422_2325 ^ seed.wrapping_mul(0x9e37_79b9), |state, byte| {
        (state ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    });
    (state ^ (state >> 32)).wrapping_mul(0xd6e8_feb8_6659_fd93) >> 16
}

/// The rating of a text: always the same, on a scale of 0 to 100.
pub fn rating_of(user: &str) -> String {
    let score = hash(0, user.as_bytes()) % 101;
    json!({"score": score, "rationale": format!("A text of {} letters.", user.chars().count())}).to_string()
}

/// One request, as far as the provider looks at it.
#[derive(Clone)]
pub struct Put {
    pub model: String,
    pub user: String,
    pub input_tokens: u64,
    pub output_limit: u64,
    pub is_responses: bool,
}

impl Put {
    /// `None` where something is missing.
    pub fn read(body: &Value) -> Option<Self> {
        let limit = ["max_completion_tokens", "max_tokens", "max_output_tokens"];
        Some(Self {
            model: body["model"].as_str()?.to_owned(),
            user: user(body)?,
            input_tokens: body.to_string().len() as u64 / 4,
            output_limit: limit.iter().find_map(|name| body[name].as_u64()).unwrap_or(4_096),
            is_responses: body["input"].is_string(),
        })
    }

    /// As limits on what is queued count.
    pub fn queued_tokens(&self) -> u64 {
        self.input_tokens + self.output_limit
    }
}

/// The last text of the user's.
fn user(body: &Value) -> Option<String> {
    if let Some(text) = body["input"].as_str() {
        return Some(text.to_owned());
    }
    let messages = body["messages"].as_array()?;
    let last = messages.iter().rfind(|message| message["role"] == "user")?;
    match &last["content"] {
        Value::String(text) => Some(text.clone()),
        Value::Array(parts) => Some(parts.iter().filter_map(|part| part["text"].as_str()).collect()),
        _ => None,
    }
}

pub fn output_tokens(text: &str) -> u64 {
    text.len() as u64 / 4
}

/// Chat Completions, or Responses where it was asked so.
pub fn openai(put: &Put, text: &str, id: &str) -> Value {
    let (input, output) = (put.input_tokens, output_tokens(text));
    if put.is_responses {
        return json!({"id": format!("resp_{id}"), "object": "response", "created_at": 1_790_000_000,
            "status": "completed", "error": null, "incomplete_details": null, "instructions": null,
            "metadata": {}, "model": put.model, "parallel_tool_calls": true, "tool_choice": "auto",
            "tools": [], "temperature": 1.0, "top_p": 1.0,
            "output": [{"id": format!("msg_{id}"), "type": "message", "role": "assistant",
                "status": "completed",
                "content": [{"type": "output_text", "text": text, "annotations": [], "logprobs": []}]}],
            "usage": {"input_tokens": input, "output_tokens": output, "total_tokens": input + output,
                "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
                "output_tokens_details": {"reasoning_tokens": 0}}});
    }
    json!({"id": format!("chatcmpl-{id}"), "object": "chat.completion", "created": 1_790_000_000,
        "model": put.model, "service_tier": "default", "system_fingerprint": "fp_test",
        "choices": [{"index": 0, "finish_reason": "stop", "logprobs": null,
            "message": {"role": "assistant", "content": text, "refusal": null, "annotations": []}}],
        "usage": {"prompt_tokens": input, "completion_tokens": output, "total_tokens": input + output,
            "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
            "completion_tokens_details": {"reasoning_tokens": 0, "audio_tokens": 0,
                "accepted_prediction_tokens": 0, "rejected_prediction_tokens": 0}}})
}

pub fn anthropic(put: &Put, text: &str, id: &str) -> Value {
    json!({"id": format!("msg_{id}"), "type": "message", "role": "assistant", "model": put.model,
        "content": [{"type": "text", "text": text}], "stop_reason": "end_turn", "stop_sequence": null,
        "stop_details": null, "container": null,
        "usage": {"input_tokens": put.input_tokens, "output_tokens": output_tokens(text),
            "cache_creation_input_tokens": 0, "cache_read_input_tokens": 0,
            "cache_creation": {"ephemeral_5m_input_tokens": 0, "ephemeral_1h_input_tokens": 0},
            "output_tokens_details": {"thinking_tokens": 0},
            "service_tier": "batch", "inference_geo": "not_available", "speed": "standard"}})
}
