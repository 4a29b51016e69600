//! OpenAI's files, batches and calls.

use hyper::Method;
use hyper::body::Bytes;
use serde_json::{Value, json};

use super::desk::{Batch, Came, Desk, Item, Maker, Order, Phase, Stored, repeated};
use super::reply::{Asked, Reply};
use super::words::{self, Put};

const ENDPOINTS: [&str; 4] = ["/v1/chat/completions", "/v1/responses", "/v1/embeddings", "/v1/completions"];
const PURPOSES: [&str; 6] = ["assistants", "batch", "fine-tune", "vision", "user_data", "evals"];

type Refused = (u16, &'static str, String);

pub fn reply(desk: &mut Desk, asked: &Asked) -> Option<Reply> {
    let key = asked.header("authorization").and_then(|value| value.strip_prefix("Bearer "));
    if !desk.takes(key) {
        return Some(Reply::openai(401, "invalid_api_key", "Incorrect API key provided."));
    }
    let reply = match (&asked.method, asked.parts().as_slice()) {
        (&Method::POST, ["files"]) => upload(desk, asked),
        (&Method::GET, ["files", id]) => {
            desk.files.get(*id).map(|stored| Reply::json(&file(id, stored))).ok_or_else(|| gone("File", id))
        }
        (&Method::GET, ["files", id, "content"]) => {
            let stored = desk.files.get(*id);
            stored.map(|stored| Reply::lines(stored.bytes.clone())).ok_or_else(|| gone("File", id))
        }
        (&Method::POST, ["batches"]) => match ordered(desk, asked) {
            Ok(order) => {
                let batch = desk.take(order)?;
                Ok(Reply::json(&described(batch, 0, true)))
            }
            Err(refused) => Err(refused),
        },
        (&Method::GET, ["batches"]) => list(desk, asked),
        (&Method::GET, ["batches", id]) => poll(desk, id),
        (&Method::POST, ["batches", id, "cancel"]) => cancel(desk, id),
        (&Method::POST, ["chat", "completions"] | ["responses"]) => online(desk, asked),
        _ => Err((404, "unknown_url", format!("Invalid URL ({} {})", asked.method, asked.path))),
    };
    Some(reply.unwrap_or_else(|(status, code, message)| {
        let reply = Reply::openai(status, code, &message);
        if status == 429 { reply.header("retry-after-ms", "20") } else { reply }
    }))
}

fn gone(what: &str, id: &str) -> Refused {
    (404, "not_found", format!("No {what} found with id '{id}'."))
}

fn wrong(code: &'static str, message: impl Into<String>) -> Refused {
    (400, code, message.into())
}

fn online(desk: &mut Desk, asked: &Asked) -> Result<Reply, Refused> {
    let put = asked.json().as_ref().and_then(Put::read);
    let put = put.ok_or_else(|| wrong("missing_required_parameter", "Missing model or messages."))?;
    let text = desk.online(&put);
    let id = format!("online{}", desk.counts.online);
    Ok(Reply::json(&words::openai(&put, &text, &id)).header("x-request-id", &format!("req_{id}")))
}

fn upload(desk: &mut Desk, asked: &Asked) -> Result<Reply, Refused> {
    let parts = form(asked).ok_or_else(|| wrong("invalid_form", "Could not parse multipart form."))?;
    let part = |name: &str| parts.iter().find(|part| part.name == name);
    let missing = |name: &str| wrong("missing_required_parameter", format!("Missing '{name}'."));
    let purpose = part("purpose").ok_or_else(|| missing("purpose"))?;
    let purpose = String::from_utf8_lossy(&purpose.bytes).into_owned();
    let file_part = part("file").ok_or_else(|| missing("file"))?;
    let name = file_part.file.clone().ok_or_else(|| missing("filename"))?;
    if !PURPOSES.contains(&purpose.as_str()) {
        return Err(wrong("invalid_value", format!("'{purpose}' is not one of {PURPOSES:?} - 'purpose'")));
    }
    if purpose == "batch" && !name.ends_with(".jsonl") {
        return Err(wrong("invalid_file_format", "Invalid file format. Batch files must be .jsonl."));
    }
    if file_part.bytes.len() > desk.script.max_bytes {
        return Err((413, "file_too_large", "The file is larger than the limit for batches.".to_owned()));
    }
    let id = desk.store(&name, &purpose, file_part.bytes.clone(), 0);
    Ok(Reply::json(&file(&id, &desk.files[&id])))
}

fn file(id: &str, stored: &Stored) -> Value {
    json!({"id": id, "object": "file", "bytes": stored.bytes.len(), "created_at": stored.created,
        "filename": stored.name, "purpose": stored.purpose, "status": "processed", "status_details": null,
        "expires_at": null})
}

struct Part {
    name: String,
    file: Option<String>,
    bytes: Bytes,
}

/// The parts of a form, as browsers send them.
fn form(asked: &Asked) -> Option<Vec<Part>> {
    let kind = asked.header("content-type")?.strip_prefix("multipart/form-data")?;
    let boundary = kind.split("boundary=").nth(1)?.split(';').next()?.trim_matches('"');
    let mark = format!("\r\n--{boundary}");
    let mut rest = asked.body.strip_prefix(format!("--{boundary}").as_bytes())?;
    let mut parts = Vec::new();
    while let Some(part) = rest.strip_prefix(b"\r\n") {
        let head_end = memchr::memmem::find(part, b"\r\n\r\n")?;
        let head = std::str::from_utf8(&part[..head_end]).ok()?;
        let body = &part[head_end + 4..];
        let end = memchr::memmem::find(body, mark.as_bytes())?;
        parts.push(Part {
            name: quoted(head, "; name=\"")?,
            file: quoted(head, "; filename=\""),
            bytes: asked.body.slice_ref(&body[..end]),
        });
        rest = &body[end + mark.len()..];
    }
    rest.starts_with(b"--").then_some(parts)
}

fn quoted(head: &str, before: &str) -> Option<String> {
    Some(head.split(before).nth(1)?.split('"').next()?.to_owned())
}

fn ordered(desk: &Desk, asked: &Asked) -> Result<Order, Refused> {
    let body = asked.json().ok_or_else(|| wrong("invalid_json", "We could not parse the JSON body."))?;
    let endpoint = body["endpoint"].as_str().unwrap_or_default();
    if !ENDPOINTS.contains(&endpoint) {
        return Err(wrong("invalid_value", format!("Invalid value: '{endpoint}' - 'endpoint'.")));
    }
    if body["completion_window"] != "24h" {
        return Err(wrong("invalid_value", "Invalid value - 'completion_window'. Supported: '24h'."));
    }
    let input = body["input_file_id"].as_str().unwrap_or_default();
    let stored = desk.files.get(input);
    let stored = stored.ok_or_else(|| wrong("invalid_input_file", format!("No file '{input}'.")))?;
    if stored.purpose != "batch" {
        return Err(wrong("invalid_file_purpose", "The file's purpose must be 'batch'."));
    }
    let items = items(desk, &stored.bytes, endpoint)?;
    let metadata = body["metadata"].clone();
    Ok(Order {
        maker: Maker::OpenAi,
        endpoint: endpoint.to_owned(),
        input: input.to_owned(),
        metadata,
        items,
    })
}

fn items(desk: &Desk, bytes: &[u8], endpoint: &str) -> Result<Vec<Item>, Refused> {
    let mut items: Vec<Item> = Vec::new();
    let lines = bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    for (number, line) in lines.enumerate() {
        let item = item(line, endpoint)
            .map_err(|(status, code, message)| (status, code, format!("{message} (line {})", number + 1)))?;
        if items.first().is_some_and(|first| first.put.model != item.put.model) {
            return Err(wrong("mismatched_model", "All requests of a batch must have the same model."));
        }
        items.push(item);
    }
    if items.is_empty() {
        return Err(wrong("empty_file", "The input file has no requests."));
    }
    if items.len() > desk.script.max_requests {
        return Err(wrong("too_many_requests_in_batch", "The input file has too many requests."));
    }
    if let Some(id) = repeated(&items) {
        return Err(wrong("duplicate_custom_id", format!("The custom_id '{id}' comes twice.")));
    }
    Ok(items)
}

fn item(line: &[u8], endpoint: &str) -> Result<Item, Refused> {
    let line: Value = serde_json::from_slice(line)
        .map_err(|_| wrong("invalid_json_line", "This line is not parseable as valid JSON."))?;
    let missing =
        |name| wrong("missing_required_parameter", format!("Missing required parameter: '{name}'."));
    let custom_id = line["custom_id"].as_str().ok_or_else(|| missing("custom_id"))?;
    if line["method"] != "POST" {
        return Err(wrong("invalid_method", "The method must be POST."));
    }
    if line["url"] != *endpoint {
        return Err(wrong("invalid_url", "The URL does not match the batch's endpoint."));
    }
    let put = Put::read(&line["body"]).ok_or_else(|| missing("body"))?;
    if put.is_responses != (endpoint == "/v1/responses") {
        return Err(wrong("invalid_request", "The body does not match the endpoint."));
    }
    Ok(Item { custom_id: custom_id.to_owned(), put })
}

fn list(desk: &mut Desk, asked: &Asked) -> Result<Reply, Refused> {
    let limit = asked.query("limit").map_or(Some(20), |limit| limit.parse().ok());
    let limit = limit.filter(|limit| (1..=100).contains(limit));
    let limit = limit.ok_or_else(|| wrong("invalid_value", "Invalid 'limit'."))?;
    let (batches, has_more) = desk.page(Maker::OpenAi, asked.query("after"), limit);
    let data: Vec<Value> = batches.iter().map(|batch| at_present(desk, batch)).collect();
    let (first, last) = (batches.first().map(|batch| &batch.id), batches.last().map(|batch| &batch.id));
    Ok(Reply::json(
        &json!({"object": "list", "data": data, "first_id": first, "last_id": last, "has_more": has_more}),
    ))
}

fn at_present(desk: &Desk, batch: &Batch) -> Value {
    described(batch, batch.through(&desk.script), false)
}

fn poll(desk: &mut Desk, id: &str) -> Result<Reply, Refused> {
    if desk.is_busy() {
        return Err((429, "rate_limit_exceeded", "Rate limit reached for requests.".to_owned()));
    }
    let at = desk.find(Maker::OpenAi, id).ok_or_else(|| gone("batch", id))?;
    Ok(Reply::json(&at_present(desk, &desk.batches[at])))
}

fn cancel(desk: &mut Desk, id: &str) -> Result<Reply, Refused> {
    let at = desk.find(Maker::OpenAi, id).ok_or_else(|| gone("batch", id))?;
    if !desk.cancel(at) {
        return Err((409, "conflict", "The batch has come to its end already.".to_owned()));
    }
    Ok(Reply::json(&at_present(desk, &desk.batches[at])))
}

fn described(batch: &Batch, through: usize, is_new: bool) -> Value {
    let status = match batch.phase {
        Phase::Open if is_new => "validating",
        Phase::Open => "in_progress",
        Phase::Cancelling => "cancelling",
        Phase::Completed => "completed",
        Phase::Expired => "expired",
        Phase::Cancelled => "cancelled",
        Phase::Failed => "failed",
    };
    let counts = match batch.phase {
        _ if is_new => [0, 0, 0],
        Phase::Failed => [0, 0, 0],
        Phase::Open | Phase::Cancelling => [batch.items.len(), through, 0],
        _ => {
            let failed = batch.count(&[Came::Errored, Came::Rejected]);
            [batch.items.len(), batch.count(&[Came::Answered]), failed]
        }
    };
    let at = |phase| (batch.phase == phase).then_some(batch.ended);
    let errors = (batch.phase == Phase::Failed).then(|| {
        let message = "Enqueued token limit reached. Please try again once some batches have ended.";
        json!({"object": "list", "data": [
            {"code": "token_limit_exceeded", "message": message, "param": null, "line": null}]})
    });
    json!({"id": batch.id, "object": "batch", "endpoint": batch.endpoint, "errors": errors,
        "input_file_id": batch.input, "completion_window": "24h", "status": status,
        "output_file_id": batch.output, "error_file_id": batch.errors, "created_at": batch.created,
        "in_progress_at": batch.created, "expires_at": batch.created + 86_400,
        "completed_at": at(Phase::Completed), "failed_at": at(Phase::Failed),
        "expired_at": at(Phase::Expired), "cancelled_at": at(Phase::Cancelled),
        "request_counts": {"total": counts[0], "completed": counts[1], "failed": counts[2]},
        "metadata": batch.metadata})
}

/// The lines of the answers' file, and of that of errors.
pub fn lines(batch: &Batch, answer: fn(&str) -> String) -> [Vec<String>; 2] {
    let mut lines = [Vec::new(), Vec::new()];
    for (number, (item, came)) in batch.items.iter().zip(&batch.came).enumerate() {
        let id = format!("{}_{number}", batch.id);
        let response = |status: u16, body: Value| json!({"status_code": status, "request_id": format!("req_{id}"), "body": body});
        let error = |code: &str, kind: &str| json!({"error": {"message": "made up", "type": kind, "param": null, "code": code}});
        let (response, error) = match came {
            Came::Answered => {
                let body = words::openai(&item.put, &answer(&item.put.user), &id);
                (response(200, body), Value::Null)
            }
            Came::Errored => (response(500, error("server_error", "server_error")), Value::Null),
            Came::Rejected => (response(400, error("invalid_value", "invalid_request_error")), Value::Null),
            Came::Expired => {
                let message = "This request could not be executed before the completion window expired.";
                (Value::Null, json!({"code": "batch_expired", "message": message}))
            }
            Came::Cancelled => {
                (Value::Null, json!({"code": "batch_cancelled", "message": "The batch was cancelled."}))
            }
        };
        let line = json!({"id": format!("batch_req_{id}"), "custom_id": item.custom_id,
            "response": response, "error": error});
        lines[usize::from(*came != Came::Answered)].push(format!("{line}\n"));
    }
    lines
}
