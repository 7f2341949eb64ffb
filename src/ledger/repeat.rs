//! When something that failed is retried, and when it is given up.

use std::time::Duration;

use super::throttle::after;
use crate::realtimekit::ApiError;
use crate::realtimekit::retry::full_jitter;

const BASE: Duration = Duration::from_secs(1);
const CAP: Duration = Duration::from_mins(15);
/// How many times a request that the API itself rejects, say with a 400, is tried: it rarely changes its mind.
const MAX_REJECTIONS: u32 = 3;

/// Returns when to try again after so many failures in a row.
#[must_use]
pub fn repeat_after(failures: u32, random: f64, now: u64) -> u64 {
    after(now, full_jitter(BASE, CAP, failures, random))
}

/// Does the same, but no earlier than the API asks, of whose delay at most `longest` is believed.
pub(super) fn repeat_after_error(
    error: &ApiError,
    failures: u32,
    longest: Duration,
    random: f64,
    now: u64,
) -> u64 {
    let asked = error.retry_after().unwrap_or_default().min(longest);
    repeat_after(failures, random, now).max(after(now, asked))
}

/// What to do after a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// Try again at `due`, having waited `waited` in all by then.
    Repeat {
        /// When.
        due: u64,
        /// The total time waited, in milliseconds.
        waited: u64,
    },
    /// Give up.
    GiveUp,
}

/// Decides about something that has failed `failures` times, including this one, and has waited `waited` milliseconds.
#[must_use]
pub fn next(
    error: &ApiError,
    failures: u32,
    waited: u64,
    give_up_after: u64,
    random: f64,
    now: u64,
) -> Next {
    let rejected = matches!(error, ApiError::Rejected { status, .. } if *status != 408);
    if rejected && failures >= MAX_REJECTIONS {
        return Next::GiveUp;
    }
    let due = repeat_after_error(error, failures, Duration::from_hours(1), random, now);
    let waited = waited.saturating_add(due.saturating_sub(now));
    if waited > give_up_after {
        Next::GiveUp
    } else {
        Next::Repeat { due, waited }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::realtimekit::TransportError;

    const LOST: ApiError = ApiError::NoAnswer(TransportError::TimedOut);
    const DAY: u64 = 24 * 60 * 60 * 1000;

    #[test]
    fn delays_grow_from_a_second_to_a_quarter_of_an_hour() {
        assert_eq!(repeat_after(1, 1.0, 0), 1000);
        assert_eq!(repeat_after(4, 1.0, 0), 8000);
        assert_eq!(repeat_after(60, 1.0, 0), 15 * 60 * 1000);
    }

    #[test]
    fn it_gives_up_after_a_day_of_waiting() {
        assert_eq!(
            next(&LOST, 1, 0, DAY, 1.0, 5),
            Next::Repeat {
                due: 1005,
                waited: 1000
            }
        );
        assert_eq!(next(&LOST, 99, DAY, DAY, 1.0, 5), Next::GiveUp);
    }

    #[test]
    fn a_refusal_is_tried_three_times() {
        let refused = ApiError::Rejected {
            status: 400,
            code: 1,
            message: "Jane".to_owned(),
            retry_after: None,
        };
        assert!(matches!(
            next(&refused, 2, 0, DAY, 1.0, 5),
            Next::Repeat { .. }
        ));
        assert_eq!(next(&refused, 3, 0, DAY, 1.0, 5), Next::GiveUp);
    }

    #[test]
    fn a_time_that_was_asked_for_is_kept() {
        let busy = ApiError::ServerError {
            status: 503,
            retry_after: Some(Duration::from_secs(30)),
        };
        assert_eq!(
            next(&busy, 1, 0, DAY, 0.0, 0),
            Next::Repeat {
                due: 30_000,
                waited: 30_000
            }
        );
    }
}
