//! The Durable Object around an app's ledger: calls come in by `fetch`, work is done by its alarm.
#![allow(
    missing_docs,
    reason = "`durable_object` makes methods without a doc; ours have theirs"
)]

use std::cell::{Cell, OnceCell};
use std::rc::Rc;

use js_sys::Date;
use wasm_bindgen::JsValue;
use worker::durable::ScheduledTime;
use worker::{DurableObject, Env, Request, Response, State, durable_object};

use super::fetch::Fetch;
use super::isolate::Isolate;
use super::request::respond;
use super::sql::ObjectStore;
use crate::answer::{Answer, Problem};
use crate::config::Config;
use crate::ids::AppId;
use crate::ledger::{Alarm, Ledger, Settings, StoreError};
use crate::log::log_ledger_error;
use crate::realtimekit::{Api, Clock};
use crate::removals::service::Served;
use crate::removals::{LedgerCall, serve};

/// The header by which the Worker tells the request's id.
pub const REQUEST_ID_HEADER: &str = "x-request-id";
/// The header by which the Worker tells the app: an alarm has no request to ask.
pub const APP_HEADER: &str = "x-app-id";
/// The note that keeps the app for the alarm.
const APP_NOTE: &str = "app";

/// The ledger of one app.
#[durable_object(alarm)]
pub struct RemovalLedger {
    state: State,
    isolate: Rc<Isolate>,
    ledger: OnceCell<Rc<Ledger<ObjectStore>>>,
    /// Whether the app is known to stand in the store.
    app_noted: Cell<bool>,
}

impl DurableObject for RemovalLedger {
    fn new(state: State, env: Env) -> Self {
        Self {
            state,
            isolate: Isolate::of(&env),
            ledger: OnceCell::new(),
            app_noted: Cell::new(false),
        }
    }

    async fn fetch(&self, mut request: Request) -> worker::Result<Response> {
        let header = |name: &str| {
            request
                .headers()
                .get(name)
                .ok()
                .flatten()
                .unwrap_or_default()
        };
        let (request_id, app) = (header(REQUEST_ID_HEADER), header(APP_HEADER));
        let body = request.text().await?;
        let answer = match self.call(&app, &body).await {
            Ok(answer) => answer,
            Err(error) => {
                log_ledger_error(&error.to_string());
                Problem::NotStored.answer()
            }
        };
        Ok(respond(&answer, &request_id)?.into())
    }

    async fn alarm(&self) -> worker::Result<Response> {
        // An error that left this handler would count against the alarm's few retries: it is logged, and the ledger has
        // set its next alarm before.
        if let Err(error) = self.work().await {
            log_ledger_error(&error.to_string());
        }
        Response::empty()
    }
}

impl RemovalLedger {
    async fn call(&self, app: &str, body: &str) -> Result<Answer, StoreError> {
        let config = match &self.isolate.config {
            Ok(config) => config,
            Err(problems) => return Ok(Problem::NotConfigured(problems.clone()).answer()),
        };
        let app = AppId::parse(app).map_err(|_| StoreError("a call without an app".to_owned()))?;
        let call: LedgerCall = serde_json::from_str(body)
            .map_err(|_| StoreError("a call of another version of this Worker".to_owned()))?;
        let ledger = self.open(config)?;
        if !self.app_noted.replace(true) {
            ledger.set_note(APP_NOTE, app.as_str())?;
        }
        let served = Served {
            ledger: &ledger,
            config,
            app: &app,
            clock: &*self.isolate,
        };
        let answer = serve(&served, &call).await;
        if !matches!(
            call,
            LedgerCall::List { .. } | LedgerCall::Show { .. } | LedgerCall::Health
        ) {
            self.arm(&ledger).await?;
        }
        answer
    }

    async fn work(&self) -> Result<(), StoreError> {
        let Ok(config) = &self.isolate.config else {
            // Without a configuration nothing can be sent: look again in a minute, when it may be mended.
            return AlarmClock(&self.state)
                .set(self.isolate.now_ms().saturating_add(60_000))
                .await;
        };
        let ledger = self.open(config)?;
        let Some(app) = ledger
            .note(APP_NOTE)?
            .and_then(|app| AppId::parse(&app).ok())
        else {
            return Ok(());
        };
        let api = Api::new(&config.base_url, &config.account, &app);
        let transport = Fetch {
            token: &config.api_token,
        };
        let worked = ledger
            .on_alarm(&api, &transport, &*self.isolate, &AlarmClock(&self.state))
            .await;
        worked.error.map_or(Ok(()), Err)
    }

    fn open(&self, config: &Config) -> Result<Rc<Ledger<ObjectStore>>, StoreError> {
        if let Some(ledger) = self.ledger.get() {
            return Ok(Rc::clone(ledger));
        }
        let store = ObjectStore::new(&self.state.storage());
        let ledger = Rc::new(Ledger::open(
            store,
            settings(config),
            self.isolate.now_ms(),
        )?);
        Ok(Rc::clone(self.ledger.get_or_init(|| ledger)))
    }

    /// Sets the alarm to when the ledger needs it. The call to the runtime is made before anything is waited for, so it
    /// becomes durable together with the change that made it necessary.
    async fn arm(&self, ledger: &Ledger<ObjectStore>) -> Result<(), StoreError> {
        match ledger.next_alarm(self.isolate.now_ms())? {
            Some(at) => AlarmClock(&self.state).set(at).await,
            None => Ok(()),
        }
    }
}

/// The settings of one app's ledger. The limit is the token's, and each app has a ledger of its own: they share it.
fn settings(config: &Config) -> Settings {
    let apps = u32::try_from(config.more_apps.len())
        .unwrap_or(u32::MAX)
        .saturating_add(1);
    Settings {
        requests_per_5_minutes: (config.requests_per_5_minutes / apps).max(1),
        synchronous_share_percent: config.synchronous_share_percent,
        retention_days: config.retention_days,
        give_up_after_ms: u64::from(config.give_up_after_hours) * 60 * 60 * 1000,
    }
}

/// The alarm of an object.
struct AlarmClock<'a>(&'a State);

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
