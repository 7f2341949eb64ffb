//! The end of a page and of a pass: which page is next, whether the list was read completely, and what follows.

use std::collections::HashSet;

use super::Ledger;
use super::emptied::EMPTIED_MS;
use super::pass::{
    MAX_CONFIRMING, MAX_PASSES, MAX_UNCLEAN_PASSES, Pass, agrees, may_be_cut, next_pass_at,
};
use super::stage::Stage;
use super::store::{Store, StoreError, count, json};
use super::work::Work;
use crate::values;

/// What a page showed.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Found {
    /// Rows that need work.
    pub to_do: u64,
    /// Rows of those recorded as gone.
    pub gone: u64,
    /// Rows that a target is about, but that no request can name.
    pub nameless: u64,
}

/// Returns why a list is given up after a pass instead of being read again, if it is.
fn give_up_reason(work: &Work, pass: &Pass, whole: bool, unclean: u32) -> Option<&'static str> {
    if unclean >= MAX_UNCLEAN_PASSES {
        return Some(if pass.gone > 0 {
            "the list keeps showing somebody who is gone"
        } else {
            "the list could not be read whole: it kept changing while it was read, or its pages contradict its total"
        });
    }
    let goes_on = work.pass >= MAX_PASSES && !(whole && pass.found == 0);
    goes_on.then_some("somebody new was found in every reading of the list")
}

impl<S: Store> Ledger<S> {
    /// Notes that a meeting named by a target does not exist: nobody is in it, and perhaps another was meant.
    pub(super) fn note_no_meeting(&self, work: &Work) -> Result<(), StoreError> {
        let named = self.store.run(
            "SELECT 1 FROM works WHERE id = ?1 AND listed_at IS NULL AND NOT EXISTS (SELECT 1 FROM items WHERE work = ?1)",
            &values![work.id],
        )?;
        if named.is_empty() {
            return Ok(());
        }
        let reason = "RealtimeKit knows no such meeting: nobody was found in it";
        self.note_error(work.removal, reason)
    }

    /// Ends the pass with an empty list: the meeting no longer exists.
    pub(super) fn read_nothing(
        &self,
        work: &Work,
        random: f64,
        now: u64,
    ) -> Result<(), StoreError> {
        let begun: Pass = serde_json::from_str(&work.reading).unwrap_or_default();
        let mut pass = Pass::default();
        pass.read(1, &[], &[], Some(0));
        pass.found = begun.found;
        self.end_pass(work, &pass, true, random, now)
    }

    /// Handles a page that does not exist. If the one before promised it, the reading proves nothing.
    pub(super) fn page_not_found(
        &self,
        work: &Work,
        random: f64,
        now: u64,
    ) -> Result<(), StoreError> {
        let pass: Pass = serde_json::from_str(&work.reading).unwrap_or_default();
        if !pass.has_total() {
            return self.take_page(work, &[], None, Found::default(), random, now);
        }
        self.forget_pass(work)?;
        self.end_pass(work, &pass, false, random, now)
    }

    /// Reads the list again without requesting a number of rows per page.
    pub(super) fn read_plainly(&self, work: &Work, now: u64) -> Result<(), StoreError> {
        self.make_plain(work.id)?;
        self.forget_pass(work)?;
        self.read_again(work, now)
    }

    /// Forgets the pages of a pass that is not complete: the next one must agree with more than a part of the list.
    pub(super) fn forget_pass(&self, work: &Work) -> Result<(), StoreError> {
        self.store.execute(
            "DELETE FROM pages WHERE work = ?1 AND pass = ?2",
            &values![work.id, work.pass],
        )
    }

    /// Returns whether a list that is read from its beginning is to be read plainly, since that is what the API
    /// accepted.
    pub(super) fn is_read_plainly(&self, work: &Work, now: u64) -> Result<bool, StoreError> {
        let plain = work.page == 1 && now < self.plain_until.get();
        if plain {
            self.make_plain(work.id)?;
        }
        Ok(plain)
    }

    /// Requests the pages of a list without a number of rows from now on.
    pub(super) fn make_plain(&self, work: u64) -> Result<(), StoreError> {
        self.store
            .execute("UPDATE works SET plain = 1 WHERE id = ?1", &values![work])
    }

    /// Takes in a page, and ends the pass if it is the last.
    pub(super) fn take_page(
        &self,
        work: &Work,
        ids: &[&str],
        total: Option<u64>,
        rows: Found,
        random: f64,
        now: u64,
    ) -> Result<(), StoreError> {
        let mut pass: Pass = serde_json::from_str(&work.reading).unwrap_or_default();
        let before = self.page_ids(work.id, work.pass, work.page.saturating_sub(1))?;
        let more = pass.read(work.page, ids, &before, total);
        pass.found = pass.found.saturating_add(rows.to_do);
        pass.gone = pass.gone.saturating_add(rows.gone);
        pass.nameless = pass.nameless.saturating_add(rows.nameless);
        let one_page = work.page == 1 && !may_be_cut(ids.len());
        if more || !one_page {
            self.store.execute(
                "INSERT OR REPLACE INTO pages (work, pass, page, ids) VALUES (?1, ?2, ?3, ?4)",
                &values![work.id, work.pass, work.page, json(&ids)?],
            )?;
        }
        if more {
            self.store.execute(
                "UPDATE works SET page = page + 1, reading = ?2 WHERE id = ?1",
                &values![work.id, json(&pass)?],
            )?;
            return self.enter(work.id, Stage::Reading, Some(now));
        }
        let whole = if one_page {
            let distinct: HashSet<&str> = ids.iter().copied().collect();
            pass.is_whole(count(distinct.len()))
        } else {
            self.is_whole(work, &pass)?
        };
        self.end_pass(work, &pass, whole, random, now)
    }

    /// Returns whether a pass of several pages, or of one that may have been cut, is complete and, for a meeting's
    /// participants, agrees with the one before.
    fn is_whole(&self, work: &Work, pass: &Pass) -> Result<bool, StoreError> {
        if !pass.is_whole(self.distinct_ids(work.id, work.pass)?) {
            self.forget_pass(work)?;
            return Ok(false);
        }
        // If anybody was found, they are looked for again anyway, in another pass; but not by a dry run.
        if work.meeting.is_none() || (pass.found > 0 && !work.dry_run) {
            return Ok(true);
        }
        let rows = self.store.run(
            "SELECT participant FROM items WHERE work = ?1",
            &values![work.id],
        )?;
        let ours = rows
            .iter()
            .map(|row| row.text(0).map(str::to_owned))
            .collect::<Result<_, _>>()?;
        let ids = self.pass_ids(work.id, work.pass)?;
        let distinct: HashSet<&str> = ids.iter().map(String::as_str).collect();
        let before = self.pass_ids(work.id, work.pass.saturating_sub(1))?;
        Ok(agrees(&before, &distinct, &ours))
    }

    fn end_pass(
        &self,
        work: &Work,
        pass: &Pass,
        whole: bool,
        random: f64,
        now: u64,
    ) -> Result<(), StoreError> {
        // A list without a total may end early unnoticed: it is believed at its third reading in a row.
        let whole = whole && (pass.has_total() || work.unclean_passes >= 2);
        let shifts = !whole && (pass.is_contradicted() || work.unclean_passes > 0);
        let waits = u64::from(work.excused) * EMPTIED_MS < self.settings.give_up_after_ms;
        if shifts && waits && pass.found + pass.gone == 0 && self.is_being_emptied(work, now)? {
            // Its pages shift because another removal deletes the people on them: that is not the list's fault.
            return self.restart_pass(work, now);
        }
        let unclean = if whole { 0 } else { work.unclean_passes + 1 };
        if unclean != work.unclean_passes {
            self.store.execute(
                "UPDATE works SET unclean_passes = ?2 WHERE id = ?1",
                &values![work.id, unclean],
            )?;
        }
        if let Some(reason) = give_up_reason(work, pass, whole, unclean) {
            return self.give_up(work, reason, now);
        }
        if work.meeting.is_some() && pass.found > 0 && !work.dry_run {
            return self.kick_and_delete(work.id, now);
        }
        if !whole {
            let takes_time = pass.gone > 0 || !pass.has_total();
            let due = next_pass_at(unclean, takes_time, random, now);
            return self.read_again(work, due);
        }
        let settles = work.confirming == 0 || pass.found > 0;
        if work.meeting.is_none() && settles && work.confirming < MAX_CONFIRMING {
            self.enter(work.id, Stage::Settled, None)?;
            return self.confirm_or_finish(work.removal, now);
        }
        if pass.nameless > 0 {
            return self.give_up(
                work,
                "the list shows somebody who cannot be deleted: their id is not 1 to 128 letters, digits, '_' and '-'",
                now,
            );
        }
        self.end_reading(work, now)
    }

    /// Ends a complete reading that showed nobody new. Participants named by a target may still be waiting.
    fn end_reading(&self, work: &Work, now: u64) -> Result<(), StoreError> {
        if self.is_anyone_waiting(work.id)? {
            return self.kick_and_delete(work.id, now);
        }
        // Even if nobody was found: whoever was removed earlier without a kick is still in the session.
        if work.kicks_all && work.kicks && !work.dry_run {
            self.store.execute(
                "UPDATE works SET closing = 1 WHERE id = ?1",
                &values![work.id],
            )?;
            return self.begin_kicks(work.id, now);
        }
        self.end_work(work, Stage::Done, now)
    }
}
