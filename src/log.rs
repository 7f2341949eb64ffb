//! One JSON line per request, and one for each durable removal that has ended. Never a body, a token, a name or a
//! custom participant id.

use std::fmt::Display;

use serde::Serialize;

use crate::config_problem::ConfigProblem;
use crate::ids::AppId;
use crate::ledger::RemovalView;

/// The log line of a request.
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
    /// What happened to the participant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome: Option<&'static str>,
    /// The durable removal that the request created or asked about, or the record of a synchronous one.
    #[serde(rename = "removal.id", skip_serializing_if = "Option::is_none")]
    pub removal_id: Option<String>,
    /// What is wrong with the configuration, if that is why nothing was served.
    #[serde(rename = "config.problems", skip_serializing_if = "Vec::is_empty")]
    pub problems: Vec<String>,
    /// The configured source that a webhook was sent to, whether or not it is authentic.
    #[serde(rename = "webhook.source", skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// Why a webhook was ignored.
    #[serde(rename = "webhook.ignored", skip_serializing_if = "Option::is_none")]
    pub ignored: Option<String>,
    /// How many removals a webhook cancelled.
    #[serde(rename = "webhook.cancelled", skip_serializing_if = "Option::is_none")]
    pub cancelled: Option<u64>,
    /// What was not understood in a webhook: a pointer, empty for the body, or a sentence (quarantine, reused id).
    #[serde(rename = "webhook.bad_event", skip_serializing_if = "Option::is_none")]
    pub bad_event: Option<String>,
    /// Why a webhook was refused. The sender is not told.
    #[serde(rename = "webhook.refused", skip_serializing_if = "Option::is_none")]
    pub refused: Option<&'static str>,
    /// The result of the kick.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kick: Option<&'static str>,
    /// How many times the kick was sent.
    #[serde(rename = "kick.attempts", skip_serializing_if = "Option::is_none")]
    pub kick_attempts: Option<u8>,
    /// How many times the delete was sent.
    #[serde(rename = "upstream.attempts", skip_serializing_if = "Option::is_none")]
    pub attempts: Option<u8>,
    /// The status of the last answer to it.
    #[serde(rename = "upstream.status", skip_serializing_if = "Option::is_none")]
    pub upstream_status: Option<u16>,
    /// The `cf-ray` of the last answer that had one.
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
    /// Starts a line, when a request arrives.
    #[must_use]
    pub fn new(request_id: String) -> Self {
        Self {
            request_id,
            ..Self::default()
        }
    }

    /// Notes what is wrong with the configuration.
    pub fn misconfigured(&mut self, problems: &[ConfigProblem]) {
        self.problems = problems.iter().map(ToString::to_string).collect();
    }

    /// Returns the line.
    #[must_use]
    pub fn line(&self) -> String {
        // A struct of strings and numbers always serialises.
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

/// Logs that an app's ledger failed or could not be reached; without an id if no request asked for the work.
pub fn log_ledger_error(request_id: Option<&str>, app: Option<&AppId>, error: &impl Display) {
    write_json(&ErrorLog {
        message: "ledger error",
        request_id,
        app,
        error: &error.to_string(),
    });
}

/// Logs why a webhook's signature could not be checked.
pub fn log_webhook_error(request_id: &str, error: &str) {
    write_json(&ErrorLog {
        message: "webhook error",
        request_id: Some(request_id),
        app: None,
        error,
    });
}

/// The log line of a durable removal that has ended.
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
    #[serde(skip_serializing_if = "Option::is_none")]
    retried_by: Option<&'a str>,
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

/// Returns the log line of a removal that has ended.
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
        retried_by: removal.retried_by.as_deref(),
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
