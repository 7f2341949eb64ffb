//! The Durable Object around an app's ledger: calls come in through `fetch`, work is done in the alarm.
#![allow(
    missing_docs,
    reason = "`durable_object` makes methods without a doc; ours have theirs"
)]

use std::cell::{Cell, OnceCell};
use std::rc::Rc;

use futures_util::stream::{FuturesUnordered, StreamExt};
use worker::{DurableObject, Env, Request, Response, State, durable_object};

use super::alarm::AlarmClock;
use super::fetch::Fetch;
use super::isolate::Isolate;
use super::ledger_stub::ask_ledger_or_log;
use super::request::respond;
use super::sql::ObjectStore;
use crate::answer::{Answer, Problem};
use crate::config::Config;
use crate::ids::AppId;
use crate::ledger::engine::AFTER_FAILURE_MS;
use crate::ledger::{Alarm, Ledger, NotServed, RemovalView, StoreError};
use crate::log::{end_line, log_ledger_error, write};
use crate::realtimekit::{Api, Clock};
use crate::removals::served::Served;
use crate::removals::settings::settings;
use crate::removals::{LedgerCall, serve};

/// The header in which the Worker passes the request's id.
pub const REQUEST_ID_HEADER: &str = "x-request-id";
/// The header in which the Worker passes the app, which is stored: an alarm has no request to take it from.
pub const APP_HEADER: &str = "x-app-id";
/// The note in which the app is stored for the alarm.
const APP_NOTE: &str = "app";

/// The ledger of one app.
#[durable_object(alarm)]
pub struct RemovalLedger {
    state: State,
    env: Env,
    isolate: Rc<Isolate>,
    ledger: OnceCell<Rc<Ledger<ObjectStore>>>,
    /// Whether the app is known to be in the store.
    app_noted: Cell<bool>,
    /// Until when the other apps' ledgers know the API to be rate limited, in milliseconds since the Unix epoch.
    limit_broadcast_ms: Cell<u64>,
}

impl DurableObject for RemovalLedger {
    fn new(state: State, env: Env) -> Self {
        Self {
            state,
            isolate: Isolate::of(&env),
            env,
            ledger: OnceCell::new(),
            app_noted: Cell::new(false),
            limit_broadcast_ms: Cell::new(0),
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
                let app = AppId::parse(&app).ok();
                log_ledger_error(Some(&request_id), app.as_ref(), &error);
                Problem::NotStored.answer()
            }
        };
        Ok(respond(&answer, &request_id)?.into())
    }

    async fn alarm(&self) -> worker::Result<Response> {
        // Set the next alarm before anything that may fail, even opening the ledger, and wait until it is durable. Only
        // a failure of this leaves the handler: the runtime then retries the alarm, which is better than none.
        AlarmClock(&self.state)
            .secure(self.isolate.now_ms().saturating_add(AFTER_FAILURE_MS))
            .await
            .map_err(|error| worker::Error::RustError(error.to_string()))?;
        // Any other error would use up one of the alarm's few retries, so it is only logged.
        if let Err(error) = self.work().await {
            log_ledger_error(None, None, &error);
        }
        Response::empty()
    }
}

/// Writes the log lines of removals that have ended.
fn log_ended(app: &AppId, ended: &[RemovalView]) {
    for removal in ended {
        write(&end_line(app, removal));
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
        // A changed configuration starts with a new instance, and a shorter retention needs an earlier alarm.
        let is_first = self.ledger.get().is_none();
        let ledger = self.open(config)?;
        if !self.app_noted.get() {
            ledger.set_note(APP_NOTE, app.as_str())?;
            self.app_noted.set(true);
        }
        let served = Served {
            ledger: &ledger,
            config,
            app: &app,
            clock: &*self.isolate,
        };
        let answer = serve(&served, &call).await;
        if !call.is_read_only() || is_first || AlarmClock(&self.state).is_lost().await? {
            self.arm(&ledger).await?;
        }
        log_ended(&app, &ledger.take_ended(self.isolate.now_ms())?);
        match &call {
            // The ledger that reported it has told the others too.
            LedgerCall::Limited { until_ms } => {
                self.limit_broadcast_ms
                    .set((*until_ms).max(self.limit_broadcast_ms.get()));
            }
            LedgerCall::Record { .. } => self.tell_limit(config, &app, &ledger).await,
            _ => {}
        }
        answer
    }

    async fn work(&self) -> Result<(), StoreError> {
        let Ok(config) = &self.isolate.config else {
            // Nothing can be sent without a configuration: the next alarm checks whether it has been fixed.
            return Ok(());
        };
        let ledger = self.open(config)?;
        let Some(app) = ledger
            .note(APP_NOTE)?
            .and_then(|app| AppId::parse(&app).ok())
        else {
            return Ok(());
        };
        if !config.serves(&app) {
            return self.wait_to_be_served(&ledger, &app).await;
        }
        let api = Api::new(&config.base_url, &config.account, &app);
        let transport = Fetch {
            token: &config.api_token,
        };
        let alarm = AlarmClock(&self.state);
        let worked = ledger
            .on_alarm(&api, &transport, &*self.isolate, &alarm, &|ended| {
                log_ended(&app, ended);
            })
            .await;
        self.tell_limit(config, &app, &ledger).await;
        worked.error.map_or(Ok(()), Err)
    }

    /// Handles an app that is no longer configured, and so has no share of the limit: its removals wait.
    async fn wait_to_be_served(
        &self,
        ledger: &Ledger<ObjectStore>,
        app: &AppId,
    ) -> Result<(), StoreError> {
        let NotServed { open, look_at } = ledger.wait_to_be_served(self.isolate.now_ms())?;
        AlarmClock(&self.state).set(look_at).await?;
        if open {
            return Err(StoreError(format!(
                "the app {app} is no longer in REALTIMEKIT_APP_IDS: its removals wait until it is back"
            )));
        }
        Ok(())
    }

    /// Tells the other apps' ledgers about a limit that was hit here: it is the token's.
    async fn tell_limit(&self, config: &Config, app: &AppId, ledger: &Ledger<ObjectStore>) {
        let Some(until_ms) = ledger
            .limited_until(self.isolate.now_ms())
            .filter(|until| *until > self.limit_broadcast_ms.get())
        else {
            return;
        };
        self.limit_broadcast_ms.set(until_ms);
        let others = config.apps().filter(|other| *other != app);
        let told: FuturesUnordered<_> = others
            .map(|other| self.send_limit(other, until_ms))
            .collect();
        if !told.collect::<Vec<_>>().await.contains(&false) {
            return;
        }
        // An alarm soon tells all of them again.
        self.limit_broadcast_ms.set(0);
        let soon = self.isolate.now_ms().saturating_add(AFTER_FAILURE_MS);
        if let Err(error) = AlarmClock(&self.state).set(soon).await {
            log_ledger_error(None, Some(app), &error);
        }
    }

    async fn send_limit(&self, other: &AppId, until_ms: u64) -> bool {
        let call = LedgerCall::Limited { until_ms };
        let id = self.isolate.request_id();
        let answered = ask_ledger_or_log(&self.env, other, &call, &id).await;
        answered.is_ok()
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

    /// Sets the alarm for when the ledger needs it. The runtime is called before anything is awaited, so the alarm
    /// becomes durable together with the change that made it necessary.
    async fn arm(&self, ledger: &Ledger<ObjectStore>) -> Result<(), StoreError> {
        match ledger.next_alarm(self.isolate.now_ms())? {
            Some(at) => AlarmClock(&self.state).set(at).await,
            None => Ok(()),
        }
    }
}
