//! Turns results and errors into HTTP answers: the only place that knows statuses, codes and what callers read.
//!
//! Every answer but `RealtimeKit`'s own successes is Cloudflare's v4 envelope, so the official SDKs show its `errors`.

pub mod durable;
mod problem;
mod removal;

use serde::Serialize;

pub use problem::{BODY_TIME, FieldProblem, MAX_BODY_BYTES, Problem};
pub use removal::participant_removal;

/// An answer, ready to be sent. `content-type`, `cache-control` and `x-request-id` are added to every answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The headers besides those that every answer has.
    pub headers: Vec<(&'static str, String)>,
    /// The body, in JSON.
    pub body: String,
}

/// The header with the outcome of a synchronous removal.
pub const OUTCOME_HEADER: &str = "participant-removal-outcome";

/// The header with the result of the preceding kick, if one was asked for.
pub const KICK_HEADER: &str = "participant-removal-kick";

/// One entry of `errors` or `messages`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Notice {
    /// The kind: ours are 1101 to 1112 for errors and 1201 and up for messages; `RealtimeKit`'s errors keep their own.
    pub code: i64,
    /// The message, for people.
    pub message: String,
    /// The place in the request, if it is about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<Source>,
}

/// The place in the request that an error is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Source {
    /// A JSON pointer (RFC 6901) into the body, or `/` and the name of a path or query parameter.
    pub pointer: String,
}

/// Cloudflare's v4 envelope.
#[derive(Debug, Serialize)]
struct Envelope<'a, T> {
    success: bool,
    errors: &'a [Notice],
    messages: &'a [Notice],
    result: Option<T>,
    #[serde(skip_serializing_if = "Option::is_none")]
    result_info: Option<ResultInfo>,
}

/// The size of a page, and where the next one starts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ResultInfo {
    /// How many rows this page has.
    pub count: usize,
    /// What to send as `cursor` for the next page; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

impl Answer {
    /// Creates a success in the envelope.
    #[must_use]
    pub fn success<T: Serialize>(status: u16, result: T) -> Self {
        Self::enveloped(status, true, &[], &[], Some(result))
    }

    /// Creates one page of a list in the envelope.
    #[must_use]
    pub fn page<T: Serialize>(result: T, info: ResultInfo) -> Self {
        Self::of(
            200,
            &Envelope {
                success: true,
                errors: &[],
                messages: &[],
                result: Some(result),
                result_info: Some(info),
            },
        )
    }

    /// Creates one error in the envelope.
    #[must_use]
    pub fn failure(status: u16, error: Notice, messages: &[Notice]) -> Self {
        Self::failures(status, &[error], messages)
    }

    /// Creates several errors in the envelope.
    #[must_use]
    pub fn failures(status: u16, errors: &[Notice], messages: &[Notice]) -> Self {
        Self::enveloped::<()>(status, false, errors, messages, None)
    }

    fn enveloped<T: Serialize>(
        status: u16,
        success: bool,
        errors: &[Notice],
        messages: &[Notice],
        result: Option<T>,
    ) -> Self {
        Self::of(
            status,
            &Envelope {
                success,
                errors,
                messages,
                result,
                result_info: None,
            },
        )
    }

    fn of<T: Serialize>(status: u16, envelope: &Envelope<'_, T>) -> Self {
        // Our own types always serialise: their map keys are strings.
        let body =
            serde_json::to_string(envelope).unwrap_or_else(|_| r#"{"success":false}"#.to_owned());
        Self {
            status,
            headers: Vec::new(),
            body,
        }
    }

    /// Returns the same answer with one more header.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

impl Notice {
    /// Creates a notice without a place.
    #[must_use]
    pub fn new(code: i64, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            source: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_envelope_is_cloudflares() {
        assert_eq!(
            Answer::failure(404, Notice::new(1104, "no"), &[]).body,
            r#"{"success":false,"errors":[{"code":1104,"message":"no"}],"messages":[],"result":null}"#
        );
        assert_eq!(
            Answer::success(202, ["x"]).body,
            r#"{"success":true,"errors":[],"messages":[],"result":["x"]}"#
        );
    }
}
