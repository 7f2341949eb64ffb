//! This ledger's part of the token's limit when the number of ledgers changes: what the others may have sent in the
//! last five minutes, while their part was larger, counts as sent from here for the next five.
//!
//! So does the whole durable part of a new ledger, except for as much as the synchronous route's share, which is all
//! that the existing ledgers have left over.

use super::Ledger;
use super::engine::EMPTY_MS;
use super::settings::Settings;
use super::store::{Store, StoreError};
use super::window::{Counted, WINDOW_MS};

/// The note that holds how many ledgers shared the limit.
const NOTE: &str = "ledger.shared_by";
/// How often the ledger of an app that is not served checks whether it is, in milliseconds.
const NOT_SERVED_MS: u64 = 300_000;

/// How the ledger of an app that is not served continues.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotServed {
    /// Whether removals wait until the app is served again.
    pub open: bool,
    /// When the alarm must go off.
    pub look_at: u64,
}

impl<S: Store> Ledger<S> {
    /// Adapts to a changed number of ledgers. Called when the ledger is opened.
    pub(super) fn take_share(&self, now: u64) -> Result<(), StoreError> {
        let ledgers = self.settings.ledgers;
        let noted = self.note(NOTE)?;
        if noted.as_deref() == Some(ledgers.to_string().as_str()) {
            return Ok(());
        }
        let before = noted.and_then(|noted| noted.parse().ok());
        let counted = Counted {
            durable: sent_by_others(&self.settings, before),
            synchronous: 0,
        };
        self.store.transaction(|| {
            if counted.durable > 0 {
                self.store_requests(now.saturating_add(WINDOW_MS), counted)?;
            }
            self.set_note(NOTE, &ledgers.to_string())
        })
    }

    /// Suspends the ledger of an app that is no longer served: its removals wait until it is served again, and then its
    /// ledger counts as a new one. What has expired is still purged.
    pub fn wait_to_be_served(&self, now: u64) -> Result<NotServed, StoreError> {
        self.set_note(NOTE, "")?;
        self.purge(now)?;
        let open = self.has_open()?;
        let later = now.saturating_add(NOT_SERVED_MS);
        let look_at = match self.next_alarm(now)? {
            Some(at) => at.max(later),
            None => now.saturating_add(EMPTY_MS),
        };
        Ok(NotServed { open, look_at })
    }
}

/// Returns how much of the durable part the other ledgers may have used when `before` shared the limit; `None` for a
/// new ledger.
fn sent_by_others(settings: &Settings, before: Option<u32>) -> u32 {
    let mine = settings.requests_per_5_minutes;
    let durable = settings.durable_part(mine);
    let had = match before {
        None if settings.ledgers <= 1 => durable,
        None => mine.saturating_sub(durable),
        Some(before) => {
            let all = mine.saturating_mul(settings.ledgers);
            settings.durable_part(all / before.max(1))
        }
    };
    durable.saturating_sub(had)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(ledgers: u32) -> Settings {
        Settings {
            requests_per_5_minutes: 1200 / ledgers,
            ledgers,
            ..Settings::default()
        }
    }

    /// Returns what a ledger may send at once.
    fn free(ledgers: u32, before: Option<u32>) -> u32 {
        let settings = settings(ledgers);
        settings.durable_part(settings.requests_per_5_minutes) - sent_by_others(&settings, before)
    }

    #[test]
    fn the_only_ledger_has_all_from_the_beginning() {
        assert_eq!(free(1, None), 960);
        assert_eq!(free(1, Some(1)), 960);
    }

    #[test]
    fn ledgers_that_are_added_leave_room_for_what_the_others_have_sent() {
        for (before, after) in [(1, 2), (1, 12), (3, 4)] {
            let had = before * free(before, Some(before));
            let added = (after - before) * free(after, None);
            assert!(had + added <= 1200, "{before} {after}: {had} and {added}");
            assert!(added > 0, "{before} {after}");
            // Those that already existed have their smaller part at once.
            assert_eq!(free(after, Some(before)), free(after, Some(after)));
        }
    }

    #[test]
    fn a_part_grows_when_what_the_others_have_sent_is_five_minutes_old() {
        assert_eq!(free(1, Some(2)), 480);
        assert_eq!(free(3, Some(4)), 240);
        assert_eq!(free(1, Some(0)), 960);
    }
}
