//! What happened to a participant, claiming no more than is known.

use serde::{Deserialize, Serialize};

use crate::realtimekit::ApiError;

/// What happened to a participant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// `RealtimeKit` confirmed the deletion.
    Removed,
    /// There was no such participant when we first asked.
    AlreadyAbsent,
    /// There is no such participant now, after an attempt whose answer was lost: most likely that attempt removed it.
    AbsentAfterAmbiguous,
    /// No answer can be trusted: the participant may or may not be gone.
    Unknown,
    /// The participant was not removed.
    Failed,
}

impl Outcome {
    const ALL: [Self; 5] = [
        Self::Removed,
        Self::AlreadyAbsent,
        Self::AbsentAfterAmbiguous,
        Self::Unknown,
        Self::Failed,
    ];

    /// Returns the outcome of a delete, `ambiguous` if an earlier attempt may have taken effect although it failed.
    #[must_use]
    pub fn of<T>(result: &Result<T, ApiError>, ambiguous: bool) -> Self {
        match result {
            Ok(_) => Self::Removed,
            Err(error) if error.is_not_found() && ambiguous => Self::AbsentAfterAmbiguous,
            Err(error) if error.is_not_found() => Self::AlreadyAbsent,
            Err(error) if error.is_ambiguous() || ambiguous => Self::Unknown,
            Err(_) => Self::Failed,
        }
    }

    /// Returns whether the participant is known to be gone.
    #[must_use]
    pub fn is_gone(self) -> bool {
        matches!(
            self,
            Self::Removed | Self::AlreadyAbsent | Self::AbsentAfterAmbiguous
        )
    }

    /// Returns the outcome's name in headers, bodies and logs.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Removed => "removed",
            Self::AlreadyAbsent => "already_absent",
            Self::AbsentAfterAmbiguous => "absent_after_ambiguous",
            Self::Unknown => "unknown",
            Self::Failed => "failed",
        }
    }

    /// Returns the outcome of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|outcome| outcome.as_str() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::realtimekit::TransportError;

    #[test]
    fn an_outcome_says_no_more_than_is_known() {
        let not_found = || ApiError::Rejected {
            status: 404,
            code: 404,
            message: String::new(),
            retry_after: None,
        };
        let limited = || ApiError::RateLimited { retry_after: None };
        let lost = || ApiError::NoAnswer(TransportError::TimedOut);
        let table = [
            (Ok(()), false, Outcome::Removed),
            (Ok(()), true, Outcome::Removed),
            (Err(not_found()), false, Outcome::AlreadyAbsent),
            (Err(not_found()), true, Outcome::AbsentAfterAmbiguous),
            (Err(limited()), false, Outcome::Failed),
            (Err(limited()), true, Outcome::Unknown),
            (Err(lost()), false, Outcome::Unknown),
        ];
        for (result, ambiguous, outcome) in table {
            assert_eq!(
                Outcome::of(&result, ambiguous),
                outcome,
                "{result:?} {ambiguous}"
            );
        }
    }

    #[test]
    fn names_in_json_and_in_text_are_the_same() {
        for outcome in Outcome::ALL {
            assert_eq!(Outcome::parse(outcome.as_str()), Some(outcome));
            assert_eq!(
                serde_json::to_string(&outcome).unwrap(),
                format!("\"{}\"", outcome.as_str())
            );
        }
    }
}
