//! Which rows of a page of participants the targets of a removal are about.

use serde::Serialize;

use super::Ledger;
use super::store::{Store, StoreError, first_row, json};
use super::work::Work;
use crate::ids::CustomParticipantId;
use crate::realtimekit::answers::Participant;
use crate::values;

/// What a statement sees of a participant on a page.
#[derive(Serialize)]
pub(super) struct ParticipantRow<'a> {
    id: &'a str,
    user: Option<&'a str>,
    created: Option<u64>,
}

impl<'a> ParticipantRow<'a> {
    pub(super) fn of(participant: &'a Participant) -> Self {
        let user = participant.custom_participant_id.as_ref();
        Self {
            id: &participant.id,
            user: user.map(CustomParticipantId::as_str),
            created: participant.created_at_ms,
        }
    }
}

/// The targets of the removal `?1` that name the user of a row in the meeting `?3`.
const NAMING: &str =
    "targets t INDEXED BY targets_by_user WHERE t.removal = ?1 AND t.user = value ->> 'user'
        AND (t.meeting IS NULL OR t.meeting = ?3)";

/// Returns SQL for those of the rows `?2` that a target is about, or for all if `?4` is set. An event is not about
/// anybody added after it.
pub(super) fn wanted_rows() -> String {
    format!(
        "FROM json_each(?2) WHERE ifnull(value ->> 'created' <= (SELECT event_at FROM removals WHERE seq = ?1), TRUE)
            AND (?4 OR EXISTS (SELECT 1 FROM {NAMING}))"
    )
}

/// Returns SQL for the position of the first target that names the user of a row.
pub(super) fn first_naming() -> String {
    format!("(SELECT min(t.position) FROM {NAMING})")
}

impl<S: Store> Ledger<S> {
    /// Returns the position of the target that is about everyone in the meeting of a work row.
    pub(super) fn target_of_everyone(&self, work: &Work) -> Result<Option<u64>, StoreError> {
        if !work.everyone {
            return Ok(None);
        }
        let rows = self.store.run(
            "SELECT min(position) FROM targets WHERE removal = ?1 AND meeting = ?2 AND participant IS NULL AND user IS NULL",
            &values![work.removal, work.meeting.as_deref()],
        )?;
        first_row(&rows)?.maybe_integer(0)
    }

    /// Returns how many of the rows a target is about.
    pub(super) fn wanted(
        &self,
        work: &Work,
        rows: &[ParticipantRow<'_>],
    ) -> Result<u64, StoreError> {
        if rows.is_empty() {
            return Ok(0);
        }
        let wanted = self.store.run(
            &format!("SELECT count(*) {}", wanted_rows()),
            &values![
                work.removal,
                json(&rows)?,
                work.meeting.as_deref(),
                work.everyone
            ],
        )?;
        first_row(&wanted)?.integer(0)
    }
}
