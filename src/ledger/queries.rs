//! Reading a removal, and the ledger's health.

use super::Ledger;
use super::changes::state_of;
use super::id::RemovalId;
use super::state::RemovalState;
use super::store::{Row, Store, StoreError, first_row};
use super::views::{Health, Progress, RemovalView};
use crate::ids::{CustomParticipantId, MeetingId, ParticipantId};
use crate::removal::Target;
use crate::values;

/// Selects removals as [`Ledger::view`] reads them, each with the target whose position is appended.
pub(super) const REMOVALS: &str = "SELECT r.seq, r.id, r.state, r.source, r.caller, r.reason, r.kick, r.dry_run, r.targets, r.not_before,
    r.accepted_at, r.started_at, r.finished_at, r.meetings_total, r.meetings_scanned, r.found, r.removed,
    r.already_absent, r.absent_after_ambiguous, r.failed, r.requests, r.last_error, r.revision,
    t.meeting, t.participant, t.user, t.position,
    (SELECT kick_error FROM items INDEXED BY items_unkicked
        WHERE removal = r.seq AND kick_error IS NOT NULL AND state = 'done' LIMIT 1),
    r.cancelled_by, r.retried_by
    FROM removals r LEFT JOIN targets t ON t.removal = r.seq AND t.position = ";

/// The first target, to append to [`REMOVALS`].
pub(super) const FIRST_TARGET: &str = "0";

impl<S: Store> Ledger<S> {
    /// Returns one removal, with an estimate of the time left.
    pub fn show(&self, id: &RemovalId, now: u64) -> Result<Option<RemovalView>, StoreError> {
        let rows = self.store.run(
            &format!("{REMOVALS} {FIRST_TARGET} WHERE r.id = ?1"),
            &values![id.as_str()],
        )?;
        let Some(row) = rows.first() else {
            return Ok(None);
        };
        let mut view = self.view(row, now)?;
        if !view.state.is_final() {
            view.estimated_seconds_left = self.estimate(row.integer(0)?, &view, now)?;
        }
        Ok(Some(view))
    }

    /// Returns a removal's revision, which grows with every change, and whether it is final: for waiting for a change.
    pub fn revision(&self, id: &RemovalId) -> Result<Option<(u64, bool)>, StoreError> {
        let rows = self.store.run(
            "SELECT revision, state FROM removals WHERE id = ?1",
            &values![id.as_str()],
        )?;
        rows.first()
            .map(|row| Ok((row.integer(0)?, state_of(row.text(1)?)?.is_final())))
            .transpose()
    }

    /// Returns whether any removal is not final.
    pub fn has_open(&self) -> Result<bool, StoreError> {
        let rows = self.store.run(
            "SELECT EXISTS (SELECT 1 FROM removals WHERE state IN ('scheduled', 'queued', 'running'))",
            &[],
        )?;
        first_row(&rows)?.flag(0)
    }

    /// Returns the ledger's health.
    pub fn health(&self, now: u64) -> Result<Health, StoreError> {
        let rows = self.store.run(
            "SELECT count(*) FROM removals WHERE state IN ('queued', 'running')",
            &[],
        )?;
        let open = first_row(&rows)?.integer(0)?;
        let mut pacing = self.pacing.borrow_mut();
        Ok(Health {
            pause: pacing.throttle.pause(now),
            open,
            requests_in_window: pacing.window.used(now),
            requests_allowed: pacing.allowed(&self.settings).total,
        })
    }

    pub(super) fn view(&self, row: &Row, now: u64) -> Result<RemovalView, StoreError> {
        let state = state_of(row.text(2)?)?;
        let not_before = row.maybe_integer(9)?;
        Ok(RemovalView {
            id: RemovalId::stored(row.text(1)?)?,
            state,
            source: row.text(3)?.to_owned(),
            caller: row.maybe_text(4)?,
            reason: row.maybe_text(5)?,
            kick: row.flag(6)?,
            dry_run: row.flag(7)?,
            targets: row.small(8)?,
            target: target(row)?,
            not_before,
            accepted_at: row.integer(10)?,
            started_at: row.maybe_integer(11)?,
            finished_at: row.maybe_integer(12)?,
            progress: progress(row)?,
            last_error: row.maybe_text(21)?,
            kick_error: row.maybe_text(27)?,
            cancelled_by: row.maybe_text(28)?,
            retried_by: row.maybe_text(29)?,
            estimated_seconds_left: None,
            pause: match state {
                RemovalState::Queued | RemovalState::Running => self.pause(now),
                // It is due, and would be queued but for the pause.
                RemovalState::Scheduled if not_before <= Some(now) => self.pause(now),
                _ => None,
            },
            revision: row.integer(22)?,
        })
    }
}

fn progress(row: &Row) -> Result<Progress, StoreError> {
    Ok(Progress {
        meetings_total: row.integer(13)?,
        meetings_scanned: row.integer(14)?,
        found: row.integer(15)?,
        removed: row.integer(16)?,
        already_absent: row.integer(17)?,
        absent_after_ambiguous: row.integer(18)?,
        failed: row.integer(19)?,
        requests: row.integer(20)?,
    })
}

fn target(row: &Row) -> Result<Option<Target>, StoreError> {
    if row.maybe_integer(26)?.is_none() {
        return Ok(None);
    }
    let wrong = |_| StoreError("a stored target breaks the rules of its ids".to_owned());
    let meeting = row
        .maybe_text(23)?
        .map(|id| MeetingId::parse(&id))
        .transpose()
        .map_err(wrong)?;
    let participant = row
        .maybe_text(24)?
        .map(|id| ParticipantId::parse(&id))
        .transpose()
        .map_err(wrong)?;
    let user = row
        .maybe_text(25)?
        .map(|id| CustomParticipantId::parse(&id))
        .transpose()
        .map_err(wrong)?;
    Ok(match (meeting, participant, user) {
        (Some(meeting), Some(participant), _) => Some(Target::Participant {
            meeting,
            participant,
        }),
        (Some(meeting), None, Some(user)) => Some(Target::UserInMeeting { meeting, user }),
        (Some(meeting), None, None) => Some(Target::EveryoneInMeeting { meeting }),
        (None, _, Some(user)) => Some(Target::UserEverywhere { user }),
        (None, _, None) => None,
    })
}
