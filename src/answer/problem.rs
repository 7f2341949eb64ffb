//! Every error of our own, with its status, code and message: the status table of the README.

use std::time::Duration;

use super::{Answer, Notice, Source};
use crate::config_problem::ConfigProblem;

/// A field of the path, the query or the body that breaks its rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldProblem {
    /// A JSON pointer into the body, or `/` and the name of a path or query parameter.
    pub pointer: String,
    /// What is wrong, worded to follow the field's name.
    pub message: String,
}

/// Why a request is not carried out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Problem {
    /// A field of the path, query or body breaks its rule. Nothing was sent upstream.
    InvalidField(FieldProblem),
    /// The caller token is missing, malformed, duplicated or unknown.
    UnknownCaller,
    /// A webhook's signature or token is not valid.
    BadSignature,
    /// The Worker does not serve this account or app; holds the pointer to the field.
    NotServed(String),
    /// There is no such path.
    UnknownPath,
    /// There is no such webhook source.
    UnknownSource,
    /// There is no such removal.
    UnknownRemoval,
    /// The path exists, but only for these methods.
    MethodNotAllowed(&'static str),
    /// The same key was used before for something else; holds the key's name.
    KeyReused(&'static str),
    /// The removal's state does not allow this; holds the reason.
    WrongState(String),
    /// The body is too large.
    BodyTooLarge,
    /// The body was cut off, or did not arrive in time.
    BodyNotReceived,
    /// The body is not JSON; holds the message.
    NotJson(String),
    /// The configuration is incomplete or wrong.
    NotConfigured(Vec<ConfigProblem>),
    /// The ledger could not store or answer the request.
    NotStored,
    /// A webhook's signature cannot be checked right now.
    CannotVerify,
}

/// The largest body that is accepted, in bytes.
pub const MAX_BODY_BYTES: usize = 256 * 1024;
/// How long a body may take to arrive. Until then, what has arrived is held in memory, and anybody can send webhooks.
pub const BODY_TIME: Duration = Duration::from_secs(20);

impl Problem {
    /// Returns the status and the code.
    #[must_use]
    pub fn status_and_code(&self) -> (u16, i64) {
        match self {
            Self::InvalidField(_) => (400, 1101),
            Self::UnknownCaller | Self::BadSignature => (401, 1102),
            Self::NotServed(_) => (403, 1103),
            Self::UnknownPath | Self::UnknownSource | Self::UnknownRemoval => (404, 1104),
            Self::MethodNotAllowed(_) => (405, 1105),
            Self::KeyReused(_) | Self::WrongState(_) => (409, 1106),
            Self::BodyNotReceived => (408, 1107),
            Self::BodyTooLarge => (413, 1107),
            Self::NotJson(_) => (415, 1107),
            Self::NotConfigured(_) | Self::NotStored | Self::CannotVerify => (503, 1111),
        }
    }

    /// Returns the answer that reports it.
    #[must_use]
    pub fn answer(&self) -> Answer {
        let (status, code) = self.status_and_code();
        let answer = match self {
            Self::NotConfigured(problems) => {
                let notices: Vec<_> = problems
                    .iter()
                    .map(|p| Notice::new(code, p.to_string()))
                    .collect();
                Answer::failures(status, &notices, &[])
            }
            Self::InvalidField(FieldProblem { pointer, .. }) | Self::NotServed(pointer) => {
                let source = Some(Source {
                    pointer: pointer.clone(),
                });
                Answer::failure(
                    status,
                    Notice {
                        code,
                        message: self.message(),
                        source,
                    },
                    &[],
                )
            }
            _ => Answer::failure(status, Notice::new(code, self.message()), &[]),
        };
        let passing = matches!(
            self,
            Self::BodyNotReceived | Self::NotStored | Self::CannotVerify
        );
        let answer = if passing {
            answer
        } else {
            answer.with("x-should-retry", "false")
        };
        match self {
            Self::UnknownCaller => answer.with("www-authenticate", "Bearer"),
            Self::MethodNotAllowed(allow) => answer.with("allow", *allow),
            _ => answer,
        }
    }

    fn message(&self) -> String {
        match self {
            Self::InvalidField(field) if field.pointer.is_empty() => format!("the body {}", field.message),
            Self::InvalidField(field) => {
                format!("{} {}", plain(&field.pointer), field.message)
            }
            Self::UnknownCaller => "send 'Authorization: Bearer <token>' once, with one of this Worker's caller \
                                    tokens (a Cloudflare API token is not one of them)"
                .to_owned(),
            Self::BadSignature => {
                "the webhook's signature or token is invalid: check that the sender's secret matches the one in \
                 WEBHOOK_SECRETS, and that nothing modifies the body in transit"
                    .to_owned()
            }
            Self::NotServed(pointer) => {
                format!("{} is not one that this Worker serves", plain(pointer))
            }
            Self::UnknownPath => {
                "no such route: see DELETE /meetings/{meeting_id}/participants/{participant_id}, /removals, \
                 /webhooks/{source} and /healthz"
                    .to_owned()
            }
            Self::UnknownSource => {
                "no such webhook source: sources are the tables [vars.WEBHOOKS.<source>] in wrangler.toml"
                    .to_owned()
            }
            Self::CannotVerify => {
                "the webhook's signature cannot be checked right now: send it again".to_owned()
            }
            Self::UnknownRemoval => "no such removal: it never existed, its retention period is over, or this Worker does not serve its app".to_owned(),
            Self::MethodNotAllowed(allow) => format!("this route allows only {allow}"),
            Self::KeyReused(header) => {
                format!("this {header} was already used for a different request: use a new one")
            }
            Self::WrongState(why) => why.clone(),
            Self::BodyTooLarge => format!("the body is over {} KiB: split it", MAX_BODY_BYTES / 1024),
            Self::BodyNotReceived => {
                format!("the body was cut off or did not arrive within {} seconds: send it again", BODY_TIME.as_secs())
            }
            Self::NotJson(what) => what.clone(),
            Self::NotConfigured(_) => "the configuration is incomplete".to_owned(),
            Self::NotStored => "the request could not be stored or answered: retry it, a POST with the same Idempotency-Key (without one it may \
                                 be stored twice)"
                .to_owned(),
        }
    }
}

/// Returns the place that a pointer names, in readable form.
fn plain(pointer: &str) -> String {
    match pointer.trim_start_matches('/') {
        "" => "\"\"".to_owned(),
        place => place.replace("~1", "/").replace("~0", "~"),
    }
}

impl From<FieldProblem> for Problem {
    fn from(field: FieldProblem) -> Self {
        Self::InvalidField(field)
    }
}

impl FieldProblem {
    /// Creates the problem of a query parameter that the route does not have.
    #[must_use]
    pub fn unknown_parameter(name: &str, allowed: &[&str]) -> Self {
        let message = if allowed.is_empty() {
            "is unknown: this route has no query parameters".to_owned()
        } else {
            format!("is unknown: this route has {}", allowed.join(", "))
        };
        Self::at("", name, message)
    }

    /// Creates a problem with the field `name` of the object at `prefix`, or with a query parameter.
    #[must_use]
    pub fn at(prefix: &str, name: &str, message: impl Into<String>) -> Self {
        // Only the beginning of an unknown name is shown, escaped as in a pointer (RFC 6901 §3).
        let name: String = name.chars().take(64).collect();
        let name = name.replace('~', "~0").replace('/', "~1");
        Self::new(format!("{prefix}/{name}"), message)
    }

    /// Creates a problem with one field.
    #[must_use]
    pub fn new(pointer: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            pointer: pointer.into(),
            message: message.into(),
        }
    }
}

#[cfg(test)]
mod tests;
