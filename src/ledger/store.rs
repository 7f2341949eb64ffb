//! The storage beneath the ledger: SQL statements, run at once, and a transaction around some of them.
//!
//! A Durable Object's `SqlStorage` is one; the simulation's in-memory `SQLite` is another. What every store promises:
//! - A statement takes effect when [`Store::run`] returns, and is durable before any later request leaves.
//! - Statements without an `.await` between them become durable together or not at all.
//! - At most 100 bound values, 100 KB per statement, 2 MB per value and integers below 2^53 (Cloudflare's limits for
//!   `SQLite` in Durable Objects): lists are bound as one JSON text and read by `json_each`.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A value that is bound to a statement or read from a row; in JSON it is represented as itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged, try_from = "serde_json::Value")]
pub enum Value {
    /// SQL's NULL.
    Null,
    /// An integer of at most 2^53 - 1, as JavaScript holds them.
    Integer(i64),
    /// Text.
    Text(String),
}

impl TryFrom<serde_json::Value> for Value {
    type Error = &'static str;

    fn try_from(value: serde_json::Value) -> Result<Self, Self::Error> {
        match value {
            serde_json::Value::Null => Ok(Self::Null),
            serde_json::Value::String(text) => Ok(Self::Text(text)),
            other => other
                .as_i64()
                .map(Self::Integer)
                .ok_or("is none that the ledger writes"),
        }
    }
}

/// The largest integer that survives a round trip through JavaScript.
pub const MAX_INTEGER: u64 = (1 << 53) - 1;

impl From<u64> for Value {
    fn from(value: u64) -> Self {
        Self::Integer(i64::try_from(value.min(MAX_INTEGER)).unwrap_or(i64::MAX))
    }
}

impl From<u32> for Value {
    fn from(value: u32) -> Self {
        Self::Integer(i64::from(value))
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Integer(i64::from(value))
    }
}

impl From<&str> for Value {
    fn from(value: &str) -> Self {
        Self::Text(value.to_owned())
    }
}

impl From<String> for Value {
    fn from(value: String) -> Self {
        Self::Text(value)
    }
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

/// Builds an array of values of different types.
#[macro_export]
macro_rules! values {
    ($($value:expr),* $(,)?) => {
        [$($crate::ledger::store::Value::from($value)),*]
    };
}

/// One row of a result, read by position.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Row(pub Vec<Value>);

impl Row {
    /// Returns a non-negative integer.
    pub fn integer(&self, column: usize) -> Result<u64, StoreError> {
        match self.0.get(column) {
            Some(Value::Integer(number)) => {
                u64::try_from(*number).map_err(|_| StoreError::row(column))
            }
            _ => Err(StoreError::row(column)),
        }
    }

    /// Returns an integer below 2^32.
    pub fn small(&self, column: usize) -> Result<u32, StoreError> {
        u32::try_from(self.integer(column)?).map_err(|_| StoreError::row(column))
    }

    /// Returns a boolean, stored as 1 or 0.
    pub fn flag(&self, column: usize) -> Result<bool, StoreError> {
        Ok(self.integer(column)? != 0)
    }

    /// Returns a string.
    pub fn text(&self, column: usize) -> Result<&str, StoreError> {
        match self.0.get(column) {
            Some(Value::Text(text)) => Ok(text),
            _ => Err(StoreError::row(column)),
        }
    }

    /// Returns a non-negative integer, or `None` for NULL.
    pub fn maybe_integer(&self, column: usize) -> Result<Option<u64>, StoreError> {
        match self.0.get(column) {
            Some(Value::Null) => Ok(None),
            _ => self.integer(column).map(Some),
        }
    }

    /// Returns a string, or `None` for NULL.
    pub fn maybe_text(&self, column: usize) -> Result<Option<String>, StoreError> {
        match self.0.get(column) {
            Some(Value::Null) => Ok(None),
            _ => self.text(column).map(|text| Some(text.to_owned())),
        }
    }
}

/// A failure of the storage, or content that this version does not understand. Nothing of the step was done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreError(pub String);

impl StoreError {
    fn row(column: usize) -> Self {
        Self(format!(
            "column {column} of a row has another type than this version of the ledger writes"
        ))
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the ledger's storage failed: {}", self.0)
    }
}

/// Serialises a list to the JSON text that `json_each` reads.
pub fn json(rows: &impl Serialize) -> Result<String, StoreError> {
    serde_json::to_string(rows).map_err(|error| StoreError(error.to_string()))
}

/// Returns the row of a statement that returns exactly one.
pub fn first_row(rows: &[Row]) -> Result<&Row, StoreError> {
    rows.first()
        .ok_or_else(|| StoreError("a statement gave no row where it must give one".to_owned()))
}

/// Converts a length to the ledger's type for counts.
#[must_use]
pub fn count(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}

/// Storage with SQL. See the module for its guarantees.
pub trait Store {
    /// Runs one statement with its values bound to `?1`, `?2`, … and returns its rows.
    fn run(&self, sql: &str, values: &[Value]) -> Result<Vec<Row>, StoreError>;

    /// Runs one statement whose rows, if it returns any, are of no interest.
    #[inline(never)]
    fn execute(&self, sql: &str, values: &[Value]) -> Result<(), StoreError> {
        self.run(sql, values).map(drop)
    }

    /// Runs `work` so that its statements take effect together: if it fails, none does.
    fn transaction<R>(&self, work: impl FnOnce() -> Result<R, StoreError>)
    -> Result<R, StoreError>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_read_from_json_as_it_was_written() {
        let row = values![None::<u64>, MAX_INTEGER, 0_u64, true, "ü\u{0} \"x\"", ""];
        let text = json(&row).unwrap();
        assert_eq!(text, r#"[null,9007199254740991,0,1,"ü\u0000 \"x\"",""]"#);
        let read: Row = serde_json::from_str(&text).unwrap();
        assert_eq!(read, Row(row.to_vec()));
        let negative: Row = serde_json::from_str("[-1]").unwrap();
        assert_eq!(negative, Row(vec![Value::Integer(-1)]));
        assert!(negative.integer(0).is_err());
    }

    #[test]
    fn what_the_ledger_never_writes_is_refused() {
        for wrong in ["[1.5]", "[true]", "[{}]", "[[1]]", "{}", "[1"] {
            assert!(serde_json::from_str::<Row>(wrong).is_err(), "{wrong}");
        }
    }
}
