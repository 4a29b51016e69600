//! A request as the provider looks at it, and a reply.

use http_body_util::Full;
use hyper::body::Bytes;
use hyper::http::request::Parts;
use hyper::{Method, Response};
use serde_json::{Value, json};

pub struct Asked {
    pub method: Method,
    pub path: String,
    query: String,
    headers: hyper::HeaderMap,
    pub body: Bytes,
}

impl Asked {
    pub fn new(head: &Parts, body: Bytes) -> Self {
        Self {
            method: head.method.clone(),
            path: head.uri.path().to_owned(),
            query: head.uri.query().unwrap_or_default().to_owned(),
            headers: head.headers.clone(),
            body,
        }
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// Names and numbers need no decoding.
    pub fn query(&self, name: &str) -> Option<&str> {
        let pairs = self.query.split('&').filter_map(|pair| pair.split_once('='));
        pairs.filter(|(key, _)| *key == name).map(|(_, value)| value).next()
    }

    pub fn json(&self) -> Option<Value> {
        serde_json::from_slice(&self.body).ok()
    }

    /// The parts of the path behind the version.
    pub fn parts(&self) -> Vec<&str> {
        self.path.strip_prefix("/v1/").map_or(Vec::new(), |rest| rest.split('/').collect())
    }

    pub fn is_anthropic(&self) -> bool {
        self.path.starts_with("/v1/messages")
    }
}

pub struct Reply {
    pub status: u16,
    headers: Vec<(&'static str, String)>,
    body: Bytes,
}

impl Reply {
    pub fn json(value: &Value) -> Self {
        Self::new(200, "application/json", value.to_string().into())
    }

    pub fn lines(body: Bytes) -> Self {
        Self::new(200, "application/x-jsonl", body)
    }

    fn new(status: u16, kind: &str, body: Bytes) -> Self {
        Self { status, headers: vec![("content-type", kind.to_owned())], body }
    }

    /// In OpenAI's form.
    pub fn openai(status: u16, code: &str, message: &str) -> Self {
        let error = json!({"message": message, "type": "invalid_request_error", "param": null, "code": code});
        Self::new(status, "application/json", json!({ "error": error }).to_string().into())
    }

    /// In Anthropic's form.
    pub fn anthropic(status: u16, kind: &str, message: &str) -> Self {
        let error = json!({"type": "error", "request_id": "req_test",
            "error": {"type": kind, "message": message}});
        Self::new(status, "application/json", error.to_string().into())
    }

    #[must_use]
    pub fn header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }

    pub fn response(self) -> Response<Full<Bytes>> {
        let mut response = Response::builder().status(self.status);
        for (name, value) in self.headers {
            response = response.header(name, value);
        }
        response.body(Full::new(self.body)).unwrap()
    }
}
