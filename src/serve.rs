//! One request, from the runtime's to its response: route, carry out, log.

use wasm_bindgen::JsValue;
use web_sys::{Request, Response};
use worker::{Context, Env};

use crate::answer::{Answer, Problem};
use crate::delete::delete_participant;
use crate::health::health;
use crate::log::RequestLog;
use crate::realtimekit::{Client, Clock};
use crate::routes::{NoRoute, Route, path_and_query, route};
use crate::runtime::fetch::Fetch;
use crate::runtime::isolate::Isolate;
use crate::runtime::request::{Incoming, respond};

/// Serves a request.
pub async fn serve(request: &Request, env: &Env, _context: &Context) -> Result<Response, JsValue> {
    let isolate = Isolate::of(env);
    let started = isolate.now_ms();
    let mut log = RequestLog::new(isolate.request_id());
    let answer = answer(&isolate, &Incoming::of(request), &mut log).await;
    log.status = answer.status;
    log.milliseconds = isolate.now_ms().saturating_sub(started);
    worker::console_log!("{}", log.line());
    respond(&answer, &log.request_id)
}

async fn answer(isolate: &Isolate, incoming: &Incoming, log: &mut RequestLog) -> Answer {
    let (path, query) = path_and_query(&incoming.url);
    let route = match route(&incoming.method, path) {
        Ok(route) => route,
        Err(NoRoute::UnknownPath) => return Problem::UnknownPath.answer(),
        Err(NoRoute::MethodNotAllowed(allow)) => return Problem::MethodNotAllowed(allow).answer(),
    };
    log.route = Some(route.name());
    if route == Route::Health {
        return health(isolate.config.as_ref().err().cloned().unwrap_or_default());
    }
    let config = match &isolate.config {
        Ok(config) => config,
        Err(problems) => return Problem::NotConfigured(problems.clone()).answer(),
    };
    match route {
        Route::DeleteParticipant(path) => {
            let transport = Fetch {
                token: &config.api_token,
            };
            let client = Client {
                transport: &transport,
                clock: isolate,
            };
            let authorization = incoming.authorization.as_deref();
            delete_participant(&client, config, authorization, &path, query, log)
                .await
                .0
        }
        _ => Problem::UnknownPath.answer(),
    }
}
