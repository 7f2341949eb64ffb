//! The API's limit: a number of requests in five minutes, and then a block.

use participant_remover::realtimekit::RawAnswer;

use super::Api;
use super::answers::limited;

const FIVE_MINUTES: u64 = 300_000;

impl Api {
    /// Sets the headers that say how much of the limit is left and for how long; during a block, none until it ends.
    pub(super) fn tell_limit(&mut self, answer: &mut RawAnswer, now: u64) {
        let (left, until) = if now < self.blocked_until {
            (0, self.blocked_until)
        } else {
            let left = self.quota.saturating_sub(self.window.len());
            let oldest = self.window.front().map_or(now, |at| at + FIVE_MINUTES);
            (left, oldest)
        };
        let seconds = until.saturating_sub(now).div_ceil(1000).max(1);
        answer.ratelimit = Some(format!("\"default\";r={left};t={seconds}"));
        answer.ratelimit_policy = Some(format!("\"default\";q={};w=300", self.quota));
        let stingy = self.faults.stingy;
        if self.happens(stingy, now) {
            let (left, seconds) = (self.chance.u32(0..8), self.chance.u32(1..60));
            answer.ratelimit = Some(format!("\"default\";r={left};t={seconds}"));
        }
    }

    /// Counts a request; returns a 429 if there are too many, or at random.
    pub(super) fn limit(&mut self, now: u64) -> Option<RawAnswer> {
        while self
            .window
            .front()
            .is_some_and(|at| at + FIVE_MINUTES <= now)
        {
            self.window.pop_front();
        }
        if now >= self.blocked_until {
            self.window.push_back(now);
            if self.window.len() > self.quota {
                self.totals.own_429 += 1;
                self.blocked_until = now + FIVE_MINUTES;
            }
        }
        if now < self.blocked_until {
            self.totals.limited += 1;
            let seconds = (self.blocked_until - now).div_ceil(1000);
            return Some(limited(Some(seconds.to_string())));
        }
        if self.strikes(self.faults.limited, now) {
            self.totals.limited += 1;
            // Harsher than the real API, whose 429 says how many seconds it blocks for, and blocks for exactly these.
            let retry_after = match self.chance.u8(0..4) {
                0 => None,
                1 => Some("soon".to_owned()),
                2 => Some(self.chance.u32(0..3).to_string()),
                _ => Some(self.chance.u32(1..120).to_string()),
            };
            return Some(limited(retry_after));
        }
        None
    }
}
