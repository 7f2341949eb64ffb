//! Removes one participant while the caller waits.

use std::time::Duration;

use super::outcome::Outcome;
use crate::ids::{MeetingId, ParticipantId};
use crate::realtimekit::retry::RetryPolicy;
use crate::realtimekit::{Api, ApiError, Call, Client, Clock, Limited, Transport, answers};

/// The most time that a kick may take out of the whole call, so that a hanging kick leaves enough for the delete.
const KICK_DEADLINE: Duration = Duration::from_secs(8);

/// A completed kick.
#[derive(Debug)]
pub struct Kick {
    /// Its result.
    pub result: KickResult,
    /// How many times it was sent.
    pub attempts: u8,
    /// The `cf-ray` of the last answer that had one.
    pub cf_ray: Option<String>,
    /// The last 429.
    pub limited: Option<Limited>,
}

impl Kick {
    /// Returns why it failed, if it did.
    #[must_use]
    pub fn why_failed(&self) -> Option<String> {
        match &self.result {
            KickResult::Failed(error) => Some(error.describe(self.cf_ray.as_deref())),
            KickResult::Kicked | KickResult::NotLive => None,
        }
    }
}

/// The result of a kick.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KickResult {
    /// The participant was kicked from the live session.
    Kicked,
    /// The participant was not in a live session.
    NotLive,
    /// The kick failed. The delete was tried anyway.
    Failed(ApiError),
}

impl KickResult {
    /// Returns the result's name in headers and logs.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Kicked => "kicked",
            Self::NotLive => "not_live",
            Self::Failed(_) => "failed",
        }
    }
}

/// The completed removal of one participant.
#[derive(Debug)]
pub struct ParticipantRemoval {
    /// The delete, with `RealtimeKit`'s answer unchanged.
    pub delete: Call<String>,
    /// The kick, if one was asked for.
    pub kick: Option<Kick>,
    /// What happened to the participant.
    pub outcome: Outcome,
}

/// Kicks if asked to, then deletes, in the order that the `RealtimeKit` docs give: a delete alone drops no live peer.
pub async fn remove_participant<T: Transport, C: Clock>(
    client: &Client<'_, T, C>,
    api: &Api,
    meeting: &MeetingId,
    participant: &ParticipantId,
    kick: bool,
) -> ParticipantRemoval {
    let policy = RetryPolicy::SYNCHRONOUS;
    let started = client.clock.now_ms();
    let kick = if kick {
        Some(kick_participant(client, api, meeting, participant).await)
    } else {
        None
    };
    let now = client.clock.now_ms();
    let used = Duration::from_millis(now.saturating_sub(started));
    // A 429 applies to every call with the token: the delete waits too, if there is time. If there is not, the failed
    // kick does not stop the delete, which finds out for itself whether the limit is over.
    let limited = kick.as_ref().and_then(|kick| kick.limited?.left(now));
    let wait = limited.and_then(|left| policy.delay(0, used, Some(left), 0.0));
    if let Some(wait) = wait {
        client.clock.sleep(wait).await;
    }
    let used = used.saturating_add(wait.unwrap_or_default());
    let request = api.delete_participant(meeting, participant);
    let policy = policy.within(policy.deadline.saturating_sub(used));
    let delete = client.call(&request, policy).await.read(answers::deleted);
    let outcome = Outcome::of(&delete.result, delete.ambiguous);
    ParticipantRemoval {
        delete,
        kick,
        outcome,
    }
}

async fn kick_participant<T: Transport, C: Clock>(
    client: &Client<'_, T, C>,
    api: &Api,
    meeting: &MeetingId,
    participant: &ParticipantId,
) -> Kick {
    let request = api.kick(meeting, &[participant]);
    let policy = RetryPolicy::SYNCHRONOUS.within(KICK_DEADLINE);
    let call = client.call(&request, policy).await;
    let call = call.read(|body| answers::done(&body));
    let result = match call.result {
        Ok(()) => KickResult::Kicked,
        // After a lost answer, 404 most likely means that the lost kick worked.
        Err(error) if error.is_not_found() && call.ambiguous => KickResult::Kicked,
        Err(error) if error.is_not_found() => KickResult::NotLive,
        Err(error) => KickResult::Failed(error),
    };
    Kick {
        result,
        attempts: call.attempts,
        cf_ray: call.cf_ray,
        limited: call.limited,
    }
}
