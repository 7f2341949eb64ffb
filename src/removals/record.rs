//! The ledger's side of synchronous removals: recorded after they were answered.

use std::time::Duration;

use super::call::SynchronousRecord;
use super::service::Served;
use crate::answer::Answer;
use crate::ids::{MeetingId, ParticipantId};
use crate::ledger::{Store, StoreError, SynchronousRemoval};
use crate::realtimekit::Clock;

/// Records a synchronous removal, and heeds the limit that it met with.
pub fn record<S: Store, C: Clock>(
    served: &Served<'_, S, C>,
    record: &SynchronousRecord,
) -> Result<Answer, StoreError> {
    let &Served { ledger, clock, .. } = served;
    let now = clock.now_ms();
    if record.limited {
        ledger.pause_for_limit(record.retry_after_ms.map(Duration::from_millis), now)?;
    }
    let ids = (
        MeetingId::parse(&record.meeting_id),
        ParticipantId::parse(&record.participant_id),
    );
    let (Ok(meeting), Ok(participant)) = &ids else {
        return Err(StoreError(
            "a synchronous removal whose ids break their rules".to_owned(),
        ));
    };
    let done = SynchronousRemoval {
        caller: &record.caller,
        meeting,
        participant,
        kick: record.kick,
        outcome: record.outcome,
        requests: record.api_requests,
        attempts: record.attempts,
        error: record.error.as_deref(),
    };
    ledger.record_synchronous(&done, clock)?;
    Ok(Answer::success(200, ()))
}
