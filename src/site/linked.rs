//! x
use super::{Entry, Site};
use serde_json::{Value, json};
pub fn dataset(_: &Site) -> Value {
    json!({})
}
pub fn occupation(_: &Site, _: &Entry) -> Value {
    json!({})
}
