//! The ledger's side: carries out a call and answers it.

use std::time::Duration;

use super::call::{Creation, LedgerCall, ListQuery, ShowQuery};
use super::delivery::{cancel_pending, deliver, ended, quarantine};
use super::request;
use super::served::Served;
use crate::answer::durable::{ledger_health, removal, removal_with_items, removals};
use crate::answer::{Answer, Problem};
use crate::digest::sha256_hex;
use crate::ids::CustomParticipantId;
use crate::ledger::{
    Change, Filter, Key, Ledger, Origin, RemovalId, RemovalState, Store, StoreError,
};
use crate::realtimekit::Clock;

/// How often a waiting request checks for a change.
const POLL_INTERVAL: Duration = Duration::from_millis(250);

/// The longest wait, in milliseconds: a request whose caller has hung up may go on for 30 s, and must not be cut off.
const MAX_WAIT_MS: u64 = 29_500;

/// Carries out a call. Whatever it changes is stored when this returns; only waiting for a change takes time.
pub async fn serve<S: Store, C: Clock>(
    served: &Served<'_, S, C>,
    call: &LedgerCall,
) -> Result<Answer, StoreError> {
    let (ledger, now) = (served.ledger, served.clock.now_ms());
    match call {
        LedgerCall::Create(creation) => create(served, creation),
        LedgerCall::List(query) => list(served, query),
        LedgerCall::Show(query) => show(served, query).await,
        LedgerCall::Cancel { id, caller } => {
            let why_not = |_| "it has ended and can no longer be cancelled";
            change(served, id, caller.as_deref(), 200, Ledger::cancel, why_not)
        }
        LedgerCall::Retry { id, caller } => change(
            served,
            id,
            caller.as_deref(),
            202,
            Ledger::retry,
            why_not_again,
        ),
        LedgerCall::Deliver(delivery) => deliver(served, delivery),
        LedgerCall::CancelPending(cancel) => cancel_pending(served, cancel),
        LedgerCall::Ended(end) => ended(served, end),
        LedgerCall::Quarantine(event) => quarantine(served, event),
        LedgerCall::Record { removals } => {
            let keep = served.config.record_synchronous;
            ledger.hear_of_app(&served.api(), removals)?;
            ledger.record_synchronous(removals, keep, now).map(done)
        }
        LedgerCall::Note { name } => Ok(Answer::success(200, ledger.note(name)?)),
        LedgerCall::SetNote { name, value } => ledger.set_note(name, value).map(done),
        LedgerCall::Limited { until_ms } => ledger.pause_until(*until_ms, now).map(done),
        LedgerCall::Health => Ok(ledger_health(&ledger.health(now)?)),
    }
}

fn done((): ()) -> Answer {
    Answer::success(200, ())
}

fn list<S: Store, C: Clock>(
    served: &Served<'_, S, C>,
    query: &ListQuery,
) -> Result<Answer, StoreError> {
    let now = served.clock.now_ms();
    // A filter that fails to parse is of another version of this Worker: no list is better than a wrongly filtered one.
    let wrong = |what: &str| {
        StoreError(format!(
            "a list by {what} of another version of this Worker"
        ))
    };
    let state = query.state.as_deref();
    let state = state.map(|state| RemovalState::parse(state).ok_or_else(|| wrong("a state")));
    let user = query.user.as_deref();
    let user = user.map(|user| CustomParticipantId::parse(user).map_err(|_| wrong("a user")));
    let user = user.transpose()?;
    let filter = Filter {
        state: state.transpose()?,
        user: user.as_ref(),
        source: query.source.as_deref(),
    };
    let listing = served.ledger.list(filter, query.cursor, query.limit, now)?;
    Ok(removals(&listing, served.app))
}

fn create<S: Store, C: Clock>(
    served: &Served<'_, S, C>,
    creation: &Creation,
) -> Result<Answer, StoreError> {
    let Creation { caller, body, .. } = creation;
    let key = creation.idempotency_key.as_ref().map(|key| Key {
        scope: format!("caller:{caller}"),
        key: key.clone(),
        digest: sha256_hex(body.as_bytes()),
    });
    let origin = Origin {
        caller: Some(caller),
        source: "api",
        event_at: None,
        key: key.as_ref(),
    };
    let order = match request::parse(body.as_bytes(), served.config, served.clock.now_ms()) {
        Ok(order) => order,
        Err(problem) => return Ok(problem.answer()),
    };
    let acceptance = served.ledger.accept(&order, &origin, served.clock)?;
    served.stored(acceptance, 202, "Idempotency-Key")
}

async fn show<S: Store, C: Clock>(
    served: &Served<'_, S, C>,
    query: &ShowQuery,
) -> Result<Answer, StoreError> {
    let &Served {
        ledger, app, clock, ..
    } = served;
    let Some(id) = RemovalId::parse(&query.id) else {
        return Ok(Problem::UnknownRemoval.answer());
    };
    let wait_ms = (u64::from(query.wait_seconds) * 1000).min(MAX_WAIT_MS);
    let until = clock.now_ms().saturating_add(wait_ms);
    let mut first = None;
    loop {
        let now = clock.now_ms();
        let Some((revision, is_final)) = ledger.revision(&id)? else {
            return Ok(Problem::UnknownRemoval.answer());
        };
        if *first.get_or_insert(revision) != revision || is_final || now >= until {
            break;
        }
        clock.sleep(POLL_INTERVAL).await;
    }
    let Some(view) = ledger.show(&id, clock.now_ms())? else {
        return Ok(Problem::UnknownRemoval.answer());
    };
    let Some(items) = ledger.items(&id, query.cursor, query.limit)? else {
        return Ok(Problem::UnknownRemoval.answer());
    };
    Ok(removal_with_items(&view, &items, app))
}

fn change<S: Store, C: Clock>(
    served: &Served<'_, S, C>,
    id: &str,
    by: Option<&str>,
    status: u16,
    make: impl FnOnce(&Ledger<S>, &RemovalId, Option<&str>, u64) -> Result<Option<Change>, StoreError>,
    why_not: impl FnOnce(RemovalState) -> &'static str,
) -> Result<Answer, StoreError> {
    let &Served {
        ledger, app, clock, ..
    } = served;
    let Some(id) = RemovalId::parse(id) else {
        return Ok(Problem::UnknownRemoval.answer());
    };
    let now = clock.now_ms();
    match make(ledger, &id, by, now)? {
        None => Ok(Problem::UnknownRemoval.answer()),
        Some(Change::NotPossible(state)) => {
            let why = format!("the removal is {}: {}", state.as_str(), why_not(state));
            Ok(Problem::WrongState(why).answer())
        }
        Some(Change::Done) => {
            let view = ledger.show(&id, now)?;
            Ok(view.map_or_else(
                || Problem::UnknownRemoval.answer(),
                |view| removal(status, &view, app),
            ))
        }
    }
}

/// Returns why a removal in that state cannot be retried, and what to do instead.
fn why_not_again(state: RemovalState) -> &'static str {
    match state {
        RemovalState::Scheduled | RemovalState::Queued | RemovalState::Running => {
            "it is still in progress; what fails can be retried once it has ended"
        }
        RemovalState::Succeeded => {
            "nothing in it failed that can be retried; to retry a kick of a synchronous removal, send its DELETE again with ?kick=true"
        }
        RemovalState::Cancelled => "send its POST again, with a new Idempotency-Key",
        RemovalState::Quarantined => "its event could not be understood: see last_error",
        RemovalState::Failed | RemovalState::PartiallyFailed => {
            "nothing in it can be retried; to retry a synchronous removal, send its DELETE again"
        }
    }
}
