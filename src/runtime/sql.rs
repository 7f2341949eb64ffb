//! The ledger's store: a Durable Object's own `SQLite`.

use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use worker::{SqlStorage, SqlStorageValue, Storage};

use crate::ledger::{Row, Store, StoreError, Value};

#[wasm_bindgen]
extern "C" {
    /// `DurableObjectStorage`, for the one method that `worker` does not bind.
    type TransactionalStorage;

    /// Runs `work` at once; what it wrote is undone when it throws.
    #[wasm_bindgen(method, catch, js_name = transactionSync)]
    fn transaction_sync(
        this: &TransactionalStorage,
        work: &mut dyn FnMut() -> Result<(), JsValue>,
    ) -> Result<(), JsValue>;
}

/// The storage of one Durable Object.
pub struct ObjectStore {
    sql: SqlStorage,
    storage: TransactionalStorage,
}

impl ObjectStore {
    /// The storage of an object.
    #[must_use]
    pub fn new(storage: &Storage) -> Self {
        let raw: &JsValue = storage.as_raw().as_ref();
        Self {
            sql: storage.sql(),
            storage: raw.clone().unchecked_into(),
        }
    }
}

impl Store for ObjectStore {
    fn run(&self, sql: &str, values: &[Value]) -> Result<Vec<Row>, StoreError> {
        let bindings: Vec<SqlStorageValue> = values.iter().map(bind).collect();
        let cursor = self
            .sql
            .exec(sql, bindings)
            .map_err(|error| StoreError(error.to_string()))?;
        let rows = cursor.raw().map(|row| match row {
            Ok(columns) => columns
                .into_iter()
                .map(read)
                .collect::<Result<_, _>>()
                .map(Row),
            Err(error) => Err(StoreError(error.to_string())),
        });
        rows.collect()
    }

    fn transaction<R>(
        &self,
        work: impl FnOnce() -> Result<R, StoreError>,
    ) -> Result<R, StoreError> {
        let mut work = Some(work);
        let mut result = Err(StoreError("the transaction was not run".to_owned()));
        let outcome = self.storage.transaction_sync(&mut || {
            if let Some(work) = work.take() {
                result = work();
            }
            match &result {
                Ok(_) => Ok(()),
                Err(error) => Err(JsValue::from_str(&error.0)),
            }
        });
        match (outcome, result) {
            // The commit itself failed although the work had not.
            (Err(error), Ok(_)) => Err(StoreError(text(&error))),
            (_, result) => result,
        }
    }
}

fn bind(value: &Value) -> SqlStorageValue {
    match value {
        Value::Null => SqlStorageValue::Null,
        Value::Integer(number) => SqlStorageValue::Integer(*number),
        Value::Text(text) => SqlStorageValue::String(text.clone()),
    }
}

fn read(value: SqlStorageValue) -> Result<Value, StoreError> {
    match value {
        SqlStorageValue::Null => Ok(Value::Null),
        SqlStorageValue::Boolean(flag) => Ok(Value::Integer(i64::from(flag))),
        SqlStorageValue::Integer(number) => Ok(Value::Integer(number)),
        SqlStorageValue::String(text) => Ok(Value::Text(text)),
        SqlStorageValue::Float(_) | SqlStorageValue::Blob(_) => Err(StoreError(
            "a column holds a fraction or bytes, which the ledger never writes".to_owned(),
        )),
    }
}

/// What a JavaScript error says.
#[must_use]
pub fn text(error: &JsValue) -> String {
    let message = error
        .dyn_ref::<js_sys::Error>()
        .map(|error| String::from(error.message()));
    message
        .or_else(|| error.as_string())
        .unwrap_or_else(|| "an error without a message".to_owned())
}
