//! Writes the order of a webhook as a body of `POST /removals`, so that there is one format for all.

use serde::Serialize;

use crate::removal::order::{RemovalOrder, Target, TargetFields};
use crate::rfc3339::timestamp;

#[derive(Serialize)]
struct Body<'a> {
    removals: Vec<TargetFields<'a>>,
    app_id: &'a str,
    kick: bool,
    dry_run: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    not_before: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
}

/// Returns the body that asks for `order`.
pub fn body(order: &RemovalOrder) -> Result<String, serde_json::Error> {
    serde_json::to_string(&Body {
        removals: order.targets.iter().map(Target::fields).collect(),
        app_id: order.app.as_str(),
        kick: order.kick,
        dry_run: order.dry_run,
        not_before: order.not_before_ms.map(timestamp),
        reason: order.reason.as_deref(),
    })
}
