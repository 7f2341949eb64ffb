//! The available faults.

use std::collections::BTreeMap;

use axum::http::{HeaderName, HeaderValue};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::kit::ListLie;

/// The envelope of an error.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Shape {
    Realtimekit,
    V4,
}

/// A made-to-order response.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct StatusFault {
    pub(crate) status: u16,
    #[serde(default)]
    pub(crate) headers: BTreeMap<String, String>,
    /// A string is sent as it is, anything else as JSON.
    pub(crate) body: Option<Value>,
    /// By default `v4` for 401, 403 and 429, which the gateway answers, and `realtimekit` otherwise.
    pub(crate) shape: Option<Shape>,
    pub(crate) code: Option<i64>,
    pub(crate) message: Option<String>,
    /// The body is announced but never arrives.
    #[serde(default)]
    pub(crate) stall: bool,
    #[serde(default)]
    pub(crate) effect: bool,
}

/// What goes wrong. `effect` says whether the request is carried out before its response is spoilt.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum Fault {
    /// This status, with an error body by default.
    Status(StatusFault),
    /// A late but normal answer.
    Latency { ms: u64 },
    /// No answer, ever.
    Hang {
        #[serde(default)]
        effect: bool,
    },
    /// The connection breaks before the request takes effect.
    DropBefore,
    /// The connection breaks after the request has taken effect.
    DropAfter,
    /// `content-length` promises `missing` bytes more than are sent.
    TruncateBody {
        #[serde(default = "some_bytes")]
        missing: u64,
        #[serde(default = "yes")]
        effect: bool,
    },
    /// 200 with JSON that is cut off in the middle.
    BrokenJson {
        #[serde(default = "yes")]
        effect: bool,
    },
    /// An HTML page.
    Html {
        #[serde(default = "ok")]
        status: u16,
        #[serde(default = "yes")]
        effect: bool,
    },
    /// A redirect.
    Redirect {
        #[serde(default = "temporary_redirect")]
        status: u16,
        location: String,
        #[serde(default)]
        effect: bool,
    },
    /// 200 with well-formed JSON of `bytes` bytes.
    Oversize {
        bytes: u64,
        #[serde(default = "yes")]
        content_length: bool,
        #[serde(default = "yes")]
        effect: bool,
    },
    /// 204 without a body.
    NoContent {
        #[serde(default = "yes")]
        effect: bool,
    },
    /// 200 with `success: false`.
    SuccessFalse {
        #[serde(default)]
        effect: bool,
    },
    /// A list page with fewer rows than there are.
    ShortPage { rows: Option<usize> },
    /// A list whose `total_count` is too low.
    Shrink { total_count: Option<usize> },
    /// A list page with the rows of the previous page.
    Repeat,
    /// A list page whose `paging` is nonsense.
    WrongPaging {
        #[serde(default)]
        start_offset: usize,
        #[serde(default)]
        end_offset: usize,
        #[serde(default)]
        total_count: usize,
    },
}

fn ok() -> u16 {
    200
}

fn temporary_redirect() -> u16 {
    307
}

fn some_bytes() -> u64 {
    64
}

fn yes() -> bool {
    true
}

impl Fault {
    /// Checks that the fault can be carried out; the error says why not.
    pub(crate) fn check(&self) -> Result<(), String> {
        match self {
            Self::Status(fault) => {
                check_status(fault.status)?;
                let mut headers = fault.headers.iter();
                headers.try_for_each(|(name, value)| check_header(name, value))
            }
            Self::Html { status, .. } => check_status(*status),
            Self::Redirect {
                status, location, ..
            } => {
                check_status(*status)?;
                check_header("location", location)
            }
            _ => Ok(()),
        }
    }

    /// Returns whether the request is carried out although its response is replaced.
    pub(crate) fn has_effect(&self) -> bool {
        match *self {
            Self::Status(StatusFault { effect, .. })
            | Self::Hang { effect }
            | Self::TruncateBody { effect, .. }
            | Self::BrokenJson { effect }
            | Self::Html { effect, .. }
            | Self::Redirect { effect, .. }
            | Self::Oversize { effect, .. }
            | Self::NoContent { effect }
            | Self::SuccessFalse { effect } => effect,
            Self::DropAfter => true,
            _ => false,
        }
    }

    /// Returns how a list response should lie under this fault.
    pub(crate) fn list_lie(&self) -> ListLie {
        match *self {
            Self::ShortPage { rows } => ListLie::ShortPage(rows),
            Self::Shrink { total_count } => ListLie::Shrink(total_count),
            Self::Repeat => ListLie::Repeat,
            Self::WrongPaging {
                start_offset,
                end_offset,
                total_count,
            } => ListLie::WrongPaging {
                start_offset,
                end_offset,
                total_count,
            },
            _ => ListLie::None,
        }
    }
}

fn check_status(status: u16) -> Result<(), String> {
    if (200..=599).contains(&status) {
        return Ok(());
    }
    Err(format!(
        "{status} is not the status of an answer: 200 to 599 are"
    ))
}

fn check_header(name: &str, value: &str) -> Result<(), String> {
    if HeaderName::try_from(name).is_ok() && HeaderValue::try_from(value).is_ok() {
        return Ok(());
    }
    Err(format!("{name}: {value} is not a header"))
}
