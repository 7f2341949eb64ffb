//! What can go wrong with a call, by meaning rather than by status, and what follows from it.

use std::time::Duration;

use super::error_body;
use super::limits;
use super::transport::{RawAnswer, TransportError};

/// Why a call has no result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ApiError {
    /// A 4xx other than 401, 403 and 429: the request itself was refused.
    Rejected {
        /// The status.
        status: u16,
        /// `RealtimeKit`'s code, or the status if it gave none.
        code: i64,
        /// `RealtimeKit`'s message.
        message: String,
        /// How long to wait, if a 408 says so.
        retry_after: Option<Duration>,
    },
    /// 401 or 403, or a 400 that is about our headers: our API token was refused.
    TokenRefused {
        /// The status.
        status: u16,
    },
    /// 429: the API's limit has been reached.
    RateLimited {
        /// How long to wait, if the answer says so.
        retry_after: Option<Duration>,
    },
    /// A 5xx.
    ServerError {
        /// The status.
        status: u16,
        /// How long to wait, if the answer says so.
        retry_after: Option<Duration>,
    },
    /// An answer that the API does not document: a redirect, HTML, broken JSON.
    InvalidResponse {
        /// The status.
        status: u16,
        /// The end of the sentence "`RealtimeKit` answered with …".
        flaw: String,
    },
    /// There is no answer.
    NoAnswer(TransportError),
}

impl ApiError {
    /// Returns whether another attempt may help: 408, 429, 500, 502, 503, 504 and network errors.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Rejected { status, .. } => *status == 408,
            Self::ServerError { status, .. } => matches!(status, 500 | 502 | 503 | 504),
            Self::RateLimited { .. } | Self::NoAnswer(_) => true,
            Self::TokenRefused { .. } | Self::InvalidResponse { .. } => false,
        }
    }

    /// Returns whether the request may have taken effect all the same: its answer was lost or cannot be trusted.
    #[must_use]
    pub fn is_ambiguous(&self) -> bool {
        match self {
            Self::ServerError { .. } | Self::NoAnswer(_) => true,
            // A redirect was not followed, so nothing happened; a broken 2xx may well have taken effect.
            Self::InvalidResponse { status, .. } => (200..300).contains(status),
            Self::Rejected { .. } | Self::TokenRefused { .. } | Self::RateLimited { .. } => false,
        }
    }

    /// Returns whether `RealtimeKit` says that there is no such resource. If Cloudflare does not know the account or
    /// app, that says nothing about who is there.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        matches!(self, Self::Rejected { status: 404, .. }) && !self.is_no_route()
    }

    /// Returns whether the body was too long to be read.
    #[must_use]
    pub fn is_too_large(&self) -> bool {
        matches!(self, Self::InvalidResponse { flaw, .. } if flaw == TOO_LARGE)
    }

    /// Returns whether the API token was refused.
    #[must_use]
    pub fn is_refusal(&self) -> bool {
        matches!(self, Self::TokenRefused { .. })
    }

    /// Creates the error for an account or app that Cloudflare does not know.
    #[must_use]
    pub fn no_route() -> Self {
        Self::Rejected {
            status: 404,
            code: 7003,
            message: String::new(),
            retry_after: None,
        }
    }

    /// Returns whether Cloudflare does not know the account or app: "Could not route to …".
    #[must_use]
    pub fn is_no_route(&self) -> bool {
        matches!(
            self,
            Self::Rejected {
                code: 7000 | 7003,
                ..
            }
        )
    }

    /// Describes what went wrong, for people: never in the API's own words, which may contain names.
    #[must_use]
    pub fn sentence(&self) -> String {
        match self {
            _ if self.is_no_route() => {
                "Cloudflare knows no such account or app: check CLOUDFLARE_ACCOUNT_ID, REALTIMEKIT_APP_IDS and CLOUDFLARE_API_BASE_URL"
                    .to_owned()
            }
            Self::Rejected { status, code, .. } => {
                format!("RealtimeKit refused the request: status {status}, code {code}")
            }
            Self::TokenRefused { status } => format!(
                "Cloudflare refused this Worker's own API token (status {status}): the operator must check that \
                 CLOUDFLARE_API_TOKEN is valid and has the permission \"Realtime Admin\" for the account \
                 CLOUDFLARE_ACCOUNT_ID"
            ),
            Self::RateLimited { .. } => "RealtimeKit's request limit is reached".to_owned(),
            Self::ServerError { status, .. } => format!("RealtimeKit answered {status}"),
            Self::InvalidResponse { status, flaw } => format!(
                "RealtimeKit's answer breaks its contract: {flaw} (status {status})"
            ),
            Self::NoAnswer(TransportError::Broken) => {
                "the connection to RealtimeKit broke".to_owned()
            }
            Self::NoAnswer(TransportError::TimedOut) => {
                "RealtimeKit did not answer in time".to_owned()
            }
        }
    }

    /// Returns the sentence, followed by the id of the answer.
    #[must_use]
    pub fn describe(&self, cf_ray: Option<&str>) -> String {
        format!("{}{}", self.sentence(), ray_note(cf_ray))
    }

    /// Returns how long the answer asks us to wait.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::RateLimited { retry_after }
            | Self::ServerError { retry_after, .. }
            | Self::Rejected { retry_after, .. } => *retry_after,
            _ => None,
        }
    }
}

/// Returns Cloudflare's id of an answer, as a suffix to a sentence about it: Cloudflare's support asks for it.
#[must_use]
pub fn ray_note(cf_ray: Option<&str>) -> String {
    cf_ray.map_or_else(String::new, |ray| format!(" (cf-ray {ray})"))
}

/// The flaw of a body longer than [`super::transport::MAX_ANSWER_BYTES`].
const TOO_LARGE: &str = "a body of more than 1 MiB";

/// Turns an answer into its body or its error. Checking the body is up to the caller.
pub fn classify(answer: &mut RawAnswer) -> Result<String, ApiError> {
    let status = answer.status;
    let broken = |flaw: &str| ApiError::InvalidResponse {
        status,
        flaw: flaw.to_owned(),
    };
    match status {
        200..300 => answer.body.take().ok_or_else(|| broken(TOO_LARGE)),
        300..400 => Err(broken("a redirect, which is never followed")),
        401 | 403 => Err(ApiError::TokenRefused { status }),
        429 => Err(ApiError::RateLimited {
            retry_after: limits::retry_after(answer),
        }),
        400..500 => Err(rejected(answer)),
        500..600 => Err(ApiError::ServerError {
            status,
            retry_after: limits::retry_after(answer),
        }),
        _ => Err(broken("a status outside of HTTP")),
    }
}

/// Cloudflare's code for an `authorization` header that cannot hold a token, such as a truncated one. The status is 400
/// (libdns/cloudflare#12 and many others).
const INVALID_HEADERS: i64 = 6003;

/// Classifies a 4xx. It counts only with an error body of the API: a proxy's own 404 must not pass for an absent
/// participant. A 408 means the same, whoever sends it.
fn rejected(answer: &RawAnswer) -> ApiError {
    let status = answer.status;
    let parsed = error_body::parse(answer.body.as_deref().unwrap_or_default());
    if parsed.is_none() && status != 408 {
        return ApiError::InvalidResponse {
            status,
            flaw: "an error page that is not the API's: check CLOUDFLARE_API_BASE_URL".to_owned(),
        };
    }
    let (code, message) = parsed.map_or((None, None), |error| (error.code, error.message));
    if status == 400 && code == Some(INVALID_HEADERS) {
        return ApiError::TokenRefused { status };
    }
    ApiError::Rejected {
        status,
        code: code.unwrap_or(i64::from(status)),
        message: message
            .unwrap_or_else(|| format!("RealtimeKit answered {status} without a message")),
        retry_after: limits::retry_after(answer).filter(|_| status == 408),
    }
}

#[cfg(test)]
mod tests;
