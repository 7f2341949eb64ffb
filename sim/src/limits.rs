//! The API's request limit: a number of requests per window, and a block of all calls once it is exceeded.
//!
//! Cloudflare's documentation calls `t` the time until the "next window resets", so the window is fixed by default: it
//! opens with the first request and closes after its length. A sliding window, which is stricter on a client that
//! trusts only the headers, can be selected.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use crate::clock::Millis;

/// Whether the window opens with a request and closes as a whole, or slides with the clock.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Window {
    Fixed,
    Sliding,
}

/// The limit in force; `POST /sim/limits` changes it. Fields absent there take their defaults.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Limits {
    pub(crate) enabled: bool,
    pub(crate) requests: u64,
    pub(crate) window_seconds: u64,
    pub(crate) block_seconds: u64,
    /// Whether responses carry `Ratelimit`, `Ratelimit-Policy` and, on a 429, `retry-after`.
    pub(crate) headers: bool,
    pub(crate) window: Window,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            enabled: true,
            requests: 1200,
            window_seconds: 300,
            block_seconds: 300,
            headers: true,
            window: Window::Fixed,
        }
    }
}

/// The decision on one request: whether it is admitted, and what its headers say.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Admission {
    pub(crate) remaining: u64,
    pub(crate) reset_seconds: u64,
    /// Seconds until calls are admitted again, if this one was refused.
    pub(crate) blocked_for: Option<u64>,
}

/// Counts requests against the limit.
#[derive(Debug, Default)]
pub(crate) struct Limiter {
    pub(crate) limits: Limits,
    /// Arrival times of the requests in the window, oldest first.
    arrivals: VecDeque<Millis>,
    blocked_until: Millis,
    /// The number of requests refused so far.
    pub(crate) refused: u64,
}

impl Limiter {
    pub(crate) fn new(limits: Limits) -> Self {
        Self {
            limits,
            ..Self::default()
        }
    }

    /// Counts one request at `now`. Returns `None` if there is no limit.
    pub(crate) fn admit(&mut self, now: Millis) -> Option<Admission> {
        if !self.limits.enabled {
            return None;
        }
        if now < self.blocked_until {
            return Some(self.refuse(now));
        }
        self.forget(now);
        if self.used() >= self.limits.requests {
            self.blocked_until = now + self.limits.block_seconds * 1000;
            self.arrivals.clear();
            return Some(self.refuse(now));
        }
        self.arrivals.push_back(now);
        let opened = self.arrivals.front().copied().unwrap_or(now);
        let closes = opened + self.limits.window_seconds * 1000;
        Some(Admission {
            remaining: self.limits.requests - self.used(),
            reset_seconds: seconds_up(closes.saturating_sub(now)),
            blocked_for: None,
        })
    }

    fn refuse(&mut self, now: Millis) -> Admission {
        self.refused += 1;
        let left = seconds_up(self.blocked_until - now);
        Admission {
            remaining: 0,
            reset_seconds: left,
            blocked_for: Some(left),
        }
    }

    fn used(&self) -> u64 {
        self.arrivals.len() as u64
    }

    /// Drops arrivals whose window is over.
    fn forget(&mut self, now: Millis) {
        let length = self.limits.window_seconds * 1000;
        let over = |at: &Millis| at + length <= now;
        match self.limits.window {
            Window::Fixed => {
                if self.arrivals.front().is_some_and(over) {
                    self.arrivals.clear();
                }
            }
            Window::Sliding => {
                while self.arrivals.front().is_some_and(over) {
                    self.arrivals.pop_front();
                }
            }
        }
    }
}

/// Converts to seconds, rounded up, as in `retry-after`.
fn seconds_up(ms: Millis) -> u64 {
    ms.div_ceil(1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limiter(window: Window) -> Limiter {
        Limiter::new(Limits {
            requests: 3,
            window_seconds: 10,
            block_seconds: 20,
            window,
            ..Limits::default()
        })
    }

    fn allowed(limiter: &mut Limiter, now: Millis) -> bool {
        limiter.admit(now).unwrap().blocked_for.is_none()
    }

    #[test]
    fn headers_count_down_to_the_end_of_the_window() {
        let mut limiter = limiter(Window::Fixed);
        let first = limiter.admit(1_000).unwrap();
        assert_eq!((first.remaining, first.reset_seconds), (2, 10));
        let second = limiter.admit(4_500).unwrap();
        assert_eq!((second.remaining, second.reset_seconds), (1, 7));
    }

    #[test]
    fn going_over_blocks_everything_for_the_block_time() {
        let mut limiter = limiter(Window::Fixed);
        assert!((0..3).all(|_| allowed(&mut limiter, 0)));
        assert_eq!(limiter.admit(1_000).unwrap().blocked_for, Some(20));
        // The window is over at 10 s; the block is not.
        assert_eq!(limiter.admit(20_999).unwrap().blocked_for, Some(1));
        assert!(allowed(&mut limiter, 21_000));
        assert_eq!(limiter.refused, 2);
    }

    #[test]
    fn a_fixed_window_lets_two_bursts_meet_and_a_sliding_one_does_not() {
        let burst = |window| {
            let mut limiter = limiter(window);
            let times = [0, 9_000, 9_000, 10_000, 10_000];
            times.iter().all(|at| allowed(&mut limiter, *at))
        };
        assert!(burst(Window::Fixed));
        assert!(!burst(Window::Sliding));
    }

    #[test]
    fn no_limit_counts_nothing() {
        let mut limiter = Limiter::new(Limits {
            enabled: false,
            requests: 0,
            ..Limits::default()
        });
        assert_eq!(limiter.admit(0), None);
    }
}
