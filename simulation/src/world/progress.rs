//! How far a run is, and that nothing in it stands still.

use std::rc::Rc;

use participant_remover::ledger::{RemovalState, Store};

use super::{AFTER_FAILURE, PATIENCE, Violation, World};
use crate::script::Act;
use crate::store::SimulatedStore;

/// How long a request counts against the budget at the very most, in milliseconds.
const COUNTED: u64 = 330_000;

impl World {
    /// The state of every removal that was answered, or nothing while the ledger cannot be asked.
    pub fn states(&self) -> Result<Vec<(usize, RemovalState)>, Violation> {
        let ledger = self.ledger.as_ref().ok_or("the ledger is down")?;
        let now = self.clock.now();
        let mut states = Vec::new();
        for (number, ordered) in &self.ordered {
            let Some(id) = &ordered.id else { continue };
            match ledger.show(id, now) {
                Ok(Some(view)) => states.push((*number, view.state)),
                Ok(None) => return Err(format!("removal {number} was accepted and is lost")),
                Err(error) => return Err(error.to_string()),
            }
        }
        Ok(states)
    }

    pub(super) fn is_over(&self) -> Result<bool, Violation> {
        let idle = self.alarmed.is_none() && self.ledger.is_some() && self.script.is_empty();
        if !idle || self.clock.now() < self.faults_end || self.network.next_event().is_some() {
            return Ok(false);
        }
        Ok(self.states()?.iter().all(|(_, state)| state.is_final()))
    }

    /// Retries all that failed. False when nothing did.
    pub(super) fn retry_failed(&mut self) -> Result<bool, Violation> {
        let failed = |state| matches!(state, RemovalState::Failed | RemovalState::PartiallyFailed);
        let failed: Vec<usize> = self
            .states()?
            .into_iter()
            .filter(|(_, state)| failed(*state))
            .map(|(n, _)| n)
            .collect();
        for number in &failed {
            self.change(*number, Act::Retry(*number), self.clock.now());
        }
        Ok(!failed.is_empty())
    }

    /// While the process lives and nothing is open, nothing that is due and allowed may wait. What is due is read from
    /// the tables, and what is allowed from what has left: the ledger's own opinion of either is not asked.
    pub(super) fn check_progress(&self, next: u64) -> Result<(), Violation> {
        let now = self.clock.now();
        let lives = self.ledger.is_some() && next >= self.failed_at + AFTER_FAILURE;
        if !lives || next <= now + PATIENCE || self.network.open() > 0 || !self.is_allowed(now) {
            return Ok(());
        }
        match self.due()? {
            Some(due) if due.max(now) + PATIENCE < next => Err(format!(
                "what is due at {due} waits from {now} until {next}, with the alarm at {:?}",
                self.disk.alarm()
            )),
            _ => Ok(()),
        }
    }

    /// When the first row of any open removal is due.
    fn due(&self) -> Result<Option<u64>, Violation> {
        let store = SimulatedStore(Rc::clone(&self.disk));
        let rows = store.run(
            "SELECT min(due) FROM (
                SELECT min(i.due_at) AS due FROM items i JOIN removals r ON r.seq = i.removal WHERE r.state = 'running'
                UNION ALL SELECT min(w.due_at) FROM works w JOIN removals r ON r.seq = w.removal WHERE r.state = 'running'
                UNION ALL SELECT min(max(ifnull(not_before, 0), accepted_at)) FROM removals
                    WHERE state IN ('scheduled', 'queued'))",
            &[],
        );
        let rows = rows.map_err(|error| error.to_string())?;
        self.disk.commit();
        let row = rows.first().ok_or("no row")?;
        row.maybe_integer(0).map_err(|error| error.to_string())
    }

    /// Whether a request may certainly leave: counted by when requests left, with time to spare for their answers.
    fn is_allowed(&self, now: u64) -> bool {
        let recent = |at: u64| at + COUNTED > now;
        let left = self.network.left.borrow();
        let left = left.iter().rev().take_while(|at| recent(**at)).count();
        let synchronous = self.synchronous.iter().filter(|(at, _)| recent(*at));
        let synchronous: u32 = synchronous.map(|(_, requests)| requests).sum();
        let total = self.settings.requests_per_5_minutes;
        // What was chosen when a statement failed, or the process died, counts although it never left.
        let broken = self.breaks.iter().filter(|at| recent(**at)).count();
        let left = u32::try_from(left + 6 * broken).unwrap_or(u32::MAX);
        let budget = left < self.settings.durable_part(total) && left + synchronous < total;
        let api = self.network.api.borrow();
        let refused = api.last_refused + COUNTED >= now;
        // A header that says less holds work back as well.
        let headers = api.fixed_header.is_some() || api.quota < usize::try_from(total).unwrap_or(0);
        budget && !self.network.is_stopped(now) && !refused && !headers
    }
}
