//! The synchronous DELETE: checks who is asking, for what, and whether this Worker serves it, before anything is sent.

use crate::answer::{Answer, FieldProblem, Problem, participant_removal};
use crate::callers;
use crate::config::{Caller, Config};
use crate::ids::{AccountId, AppId, InvalidId, MeetingId, ParticipantId};
use crate::ledger::blocked_until;
use crate::log::RequestLog;
use crate::query::pairs;
use crate::realtimekit::limits::RateLimit;
use crate::realtimekit::{Api, Client, Clock, Limited, Transport};
use crate::removal::{Kick, Outcome, ParticipantRemoval, remove_participant};
use crate::routes::ParticipantPath;

/// A synchronous removal, checked and complete.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeleteOrder {
    /// The app.
    pub app: AppId,
    /// The meeting.
    pub meeting: MeetingId,
    /// The participant.
    pub participant: ParticipantId,
    /// Whether to kick first.
    pub kick: bool,
}

/// A completed removal, as the history keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deleted {
    /// What was asked for.
    pub order: DeleteOrder,
    /// The name of the caller who asked.
    pub caller: String,
    /// Its outcome.
    pub outcome: Outcome,
    /// How many API requests it took, including the kick's.
    pub api_requests: u32,
    /// How many of them were deletes.
    pub attempts: u32,
    /// Why it failed, if it did.
    pub error: Option<String>,
    /// Why the kick before it failed, if it did.
    pub kick_error: Option<String>,
    /// The 429, of the kick or the delete, that blocks for longer, whether or not the delete succeeded after it.
    pub limited: Option<Limited>,
    /// What the answer to the delete said about the API's limit.
    pub rate_limit: RateLimit,
}

impl Deleted {
    fn new(order: DeleteOrder, caller: &Caller, removal: &ParticipantRemoval) -> Self {
        let error = removal
            .delete
            .result
            .as_ref()
            .err()
            .filter(|_| !removal.outcome.is_gone());
        let kicked = removal.kick.as_ref().and_then(|kick| kick.limited);
        Self {
            order,
            caller: caller.name.clone(),
            outcome: removal.outcome,
            api_requests: u32::from(removal.delete.attempts)
                + removal
                    .kick
                    .as_ref()
                    .map_or(0, |kick| u32::from(kick.attempts)),
            attempts: u32::from(removal.delete.attempts),
            error: error.map(|error| error.describe(removal.delete.cf_ray.as_deref())),
            kick_error: removal.kick.as_ref().and_then(Kick::why_failed),
            // The one that blocks for longer.
            limited: [removal.delete.limited, kicked]
                .into_iter()
                .flatten()
                .max_by_key(|limited| blocked_until(limited.at_ms, limited.retry_after)),
            rate_limit: removal.delete.rate_limit.clone(),
        }
    }
}

/// Carries out a DELETE and fills in its log.
pub async fn delete_participant<T: Transport, C: Clock>(
    client: &Client<'_, T, C>,
    config: &Config,
    authorization: Option<&str>,
    path: &ParticipantPath<'_>,
    query: Option<&str>,
    log: &mut RequestLog,
) -> (Answer, Option<Deleted>) {
    let (caller, order) = match admit(config, authorization, path, query, log) {
        Ok(admitted) => admitted,
        Err(problem) => return (problem.answer(), None),
    };
    let api = Api::new(&config.base_url, &config.account, &order.app);
    let removal =
        remove_participant(client, &api, &order.meeting, &order.participant, order.kick).await;
    log.outcome = Some(removal.outcome.as_str());
    log.kick = removal.kick.as_ref().map(|kick| kick.result.as_str());
    log.kick_attempts = removal.kick.as_ref().map(|kick| kick.attempts);
    log.attempts = Some(removal.delete.attempts);
    log.upstream_status = removal.delete.status;
    log.cf_ray.clone_from(&removal.delete.cf_ray);
    let deleted = Deleted::new(order, caller, &removal);
    (participant_removal(removal), Some(deleted))
}

/// Admits a request, or says why not. The caller is checked first: nobody else learns what is served here.
fn admit<'c>(
    config: &'c Config,
    authorization: Option<&str>,
    path: &ParticipantPath<'_>,
    query: Option<&str>,
    log: &mut RequestLog,
) -> Result<(&'c Caller, DeleteOrder), Problem> {
    let caller = callers::identify(authorization, &config.callers).ok_or(Problem::UnknownCaller)?;
    log.caller = Some(caller.name.clone());
    let owner = match &path.owner {
        Some((account, app)) => Some((
            field("/account_id", account, AccountId::parse)?,
            field("/app_id", app, AppId::parse)?,
        )),
        None => None,
    };
    let meeting = field("/meeting_id", &path.meeting, MeetingId::parse)?;
    let participant = field("/participant_id", &path.participant, ParticipantId::parse)?;
    let kick = kick(query)?;
    let app = match owner {
        Some((account, _)) if account != config.account => {
            return Err(Problem::NotServed("/account_id".to_owned()));
        }
        Some((_, app)) if !config.serves(&app) => {
            return Err(Problem::NotServed("/app_id".to_owned()));
        }
        Some((_, app)) => app,
        None => config.default_app.clone(),
    };
    Ok((
        caller,
        DeleteOrder {
            app,
            meeting,
            participant,
            kick,
        },
    ))
}

fn field<T>(
    pointer: &str,
    value: &str,
    parse: fn(&str) -> Result<T, InvalidId>,
) -> Result<T, Problem> {
    parse(value).map_err(|error| FieldProblem::new(pointer, error.0).into())
}

fn kick(query: Option<&str>) -> Result<bool, Problem> {
    let pairs = pairs(query.unwrap_or_default(), &["kick"])?;
    match pairs.first().map(|(_, value)| value.as_str()) {
        None | Some("false") => Ok(false),
        Some("true") => Ok(true),
        Some(_) => Err(FieldProblem::new("/kick", "must be true or false").into()),
    }
}

#[cfg(test)]
mod script;
#[cfg(test)]
mod tests;
