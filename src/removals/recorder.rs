//! Synchronous removals on their way into the history, batched briefly so that many share one call to the ledger.

use std::mem;
use std::time::Duration;

use crate::delete::Deleted;
use crate::ids::AppId;
use crate::ledger::{RemovalId, SynchronousRemoval};
use crate::recent::is_recent;

/// How long a record waits for others, and so how much a crash of the isolate may lose.
const BATCH_DELAY: Duration = Duration::from_millis(100);
/// A batch of this size is sent at once, without waiting for more.
const MAX_BATCH: usize = 200;
/// A flush this late, in milliseconds, was cancelled by the runtime along with the request that it belonged to.
const OVERDUE_MS: u64 = 1_000;

/// How long to wait before each attempt to reach the ledger. A record that arrives twice is stored once.
pub const ATTEMPT_DELAYS: [Duration; 3] = [
    Duration::ZERO,
    Duration::from_secs(1),
    Duration::from_secs(5),
];

/// Removals that an isolate has answered but not yet sent to the ledger.
#[derive(Debug, Default)]
pub struct Recorder {
    waiting: Vec<(AppId, SynchronousRemoval)>,
    /// When the pending flush begins, if there is one.
    flush_at_ms: Option<u64>,
}

impl Recorder {
    /// Adds a record. A caller that gets a time back has to wait that long and then [`Recorder::take`] them all.
    ///
    /// A removal that hit the API's limit does not wait: durable work has to stop at once.
    pub fn push(
        &mut self,
        app: AppId,
        removal: SynchronousRemoval,
        now_ms: u64,
    ) -> Option<Duration> {
        let urgent = removal.limited || self.waiting.len() + 1 >= MAX_BATCH;
        self.waiting.push((app, removal));
        if urgent {
            return Some(Duration::ZERO);
        }
        let seen_to = is_recent(self.flush_at_ms, now_ms, OVERDUE_MS);
        if seen_to {
            return None;
        }
        self.flush_at_ms =
            Some(now_ms.saturating_add(u64::try_from(BATCH_DELAY.as_millis()).unwrap_or(0)));
        Some(BATCH_DELAY)
    }

    /// Takes all waiting records, grouped by app.
    pub fn take(&mut self) -> Vec<(AppId, Vec<SynchronousRemoval>)> {
        self.flush_at_ms = None;
        let mut batches: Vec<(AppId, Vec<SynchronousRemoval>)> = Vec::new();
        for (app, removal) in mem::take(&mut self.waiting) {
            match batches.iter_mut().find(|(of, _)| *of == app) {
                Some((_, batch)) => batch.push(removal),
                None => batches.push((app, vec![removal])),
            }
        }
        batches
    }
}

impl SynchronousRemoval {
    /// Creates the record of a removal that was requested at `started_at_ms` and answered at `now_ms`.
    #[must_use]
    pub fn new(id: &RemovalId, deleted: Deleted, started_at_ms: u64, now_ms: u64) -> Self {
        let limited = deleted.limited;
        let retry_after = limited.and_then(|limited| limited.retry_after);
        Self {
            id: id.as_str().to_owned(),
            started_at_ms: Some(started_at_ms),
            at_ms: now_ms,
            caller: deleted.caller,
            meeting_id: deleted.order.meeting.as_str().to_owned(),
            participant_id: deleted.order.participant.as_str().to_owned(),
            kick: deleted.order.kick,
            outcome: deleted.outcome,
            api_requests: deleted.api_requests,
            attempts: deleted.attempts,
            error: deleted.error,
            kick_error: deleted.kick_error,
            limited: limited.is_some(),
            retry_after_ms: retry_after
                .map(|time| u64::try_from(time.as_millis()).unwrap_or(u64::MAX)),
            limited_at_ms: limited.map(|limited| limited.at_ms),
            rate_limit: deleted.rate_limit,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::delete::DeleteOrder;
    use crate::ids::{MeetingId, ParticipantId};
    use crate::realtimekit::Limited;
    use crate::realtimekit::limits::RateLimit;
    use crate::removal::Outcome;

    const NOW: u64 = 1_000_000;
    const MEETING: &str = "497f6eca-6276-4993-bfeb-53cbbbba6f08";

    fn app(name: &str) -> AppId {
        AppId::parse(name).unwrap()
    }

    fn removal(participant: &str) -> SynchronousRemoval {
        SynchronousRemoval {
            id: RemovalId::new(NOW, || 0.5).as_str().to_owned(),
            started_at_ms: Some(NOW),
            at_ms: NOW,
            caller: "backend".to_owned(),
            meeting_id: "m".to_owned(),
            participant_id: participant.to_owned(),
            kick: false,
            outcome: Outcome::Removed,
            api_requests: 1,
            attempts: 1,
            error: None,
            kick_error: None,
            limited: false,
            retry_after_ms: None,
            limited_at_ms: None,
            rate_limit: RateLimit::default(),
        }
    }

    fn deleted(rate_limit: RateLimit) -> Deleted {
        Deleted {
            order: DeleteOrder {
                app: app("a"),
                meeting: MeetingId::parse(MEETING).unwrap(),
                participant: ParticipantId::parse("p1").unwrap(),
                kick: true,
            },
            caller: "desk".to_owned(),
            outcome: Outcome::Failed,
            api_requests: 4,
            attempts: 3,
            error: Some("the delete's error".to_owned()),
            kick_error: Some("the kick's error".to_owned()),
            limited: Some(Limited {
                at_ms: NOW - 10,
                retry_after: Some(Duration::from_mins(5)),
            }),
            rate_limit,
        }
    }

    #[test]
    fn all_that_is_known_of_a_removal_is_recorded() {
        let id = RemovalId::new(NOW, || 0.5);
        let rate_limit = RateLimit {
            quota: Some(1200),
            ..RateLimit::default()
        };
        let expected = SynchronousRemoval {
            started_at_ms: Some(NOW - 20),
            caller: "desk".to_owned(),
            meeting_id: MEETING.to_owned(),
            kick: true,
            outcome: Outcome::Failed,
            api_requests: 4,
            attempts: 3,
            error: Some("the delete's error".to_owned()),
            kick_error: Some("the kick's error".to_owned()),
            limited: true,
            retry_after_ms: Some(300_000),
            limited_at_ms: Some(NOW - 10),
            rate_limit: rate_limit.clone(),
            ..removal("p1")
        };
        let found = SynchronousRemoval::new(&id, deleted(rate_limit), NOW - 20, NOW);
        assert_eq!(found, expected);
    }

    #[test]
    fn the_first_sees_to_the_flush_and_the_others_go_along() {
        let mut recorder = Recorder::default();
        assert_eq!(
            recorder.push(app("a"), removal("1"), NOW),
            Some(BATCH_DELAY)
        );
        assert_eq!(recorder.push(app("b"), removal("2"), NOW + 50), None);
        assert_eq!(recorder.push(app("a"), removal("3"), NOW + 99), None);
        assert_eq!(
            recorder.take(),
            [
                (app("a"), vec![removal("1"), removal("3")]),
                (app("b"), vec![removal("2")])
            ]
        );
        assert_eq!(recorder.take(), []);
        assert_eq!(
            recorder.push(app("a"), removal("4"), NOW + 101),
            Some(BATCH_DELAY)
        );
    }

    #[test]
    fn what_met_with_the_limit_takes_all_that_waits_along_at_once() {
        let mut recorder = Recorder::default();
        recorder.push(app("a"), removal("1"), NOW);
        let limited = SynchronousRemoval {
            limited: true,
            ..removal("2")
        };
        let wait = recorder.push(app("a"), limited.clone(), NOW + 1);
        assert_eq!(wait, Some(Duration::ZERO));
        assert_eq!(recorder.take(), [(app("a"), vec![removal("1"), limited])]);
    }

    #[test]
    fn a_full_batch_does_not_wait() {
        let mut recorder = Recorder::default();
        let waits: Vec<_> = (0..MAX_BATCH)
            .map(|_| recorder.push(app("a"), removal("1"), NOW))
            .collect();
        assert_eq!(waits.first(), Some(&Some(BATCH_DELAY)));
        assert_eq!(waits.last(), Some(&Some(Duration::ZERO)));
        let between = waits.iter().skip(1).take(MAX_BATCH - 2);
        assert!(between.into_iter().all(Option::is_none));
    }

    #[test]
    fn a_flush_that_was_cancelled_is_made_up_for() {
        let mut recorder = Recorder::default();
        recorder.push(app("a"), removal("1"), NOW);
        let later = NOW + 100 + OVERDUE_MS;
        assert_eq!(recorder.push(app("a"), removal("2"), later - 1), None);
        assert_eq!(
            recorder.push(app("a"), removal("3"), later),
            Some(BATCH_DELAY)
        );
        assert_eq!(recorder.take().len(), 1);
    }
}
