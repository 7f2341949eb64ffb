//! The requests of the last five minutes, counted so that no five minutes at the API's end ever hold more than allowed.
//!
//! When a request arrives there is unknown; it is some time between its sending and its response. So each counts from
//! its sending until five minutes after its response. Take any five minutes of arrivals there, and of these requests
//! the one sent last: each of the others arrived less than five minutes before that one was sent, so its response was
//! less than five minutes old and it still counted.

use std::collections::VecDeque;

/// Five minutes, plus a quarter of a second for clocks that advance in steps.
pub const WINDOW_MS: u64 = 300_250;

/// The requests that count, by when they stop counting.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Window {
    /// Sorted by that time. Most are added at the back; all are removed from the front.
    answered: VecDeque<(u64, Counted)>,
    sum: Counted,
    in_flight: u32,
}

/// Counts of the two kinds of request.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counted {
    /// Sent by durable work.
    pub durable: u32,
    /// Sent by the synchronous route.
    pub synchronous: u32,
}

impl Counted {
    fn plus(self, other: Self) -> Self {
        Self {
            durable: self.durable.saturating_add(other.durable),
            synchronous: self.synchronous.saturating_add(other.synchronous),
        }
    }

    fn minus(self, other: Self) -> Self {
        Self {
            durable: self.durable.saturating_sub(other.durable),
            synchronous: self.synchronous.saturating_sub(other.synchronous),
        }
    }
}

/// What may be sent in five minutes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Allowed {
    /// In total.
    pub total: u32,
    /// By durable work.
    pub durable: u32,
}

impl Window {
    /// Counts requests that were answered, or are treated as such, until the time `until`.
    pub fn count(&mut self, until: u64, requests: Counted) {
        let at = self.answered.partition_point(|(other, _)| *other < until);
        match self.answered.get_mut(at) {
            Some((same, counted)) if *same == until => *counted = counted.plus(requests),
            _ => self.answered.insert(at, (until, requests)),
        }
        self.sum = self.sum.plus(requests);
    }

    /// Counts a durable request that is about to leave.
    pub fn send(&mut self) {
        self.in_flight = self.in_flight.saturating_add(1);
    }

    /// Counts a durable request as answered, or given up, now.
    pub fn answer(&mut self, now: u64) {
        self.in_flight = self.in_flight.saturating_sub(1);
        self.count(
            now.saturating_add(WINDOW_MS),
            Counted {
                durable: 1,
                synchronous: 0,
            },
        );
    }

    /// Returns how many durable requests are in flight.
    #[must_use]
    pub fn in_flight(&self) -> u32 {
        self.in_flight
    }

    /// Returns how many requests count now.
    pub fn used(&mut self, now: u64) -> u32 {
        self.expire(now);
        let all = self.sum.durable.saturating_add(self.sum.synchronous);
        all.saturating_add(self.in_flight)
    }

    /// Returns how many durable requests may leave now.
    pub fn free(&mut self, now: u64, allowed: Allowed) -> u32 {
        self.expire(now);
        self.free_of(self.sum, allowed)
    }

    fn free_of(&self, sum: Counted, allowed: Allowed) -> u32 {
        let durable = sum.durable.saturating_add(self.in_flight);
        let all = durable.saturating_add(sum.synchronous);
        let of_durable = allowed.durable.saturating_sub(durable);
        of_durable.min(allowed.total.saturating_sub(all))
    }

    /// Returns when a durable request may leave, if nothing else is sent before; `None` when only a response can tell.
    pub fn free_at(&mut self, now: u64, allowed: Allowed) -> Option<u64> {
        self.expire(now);
        let mut sum = self.sum;
        if self.free_of(sum, allowed) > 0 {
            return Some(now);
        }
        self.answered.iter().find_map(|(until, counted)| {
            sum = sum.minus(*counted);
            (self.free_of(sum, allowed) > 0).then_some(*until)
        })
    }

    fn expire(&mut self, now: u64) {
        while let Some((until, counted)) = self.answered.front() {
            if *until > now {
                break;
            }
            self.sum = self.sum.minus(*counted);
            self.answered.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALLOWED: Allowed = Allowed {
        total: 5,
        durable: 4,
    };

    #[test]
    fn a_request_counts_from_its_sending_until_five_minutes_after_its_answer() {
        let mut window = Window::default();
        window.send();
        assert_eq!(window.free(0, ALLOWED), 3);
        assert_eq!(window.free(10 * WINDOW_MS, ALLOWED), 3);
        window.answer(1000);
        assert_eq!(window.free(1000 + WINDOW_MS - 1, ALLOWED), 3);
        assert_eq!(window.free(1000 + WINDOW_MS, ALLOWED), 4);
    }

    #[test]
    fn synchronous_requests_take_from_the_total_and_durable_ones_leave_their_share() {
        let mut window = Window::default();
        for _ in 0..4 {
            window.send();
        }
        assert_eq!(window.free(0, ALLOWED), 0);
        let mut window = Window::default();
        let two = Counted {
            durable: 0,
            synchronous: 2,
        };
        window.count(100, two);
        assert_eq!(window.free(0, ALLOWED), 3);
        assert_eq!(window.used(0), 2);
        assert_eq!(window.free(100, ALLOWED), 4);
    }

    #[test]
    fn it_tells_when_the_next_may_leave() {
        let mut window = Window::default();
        for at in [10, 20, 30, 40] {
            window.send();
            window.answer(at);
        }
        assert_eq!(window.free_at(50, ALLOWED), Some(10 + WINDOW_MS));
        assert_eq!(
            window.free_at(10 + WINDOW_MS, ALLOWED),
            Some(10 + WINDOW_MS)
        );
        let mut waiting = Window::default();
        for _ in 0..4 {
            waiting.send();
        }
        assert_eq!(waiting.free_at(0, ALLOWED), None);
    }
}
