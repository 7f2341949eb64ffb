//! `SQLite` in memory with the durability of a Durable Object: writes between two awaits become durable together,
//! before anything is sent; a crash rolls back the rest.

mod limits;

use std::cell::Cell;
use std::rc::Rc;

use participant_remover::ledger::{Row, Store, StoreError, Value};
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, StatementStatus};

/// The state that survives a crash: the database and the alarm.
pub struct Disk {
    connection: Connection,
    in_turn: Cell<bool>,
    alarm: Cell<Option<u64>>,
    durable_alarm: Cell<Option<u64>>,
    /// How many more statements may run before the process dies, if it is to die.
    fuse: Cell<Option<u64>>,
    /// How many more statements may run before one fails, if one is to fail.
    failure: Cell<Option<u64>>,
    /// Whether a statement has failed in this turn.
    pub failed: Cell<bool>,
    /// Statements run.
    pub statements: Cell<u64>,
    /// Steps of `SQLite`'s virtual machine that they took: a table scan shows up here.
    pub steps: Cell<u64>,
    /// Bytes of text that the ledger has read.
    pub text: Cell<usize>,
}

/// The ledger's view of the disk.
#[derive(Clone)]
pub struct SimulatedStore(pub Rc<Disk>);

struct Bound<'a>(&'a Value);

impl rusqlite::ToSql for Bound<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self.0 {
            Value::Null => ValueRef::Null,
            Value::Integer(number) => ValueRef::Integer(*number),
            Value::Text(text) => ValueRef::Text(text.as_bytes()),
        }))
    }
}

fn failure(error: &rusqlite::Error) -> StoreError {
    StoreError(error.to_string())
}

impl Disk {
    /// Creates an empty disk.
    pub fn new() -> rusqlite::Result<Self> {
        let connection = Connection::open_in_memory()?;
        connection.execute_batch("PRAGMA journal_mode = MEMORY; PRAGMA temp_store = MEMORY")?;
        connection.set_prepared_statement_cache_capacity(256);
        Ok(Self {
            connection,
            in_turn: Cell::new(false),
            alarm: Cell::new(None),
            durable_alarm: Cell::new(None),
            fuse: Cell::new(None),
            failure: Cell::new(None),
            failed: Cell::new(false),
            statements: Cell::new(0),
            steps: Cell::new(0),
            text: Cell::new(0),
        })
    }

    /// Makes the process die before the statement after `statements` more.
    pub fn crash_after(&self, statements: u64) {
        self.fuse.set(Some(statements));
    }

    /// Makes one statement fail after `statements` more.
    pub fn fail_once_after(&self, statements: u64) {
        self.failure.set(Some(statements));
    }

    /// Returns the number of rows written, index entries not counted.
    pub fn rows_written(&self) -> u64 {
        self.connection.total_changes()
    }

    /// Returns whether the process has died.
    pub fn is_dead(&self) -> bool {
        self.fuse.get() == Some(0)
    }

    /// Cancels pending breaks: the turn that they were meant for is over.
    pub fn calm(&self) {
        self.fuse.set(None);
        self.failure.set(None);
    }

    /// Makes writes durable, at an await or before a request is sent.
    pub fn commit(&self) {
        if self.is_dead() {
            return;
        }
        if self.in_turn.replace(false) {
            self.batch("COMMIT");
        }
        self.durable_alarm.set(self.alarm.get());
    }

    /// Rolls back whatever was not durable: the process is gone.
    pub fn crash(&self) {
        self.fuse.set(None);
        if self.in_turn.replace(false) {
            self.batch("ROLLBACK");
        }
        self.alarm.set(self.durable_alarm.get());
    }

    fn batch(&self, sql: &str) {
        if let Err(error) = self.connection.execute_batch(sql) {
            // Then the simulation itself is broken, and whatever follows would be meaningless.
            std::panic::panic_any(format!("{sql}: {error}"));
        }
    }

    /// Sets the alarm, which becomes durable with the turn.
    pub fn set_alarm(&self, at: Option<u64>) {
        if !self.is_dead() {
            self.alarm.set(at);
        }
    }

    /// Returns when the alarm goes off.
    pub fn alarm(&self) -> Option<u64> {
        self.alarm.get()
    }

    /// Counts a statement, and returns an error if it must not run: the process is dead, or this statement is to fail.
    fn burn(&self) -> Result<(), StoreError> {
        self.statements.set(self.statements.get() + 1);
        match self.fuse.get() {
            Some(0) => return Err(StoreError("the process has died".to_owned())),
            Some(left) => {
                self.fuse.set(Some(left - 1));
                if left == 1 {
                    return Err(StoreError("the process has died".to_owned()));
                }
            }
            None => {}
        }
        match self.failure.get() {
            Some(0) => {
                self.failure.set(None);
                self.failed.set(true);
                Err(StoreError("the disk failed this once".to_owned()))
            }
            left => {
                self.failure.set(left.map(|left| left - 1));
                Ok(())
            }
        }
    }

    fn query(&self, sql: &str, values: &[Value]) -> rusqlite::Result<Vec<Row>> {
        let mut statement = self.connection.prepare_cached(sql)?;
        let columns = statement.column_count();
        let mut rows = statement.query(rusqlite::params_from_iter(values.iter().map(Bound)))?;
        let mut result = Vec::new();
        while let Some(row) = rows.next()? {
            let values = (0..columns)
                .map(|column| match row.get_ref(column)? {
                    ValueRef::Null => Ok(Value::Null),
                    ValueRef::Integer(number) => Ok(Value::Integer(number)),
                    ValueRef::Text(text) => {
                        self.text.set(self.text.get() + text.len());
                        Ok(Value::Text(String::from_utf8_lossy(text).into()))
                    }
                    other => Err(rusqlite::Error::InvalidColumnType(
                        column,
                        sql.to_owned(),
                        other.data_type(),
                    )),
                })
                .collect::<rusqlite::Result<_>>()?;
            result.push(Row(values));
        }
        drop(rows);
        let steps = statement.reset_status(StatementStatus::VmStep);
        self.steps
            .set(self.steps.get() + u64::try_from(steps).unwrap_or(0));
        Ok(result)
    }
}

impl Store for SimulatedStore {
    fn run(&self, sql: &str, values: &[Value]) -> Result<Vec<Row>, StoreError> {
        let disk = &self.0;
        disk.burn()?;
        limits::check(sql, values)?;
        if !disk.in_turn.replace(true) {
            disk.batch("BEGIN");
        }
        disk.query(sql, values)
            .map_err(|error| StoreError(format!("{error}: {sql}")))
    }

    fn transaction<R>(
        &self,
        work: impl FnOnce() -> Result<R, StoreError>,
    ) -> Result<R, StoreError> {
        let disk = &self.0;
        if !disk.in_turn.replace(true) {
            disk.batch("BEGIN");
        }
        disk.batch("SAVEPOINT step");
        let result = work();
        if result.is_err() {
            disk.batch("ROLLBACK TO step");
        }
        disk.connection
            .execute_batch("RELEASE step")
            .map_err(|error| failure(&error))?;
        result
    }
}

/// The alarm of the simulated Durable Object.
pub struct SimulatedAlarm {
    /// The disk that keeps it.
    pub disk: Rc<Disk>,
    /// The clock by which setting it takes time.
    pub clock: crate::clock::SimulatedClock,
}

impl participant_remover::ledger::Alarm for SimulatedAlarm {
    async fn set(&self, at: u64) -> Result<(), StoreError> {
        self.disk.burn()?;
        self.disk.set_alarm(Some(at));
        self.clock.wait(1).await;
        Ok(())
    }
}
