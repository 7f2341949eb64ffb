//! The limit of the API: so many requests in five minutes, and then a block.

use participant_remover::realtimekit::RawAnswer;

use super::Api;
use super::answers::limited;

pub(super) const FIVE_MINUTES: u64 = 300_000;

impl Api {
    /// Counts a request; a 429 when there are too many, or out of nowhere.
    pub(super) fn limit(&mut self, now: u64) -> Option<RawAnswer> {
        while self
            .window
            .front()
            .is_some_and(|at| at + FIVE_MINUTES <= now)
        {
            self.window.pop_front();
        }
        if now < self.blocked_until {
            self.totals.limited += 1;
            return Some(limited(Some(
                (self.blocked_until - now).div_ceil(1000).to_string(),
            )));
        }
        self.window.push_back(now);
        if self.window.len() > self.quota {
            self.totals.limited += 1;
            self.totals.own_429 += 1;
            self.blocked_until = now + FIVE_MINUTES;
            return Some(limited(None));
        }
        if self.strikes(self.faults.limited, now) {
            self.totals.limited += 1;
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
