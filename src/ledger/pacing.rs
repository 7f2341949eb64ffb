//! How fast durable work may go: the five-minute window, what the API's headers say, and pauses after a 429 or a
//! refused API token. All of it is kept in the store; the copy in memory is read from there at the start.

use super::Ledger;
use super::settings::Settings;
use super::store::{Store, StoreError, json};
use super::throttle::{Signal, Throttle};
use super::views::Pause;
use super::window::{Allowed, Counted, WINDOW_MS, Window};
use crate::realtimekit::limits::RateLimit;
use crate::values;

/// The note that holds [`Throttle`].
const NOTE: &str = "ledger.brakes";

/// The window and the throttle together.
#[derive(Debug, Clone, Default)]
pub struct Pacing {
    /// The requests of the last five minutes.
    pub window: Window,
    /// What else holds work back.
    pub throttle: Throttle,
    /// Whether a 404 has put the app's existence in doubt.
    pub doubtful: bool,
    stored: String,
}

impl Pacing {
    /// Returns what five minutes may hold, by the settings or by the API's policy if that is less.
    #[must_use]
    pub fn allowed(&self, settings: &Settings) -> Allowed {
        let configured = settings.requests_per_5_minutes;
        let total = self
            .throttle
            .quota()
            .map_or(configured, |quota| quota.min(configured));
        Allowed {
            total,
            durable: settings.durable_part(total),
        }
    }

    /// Returns how many requests may leave now.
    pub fn free(&mut self, now: u64, settings: &Settings) -> u32 {
        if self.throttle.stopped_until(now).is_some() {
            return 0;
        }
        let allowed = self.allowed(settings);
        let free = self
            .window
            .free(now, allowed)
            .min(self.throttle.hinted(now));
        if self.probes() {
            return u32::from(free > 0 && self.window.in_flight() == 0);
        }
        free
    }

    /// Returns whether one request at a time tests the token, or whether the app exists.
    fn probes(&self) -> bool {
        self.throttle.is_refused() || self.doubtful
    }

    /// Returns when a request may leave, or `None` when only a response can tell.
    pub fn free_at(&mut self, now: u64, settings: &Settings) -> Option<u64> {
        if self.probes() && self.window.in_flight() > 0 {
            return None;
        }
        let allowed = self.allowed(settings);
        let window = self.window.free_at(now, allowed)?;
        let hinted = self.throttle.hinted_until(now);
        let stopped = self.throttle.stopped_until(now);
        Some(
            window
                .max(hinted.unwrap_or(0))
                .max(stopped.unwrap_or(0))
                .max(now),
        )
    }

    /// Counts a request that is about to leave.
    pub fn send(&mut self, now: u64) {
        self.window.send();
        self.throttle.send(now);
    }
}

impl<S: Store> Ledger<S> {
    pub(super) fn load_pacing(&self, now: u64) -> Result<(), StoreError> {
        self.forget_requests(now)?;
        let mut window = Window::default();
        let rows = self
            .store
            .run("SELECT until, durable, synchronous FROM api_requests", &[])?;
        for row in rows {
            let counted = Counted {
                durable: row.small(1)?,
                synchronous: row.small(2)?,
            };
            window.count(row.integer(0)?, counted);
        }
        let stored = self.note(NOTE)?.unwrap_or_default();
        // What this instance has learnt counts even if it is not stored: a hint that did not bind yet, or a 429 whose
        // recording failed.
        let throttle = if self.heard.replace(true) {
            std::mem::take(&mut self.pacing.borrow_mut().throttle)
        } else {
            serde_json::from_str(&stored).unwrap_or_default()
        };
        let mut pacing = self.pacing.borrow_mut();
        *pacing = Pacing {
            window,
            throttle,
            doubtful: pacing.doubtful,
            stored,
        };
        Ok(())
    }

    /// Counts requests of the synchronous route that were sent up to now.
    pub fn count_synchronous(&self, requests: u32, now: u64) -> Result<(), StoreError> {
        let counted = Counted {
            durable: 0,
            synchronous: requests,
        };
        let until = now.saturating_add(WINDOW_MS);
        self.forget_requests(now)?;
        self.store_requests(until, counted)?;
        self.pacing.borrow_mut().window.count(until, counted);
        Ok(())
    }

    /// Pauses durable work until then, since the synchronous route, or another app's ledger, received a 429.
    pub fn pause_until(&self, until: u64, now: u64) -> Result<(), StoreError> {
        self.pacing.borrow_mut().throttle.limit_until(until, now);
        self.save_throttle(now)
    }

    /// Counts a durable request, a delete or another, as answered, and applies its response.
    pub(super) fn note_answer(
        &self,
        signal: Signal,
        deletes: bool,
        limit: RateLimit,
        random: f64,
        now: u64,
    ) -> Result<(), StoreError> {
        let counted = Counted {
            durable: 1,
            synchronous: 0,
        };
        self.store_requests(now.saturating_add(WINDOW_MS), counted)?;
        {
            let mut pacing = self.pacing.borrow_mut();
            pacing.window.answer(now);
            let others = pacing.window.in_flight();
            let part = limit.shared_by(self.settings.ledgers);
            pacing
                .throttle
                .apply_response(signal, deletes, part, others, random, now);
        }
        self.save_throttle(now)
    }

    fn forget_requests(&self, now: u64) -> Result<(), StoreError> {
        self.store
            .execute("DELETE FROM api_requests WHERE until <= ?1", &values![now])
    }

    /// Stores requests under the second from which they no longer count: rounded up, never down.
    pub(super) fn store_requests(&self, until: u64, counted: Counted) -> Result<(), StoreError> {
        let second = until.div_ceil(1000).saturating_mul(1000);
        self.store.execute(
            "INSERT INTO api_requests (until, durable, synchronous) VALUES (?1, ?2, ?3)
             ON CONFLICT (until) DO UPDATE SET
                durable = durable + excluded.durable, synchronous = synchronous + excluded.synchronous",
            &values![second, counted.durable, counted.synchronous],
        )
    }

    /// Stores the throttle if it changed. Hints that do not bind are left out: the next response renews them.
    pub(super) fn save_throttle(&self, now: u64) -> Result<(), StoreError> {
        let mut pacing = self.pacing.borrow_mut();
        let allowed = pacing.allowed(&self.settings);
        let free = pacing.window.free(now, allowed);
        let text = json(&pacing.throttle.binding(free, now))?;
        if text != pacing.stored {
            self.set_note(NOTE, &text)?;
            pacing.stored = text;
        }
        Ok(())
    }

    /// Records when something was first refused.
    pub(super) fn note_refusal(&self, table: &str, id: u64, now: u64) -> Result<(), StoreError> {
        self.store.execute(
            &format!("UPDATE {table} SET refused_at = ifnull(refused_at, ?2) WHERE id = ?1"),
            &values![id, now],
        )
    }

    /// Remembers that the API accepted the token for a delete, or for something else. In memory only: after a restart a
    /// refusal pauses everything once more, which is harmless.
    pub(super) fn note_accepted(&self, delete: bool, now: u64) {
        let (deletes, others) = self.accepted.get();
        self.accepted.set(if delete {
            (now, others)
        } else {
            (deletes, now)
        });
    }

    /// Returns when the API last accepted the token for a delete, or for something else.
    pub(super) fn accepted_at(&self, delete: bool) -> u64 {
        let (deletes, others) = self.accepted.get();
        if delete { deletes } else { others }
    }

    /// Returns until when the API's limit pauses all work with the token, if it does.
    #[must_use]
    pub fn limited_until(&self, now: u64) -> Option<u64> {
        self.pacing.borrow().throttle.limited_until(now)
    }

    /// Returns why all durable work is paused, if it is.
    #[must_use]
    pub fn pause(&self, now: u64) -> Option<Pause> {
        self.pacing.borrow().throttle.pause(now)
    }
}
