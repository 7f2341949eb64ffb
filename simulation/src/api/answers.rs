//! The answers that are not about anybody: successes, errors, 5xx and 429.

use participant_remover::realtimekit::RawAnswer;
use serde_json::{Value, json};

use super::Api;

impl Api {
    pub(super) fn some_5xx(&mut self) -> RawAnswer {
        let status = *self
            .chance
            .choice(&[500, 502, 503, 504, 520])
            .unwrap_or(&500);
        let retry_after = (status == 503).then(|| self.chance.u32(0..5).to_string());
        RawAnswer {
            status,
            body: Some(String::new()),
            retry_after,
            ..RawAnswer::default()
        }
    }
}

pub(super) fn ok(body: &Value) -> RawAnswer {
    RawAnswer {
        status: 200,
        body: Some(body.to_string()),
        ..RawAnswer::default()
    }
}

/// An error in `RealtimeKit`'s words.
#[must_use]
pub fn error(status: u16, message: &str) -> RawAnswer {
    let body = json!({"success": false, "error": {"code": status, "message": message}});
    RawAnswer {
        status,
        body: Some(body.to_string()),
        ..RawAnswer::default()
    }
}

pub(super) fn limited(retry_after: Option<String>) -> RawAnswer {
    RawAnswer {
        retry_after,
        ..error(429, "Too many requests")
    }
}

/// The gateway knows no such account or app.
pub(super) fn no_route() -> RawAnswer {
    let errors = json!([{"code": 7003, "message": "Could not route"}]);
    let body = json!({"success": false, "errors": errors, "messages": [], "result": null});
    RawAnswer {
        status: 404,
        body: Some(body.to_string()),
        ..RawAnswer::default()
    }
}
