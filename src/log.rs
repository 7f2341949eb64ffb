//! One JSON line a request. Never a body, a token, a name or a custom participant id.

use serde::Serialize;

/// What is logged of a request.
#[derive(Debug, Default, Serialize)]
pub struct RequestLog {
    /// What kind of line this is.
    message: Kind,
    /// The id that the answer carries as `x-request-id`.
    #[serde(rename = "request.id")]
    pub request_id: String,
    /// The route, without the values of its parameters.
    #[serde(rename = "request.route", skip_serializing_if = "Option::is_none")]
    pub route: Option<&'static str>,
    /// The caller's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub caller: Option<String>,
    /// The status answered.
    #[serde(rename = "response.status")]
    pub status: u16,
    /// What became of the participant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome: Option<&'static str>,
    /// The durable removal that the request made or asked for, or the record of a synchronous one.
    #[serde(rename = "removal.id", skip_serializing_if = "Option::is_none")]
    pub removal_id: Option<String>,
    /// The source that a webhook is for, whether or not it is its own.
    #[serde(rename = "webhook.source", skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// Why a webhook asks for nothing.
    #[serde(rename = "webhook.ignored", skip_serializing_if = "Option::is_none")]
    pub ignored: Option<String>,
    /// Where a webhook cannot be understood: the place that is configured, or nothing where it is the whole body.
    #[serde(rename = "webhook.bad_event", skip_serializing_if = "Option::is_none")]
    pub bad_event: Option<String>,
    /// Why a webhook is not believed. The sender is not told.
    #[serde(rename = "webhook.refused", skip_serializing_if = "Option::is_none")]
    pub refused: Option<&'static str>,
    /// What became of the kick.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kick: Option<&'static str>,
    /// How often the kick was sent.
    #[serde(rename = "kick.attempts", skip_serializing_if = "Option::is_none")]
    pub kick_attempts: Option<u8>,
    /// How often the delete was sent.
    #[serde(rename = "upstream.attempts", skip_serializing_if = "Option::is_none")]
    pub attempts: Option<u8>,
    /// The status of the last answer to it.
    #[serde(rename = "upstream.status", skip_serializing_if = "Option::is_none")]
    pub upstream_status: Option<u16>,
    /// The `cf-ray` of the last answer that has one.
    #[serde(rename = "upstream.cf_ray", skip_serializing_if = "Option::is_none")]
    pub cf_ray: Option<String>,
    /// From the request's arrival to its answer, in milliseconds.
    #[serde(rename = "duration_ms")]
    pub milliseconds: u64,
}

#[derive(Debug, Default, Serialize)]
enum Kind {
    #[default]
    #[serde(rename = "request")]
    Request,
}

impl RequestLog {
    /// The beginning of a line, when a request arrives.
    #[must_use]
    pub fn new(request_id: String) -> Self {
        Self {
            request_id,
            ..Self::default()
        }
    }

    /// The line.
    #[must_use]
    pub fn line(&self) -> String {
        // A structure of texts and numbers always serialises.
        serde_json::to_string(self).unwrap_or_default()
    }
}

#[derive(Serialize)]
struct ErrorLog<'a> {
    message: &'static str,
    error: &'a str,
}

/// Logs that the ledger failed, or could not be reached.
pub fn log_ledger_error(error: &str) {
    log_error("ledger error", error);
}

/// Logs why the signature of a webhook could not be checked.
pub fn log_webhook_error(error: &str) {
    log_error("webhook error", error);
}

fn log_error(message: &'static str, error: &str) {
    let log = ErrorLog { message, error };
    write(&serde_json::to_string(&log).unwrap_or_default());
}

/// Writes a line to the runtime's log.
pub fn write(line: &str) {
    worker::console_log!("{line}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_one_json_object_without_what_is_not_known() {
        let log = RequestLog {
            request_id: "r".to_owned(),
            route: Some("GET /healthz"),
            status: 200,
            milliseconds: 3,
            ..RequestLog::default()
        };
        assert_eq!(
            log.line(),
            r#"{"message":"request","request.id":"r","request.route":"GET /healthz","response.status":200,"duration_ms":3}"#
        );
    }
}
