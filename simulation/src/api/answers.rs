//! Responses that concern nobody in particular: successes, errors, 5xx and 429.

use participant_remover::realtimekit::RawAnswer;
use serde_json::{Value, json};

use super::Api;

impl Api {
    /// Returns a 5xx without a body. Harsher than the real API, which sends `retry-after` only with a 429: one 503 in
    /// eight carries it too, since the ledger honours it there as well.
    pub(super) fn some_5xx(&mut self) -> RawAnswer {
        let status = *self
            .chance
            .choice(&[500, 502, 503, 504, 520])
            .unwrap_or(&500);
        let retry_after =
            (status == 503 && self.chance.u8(0..8) == 0).then(|| self.chance.u32(0..5).to_string());
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

/// Returns an error in `RealtimeKit`'s format.
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
        ..gateways_error(429, 10429, "Rate limited")
    }
}

/// Returns the gateway's error for an unknown account or app.
pub(super) fn no_route() -> RawAnswer {
    gateways_error(404, 7003, "Could not route")
}

/// Returns the error for an unknown token.
pub(super) fn unauthorized() -> RawAnswer {
    gateways_error(401, 10000, "Authentication error")
}

/// Returns the error for a token that lacks permission.
pub(super) fn forbidden() -> RawAnswer {
    gateways_error(403, 10000, "Authentication error")
}

/// Returns an error in the gateway's own format.
fn gateways_error(status: u16, code: u32, message: &str) -> RawAnswer {
    let errors = json!([{"code": code, "message": message}]);
    let body = json!({"success": false, "errors": errors, "messages": [], "result": null});
    RawAnswer {
        status,
        body: Some(body.to_string()),
        ..RawAnswer::default()
    }
}
