//! The alarm of a Durable Object.

use js_sys::Date;
use wasm_bindgen::JsValue;
use worker::State;
use worker::durable::ScheduledTime;

use crate::ledger::{Alarm, StoreError};

/// The alarm of an object.
#[derive(Debug)]
pub struct AlarmClock<'a>(pub &'a State);

impl Alarm for AlarmClock<'_> {
    #[expect(
        clippy::cast_precision_loss,
        reason = "milliseconds since 1970 are exact in a double"
    )]
    async fn set(&self, at: u64) -> Result<(), StoreError> {
        let time = ScheduledTime::new(Date::new(&JsValue::from_f64(at as f64)));
        self.0
            .storage()
            .set_alarm(time)
            .await
            .map_err(|error| StoreError(error.to_string()))
    }
}
