//! The progress of a run, and the check that it never stalls.

use std::rc::Rc;

use participant_remover::ledger::{RemovalState, RemovalView, Store, Value};

use super::{AFTER_FAILURE, PATIENCE, Violation, World};
use crate::clock::START;
use crate::script::Act;
use crate::store::SimulatedStore;

/// The maximum time for which a request counts against the budget, in milliseconds: an interrupted one counts from its
/// recovery, and until then the ledger may have been down, or could not be opened.
const COUNTED: u64 = 420_000;

/// The maximum number of open requests.
const CONNECTIONS: usize = 6;
/// The maximum number of requests per alarm.
const MAX_REQUESTS_PER_ALARM: usize = 45;
/// How long an alarm keeps sending requests, in milliseconds.
const WORK: u64 = 60_000;

impl World {
    /// Returns every removal that was answered, or an error while the ledger cannot be asked.
    pub fn removals(&self) -> Result<Vec<(usize, RemovalView)>, Violation> {
        let ledger = self.ledger.as_ref().ok_or("the ledger is down")?;
        let now = self.clock.now();
        let mut removals = Vec::new();
        for (number, ordered) in &self.ordered {
            let Some(id) = &ordered.id else { continue };
            match ledger.show(id, now) {
                Ok(Some(view)) => removals.push((*number, view)),
                Ok(None) => return Err(format!("removal {number} was accepted and is lost")),
                Err(error) => return Err(error.to_string()),
            }
        }
        Ok(removals)
    }

    /// Returns the state of every removal that was answered, or an error while the ledger cannot be asked.
    pub fn states(&self) -> Result<Vec<(usize, RemovalState)>, Violation> {
        let removals = self.removals()?.into_iter();
        Ok(removals
            .map(|(number, view)| (number, view.state))
            .collect())
    }

    pub(super) fn is_over(&self) -> Result<bool, Violation> {
        let idle = self.alarmed.is_empty() && self.ledger.is_some() && self.script.is_empty();
        if !idle || self.clock.now() < self.faults_end || self.network.next_event().is_some() {
            return Ok(false);
        }
        let is_final = self.states()?.iter().all(|(_, state)| state.is_final());
        Ok(is_final && self.is_swept()?)
    }

    /// Returns whether removals have no rows of work left but those that can be retried.
    fn is_swept(&self) -> Result<bool, Violation> {
        let store = SimulatedStore(Rc::clone(&self.disk));
        let rows = store.run(
            "SELECT 1 FROM works w JOIN removals ON seq = removal
             WHERE state = 'cancelled' OR state = 'succeeded' AND NOT EXISTS (
                SELECT 1 FROM items WHERE work = w.id AND kick_error IS NOT NULL) LIMIT 1",
            &[],
        );
        self.disk.commit();
        Ok(rows.map_err(|error| error.to_string())?.is_empty())
    }

    /// Retries everything that failed, kicks included. Returns `false` if nothing did.
    pub(super) fn retry_failed(&mut self) -> Result<bool, Violation> {
        let failed: Vec<usize> = self
            .removals()?
            .into_iter()
            .filter(|(_, view)| has_failed(view))
            .map(|(number, _)| number)
            .collect();
        for number in &failed {
            self.change(*number, Act::Retry(*number), self.clock.now());
        }
        Ok(!failed.is_empty())
    }

    /// Checks that while the process is alive and there is room for another request, nothing due and allowed is left
    /// waiting. What is due is read from the tables, and what is allowed is derived from the requests sent: the ledger
    /// itself is not asked.
    pub(super) fn check_progress(&mut self, next: u64) -> Result<(), Violation> {
        let now = self.clock.now();
        let lives = self.ledger.is_some() && next >= self.failed_at + AFTER_FAILURE;
        let has_room = self.network.open() < CONNECTIONS && !self.is_drained(now);
        if !lives || !has_room || !self.is_allowed(now) {
            self.standing = None;
            return Ok(());
        }
        // A response changes what is due.
        let seen = (self.network.left.borrow().len(), self.network.open());
        let standing = self.standing.filter(|(_, before)| *before == seen);
        let (since, _) = *self.standing.insert(standing.unwrap_or((now, seen)));
        if next <= since + PATIENCE {
            return Ok(());
        }
        match self.due()? {
            Some(due) if due.max(since) + PATIENCE < next => Err(format!(
                "what is due at {due} waits from {since} until {next}, with {} requests open and the alarm at {:?}",
                self.network.open(),
                self.disk.alarm()
            )),
            _ => Ok(()),
        }
    }

    /// Returns whether an alarm is running that sends no more requests: it has sent 45, or has worked for a minute.
    fn is_drained(&self, now: u64) -> bool {
        let (began, before) = self.began;
        let sent = self.network.left.borrow().len() - before;
        !self.alarmed.is_empty() && (sent >= MAX_REQUESTS_PER_ALARM || now >= began + WORK)
    }

    /// Returns when the first row of any open removal is due. A page that is already being read for another removal
    /// will be shared.
    fn due(&self) -> Result<Option<u64>, Violation> {
        let store = SimulatedStore(Rc::clone(&self.disk));
        // When the maximum number of removals is at work, the others wait.
        let at_once = self.settings.everywhere_at_once;
        let rows = store.run(
            "SELECT min(due) FROM (
                SELECT min(i.due_at) AS due FROM items i JOIN removals r ON r.seq = i.removal WHERE r.state = 'running'
                UNION ALL SELECT min(w.due_at) FROM works w JOIN removals r ON r.seq = w.removal WHERE r.state = 'running'
                    AND NOT (w.stage = 'reading' AND EXISTS (SELECT 1 FROM works o WHERE o.sent_at IS NOT NULL
                        AND o.stage = 'reading' AND o.page = w.page AND ifnull(o.meeting, '') = ifnull(w.meeting, '')))
                UNION ALL SELECT min(max(ifnull(not_before, 0), accepted_at)) FROM removals
                    WHERE state IN ('scheduled', 'queued') AND NOT (everywhere AND ?1 <= (
                        SELECT count(*) FROM removals WHERE state = 'running' AND everywhere)))",
            &[Value::from(at_once)],
        );
        let rows = rows.map_err(|error| error.to_string())?;
        self.disk.commit();
        let row = rows.first().ok_or("no row")?;
        row.maybe_integer(0).map_err(|error| error.to_string())
    }

    /// Returns whether a request certainly may be sent: counted by when requests were sent, with a margin for their
    /// responses.
    fn is_allowed(&self, now: u64) -> bool {
        let recent = |at: u64| at + COUNTED > now;
        // Other ledgers may have sent requests before this one existed.
        if self.settings.ledgers > 1 && recent(START) {
            return false;
        }
        let left = self.network.left.borrow();
        let left = left.iter().rev().take_while(|left| recent(left.at)).count();
        let synchronous = self.synchronous.iter().filter(|sync| recent(sync.at));
        let synchronous: u64 = synchronous.map(|sync| sync.requests).sum();
        let api = self.network.api.borrow();
        let told = u32::try_from(api.quota).unwrap_or(u32::MAX);
        let total = self.settings.requests_per_5_minutes.min(told);
        // Requests chosen when a statement failed, or the process died, count although they were never sent.
        let broken = self.breaks.iter().filter(|at| recent(**at)).count();
        let left = u64::try_from(left + 6 * broken).unwrap_or(u64::MAX);
        let budget = left < self.settings.durable_part(total).into()
            && left.saturating_add(synchronous) < total.into();
        let refused = api.last_refused + COUNTED >= now;
        let heard = self.network.heard.borrow();
        // A hint is reduced by the requests in flight when it arrived, and by those sent in the turn in which it was
        // learned.
        let hinted = heard.hinted(now) > 12;
        let refused = refused || heard.is_refused();
        let probes = self.network.open() > 0 && !self.app_is_known(now);
        budget && hinted && !heard.is_stopped(now) && !heard.in_doubt(now) && !refused && !probes
    }

    /// Returns whether a response that the ledger has received by then, and has certainly kept, showed that the app
    /// exists.
    #[must_use]
    pub fn app_is_known(&self, now: u64) -> bool {
        let left = self.network.left.borrow();
        let showed = left.iter().filter(|left| left.shows_app);
        let showed = showed.filter(|left| left.answered.is_some_and(|(at, _)| at < now));
        let broken = self.breaks.iter().filter(|at| **at <= now).count();
        showed.count() > CONNECTIONS * broken
    }
}

/// Returns whether something of a removal can be retried.
fn has_failed(view: &RemovalView) -> bool {
    match view.state {
        RemovalState::Failed | RemovalState::PartiallyFailed => true,
        RemovalState::Succeeded => view.kick_error.is_some(),
        _ => false,
    }
}
