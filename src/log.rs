//! One JSON line a request, and one when a durable removal has come to its end. Never a body, a token, a name or a custom participant id.

use std::fmt::Display;

use serde::Serialize;

use crate::config_problem::ConfigProblem;
use crate::ids::AppId;
use crate::ledger::RemovalView;

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
    /// What is wrong with the configuration, where that is why nothing was served.
    #[serde(rename = "config.problems", skip_serializing_if = "Vec::is_empty")]
    pub problems: Vec<String>,
    /// The configured source that a webhook is for, whether or not it is its own.
    #[serde(rename = "webhook.source", skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// Why a webhook asks for nothing.
    #[serde(rename = "webhook.ignored", skip_serializing_if = "Option::is_none")]
    pub ignored: Option<String>,
    /// How many removals a webhook has cancelled.
    #[serde(rename = "webhook.cancelled", skip_serializing_if = "Option::is_none")]
    pub cancelled: Option<u64>,
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

    /// Keeps what is wrong with the configuration.
    pub fn misconfigured(&mut self, problems: &[ConfigProblem]) {
        self.problems = problems.iter().map(ToString::to_string).collect();
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
    #[serde(rename = "request.id", skip_serializing_if = "Option::is_none")]
    request_id: Option<&'a str>,
    #[serde(rename = "app.id", skip_serializing_if = "Option::is_none")]
    app: Option<&'a AppId>,
    error: &'a str,
}

/// Logs that the ledger of an app failed, or could not be reached; in work that no request asked for, without an id.
pub fn log_ledger_error(request_id: Option<&str>, app: Option<&AppId>, error: &impl Display) {
    write_json(&ErrorLog {
        message: "ledger error",
        request_id,
        app,
        error: &error.to_string(),
    });
}

/// Logs why the signature of a webhook could not be checked.
pub fn log_webhook_error(request_id: &str, error: &str) {
    write_json(&ErrorLog {
        message: "webhook error",
        request_id: Some(request_id),
        app: None,
        error,
    });
}

/// What is logged of a durable removal when it has come to its end.
#[derive(Serialize)]
struct EndLog<'a> {
    message: &'static str,
    #[serde(rename = "removal.id")]
    id: &'a str,
    #[serde(rename = "removal.state")]
    state: &'static str,
    #[serde(rename = "app.id")]
    app: &'a AppId,
    source: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    caller: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cancelled_by: Option<&'a str>,
    dry_run: bool,
    found: u64,
    removed: u64,
    already_absent: u64,
    absent_after_ambiguous: u64,
    failed: u64,
    api_requests: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    kick_error: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_error: Option<&'a str>,
}

/// The line about a removal that has come to its end.
#[must_use]
pub fn end_line(app: &AppId, removal: &RemovalView) -> String {
    let progress = &removal.progress;
    let log = EndLog {
        message: "removal",
        id: removal.id.as_str(),
        state: removal.state.as_str(),
        app,
        source: &removal.source,
        caller: removal.caller.as_deref(),
        cancelled_by: removal.cancelled_by.as_deref(),
        dry_run: removal.dry_run,
        found: progress.found,
        removed: progress.removed,
        already_absent: progress.already_absent,
        absent_after_ambiguous: progress.absent_after_ambiguous,
        failed: progress.failed,
        api_requests: progress.requests,
        kick_error: removal.kick_error.as_deref(),
        last_error: removal.last_error.as_deref(),
    };
    serde_json::to_string(&log).unwrap_or_default()
}

fn write_json(log: &ErrorLog<'_>) {
    write(&serde_json::to_string(log).unwrap_or_default());
}

/// Writes a line to the runtime's log.
pub fn write(line: &str) {
    worker::console_log!("{line}");
}

#[cfg(test)]
mod tests;
