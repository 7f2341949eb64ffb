//! Serves one request, from the runtime's `Request` to its `Response`: routes it, carries it out and logs it.

mod record;
mod webhook;

use std::rc::Rc;

use futures_util::stream::{FuturesUnordered, StreamExt};
use wasm_bindgen::JsValue;
use web_sys::{Request, Response};
use worker::{Context, Env};

use crate::answer::{Answer, Problem};
use crate::callers::identify;
use crate::config::Config;
use crate::config_problem::ConfigProblem;
use crate::delete::{Deleted, delete_participant};
use crate::health::{health, with_ledgers};
use crate::log::{RequestLog, log_ledger_error, write};
use crate::realtimekit::{Client, Clock};
use crate::removals::{Admitted, LedgerCall, admit};
use crate::routes::{RemovalsRoute, Route, RouteError, path_and_query, route};
use crate::runtime::fetch::Fetch;
use crate::runtime::isolate::Isolate;
use crate::runtime::ledger_stub::{ask_ledger_or_log, call_ledger};
use crate::runtime::request::{Incoming, body, header, respond};

/// The reply to a request: an answer of our own, or the ledger's response passed through unchanged.
enum Reply {
    Answer(Answer),
    /// The answer to a synchronous removal that was carried out.
    Deleted(Answer, Box<Deleted>),
    Ledger(Response),
}

impl From<Problem> for Reply {
    fn from(problem: Problem) -> Self {
        Self::Answer(problem.answer())
    }
}

/// A request, with everything needed to serve it.
struct RequestContext<'a> {
    request: &'a Request,
    env: &'a Env,
    context: &'a Context,
    isolate: Rc<Isolate>,
    incoming: Incoming,
}

/// Serves a request.
pub async fn serve(request: &Request, env: &Env, context: &Context) -> Result<Response, JsValue> {
    let isolate = Isolate::of(env);
    let started = isolate.now_ms();
    let mut log = RequestLog::new(isolate.request_id());
    let serving = RequestContext {
        request,
        env,
        context,
        isolate: Rc::clone(&isolate),
        incoming: Incoming::of(request),
    };
    let reply = serving.reply(&mut log).await;
    let now = isolate.now_ms();
    log.milliseconds = now.saturating_sub(started);
    let answer = match reply {
        Reply::Answer(answer) => answer,
        Reply::Deleted(answer, deleted) => {
            serving.record(*deleted, now, &mut log);
            answer
        }
        Reply::Ledger(response) => {
            log.status = response.status();
            write(&log.line());
            return Ok(response);
        }
    };
    log.status = answer.status;
    write(&log.line());
    respond(&answer, &log.request_id)
}

impl RequestContext<'_> {
    async fn reply(&self, log: &mut RequestLog) -> Reply {
        let (path, query) = path_and_query(&self.incoming.url);
        let route = match route(&self.incoming.method, path) {
            Ok(route) => route,
            Err(RouteError::UnknownPath) => return Problem::UnknownPath.into(),
            Err(RouteError::MethodNotAllowed(allow)) => {
                return Problem::MethodNotAllowed(allow).into();
            }
        };
        log.route = Some(route.name());
        let config = match &self.isolate.config {
            Ok(config) => config,
            Err(problems) => {
                log.misconfigured(problems);
                return Problem::NotConfigured(problems.clone()).into();
            }
        };
        match &route {
            Route::Health => Reply::Answer(health(self.health_problems(config, log).await)),
            Route::DeleteParticipant(path) => {
                let transport = Fetch {
                    token: &config.api_token,
                };
                let client = Client {
                    transport: &transport,
                    clock: &*self.isolate,
                };
                let authorization = self.incoming.authorization.as_deref();
                let (answer, deleted) =
                    delete_participant(&client, config, authorization, path, query, log).await;
                match deleted {
                    Some(deleted) => Reply::Deleted(answer, Box::new(deleted)),
                    None => Reply::Answer(answer),
                }
            }
            Route::Webhook(source) => self
                .webhook(config, source, log)
                .await
                .unwrap_or_else(Reply::from),
            Route::Removals(route) => self
                .durable(config, route, query, log)
                .await
                .unwrap_or_else(Reply::from),
        }
    }

    /// Handles the routes under `/removals`: checked here, carried out by the ledger.
    async fn durable(
        &self,
        config: &Config,
        route: &RemovalsRoute<'_>,
        query: Option<&str>,
        log: &mut RequestLog,
    ) -> Result<Reply, Problem> {
        let caller = identify(self.incoming.authorization.as_deref(), &config.callers)
            .ok_or(Problem::UnknownCaller)?;
        log.caller = Some(caller.name.clone());
        let body = match route {
            RemovalsRoute::Create => body(self.request).await?,
            _ => Vec::new(),
        };
        let key = header(self.request, "idempotency-key");
        let admitted = admit(
            config,
            caller,
            route,
            query,
            key.as_deref(),
            &body,
            self.isolate.now_ms(),
        )?;
        let response = self.ask(config, &admitted, log).await?;
        log.removal_id = match admitted.call.removal_id() {
            Some(id) => Some(id.to_owned()),
            None => removal_of(&response),
        };
        Ok(Reply::Ledger(response))
    }

    /// Sends a call to its app's ledger or, if that has no such removal and nobody named an app, to the other apps'.
    async fn ask(
        &self,
        config: &Config,
        admitted: &Admitted,
        log: &RequestLog,
    ) -> Result<Response, Problem> {
        let others = config
            .apps()
            .filter(|app| admitted.any_app && **app != admitted.app);
        let mut absent = None;
        let mut failed = None;
        for app in std::iter::once(&admitted.app).chain(others) {
            match call_ledger(self.env, app, &admitted.call, &log.request_id).await {
                Ok(response) if response.status() == 404 => {
                    absent.get_or_insert(response);
                }
                Ok(response) if response.status() < 500 => return Ok(response),
                Ok(response) => {
                    failed.get_or_insert(Ok(response));
                }
                Err(error) => {
                    log_ledger_error(Some(&log.request_id), Some(app), &error);
                    failed.get_or_insert(Err(Problem::NotStored));
                }
            }
        }
        // It may be in the ledger that failed.
        failed.unwrap_or_else(|| absent.ok_or(Problem::UnknownRemoval))
    }

    /// Returns the problems of the webhook sources and those that the apps' ledgers report.
    async fn health_problems(&self, config: &Config, log: &RequestLog) -> Vec<ConfigProblem> {
        if let Some(problems) = self.isolate.recent_health() {
            return problems;
        }
        let ask = |app| ask_ledger_or_log(self.env, app, &LedgerCall::Health, &log.request_id);
        let asked: FuturesUnordered<_> = config.apps().map(ask).collect();
        let answers: Vec<_> = asked.collect().await;
        let problems = with_ledgers(config.webhooks.problems().cloned().collect(), &answers);
        self.isolate.remember_health(&problems);
        problems
    }
}

/// Returns the id of the removal that a response is about: its `location` is `/removals/{id}`, possibly with a query.
fn removal_of(response: &Response) -> Option<String> {
    let location = response.headers().get("location").ok().flatten()?;
    Some(
        location
            .strip_prefix("/removals/")?
            .split('?')
            .next()?
            .to_owned(),
    )
}
