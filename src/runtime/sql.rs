//! The ledger's store: a Durable Object's own `SQLite` database.

use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use worker::Storage;

use super::js_error;
use crate::ledger::store::json;
use crate::ledger::{Row, Store, StoreError, Value};

#[wasm_bindgen]
extern "C" {
    /// `DurableObjectStorage`, for the one method that `worker` does not bind.
    type TransactionalStorage;

    /// Runs `work` synchronously; what it wrote is rolled back if it throws.
    #[wasm_bindgen(method, catch, js_name = transactionSync)]
    fn transaction_sync(
        this: &TransactionalStorage,
        work: &mut dyn FnMut() -> Result<(), JsValue>,
    ) -> Result<(), JsValue>;
}

#[wasm_bindgen(module = "/src/runtime/exchange.js")]
extern "C" {
    /// Runs one statement. Values and rows are JSON.
    #[wasm_bindgen(catch)]
    fn query(
        storage: &TransactionalStorage,
        statement: &str,
        values: &str,
    ) -> Result<String, JsValue>;
}

/// The storage of one Durable Object.
pub struct ObjectStore(TransactionalStorage);

impl ObjectStore {
    /// Wraps the storage of an object.
    #[must_use]
    pub fn new(storage: &Storage) -> Self {
        let raw: &JsValue = storage.as_raw().as_ref();
        Self(raw.clone().unchecked_into())
    }
}

impl Store for ObjectStore {
    fn run(&self, sql: &str, values: &[Value]) -> Result<Vec<Row>, StoreError> {
        let rows = query(&self.0, sql, &json(&values)?)
            .map_err(|error| StoreError(js_error::message(&error)))?;
        serde_json::from_str(&rows).map_err(|_| {
            StoreError(
                "a column holds a fraction or bytes, which the ledger never writes".to_owned(),
            )
        })
    }

    fn transaction<R>(
        &self,
        work: impl FnOnce() -> Result<R, StoreError>,
    ) -> Result<R, StoreError> {
        let mut work = Some(work);
        let mut result = Err(StoreError("the transaction was not run".to_owned()));
        let outcome = self.0.transaction_sync(&mut || {
            if let Some(work) = work.take() {
                result = work();
            }
            match &result {
                Ok(_) => Ok(()),
                Err(error) => Err(JsValue::from_str(&error.0)),
            }
        });
        match (outcome, result) {
            // The work succeeded, but the commit itself failed.
            (Err(error), Ok(_)) => Err(StoreError(js_error::message(&error))),
            (_, result) => result,
        }
    }
}
