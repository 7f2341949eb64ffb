//! What slows or pauses durable work: the API's `Ratelimit` headers, a 429, a refused API token.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::hints::{Hint, Hints};
use super::views::{Pause, PauseReason};
use crate::realtimekit::limits::RateLimit;
use crate::realtimekit::retry::full_jitter;

/// How long to pause after a 429 that says nothing sensible: the API's documented block.
const DEFAULT_BLOCK: Duration = Duration::from_mins(5);
const SHORTEST_BLOCK: Duration = Duration::from_secs(1);
const LONGEST_BLOCK: Duration = Duration::from_hours(1);
/// How long a `Ratelimit-Policy` holds that no response repeats.
const QUOTA_HOLDS: Duration = Duration::from_hours(1);
const QUOTA_STEP: Duration = Duration::from_mins(10);
/// The base delay between probes of a refused API token.
const PROBE_BASE: Duration = Duration::from_secs(5);
const PROBE_CAP: Duration = Duration::from_mins(5);

/// What holds durable work back, besides the window.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Throttle {
    limited: Option<Stop>,
    refused: Option<Stop>,
    /// How many times in a row the token was refused.
    refusals: u32,
    /// Whether it was refused for a delete: then only an accepted delete shows that it is good.
    #[serde(default)]
    for_delete: bool,
    hints: Hints,
    /// Requests per five minutes according to `Ratelimit-Policy`.
    quota: Option<u32>,
    /// When that was last received, to within [`QUOTA_STEP`].
    #[serde(default)]
    quota_at: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Stop {
    since: u64,
    until: u64,
}

impl Throttle {
    /// Applies a response, to a delete or to something else: what it says about the pace, and its headers. `others`
    /// further requests are in flight.
    pub fn apply_response(
        &mut self,
        signal: Signal,
        deletes: bool,
        limit: RateLimit,
        others: u32,
        random: f64,
        now: u64,
    ) {
        self.apply_headers(limit, others, now);
        match signal {
            Signal::Limited(retry_after) => self.limit(retry_after, now),
            Signal::Refused => self.refuse(deletes, random, now),
            Signal::Accepted if self.for_delete && !deletes => {}
            Signal::Accepted => {
                self.refused = None;
                self.refusals = 0;
                self.for_delete = false;
            }
            Signal::Nothing => {}
        }
    }

    /// Counts a request that is about to leave.
    pub fn send(&mut self, now: u64) {
        self.hints.send(now);
    }

    /// Returns the requests per five minutes that the API allows, if it said so.
    pub fn quota(&self) -> Option<u32> {
        self.quota
    }

    /// Returns whether the token was last refused.
    pub fn is_refused(&self) -> bool {
        self.refused.is_some()
    }

    /// Returns what must be stored while `free` requests may leave: hints that do not bind are renewed by responses.
    pub fn binding(&self, free: u32, now: u64) -> Self {
        Self {
            hints: self.hints.binding(free, now),
            ..self.clone()
        }
    }

    /// Returns until when the hints let nothing leave.
    pub fn hinted_until(&self, now: u64) -> Option<u64> {
        self.hints.spent(now).map(|hint| hint.until)
    }

    /// Returns until when everything is paused.
    pub fn stopped_until(&self, now: u64) -> Option<u64> {
        let stops = [self.limited, self.refused].into_iter().flatten();
        stops
            .map(|stop| stop.until)
            .filter(|until| *until > now)
            .max()
    }

    /// Returns until when a 429 pauses everything.
    pub fn limited_until(&self, now: u64) -> Option<u64> {
        let until = self.limited.map(|stop| stop.until);
        until.filter(|until| *until > now)
    }

    /// Returns how many requests the hints in force allow.
    pub fn hinted(&self, now: u64) -> u32 {
        self.hints.left(now)
    }

    /// Applies a response's headers, received at `now`. `others` requests are in flight and may not be in its count
    /// yet.
    pub fn apply_headers(&mut self, limit: RateLimit, others: u32, now: u64) {
        if let (Some(quota), Some(seconds @ 1..)) = (limit.quota, limit.window_seconds) {
            let in_5_minutes = u64::from(quota) * 300 / u64::from(seconds);
            let quota = Some(u32::try_from(in_5_minutes.max(1)).unwrap_or(u32::MAX));
            // Not on every response: changes are stored.
            if quota != self.quota || after(self.quota_at, QUOTA_STEP) < now {
                self.quota_at = now;
            }
            self.quota = quota;
        } else if after(self.quota_at, QUOTA_HOLDS) < now {
            // It may have come from a proxy.
            self.quota = None;
        }
        self.hints.expire(now);
        for left in limit.left {
            let time = Duration::from_secs(left.seconds.into()).min(LONGEST_BLOCK);
            self.hints.add(Hint {
                more: left.requests.saturating_sub(others),
                since: now,
                until: after(now, time),
            });
        }
    }

    /// Pauses for as long as a 429 asks, within bounds.
    pub fn limit(&mut self, retry_after: Option<Duration>, now: u64) {
        self.limit_until(blocked_until(now, retry_after), now);
    }

    /// Pauses until then and no longer, for a 429 reported by another ledger that shares the token.
    pub fn limit_until(&mut self, until: u64, now: u64) {
        let until = until.min(after(now, LONGEST_BLOCK));
        if until <= now {
            return;
        }
        let earlier = self.limited.filter(|stop| stop.until > now);
        self.limited = Some(Stop {
            since: earlier.map_or(now, |stop| stop.since),
            until: earlier.map_or(0, |stop| stop.until).max(until),
        });
    }

    fn refuse(&mut self, deletes: bool, random: f64, now: u64) {
        self.for_delete |= deletes;
        if self.refused.is_some_and(|stop| stop.until > now) {
            // It was sent before the first refusal was known: six at once count as one.
            return;
        }
        self.refusals = self.refusals.saturating_add(1);
        // At least half of the ceiling: an immediate probe learns nothing.
        let delay = full_jitter(PROBE_BASE, PROBE_CAP, self.refusals, 0.5 + random / 2.0);
        self.refused = Some(Stop {
            since: self.refused.map_or(now, |stop| stop.since),
            until: after(now, delay),
        });
    }

    /// Schedules an early probe: somebody else's delete was accepted, so the token may have been fixed. Not immediately
    /// each time, since that may be all the token is allowed to do.
    pub fn try_soon(&mut self, now: u64) {
        self.for_delete = false;
        if let Some(stop) = &mut self.refused {
            stop.until = stop.until.min(after(now, PROBE_BASE));
        }
    }

    /// Lets any accepted request clear the refusal, after a cancellation: the refused deletes may have been that
    /// removal's, and there may be no others.
    pub fn forget_deletes(&mut self) {
        self.for_delete = false;
    }

    /// Returns why everything is paused, if it is.
    pub fn pause(&self, now: u64) -> Option<Pause> {
        let named = |stop: Stop, reason| Pause {
            reason,
            since: stop.since,
            until: stop.until,
        };
        let refused = self
            .refused
            .map(|stop| named(stop, PauseReason::TokenRefused));
        let limited = self.limited.filter(|stop| stop.until > now);
        let spent = self.hints.spent(now).map(|hint| Stop {
            since: hint.since,
            until: hint.until,
        });
        let longest = [limited, spent].into_iter().flatten();
        let longest = longest.max_by_key(|stop| stop.until);
        refused.or_else(|| longest.map(|stop| named(stop, PauseReason::RateLimited)))
    }
}

/// Returns until when a 429 received at `at` pauses everything; `retry_after` is `None` if it says nothing sensible.
#[must_use]
pub fn blocked_until(at: u64, retry_after: Option<Duration>) -> u64 {
    let block = retry_after.map_or(DEFAULT_BLOCK, |time| {
        time.clamp(SHORTEST_BLOCK, LONGEST_BLOCK)
    });
    after(at, block)
}

/// Returns the time `delay` after `now`, in milliseconds.
pub(super) fn after(now: u64, delay: Duration) -> u64 {
    now.saturating_add(u64::try_from(delay.as_millis()).unwrap_or(u64::MAX))
}

/// What a response says about the pace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// The token is good.
    Accepted,
    /// Nothing: a 5xx, or no response.
    Nothing,
    /// A 429, with the delay that it asks for.
    Limited(Option<Duration>),
    /// The token was refused.
    Refused,
}

#[cfg(test)]
mod tests;
