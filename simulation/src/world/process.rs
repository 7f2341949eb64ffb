//! The ledger's process: it starts, works when its alarm goes off, and dies.

use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll, Waker};

use participant_remover::ledger::{Ledger, Worked};

use super::{LEASE, World};
use crate::store::{SimulatedAlarm, SimulatedStore};

impl World {
    pub(super) fn start(&mut self) {
        self.maybe_break();
        let store = SimulatedStore(Rc::clone(&self.disk));
        match Ledger::open(store, self.settings.clone(), self.clock.now()) {
            Ok(ledger) => {
                self.ledger = Some(Rc::new(ledger));
                // Its alarm brings an object back, or a request, which sets the alarm anew.
                let heals = self.chance.bool() && self.set_alarm();
                if !heals {
                    self.failed_at = self.clock.now() + LEASE;
                }
                self.end_of_turn();
            }
            Err(_) => self.crash(),
        }
    }

    /// Whoever changes the ledger sets its alarm in the same turn, or answers that it failed.
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
        self.network.turn_is_durable(true);
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
        self.network.turn_is_durable(false);
        self.alarmed = None;
        self.ledger = None;
        self.clock.clear();
        self.disk.crash();
        self.down_until = self.clock.now() + self.chance.u64(0..15_000);
    }

    /// Lets the process die, or a statement fail, in the middle of the next turn.
    pub(super) fn maybe_break(&mut self) {
        let now = self.clock.now();
        let mut api = self.network.api.borrow_mut();
        let (inside, disk) = (api.faults.crash_inside, api.faults.disk);
        if api.strikes(inside, now) {
            self.disk.light_fuse(self.chance.u64(1..40));
        }
        if api.strikes(disk, now) {
            self.totals.disk_failures += 1;
            self.disk.fail_once_after(self.chance.u64(0..40));
        }
    }

    pub(super) fn fire(&mut self) {
        let due = self.disk.alarm().is_some_and(|at| at <= self.clock.now());
        let (true, None, Some(ledger)) = (due, &self.alarmed, &self.ledger) else {
            return;
        };
        // Gone unless the handler sets it again or dies before anything of it is durable.
        self.disk.set_alarm(None);
        let ledger = Rc::clone(ledger);
        let network = Rc::clone(&self.network);
        let clock = self.clock.clone();
        let endpoints = self.endpoints.clone();
        let disk = Rc::clone(&self.disk);
        self.woken.0.store(true, Ordering::Relaxed);
        self.alarmed = Some(Box::pin(async move {
            let Some(endpoints) = endpoints else {
                return Worked::default();
            };
            let alarm = SimulatedAlarm {
                disk,
                clock: clock.clone(),
            };
            ledger
                .on_alarm(&endpoints, network.as_ref(), &clock, &alarm)
                .await
        }));
    }

    pub(super) fn poll(&mut self) {
        while self.woken.0.swap(false, Ordering::Relaxed) {
            if self.alarmed.is_none() {
                return;
            }
            self.maybe_break();
            let waker = Waker::from(Arc::clone(&self.woken));
            let Some(alarmed) = &mut self.alarmed else {
                return;
            };
            if let Poll::Ready(worked) = alarmed.as_mut().poll(&mut Context::from_waker(&waker)) {
                self.alarmed = None;
                if worked.error.is_some() {
                    self.breaks.push(self.clock.now());
                    self.network.turn_is_durable(false);
                    self.failed_at = self.clock.now();
                }
            }
            self.end_of_turn();
        }
    }
}
