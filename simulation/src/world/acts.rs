//! What callers and the rest of the world do, according to the script.

use participant_remover::ledger::{
    Acceptance, Change, Key, Origin, RemovalState, SynchronousRemoval,
};
use participant_remover::removal::RemovalOrder;

use super::{Ordered, Recorded, Violation, World};
use crate::population::Gone;
use crate::script::Act;

impl World {
    /// Adds an act of this moment to the script.
    pub fn then(&mut self, act: Act) {
        self.schedule(0, act);
    }

    fn schedule(&mut self, delay: u64, act: Act) {
        self.acts += 1;
        self.script
            .insert((self.clock.now() + delay, self.acts), act);
    }

    pub(super) fn act(&mut self) -> Result<(), Violation> {
        let now = self.clock.now();
        while let Some(entry) = self.script.first_entry() {
            if entry.key().0 > now {
                break;
            }
            let act = entry.remove();
            self.carry_out(act, now)?;
        }
        Ok(())
    }

    pub(super) fn again(&mut self, act: Act) {
        let delay = self.chance.u64(1..2_000);
        self.schedule(delay, act);
    }

    pub(super) fn carry_out(&mut self, act: Act, now: u64) -> Result<(), Violation> {
        match act {
            Act::Add { meeting, user } => {
                self.network
                    .api
                    .borrow_mut()
                    .population
                    .add(meeting, &user, now);
            }
            Act::AddMeeting { users } => {
                let population = &mut self.network.api.borrow_mut().population;
                let meeting = population.add_meeting_at(true, now);
                for user in users {
                    population.add(meeting, &user, now);
                }
            }
            Act::Remove { meeting, pick } => self.remove(meeting, pick, now),
            Act::Synchronous(removals) => self.synchronous(removals, now),
            Act::Alarm => self.handle_alarm(),
            Act::Order { number, order } => return self.order(number, order, now),
            Act::Cancel(number) | Act::Retry(number) => self.change(number, act, now),
        }
        Ok(())
    }

    pub(super) fn remove(&mut self, meeting: usize, pick: usize, now: u64) {
        let population = &mut self.network.api.borrow_mut().population;
        if let Some(meeting) = population.meetings.get_mut(meeting) {
            let present = meeting.present().count().max(1);
            let id = meeting.present().nth(pick % present).map(|p| p.id.clone());
            if let Some(id) = id {
                meeting.delete(
                    &id,
                    Gone {
                        at: now,
                        by_us: false,
                    },
                );
            }
        }
    }

    /// Records removals made by the Worker; a record that is not acknowledged is repeated.
    pub(super) fn synchronous(&mut self, removals: Vec<SynchronousRemoval>, now: u64) {
        let Some(ledger) = self.called() else {
            return self.again(Act::Synchronous(removals));
        };
        self.maybe_break();
        let done = ledger.record_synchronous(&removals, true, now);
        let alarmed = self.set_alarm();
        let dead = self.disk.is_dead();
        let recorded = done.is_ok() && alarmed && !dead;
        if recorded {
            let limited = removals.iter().filter(|removal| removal.limited);
            for removal in limited {
                let mut heard = self.network.heard.borrow_mut();
                let at = removal.limited_at_ms.unwrap_or(removal.at_ms);
                heard.block(removal.retry_after_ms, at);
            }
            if removals.iter().any(|removal| removal.outcome.is_gone()) {
                self.network.heard.borrow_mut().forget_deletes();
            }
        }
        self.end_of_turn();
        if !recorded || self.chance.u8(0..4) == 0 {
            self.again(Act::Synchronous(removals.clone()));
        }
        let known = |recorded: &Recorded| recorded.removals == removals;
        if recorded && !self.synchronous.iter().any(known) {
            let requests = removals.iter().map(|one| u64::from(one.api_requests));
            // A record that was stored but not acknowledged is repeated: its requests were sent before the first
            // attempt.
            let at = removals.iter().map(|one| one.at_ms).max();
            self.synchronous.push(Recorded {
                at: at.unwrap_or(now),
                left: self.network.left.borrow().len(),
                requests: requests.sum(),
                removals,
            });
        }
    }

    /// Orders a removal; without an answer, it is repeated with its key.
    pub(super) fn order(
        &mut self,
        number: usize,
        order: RemovalOrder,
        now: u64,
    ) -> Result<(), Violation> {
        let entry = self.ordered.entry(number).or_insert_with(|| Ordered {
            order: order.clone(),
            id: None,
            asked_at: now,
            asked_after: self.network.left.borrow().len(),
            accepted_at: None,
            cancelled_after: None,
        });
        let answered = entry.id.clone();
        let act = Act::Order { number, order };
        let (Some(ledger), Act::Order { order, .. }) = (self.called(), &act) else {
            self.again(act);
            return Ok(());
        };
        let key = Key {
            scope: "caller:a".to_owned(),
            key: number.to_string(),
            digest: format!("{number}"),
        };
        let origin = Origin {
            caller: Some("a"),
            source: "api",
            event_at: None,
            key: Some(&key),
        };
        self.maybe_break();
        let accepted = ledger.accept(order, &origin, &self.clock);
        let alarmed = self.set_alarm();
        let dead = self.disk.is_dead();
        self.end_of_turn();
        let id = match accepted {
            Ok(Acceptance::Accepted(id) | Acceptance::Replayed(id)) if alarmed && !dead => id,
            Ok(Acceptance::Conflict) => {
                return Err(format!("removal {number} was not accepted"));
            }
            _ => {
                self.again(act);
                return Ok(());
            }
        };
        if answered.is_some_and(|earlier| earlier != id) {
            return Err(format!("the key of removal {number} made two removals"));
        }
        if let Some(entry) = self.ordered.get_mut(&number) {
            entry.id = Some(id);
            entry.accepted_at.get_or_insert(now);
        }
        if self.chance.u8(0..4) == 0 {
            self.again(act);
        }
        Ok(())
    }

    pub(super) fn change(&mut self, number: usize, act: Act, now: u64) {
        let ordered = self.ordered.get(&number);
        let Some(id) = ordered.and_then(|ordered| ordered.id.clone()) else {
            return;
        };
        let Some(ledger) = self.called() else {
            return self.again(act);
        };
        self.maybe_break();
        let changed = match act {
            Act::Cancel(_) => ledger.cancel(&id, Some("support-desk"), now),
            _ => ledger.retry(&id, Some("operator"), now),
        };
        let alarmed = self.set_alarm();
        let dead = self.disk.is_dead();
        self.end_of_turn();
        let Ok(changed) = changed else {
            return self.again(act);
        };
        if !alarmed || dead {
            return self.again(act);
        }
        // A reopened removal was accepted long ago, but is due from now on.
        self.standing = None;
        let is_cancelled = match changed {
            Some(Change::Done) => matches!(act, Act::Cancel(_)),
            other => other == Some(Change::NotPossible(RemovalState::Cancelled)),
        };
        let left = self.network.left.borrow().len();
        if is_cancelled {
            self.network.heard.borrow_mut().forget_deletes();
        }
        if let Some(ordered) = self.ordered.get_mut(&number).filter(|_| is_cancelled) {
            ordered.cancelled_after.get_or_insert(left);
        }
    }
}
