//! Anthropic's message batches and messages.

use hyper::Method;
use score_tasks::domain::Instant;
use serde_json::{Value, json};

use super::desk::{Batch, Came, Desk, Item, Maker, Order, Phase, repeated};
use super::reply::{Asked, Reply};
use super::words::{self, Put};

const VERSIONS: [&str; 2] = ["2023-06-01", "2026-10-21"];
const LONGEST_ID: usize = 64;

type Refused = (u16, &'static str, String);

pub fn reply(desk: &mut Desk, asked: &Asked) -> Option<Reply> {
    // In either header, and if in both, in this one.
    let bearer = || asked.header("authorization").and_then(|value| value.strip_prefix("Bearer "));
    if !desk.takes(asked.header("x-api-key").or_else(bearer)) {
        return Some(Reply::anthropic(401, "authentication_error", "x-api-key header is required"));
    }
    let host = asked.header("host").unwrap_or_default();
    let reply = match (&asked.method, asked.parts().as_slice()) {
        _ if !asked.header("anthropic-version").is_some_and(|version| VERSIONS.contains(&version)) => {
            Err(wrong("anthropic-version: header is required"))
        }
        (&Method::POST, ["messages"]) => online(desk, asked),
        (&Method::POST, ["messages", "batches"]) => match ordered(desk, asked) {
            Ok(order) => {
                let batch = desk.take(order)?;
                Ok(Reply::json(&described(batch, host)))
            }
            Err(refused) => Err(refused),
        },
        (&Method::GET, ["messages", "batches"]) => list(desk, asked, host),
        (&Method::GET, ["messages", "batches", id]) => poll(desk, id, host),
        (&Method::GET, ["messages", "batches", id, "results"]) => results(desk, id),
        (&Method::POST, ["messages", "batches", id, "cancel"]) => cancel(desk, id, host),
        _ => Err((404, "not_found_error", "Not found".to_owned())),
    };
    Some(reply.unwrap_or_else(|(status, kind, message)| {
        let reply = Reply::anthropic(status, kind, &message);
        if status == 429 { reply.header("retry-after", "0.02") } else { reply }
    }))
}

fn wrong(message: impl Into<String>) -> Refused {
    (400, "invalid_request_error", message.into())
}

fn gone(id: &str) -> Refused {
    (404, "not_found_error", format!("Message Batch {id} not found."))
}

/// A request as Messages takes it.
fn put(params: &Value) -> Result<Put, Refused> {
    if params["max_tokens"].as_u64().is_none_or(|most| most == 0) {
        return Err(wrong("max_tokens: Field required"));
    }
    Put::read(params).ok_or_else(|| wrong("messages: Field required"))
}

fn online(desk: &mut Desk, asked: &Asked) -> Result<Reply, Refused> {
    let put = put(&asked.json().ok_or_else(|| wrong("The request body is not valid JSON"))?)?;
    let text = desk.online(&put);
    let id = format!("online{}", desk.counts.online);
    Ok(Reply::json(&words::anthropic(&put, &text, &id)).header("request-id", &format!("req_{id}")))
}

fn ordered(desk: &Desk, asked: &Asked) -> Result<Order, Refused> {
    if asked.body.len() > desk.script.max_bytes {
        return Err((413, "request_too_large", "Request exceeds the maximum allowed size".to_owned()));
    }
    let body = asked.json().ok_or_else(|| wrong("The request body is not valid JSON"))?;
    let requests = body["requests"].as_array().ok_or_else(|| wrong("requests: Field required"))?;
    if requests.is_empty() || requests.len() > desk.script.max_requests {
        return Err(wrong(format!("requests: has {} items, which is not allowed", requests.len())));
    }
    let items = requests.iter().enumerate().map(|(at, request)| {
        let id = request["custom_id"].as_str().unwrap_or_default();
        let is_plain = id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
        if id.is_empty() || id.len() > LONGEST_ID || !is_plain {
            let pattern = "String should match pattern '^[a-zA-Z0-9_-]{1,64}$'";
            return Err(wrong(format!("requests.{at}.custom_id: {pattern}")));
        }
        let put = put(&request["params"])
            .map_err(|(status, kind, message)| (status, kind, format!("requests.{at}.params.{message}")))?;
        Ok(Item { custom_id: id.to_owned(), put })
    });
    let items = items.collect::<Result<Vec<Item>, Refused>>()?;
    if let Some(id) = repeated(&items) {
        return Err(wrong(format!("requests: custom_id {id} is not unique")));
    }
    let (endpoint, input) = (String::new(), String::new());
    Ok(Order { maker: Maker::Anthropic, endpoint, input, metadata: Value::Null, items })
}

fn list(desk: &mut Desk, asked: &Asked, host: &str) -> Result<Reply, Refused> {
    let limit = asked.query("limit").map_or(Some(20), |limit| limit.parse().ok());
    let limit = limit.filter(|limit| (1..=1_000).contains(limit)).ok_or_else(|| wrong("limit: not valid"))?;
    let (batches, has_more) = desk.page(Maker::Anthropic, asked.query("after_id"), limit);
    let data: Vec<Value> = batches.iter().map(|batch| described(batch, host)).collect();
    let (first, last) = (batches.first().map(|batch| &batch.id), batches.last().map(|batch| &batch.id));
    Ok(Reply::json(&json!({"data": data, "first_id": first, "last_id": last, "has_more": has_more})))
}

fn poll(desk: &mut Desk, id: &str, host: &str) -> Result<Reply, Refused> {
    if desk.is_busy() {
        return Err((429, "rate_limit_error", "This request would exceed your rate limit".to_owned()));
    }
    let at = desk.find(Maker::Anthropic, id).ok_or_else(|| gone(id))?;
    Ok(Reply::json(&described(&desk.batches[at], host)))
}

fn cancel(desk: &mut Desk, id: &str, host: &str) -> Result<Reply, Refused> {
    let at = desk.find(Maker::Anthropic, id).ok_or_else(|| gone(id))?;
    if !desk.cancel(at) {
        return Err(wrong(format!("Batch {id} cannot be canceled because it has finished processing.")));
    }
    Ok(Reply::json(&described(&desk.batches[at], host)))
}

fn results(desk: &mut Desk, id: &str) -> Result<Reply, Refused> {
    let at = desk.find(Maker::Anthropic, id).ok_or_else(|| gone(id))?;
    let file = desk.batches[at].output.as_ref();
    let file =
        file.ok_or_else(|| (404, "not_found_error", format!("Batch {id} has no available results")))?;
    Ok(Reply::lines(desk.files[file].bytes.clone()))
}

fn described(batch: &Batch, host: &str) -> Value {
    let time = |unix: u64| Instant(i64::try_from(unix).unwrap() * 1_000).to_string();
    let status = match batch.phase {
        Phase::Open => "in_progress",
        Phase::Cancelling => "canceling",
        Phase::Completed | Phase::Expired | Phase::Cancelled | Phase::Failed => "ended",
    };
    let is_over = !batch.is_open();
    let count = |came: &[Came]| batch.count(came);
    let processing = if is_over { 0 } else { batch.items.len() };
    let url = format!("http://{host}/v1/messages/batches/{}/results", batch.id);
    let stopped = matches!(batch.phase, Phase::Cancelling | Phase::Cancelled);
    json!({"id": batch.id, "type": "message_batch", "processing_status": status,
        "request_counts": {"processing": processing, "succeeded": count(&[Came::Answered]),
            "errored": count(&[Came::Errored, Came::Rejected]), "canceled": count(&[Came::Cancelled]),
            "expired": count(&[Came::Expired])},
        "created_at": time(batch.created), "expires_at": time(batch.created + 86_400),
        "ended_at": is_over.then(|| time(batch.ended)), "archived_at": null,
        "cancel_initiated_at": stopped.then(|| time(batch.created)),
        "results_url": is_over.then_some(url)})
}

pub fn lines(batch: &Batch, answer: fn(&str) -> String) -> Vec<String> {
    let line = |(number, (item, came)): (usize, (&Item, &Came))| {
        let error = |kind: &str| {
            json!({"type": "errored", "error": {"type": "error", "request_id": null,
                "error": {"type": kind, "message": "made up"}}})
        };
        let result = match came {
            Came::Answered => {
                let id = format!("{}_{number}", batch.id);
                let message = words::anthropic(&item.put, &answer(&item.put.user), &id);
                json!({"type": "succeeded", "message": message})
            }
            Came::Errored => error("api_error"),
            Came::Rejected => error("invalid_request_error"),
            Came::Expired => json!({"type": "expired"}),
            Came::Cancelled => json!({"type": "canceled"}),
        };
        format!("{}\n", json!({"custom_id": item.custom_id, "result": result}))
    };
    batch.items.iter().zip(&batch.came).enumerate().map(line).collect()
}
