//! What the runtime rejects.

use participant_remover::ledger::{StoreError, Value};

/// Checks the limits of `SQLite` in Durable Objects, which the host's `SQLite` does not have.
pub fn check(sql: &str, values: &[Value]) -> Result<(), StoreError> {
    let long = |value: &Value| matches!(value, Value::Text(text) if text.len() > 2_000_000);
    let wide = |value: &Value| matches!(value, Value::Integer(n) if n.unsigned_abs() >= 1 << 53);
    if values.len() > 100 || sql.len() > 100_000 || values.iter().any(|v| long(v) || wide(v)) {
        return Err(StoreError(format!(
            "a statement breaks the runtime's limits: {sql}"
        )));
    }
    Ok(())
}
