//! Who may ask what of which ledger: decided in the Worker, before the ledger is called.

use super::call::{Creation, LedgerCall, ListQuery, ShowQuery};
use super::query::{self, Query};
use super::request;
use crate::answer::{FieldProblem, Problem};
use crate::config::{Caller, Config};
use crate::ids::AppId;
use crate::ledger::{RemovalId, RemovalState};
use crate::routes::RemovalsRoute;

/// A call that may be sent to an app's ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Admitted {
    /// The app.
    pub app: AppId,
    /// Whether the removal may belong to another app: the request names none.
    pub any_app: bool,
    /// The call.
    pub call: LedgerCall,
}

impl Admitted {
    /// A call about one removal, which may be in any app's ledger unless the request names an app.
    fn one(app: AppId, names_app: bool, call: LedgerCall) -> Self {
        Self {
            app,
            any_app: !names_app,
            call,
        }
    }

    /// A call about that app's removals.
    fn all(app: AppId, call: LedgerCall) -> Self {
        Self {
            app,
            any_app: false,
            call,
        }
    }
}

/// The longest `Idempotency-Key`, in characters.
const MAX_KEY_CHARS: usize = 255;

/// Checks a request from a known caller. Only `POST /removals` uses `body`.
pub fn admit(
    config: &Config,
    caller: &Caller,
    route: &RemovalsRoute<'_>,
    query: Option<&str>,
    idempotency_key: Option<&str>,
    body: &[u8],
    now_ms: u64,
) -> Result<Admitted, Problem> {
    let read = |allowed: &[&str]| query::read(query, allowed, config);
    match route {
        RemovalsRoute::Create => {
            read(&[])?;
            create(config, caller, idempotency_key, body, now_ms)
        }
        RemovalsRoute::List => {
            let filters = [
                "state",
                "custom_participant_id",
                "source",
                "cursor",
                "limit",
                "app_id",
            ];
            Ok(list(read(&filters)?))
        }
        RemovalsRoute::Show(id) => {
            let query = read(&["wait", "cursor", "limit", "app_id"])?;
            let call = LedgerCall::Show(ShowQuery {
                id: removal_id(id)?,
                cursor: query.cursor,
                limit: query.limit,
                wait_seconds: query.wait_seconds,
            });
            Ok(Admitted::one(query.app, query.names_app, call))
        }
        RemovalsRoute::Cancel(id) => {
            let query = read(&["app_id"])?;
            let id = removal_id(id)?;
            let caller = Some(caller.name.clone());
            let call = LedgerCall::Cancel { id, caller };
            Ok(Admitted::one(query.app, query.names_app, call))
        }
        RemovalsRoute::Retry(id) => {
            let query = read(&["app_id"])?;
            let id = removal_id(id)?;
            let caller = Some(caller.name.clone());
            let call = LedgerCall::Retry { id, caller };
            Ok(Admitted::one(query.app, query.names_app, call))
        }
    }
}

fn list(query: Query) -> Admitted {
    let state = query.state.map(RemovalState::as_str).map(str::to_owned);
    let call = LedgerCall::List(ListQuery {
        state,
        user: query.user.map(|user| user.as_str().to_owned()),
        source: query.source,
        cursor: query.cursor,
        limit: query.limit,
    });
    Admitted::all(query.app, call)
}

fn create(
    config: &Config,
    caller: &Caller,
    idempotency_key: Option<&str>,
    body: &[u8],
    now_ms: u64,
) -> Result<Admitted, Problem> {
    let visible = |key: &str| {
        !key.is_empty() && key.len() <= MAX_KEY_CHARS && key.bytes().all(|b| b.is_ascii_graphic())
    };
    if idempotency_key.is_some_and(|key| !visible(key)) {
        let message = format!("must be one value of 1 to {MAX_KEY_CHARS} visible ASCII characters");
        return Err(FieldProblem::new("/Idempotency-Key", message).into());
    }
    let order = request::parse(body, config, now_ms)?;
    let call = LedgerCall::Create(Creation {
        caller: caller.name.clone(),
        body: String::from_utf8_lossy(body).into_owned(),
        idempotency_key: idempotency_key.map(str::to_owned),
    });
    Ok(Admitted::all(order.app, call))
}

/// Checks a removal's id. One that no ledger can have issued is unknown, like any other that is not stored.
fn removal_id(text: &str) -> Result<String, Problem> {
    RemovalId::parse(text)
        .map(|id| id.as_str().to_owned())
        .ok_or(Problem::UnknownRemoval)
}

#[cfg(test)]
mod tests;
