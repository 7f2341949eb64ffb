//! When to retry a request, as pure functions.
//!
//! At most three attempts, full jitter over an exponential ceiling (base 250 ms, cap 4 s), and never beyond the
//! deadline of the whole call. A wait that the API asks for is honoured if it fits, and ends the call if it does not.

use std::time::Duration;

/// The least time for an attempt: with less, it would only turn a known outcome into an unknown one.
const MIN_ATTEMPT_TIME: Duration = Duration::from_secs(1);

/// The limits of one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetryPolicy {
    /// The maximum number of attempts.
    pub max_attempts: u8,
    /// The longest time for one attempt.
    pub attempt_timeout: Duration,
    /// The longest time for the whole call.
    pub deadline: Duration,
    /// The first ceiling of the delay.
    pub base: Duration,
    /// The last ceiling of the delay.
    pub cap: Duration,
}

impl RetryPolicy {
    /// The policy of a synchronous removal: three attempts of 10 s within 25 s.
    pub const SYNCHRONOUS: Self = Self {
        max_attempts: 3,
        attempt_timeout: Duration::from_secs(10),
        deadline: Duration::from_secs(25),
        base: Duration::from_millis(250),
        cap: Duration::from_secs(4),
    };

    /// One attempt only: the caller retries on a schedule of its own.
    pub const ONCE: Self = Self {
        max_attempts: 1,
        ..Self::SYNCHRONOUS
    };

    /// Returns the same policy with a deadline of at most `deadline`.
    #[must_use]
    pub fn within(self, deadline: Duration) -> Self {
        Self {
            deadline: deadline.min(self.deadline),
            ..self
        }
    }

    /// Returns how long to wait before the next attempt, or `None` if there is none.
    ///
    /// `asked` is the wait that the API asked for; `random` is in `0.0..1.0`.
    #[must_use]
    pub fn delay(
        &self,
        attempts: u8,
        elapsed: Duration,
        asked: Option<Duration>,
        random: f64,
    ) -> Option<Duration> {
        if attempts >= self.max_attempts {
            return None;
        }
        let delay =
            asked.unwrap_or_else(|| full_jitter(self.base, self.cap, u32::from(attempts), random));
        let ends = elapsed
            .saturating_add(delay)
            .saturating_add(MIN_ATTEMPT_TIME);
        (ends <= self.deadline).then_some(delay)
    }

    /// Returns the time allowed for the next attempt.
    #[must_use]
    pub fn timeout(&self, elapsed: Duration) -> Duration {
        self.attempt_timeout
            .min(self.deadline.saturating_sub(elapsed))
    }
}

/// Returns a random delay below a ceiling that doubles with every attempt made (1, 2, …), from `base` up to `cap`.
#[must_use]
pub fn full_jitter(base: Duration, cap: Duration, attempts: u32, random: f64) -> Duration {
    let doublings = attempts.saturating_sub(1).min(31);
    let ceiling = base.saturating_mul(1 << doublings).min(cap);
    ceiling.mul_f64(random.clamp(0.0, 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    const POLICY: RetryPolicy = RetryPolicy::SYNCHRONOUS;

    #[test]
    fn the_third_attempt_is_the_last() {
        assert!(POLICY.delay(1, Duration::ZERO, None, 0.5).is_some());
        assert!(POLICY.delay(2, Duration::ZERO, None, 0.5).is_some());
        assert_eq!(POLICY.delay(3, Duration::ZERO, None, 0.5), None);
    }

    #[test]
    fn whoever_repeats_by_a_schedule_of_its_own_asks_once() {
        let policy = RetryPolicy::ONCE;
        assert_eq!(policy.timeout(Duration::ZERO), Duration::from_secs(10));
        assert_eq!(policy.delay(1, Duration::ZERO, None, 0.0), None);
    }

    #[test]
    fn the_ceiling_doubles_up_to_the_cap() {
        let ceiling = |attempts| full_jitter(POLICY.base, POLICY.cap, attempts, 1.0).as_millis();
        assert_eq!(
            [1, 2, 3, 4, 5, 6, 60].map(ceiling),
            [250, 500, 1000, 2000, 4000, 4000, 4000]
        );
        assert_eq!(full_jitter(POLICY.base, POLICY.cap, 3, 0.0), Duration::ZERO);
    }

    #[test]
    fn what_the_api_asks_for_is_obeyed_exactly_where_it_fits() {
        let asked = Some(Duration::from_secs(7));
        assert_eq!(POLICY.delay(1, Duration::from_secs(17), asked, 0.1), asked);
        assert_eq!(POLICY.delay(1, Duration::from_secs(18), asked, 0.1), None);
        assert_eq!(
            POLICY.delay(1, Duration::ZERO, Some(Duration::from_mins(5)), 0.1),
            None
        );
        assert_eq!(
            POLICY.delay(1, Duration::ZERO, Some(Duration::MAX / 2), 0.1),
            None
        );
    }

    #[test]
    fn an_attempt_never_outlives_the_call() {
        assert_eq!(POLICY.timeout(Duration::ZERO), Duration::from_secs(10));
        assert_eq!(
            POLICY.timeout(Duration::from_secs(21)),
            Duration::from_secs(4)
        );
        assert_eq!(POLICY.timeout(Duration::from_secs(26)), Duration::ZERO);
        assert_eq!(
            POLICY.within(Duration::from_secs(5)).deadline,
            Duration::from_secs(5)
        );
    }
}
