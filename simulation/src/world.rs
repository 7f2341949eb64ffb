//! A run: time moves from one happening to the next, the ledger lives and dies, and everybody acts by the script.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use fastrand::Rng;
use participant_remover::ids::{AccountId, AppId};
use participant_remover::ledger::{
    Acceptance, Key, Ledger, Origin, RemovalId, RemovalState, Settings, Worked,
};
use participant_remover::realtimekit::Api as Endpoints;
use participant_remover::removal::RemovalOrder;

use crate::api::Api;
use crate::check;
use crate::clock::{START, SimulatedClock};
use crate::network::Network;
use crate::population::Gone;
use crate::report::Totals;
use crate::scenario::Scenario;
use crate::script::Act;
use crate::store::{Disk, SimulatedAlarm, SimulatedStore};

/// What the ledger promised and did not keep.
pub type Violation = String;
type Alarmed = Pin<Box<dyn Future<Output = Worked>>>;

/// How long work may be due and allowed and not be done while the process lives, in milliseconds.
const PATIENCE: u64 = 2_500;
/// How long the ledger may wait after its storage has failed, in milliseconds.
const AFTER_FAILURE: u64 = 15_000;
/// How long the ledger may wait for the alarm that an earlier life of it has set, in milliseconds.
const LEASE: u64 = 7_000;
/// How long a run may take after its faults have ended, in milliseconds.
const LAST_DAY: u64 = 20 * 24 * 3_600_000;

#[derive(Default)]
struct Flag(AtomicBool);

impl Wake for Flag {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// A removal that was ordered in a run.
#[derive(Debug, Clone)]
pub struct Ordered {
    /// What was ordered.
    pub orders: Vec<RemovalOrder>,
    /// Its id, once it was answered.
    pub id: Option<RemovalId>,
    /// When the request was sent first; it may have been stored without an answer since.
    pub asked_at: u64,
    /// When it was answered.
    pub accepted_at: Option<u64>,
    /// Whether it was cancelled.
    pub cancelled: bool,
}

/// A run.
pub struct World {
    /// The time.
    pub clock: SimulatedClock,
    /// What survives.
    pub disk: Rc<Disk>,
    /// The way to the API.
    pub network: Rc<Network>,
    /// The ledger while its process lives.
    pub ledger: Option<Rc<Ledger<SimulatedStore>>>,
    /// What was ordered, by its number.
    pub ordered: BTreeMap<usize, Ordered>,
    /// Requests of the synchronous route, by when they were recorded.
    pub synchronous: Vec<(u64, u32)>,
    /// The settings.
    pub settings: Settings,
    /// When all faults end.
    pub faults_end: u64,
    /// What has happened.
    pub totals: Totals,
    script: BTreeMap<(u64, usize), Act>,
    acts: usize,
    alarmed: Option<Alarmed>,
    woken: Arc<Flag>,
    down_until: u64,
    failed_at: u64,
    chance: Rng,
    endpoints: Option<Rc<Endpoints>>,
}

impl World {
    /// Sets a scenario up.
    pub fn new(scenario: Scenario) -> Result<Self, Violation> {
        let mut chance = Rng::with_seed(scenario.seed ^ 0x5EED);
        let clock = SimulatedClock::new(chance.u64(..));
        let disk = Rc::new(Disk::new().map_err(|error| error.to_string())?);
        let faults_end = START + scenario.faults.end;
        let mut api = Api::new(scenario.population, scenario.faults, chance.fork());
        api.page_rows = scenario.page_rows;
        api.headers = scenario.headers;
        let network = Network::new(api, clock.clone(), Rc::clone(&disk), chance.fork());
        let script = scenario.script.into_iter().enumerate();
        let endpoints = AccountId::parse("account").and_then(|account| {
            let app = AppId::parse("app")?;
            Ok(Endpoints::new(
                "https://api.example/client/v4",
                &account,
                &app,
            ))
        });
        Ok(Self {
            clock,
            disk,
            network: Rc::new(network),
            ledger: None,
            ordered: BTreeMap::new(),
            synchronous: Vec::new(),
            settings: scenario.settings,
            faults_end,
            totals: Totals {
                runs: 1,
                ..Totals::default()
            },
            acts: script.len(),
            script: script
                .map(|(at, (time, act))| ((START + time, at), act))
                .collect(),
            alarmed: None,
            woken: Arc::default(),
            down_until: START,
            failed_at: 0,
            chance,
            endpoints: endpoints.ok().map(Rc::new),
        })
    }

    /// Runs until everything is final, checking on the way and at the end.
    pub fn run(mut self) -> Result<Totals, Violation> {
        self.run_to_end()?;
        let (removals, outcomes) = check::everything(&self)?;
        self.totals.removals = removals;
        self.totals.outcomes = outcomes;
        Ok(self.sum())
    }

    /// The counts of the run so far.
    #[must_use]
    pub fn sum(&self) -> Totals {
        let mut totals = self.totals;
        totals += self.network.api.borrow().totals;
        totals.statements = self.disk.statements.get();
        totals.simulated_seconds = (self.clock.now() - START) / 1000;
        totals
    }

    /// Runs until everything is final; then retries what failed while there were faults, and runs on.
    pub fn run_to_end(&mut self) -> Result<(), Violation> {
        for _ in 0..4 {
            self.run_until_final()?;
            if !self.retry_failed()? {
                return Ok(());
            }
        }
        Err("a removal still fails after the faults have ended and it was retried".to_owned())
    }

    fn run_until_final(&mut self) -> Result<(), Violation> {
        while self.advance()? {
            if self.clock.now() > self.faults_end + LAST_DAY {
                return Err("not everything is final long after the faults have ended".to_owned());
            }
        }
        Ok(())
    }

    /// Lets the next thing happen. False when all is done.
    pub fn advance(&mut self) -> Result<bool, Violation> {
        if self.ledger.is_none() && self.clock.now() >= self.down_until {
            self.start();
        }
        self.act()?;
        self.fire();
        self.poll();
        if self.is_over()? {
            return Ok(false);
        }
        let Some(next) = self.next_time() else {
            return Err("nothing will ever happen again, and not everything is final".to_owned());
        };
        self.check_progress(next)?;
        self.clock.advance(next);
        self.network.deliver();
        Ok(true)
    }

    fn next_time(&self) -> Option<u64> {
        let now = self.clock.now();
        let restart = self
            .ledger
            .is_none()
            .then_some(self.down_until.max(now + 1));
        let alarm = self
            .disk
            .alarm()
            .filter(|_| self.ledger.is_some() && self.alarmed.is_none());
        let script = self
            .script
            .first_key_value()
            .map(|((at, _), _)| (*at).max(now + 1));
        let woken = self.woken.0.load(Ordering::Relaxed).then_some(now);
        let times = [
            restart,
            alarm,
            script,
            woken,
            self.clock.next_timer(),
            self.network.next_event(),
        ];
        times.into_iter().flatten().min()
    }

    fn start(&mut self) {
        self.maybe_break();
        let store = SimulatedStore(Rc::clone(&self.disk));
        match Ledger::open(store, self.settings.clone(), self.clock.now()) {
            Ok(ledger) => {
                self.ledger = Some(Rc::new(ledger));
                // Its alarm brings an object back, or a request, which sets the alarm anew.
                if self.chance.bool() {
                    self.set_alarm();
                } else {
                    self.failed_at = self.clock.now() + LEASE;
                }
                self.end_of_turn();
            }
            Err(_) => self.crash(),
        }
    }

    /// Whoever changes the ledger sets its alarm in the same turn, or answers that it failed.
    fn set_alarm(&self) -> bool {
        let next = self
            .ledger
            .as_ref()
            .map(|ledger| ledger.next_alarm(self.clock.now()));
        if let Some(Ok(Some(at))) = next {
            self.disk.set_alarm(Some(at));
        }
        !matches!(next, Some(Err(_)))
    }

    fn end_of_turn(&mut self) {
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

    fn crash(&mut self) {
        self.totals.crashes += 1;
        self.network.turn_is_durable(false);
        self.alarmed = None;
        self.ledger = None;
        self.clock.clear();
        self.disk.crash();
        self.down_until = self.clock.now() + self.chance.u64(0..15_000);
    }

    /// Lets the process die, or a statement fail, in the middle of the next turn.
    fn maybe_break(&mut self) {
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

    fn fire(&mut self) {
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

    fn poll(&mut self) {
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
                    self.network.turn_is_durable(false);
                    self.failed_at = self.clock.now();
                }
            }
            self.end_of_turn();
        }
    }

    fn act(&mut self) -> Result<(), Violation> {
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

    fn again(&mut self, act: Act) {
        self.acts += 1;
        let delay = self.chance.u64(1..2_000);
        self.script
            .insert((self.clock.now() + delay, self.acts), act);
    }

    fn carry_out(&mut self, act: Act, now: u64) -> Result<(), Violation> {
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

    fn remove(&mut self, meeting: usize, pick: usize, now: u64) {
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

    fn synchronous(&mut self, requests: u32, now: u64) {
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
    fn order(
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

    fn change(&mut self, number: usize, act: Act, now: u64) {
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

    fn is_over(&self) -> Result<bool, Violation> {
        let idle = self.alarmed.is_none() && self.ledger.is_some() && self.script.is_empty();
        if !idle || self.clock.now() < self.faults_end || self.network.next_event().is_some() {
            return Ok(false);
        }
        Ok(self.states()?.iter().all(|(_, state)| state.is_final()))
    }

    /// Retries all that failed. False when nothing did.
    fn retry_failed(&mut self) -> Result<bool, Violation> {
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

    /// While the process lives, nothing that is due and allowed may wait, and no alarm may be late.
    fn check_progress(&self, next: u64) -> Result<(), Violation> {
        let now = self.clock.now();
        let Some(ledger) = self.ledger.as_ref().filter(|_| next > now + PATIENCE) else {
            return Ok(());
        };
        if next < self.failed_at + AFTER_FAILURE {
            return Ok(());
        }
        let due = ledger.next_alarm(now).map_err(|error| error.to_string())?;
        let open = self.network.open();
        let waiting = due.is_some_and(|due| due + PATIENCE < next && due >= now);
        if !waiting {
            return Ok(());
        }
        if self.alarmed.is_some() && open == 0 {
            return Err(format!("work that is due at {due:?} waits until {next}"));
        }
        if self.alarmed.is_none() {
            return Err(format!(
                "the alarm is at {:?}, but {due:?} is due",
                self.disk.alarm()
            ));
        }
        Ok(())
    }
}
