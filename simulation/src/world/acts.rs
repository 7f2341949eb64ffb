//! What callers and the rest of the world do, as the script has it.

use participant_remover::ledger::{Acceptance, Key, Origin};
use participant_remover::removal::RemovalOrder;

use super::{Ordered, Violation, World};
use crate::population::Gone;
use crate::script::Act;

impl World {
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
        self.acts += 1;
        let delay = self.chance.u64(1..2_000);
        self.script
            .insert((self.clock.now() + delay, self.acts), act);
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
                let meeting = population.add_meeting(true);
                for user in users {
                    population.add(meeting, &user, now);
                }
            }
            Act::Remove { meeting, pick } => self.remove(meeting, pick, now),
            Act::Synchronous(requests) => self.synchronous(requests, now),
            Act::Order { number, orders } => return self.order(number, orders, now),
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

    pub(super) fn synchronous(&mut self, requests: u32, now: u64) {
        let Some(ledger) = self.ledger.clone() else {
            return self.again(Act::Synchronous(requests));
        };
        self.maybe_break();
        let counted = ledger.count_synchronous(requests, now);
        self.end_of_turn();
        if counted.is_ok() {
            self.synchronous.push((now, requests));
        }
    }

    /// Orders a removal; whoever gets no answer repeats it with its key.
    pub(super) fn order(
        &mut self,
        number: usize,
        orders: Vec<RemovalOrder>,
        now: u64,
    ) -> Result<(), Violation> {
        let entry = self.ordered.entry(number).or_insert_with(|| Ordered {
            orders: orders.clone(),
            id: None,
            asked_at: now,
            accepted_at: None,
            cancelled: false,
        });
        let answered = entry.id.clone();
        let act = Act::Order { number, orders };
        let (Some(ledger), Act::Order { orders, .. }) = (self.ledger.clone(), &act) else {
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
        let accepted = ledger.accept(orders, &origin, &self.clock);
        let alarmed = self.set_alarm();
        let dead = self.disk.is_dead();
        self.end_of_turn();
        let id = match accepted {
            Ok(Acceptance::Accepted(id) | Acceptance::Replayed(id)) if alarmed && !dead => id,
            Ok(Acceptance::Conflict | Acceptance::Mixed { .. }) => {
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
        let id = self
            .ordered
            .get(&number)
            .and_then(|ordered| ordered.id.clone());
        let (Some(ledger), Some(id)) = (self.ledger.clone(), id) else {
            return;
        };
        self.maybe_break();
        let changed = match act {
            Act::Cancel(_) => ledger.cancel(&id, now),
            _ => ledger.retry(&id, now),
        };
        let alarmed = self.set_alarm();
        self.end_of_turn();
        if changed.is_err() || !alarmed {
            self.again(act);
        }
    }
}
