//! The ledger's process: it starts, works when its alarm goes off, and dies.

use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll, Waker};

use participant_remover::ledger::{Ledger, Worked};

use super::{LEASE, World};
use crate::script::Act;
use crate::store::{SimulatedAlarm, SimulatedStore};

/// How far ahead the alarm handler sets the alarm before it opens the ledger, in milliseconds.
const UNOPENED: u64 = 10_000;

impl World {
    /// Opens the ledger if it is not open, in the turn of whoever needs it. Returns `false` on failure.
    fn open(&mut self) -> bool {
        if self.ledger.is_some() {
            return true;
        }
        self.maybe_break();
        let fails = {
            let mut api = self.network.api.borrow_mut();
            let chance = api.faults.open;
            api.strikes(chance, self.clock.now())
        };
        if fails {
            self.totals.disk_failures += 1;
            self.disk.fail_once_after(self.chance.u64(0..4));
        }
        let store = SimulatedStore(Rc::clone(&self.disk));
        let opened = Ledger::open(store, self.settings.clone(), self.clock.now());
        if let Ok(ledger) = opened {
            self.ledger = Some(Rc::new(ledger));
            self.network.heard.borrow_mut().instance_begins();
            // Nobody works until the alarm that was set before goes off.
            self.failed_at = self.clock.now() + LEASE;
        }
        self.totals.unopened += u64::from(self.ledger.is_none());
        self.ledger.is_some()
    }

    /// Returns the ledger for a call, or `None` (an error response) if it cannot be opened.
    pub(super) fn called(&mut self) -> Option<Rc<Ledger<SimulatedStore>>> {
        if self.ledger.is_none() && self.clock.now() >= self.down_until && !self.open() {
            self.end_of_turn();
        }
        self.ledger.clone()
    }

    /// Reads a removal, or makes a call that sets the alarm again.
    pub(super) fn read(&mut self) {
        self.read_at = self.clock.now() + self.chance.u64(1..60_000);
        if self.called().is_none() {
            return;
        }
        if self.chance.bool() && self.set_alarm() {
            self.failed_at = 0;
        }
        self.end_of_turn();
    }

    /// Sets the alarm, as every caller that changes the ledger does in the same turn. Returns `false` on failure.
    pub(super) fn set_alarm(&self) -> bool {
        let next = self
            .ledger
            .as_ref()
            .map(|ledger| ledger.next_alarm(self.clock.now()));
        if let Some(Ok(Some(at))) = next {
            self.disk.set_alarm(Some(at));
        }
        !matches!(next, Some(Err(_)))
    }

    pub(super) fn end_of_turn(&mut self) {
        self.totals.steps += 1;
        if self.disk.is_dead() {
            return self.crash();
        }
        self.disk.calm();
        self.disk.commit();
        // What was learned is rolled back with the step whose statement failed.
        let recorded = !self.disk.failed.take();
        self.network.heard.borrow_mut().turn_is_durable(recorded);
        let now = self.clock.now();
        let crash = {
            let mut api = self.network.api.borrow_mut();
            let chance = api.faults.crash;
            api.strikes(chance, now)
        };
        if crash {
            self.crash();
        }
    }

    pub(super) fn crash(&mut self) {
        self.totals.crashes += 1;
        self.breaks.push(self.clock.now());
        self.disk.failed.set(false);
        self.network.heard.borrow_mut().turn_is_durable(false);
        self.alarmed.clear();
        self.ledger = None;
        self.clock.clear();
        self.disk.crash();
        self.down_until = self.clock.now() + self.chance.u64(0..15_000);
        self.read_at = self.down_until + self.chance.u64(0..60_000);
    }

    /// Randomly makes the process die, or a statement fail, in the middle of the next turn.
    pub(super) fn maybe_break(&mut self) {
        let now = self.clock.now();
        let mut api = self.network.api.borrow_mut();
        let (inside, disk) = (api.faults.crash_inside, api.faults.disk);
        if api.strikes(inside, now) {
            self.disk.crash_after(self.chance.u64(1..40));
        }
        if api.strikes(disk, now) {
            self.totals.disk_failures += 1;
            self.disk.fail_once_after(self.chance.u64(0..40));
        }
    }

    pub(super) fn fire(&mut self) {
        let now = self.clock.now();
        let due = self.disk.alarm().is_some_and(|at| at <= now);
        if !due || !self.alarmed.is_empty() || now < self.down_until {
            return;
        }
        // It is gone unless the handler sets it again, or dies before any of its work is durable.
        self.disk.set_alarm(None);
        self.handle_alarm();
        let twice = {
            let mut api = self.network.api.borrow_mut();
            let chance = api.faults.twice;
            api.strikes(chance, now)
        };
        if twice {
            self.totals.alarms_twice += 1;
            self.again(Act::Alarm);
        }
    }

    /// Runs the alarm handler: it sets the alarm, durably, before it opens the ledger, which may fail.
    pub(super) fn handle_alarm(&mut self) {
        if self.clock.now() < self.down_until {
            return;
        }
        self.disk.set_alarm(Some(self.clock.now() + UNOPENED));
        self.disk.commit();
        if !self.open() {
            return self.end_of_turn();
        }
        if let Some(ledger) = self.ledger.clone() {
            self.work(ledger);
        }
    }

    fn work(&mut self, ledger: Rc<Ledger<SimulatedStore>>) {
        if self.alarmed.is_empty() {
            self.began = (self.clock.now(), self.network.left.borrow().len());
        }
        let network = Rc::clone(&self.network);
        let clock = self.clock.clone();
        let endpoints = self.endpoints.clone();
        let disk = Rc::clone(&self.disk);
        let told = Rc::clone(&self.told);
        self.woken.0.store(true, Ordering::Relaxed);
        self.alarmed.push(Box::pin(async move {
            let Some(endpoints) = endpoints else {
                return Worked::default();
            };
            let alarm = SimulatedAlarm {
                disk,
                clock: clock.clone(),
            };
            ledger
                .on_alarm(&endpoints, network.as_ref(), &clock, &alarm, &|ended| {
                    told.borrow_mut().extend_from_slice(ended);
                })
                .await
        }));
    }

    pub(super) fn poll(&mut self) {
        while self.woken.0.swap(false, Ordering::Relaxed) {
            for mut alarmed in std::mem::take(&mut self.alarmed) {
                self.maybe_break();
                let waker = Waker::from(Arc::clone(&self.woken));
                match alarmed.as_mut().poll(&mut Context::from_waker(&waker)) {
                    Poll::Ready(worked) => self.worked(&worked),
                    Poll::Pending => self.alarmed.push(alarmed),
                }
                self.end_of_turn();
                if self.ledger.is_none() {
                    break;
                }
            }
        }
    }

    /// Returns whether a statement failed or the process died at this time: that shows up when the next alarm is set.
    #[must_use]
    pub fn broke_at(&self, time: u64) -> bool {
        self.breaks.iter().any(|at| (time..=time + 2).contains(at))
    }

    fn worked(&mut self, worked: &Worked) {
        if worked.error.is_some() {
            self.breaks.push(self.clock.now());
            self.failed_at = self.clock.now();
        }
    }
}
