//! A run: time moves from one event to the next, the ledger lives and dies, and everybody acts according to the script.

mod acts;
mod ordered;
mod process;
mod progress;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Wake;

use fastrand::Rng;
use participant_remover::ids::{AccountId, AppId};
use participant_remover::ledger::{Ledger, RemovalView, Settings, Worked};
use participant_remover::realtimekit::Api as Endpoints;

use crate::api::Api;
use crate::check;
use crate::clock::{START, SimulatedClock};
use crate::network::Network;
use crate::report::Totals;
use crate::scenario::Scenario;
use crate::script::Act;
use crate::store::{Disk, SimulatedStore};

pub use ordered::{Ordered, Recorded};

/// A broken promise of the ledger.
pub type Violation = String;
type Alarmed = Pin<Box<dyn Future<Output = Worked>>>;

/// How long work that is due and allowed may wait while the process is alive, in milliseconds.
const PATIENCE: u64 = 2_500;
/// How long the ledger may wait after a storage failure, in milliseconds.
const AFTER_FAILURE: u64 = 15_000;
/// How long the ledger may wait for the alarm set by an earlier process, in milliseconds.
const LEASE: u64 = 7_000;
/// The maximum duration of a run after its faults have ended, in milliseconds.
const LAST_DAY: u64 = 20 * 24 * 3_600_000;

#[derive(Default)]
struct Flag(AtomicBool);

impl Wake for Flag {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// A run.
pub struct World {
    /// The clock.
    pub clock: SimulatedClock,
    /// The state that survives a crash.
    pub disk: Rc<Disk>,
    /// The network to the API.
    pub network: Rc<Network>,
    /// The ledger while its process is alive.
    pub ledger: Option<Rc<Ledger<SimulatedStore>>>,
    /// The removals ordered, by number.
    pub ordered: BTreeMap<usize, Ordered>,
    /// The recorded synchronous removals.
    pub synchronous: Vec<Recorded>,
    /// The settings.
    pub settings: Settings,
    /// When all faults end.
    pub faults_end: u64,
    /// Counts of what has happened.
    pub totals: Totals,
    /// The removals whose end was reported.
    pub told: Rc<RefCell<Vec<RemovalView>>>,
    script: BTreeMap<(u64, usize), Act>,
    acts: usize,
    alarmed: Vec<Alarmed>,
    /// When the current alarm started, and how many requests had been sent by then.
    began: (u64, usize),
    /// Since when something may be sent but nothing is, with the number of requests sent and open.
    standing: Option<(u64, (usize, usize))>,
    read_at: u64,
    woken: Arc<Flag>,
    down_until: u64,
    failed_at: u64,
    breaks: Vec<u64>,
    chance: Rng,
    endpoints: Option<Rc<Endpoints>>,
}

impl World {
    /// Sets up a scenario.
    pub fn new(scenario: Scenario) -> Result<Self, Violation> {
        let mut chance = Rng::with_seed(scenario.seed ^ 0x5EED);
        let clock = SimulatedClock::new(chance.u64(..));
        let disk = Rc::new(Disk::new().map_err(|error| error.to_string())?);
        let faults_end = START + scenario.faults.last();
        let mut api = Api::new(scenario.population, scenario.faults, chance.fork());
        api.page_rows = scenario.page_rows;
        api.no_totals = scenario.no_totals;
        api.headers = scenario.headers;
        api.quota = scenario.quota.unwrap_or(api.quota);
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
            told: Rc::default(),
            totals: Totals {
                runs: 1,
                ..Totals::default()
            },
            acts: script.len(),
            script: script
                .map(|(at, (time, act))| ((START + time, at), act))
                .collect(),
            alarmed: Vec::new(),
            began: (START, 0),
            standing: None,
            read_at: START,
            woken: Arc::default(),
            down_until: START,
            failed_at: 0,
            breaks: Vec::new(),
            chance,
            endpoints: endpoints.ok().map(Rc::new),
        })
    }

    /// Runs until everything is final, with checks along the way and at the end.
    pub fn run(mut self) -> Result<Totals, Violation> {
        self.run_to_end()?;
        let (removals, outcomes) = check::everything(&self)?;
        self.totals.removals = removals;
        self.totals.outcomes = outcomes;
        Ok(self.sum())
    }

    /// Returns the counts of the run so far.
    #[must_use]
    pub fn sum(&self) -> Totals {
        let mut totals = self.totals;
        totals += self.network.api.borrow().totals;
        totals.unharmed = u64::from(totals.faults() == 0);
        totals.statements = self.disk.statements.get();
        totals.simulated_seconds = (self.clock.now() - START) / 1000;
        totals
    }

    /// Runs until everything is final; then retries what failed during the faults, and runs on.
    pub fn run_to_end(&mut self) -> Result<(), Violation> {
        for _ in 0..4 {
            self.run_until_final()?;
            if !self.retry_failed()? {
                return Ok(());
            }
        }
        Err("a removal still fails after the faults have ended and it was retried".to_owned())
    }

    /// Runs until everything is final and the faults have ended.
    pub fn run_until_final(&mut self) -> Result<(), Violation> {
        while self.advance()? {
            if self.clock.now() > self.faults_end + LAST_DAY {
                return Err("not everything is final long after the faults have ended".to_owned());
            }
        }
        Ok(())
    }

    /// Processes the next event. Returns `false` when everything is done.
    pub fn advance(&mut self) -> Result<bool, Violation> {
        if self.ledger.is_none() && self.clock.now() >= self.read_at {
            self.read();
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
        let read = self.ledger.is_none().then_some(self.read_at.max(now + 1));
        let alarm = self.disk.alarm().filter(|_| self.alarmed.is_empty());
        let alarm = alarm.map(|at| at.max(self.down_until));
        let script = self
            .script
            .first_key_value()
            .map(|((at, _), _)| (*at).max(now + 1));
        let woken = self.woken.0.load(Ordering::Relaxed).then_some(now);
        let faults_end = (self.faults_end > now).then_some(self.faults_end);
        let times = [
            faults_end,
            read,
            alarm,
            script,
            woken,
            self.clock.next_timer(),
            self.network.next_event(),
        ];
        times.into_iter().flatten().min()
    }
}
