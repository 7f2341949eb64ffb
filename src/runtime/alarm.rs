//! The alarm of a Durable Object.

use js_sys::Date;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;
use worker::State;
use worker::durable::ScheduledTime;

use super::js_error;
use crate::ledger::{Alarm, StoreError};

/// The alarm of an object.
#[derive(Debug)]
pub struct AlarmClock<'a>(pub &'a State);

impl AlarmClock<'_> {
    /// Returns whether no alarm is set. One is set as long as anything is stored, but the runtime gives up an alarm
    /// whose handler keeps failing, as it does when the code cannot start.
    pub async fn is_lost(&self) -> Result<bool, StoreError> {
        let alarm = self.0.storage().get_alarm().await;
        alarm
            .map(|at| at.is_none())
            .map_err(|error| StoreError(error.to_string()))
    }

    /// Sets the alarm and waits until that is durable, so that a crash in the turn that follows does not undo it.
    pub async fn secure(&self, at: u64) -> Result<(), StoreError> {
        self.set(at).await?;
        let failed = |error: JsValue| StoreError(js_error::message(&error));
        let durable = self.0.storage().as_raw().sync().map_err(failed)?;
        JsFuture::from(durable).await.map_err(failed)?;
        Ok(())
    }
}

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
