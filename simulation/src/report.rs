//! The totals of runs.

use std::fmt;
use std::ops::AddAssign;

/// Counts of one run, or of many.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Totals {
    /// Runs.
    pub runs: u64,
    /// Turns of the ledger: everything between two awaits.
    pub steps: u64,
    /// SQL statements run.
    pub statements: u64,
    /// Requests sent.
    pub requests: u64,
    /// Crashes between two turns, and in the middle of one.
    pub crashes: u64,
    /// Statements that failed without a crash.
    pub disk_failures: u64,
    /// Requests that were lost.
    pub lost_requests: u64,
    /// Responses that were lost.
    pub lost_answers: u64,
    /// 429s of all kinds.
    pub limited: u64,
    /// 429s caused by exceeding the limit.
    pub own_429: u64,
    /// 5xx.
    pub errors: u64,
    /// 200s whose body was not the API's.
    pub garbled: u64,
    /// Lists that lied.
    pub lies: u64,
    /// 401s.
    pub refused: u64,
    /// Lists of meetings that were not found.
    pub unrouted: u64,
    /// Deletes that were answered with success but did nothing.
    pub idle_deletes: u64,
    /// How many times the ledger could not be opened.
    pub unopened: u64,
    /// Alarms that were delivered twice.
    pub alarms_twice: u64,
    /// Runs without any fault.
    pub unharmed: u64,
    /// Kicks.
    pub kicks: u64,
    /// Removals accepted.
    pub removals: u64,
    /// Participants with an outcome.
    pub outcomes: u64,
    /// Simulated time, in seconds.
    pub simulated_seconds: u64,
}

impl Totals {
    /// Returns the number of faults of all kinds.
    #[must_use]
    pub fn faults(&self) -> u64 {
        let process = self.crashes + self.disk_failures + self.alarms_twice;
        let network = self.lost_requests + self.lost_answers;
        let answers = self.limited + self.errors + self.garbled + self.refused + self.unrouted;
        process + network + answers + self.lies + self.idle_deletes
    }
}

impl AddAssign for Totals {
    fn add_assign(&mut self, other: Self) {
        self.runs += other.runs;
        self.steps += other.steps;
        self.statements += other.statements;
        self.requests += other.requests;
        self.crashes += other.crashes;
        self.disk_failures += other.disk_failures;
        self.lost_requests += other.lost_requests;
        self.lost_answers += other.lost_answers;
        self.limited += other.limited;
        self.own_429 += other.own_429;
        self.errors += other.errors;
        self.garbled += other.garbled;
        self.lies += other.lies;
        self.refused += other.refused;
        self.unrouted += other.unrouted;
        self.idle_deletes += other.idle_deletes;
        self.unopened += other.unopened;
        self.alarms_twice += other.alarms_twice;
        self.unharmed += other.unharmed;
        self.kicks += other.kicks;
        self.removals += other.removals;
        self.outcomes += other.outcomes;
        self.simulated_seconds += other.simulated_seconds;
    }
}

impl fmt::Display for Totals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            runs,
            steps,
            statements,
            requests,
            crashes,
            disk_failures,
            ..
        } = self;
        let Self {
            lost_requests,
            lost_answers,
            limited,
            errors,
            garbled,
            lies,
            refused,
            ..
        } = self;
        writeln!(
            f,
            "{runs} runs: {steps} steps, {statements} SQL statements, {requests} requests"
        )?;
        writeln!(f, "{crashes} crashes, {disk_failures} failed statements")?;
        writeln!(
            f,
            "{lost_requests} lost requests, {lost_answers} lost answers, {errors} 5xx, {garbled} garbled bodies"
        )?;
        writeln!(
            f,
            "{limited} answers of 429, {refused} refused tokens, {lies} lists that lied, {} not found, {} deletes that did nothing",
            self.unrouted, self.idle_deletes
        )?;
        let hours = self.simulated_seconds / 3600;
        writeln!(
            f,
            "{} times the ledger could not be opened, {} alarms delivered twice, {} runs without a fault",
            self.unopened, self.alarms_twice, self.unharmed
        )?;
        write!(
            f,
            "{} removals, {} outcomes, {hours} simulated hours",
            self.removals, self.outcomes
        )
    }
}
