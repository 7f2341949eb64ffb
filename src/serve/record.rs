//! Records synchronous removals in the history, after they have been answered.

use std::rc::Rc;

use futures_util::stream::{FuturesUnordered, StreamExt};

use super::RequestContext;
use crate::delete::Deleted;
use crate::ids::AppId;
use crate::ledger::{RemovalId, SynchronousRemoval};
use crate::log::{RequestLog, log_ledger_error};
use crate::realtimekit::Clock;
use crate::removals::LedgerCall;
use crate::removals::recorder::ATTEMPT_DELAYS;
use crate::runtime::isolate::Isolate;
use crate::runtime::ledger_stub::ask_ledger;
use worker::Env;

impl RequestContext<'_> {
    /// Reports a synchronous removal to the ledger after the answer has been sent: for the history, if one is kept, and
    /// for the request limit that all work shares.
    pub(super) fn record(&self, deleted: Deleted, now: u64, log: &mut RequestLog) {
        let started = now.saturating_sub(log.milliseconds);
        let isolate = Rc::clone(&self.isolate);
        let id = RemovalId::new(now, || isolate.random());
        let app = deleted.order.app.clone();
        let removal = SynchronousRemoval::new(&id, deleted, started, now);
        if isolate
            .config
            .as_ref()
            .is_ok_and(|config| config.record_synchronous)
        {
            log.removal_id = Some(id.as_str().to_owned());
        }
        let Some(wait) = isolate.recorder.borrow_mut().push(app, removal, now) else {
            return;
        };
        let (env, request_id) = (self.env.clone(), log.request_id.clone());
        self.context.wait_until(async move {
            if !wait.is_zero() {
                isolate.sleep(wait).await;
            }
            let batches = isolate.recorder.borrow_mut().take();
            let flush = |(app, removals)| flush(&isolate, &env, app, removals, &request_id);
            // No app's ledger waits for another's.
            let flushes: FuturesUnordered<_> = batches.into_iter().map(flush).collect();
            flushes.collect::<()>().await;
        });
    }
}

/// Records removals, or logs which ones are missing from the history.
async fn flush(
    isolate: &Isolate,
    env: &Env,
    app: AppId,
    removals: Vec<SynchronousRemoval>,
    request_id: &str,
) {
    let call = LedgerCall::Record { removals };
    let mut error = String::new();
    for wait in ATTEMPT_DELAYS {
        if !wait.is_zero() {
            isolate.sleep(wait).await;
        }
        match ask_ledger(env, &app, &call, request_id).await {
            Ok(_) => return,
            Err(no_ledger) => error = no_ledger.to_string(),
        }
    }
    if let LedgerCall::Record { removals } = &call {
        let ids: Vec<_> = removals.iter().map(|removal| removal.id.as_str()).collect();
        let error = format!("not recorded: {}: {error}", ids.join(", "));
        log_ledger_error(Some(request_id), Some(&app), &error);
    }
}
