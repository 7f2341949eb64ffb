//! One request of a removal: what it is, and marking its row as sent before it leaves.

use super::Ledger;
use super::kicks::{ToKick, to_kick};
use super::late_kicks::{FRESH_MS, FRESH_OF_ALL_MS};
use super::stage::Stage;
use super::store::{Row, Store, StoreError};
use super::work::{KICKS_ALL, LISTED_MS, Work};
use crate::ids::{MeetingId, ParticipantId};
use crate::values;

/// How many participants one kick names at most: their deletes follow in the same turn.
pub(super) const MAX_PARTICIPANTS_PER_KICK: u32 = 20;

/// One request, chosen and marked as sent.
#[derive(Debug, Clone)]
pub(super) struct Step {
    pub removal: u64,
    pub request: Request,
}

/// What a step asks for, and for which row.
#[derive(Debug, Clone)]
pub(super) enum Request {
    /// If `plain`, a list is requested without a number of rows per page.
    ListMeetings {
        work: u64,
        page: u32,
        plain: bool,
    },
    ListParticipants {
        work: u64,
        meeting: MeetingId,
        page: u32,
        plain: bool,
    },
    KickAll {
        work: u64,
        meeting: MeetingId,
    },
    /// Kicks participants; the last of them is in the row `last`.
    Kick {
        work: u64,
        meeting: MeetingId,
        participants: Vec<ParticipantId>,
        last: u64,
    },
    Session {
        work: u64,
        meeting: MeetingId,
    },
    /// Checks that the app exists, before a list of participants is read.
    FindApp {
        work: u64,
    },
    /// Does the same, before somebody is deleted or looked up.
    FindAppFirst {
        item: u64,
    },
    Delete {
        item: u64,
        meeting: MeetingId,
        participant: ParticipantId,
    },
    /// Looks a participant up, in a dry run.
    Look {
        item: u64,
        meeting: MeetingId,
        participant: ParticipantId,
    },
}

impl Request {
    /// Returns whether deletes are to follow it soon.
    pub fn kicks(&self) -> bool {
        matches!(
            self,
            Self::KickAll { .. } | Self::Kick { .. } | Self::Session { .. }
        )
    }
}

impl<S: Store> Ledger<S> {
    /// Returns the request for the removal's next participant.
    pub(super) fn due_item(
        &self,
        removal: u64,
        dry: bool,
        now: u64,
    ) -> Result<Option<Request>, StoreError> {
        let Some(row) = self.next_item(removal, now)? else {
            return Ok(None);
        };
        let item = row.integer(0)?;
        let meeting = meeting(row.text(1)?)?;
        let participant = participant(row.text(2)?)?;
        Ok(Some(if dry {
            Request::Look {
                item,
                meeting,
                participant,
            }
        } else {
            Request::Delete {
                item,
                meeting,
                participant,
            }
        }))
    }

    /// Returns the row of the removal's next participant, marked as sent. Skips those who may be back since
    /// their kick, unless kicking them again is no use.
    fn next_item(&self, removal: u64, now: u64) -> Result<Option<Row>, StoreError> {
        loop {
            let rows = self.store.run(
                &format!("UPDATE items SET sent_at = ?2, due_at = NULL, attempts = attempts + 1, finds_app = 0
                 WHERE id = (SELECT id FROM items WHERE removal = ?1 AND due_at <= ?2 ORDER BY due_at LIMIT 1)
                 RETURNING id, meeting, participant, work, EXISTS (SELECT 1 FROM removals r JOIN works w ON w.id = items.work
                    WHERE r.seq = ?1 AND r.kick AND NOT r.dry_run
                        AND CASE WHEN NOT w.may_be_live THEN w.listed_at < ?5
                            WHEN {KICKS_ALL} THEN ifnull(items.kicked_at, 0) < ?4
                            ELSE ifnull(items.kicked_at, 0) < ?3 END)"),
                &values![
                    removal,
                    now,
                    now.saturating_sub(FRESH_MS),
                    now.saturating_sub(FRESH_OF_ALL_MS),
                    now.saturating_sub(LISTED_MS)
                ],
            )?;
            let Some(row) = rows.into_iter().next() else {
                return Ok(None);
            };
            // An app check is not a delete that would be late.
            let is_late = row.flag(4)? && !self.pacing.borrow().doubtful;
            if !is_late || !self.kick_before_late_delete(row.integer(0)?, row.integer(3)?, now)? {
                return Ok(Some(row));
            }
        }
    }

    /// Returns the request for the removal's next work row. A page that another removal has in flight is not requested
    /// again: it will be shared.
    pub(super) fn due_work(&self, removal: u64, now: u64) -> Result<Option<Request>, StoreError> {
        let rows = self.store.run(
            "UPDATE works SET sent_at = ?2, due_at = NULL, attempts = attempts + 1
             WHERE id = (SELECT id FROM works w WHERE removal = ?1 AND due_at <= ?2 AND NOT (stage = 'reading' AND EXISTS (
                    SELECT 1 FROM works o WHERE o.sent_at IS NOT NULL AND o.stage = 'reading' AND o.page = w.page
                        AND (o.plain = w.plain OR o.plain AND o.page = 1) AND ifnull(o.meeting, '') = ifnull(w.meeting, '')))
                ORDER BY rank, created_at DESC, id LIMIT 1)
             RETURNING id",
            &values![removal, now],
        )?;
        let Some(row) = rows.first() else {
            return Ok(None);
        };
        let work = self.work_row(row.integer(0)?)?;
        self.request_of(&work, now).map(Some)
    }

    fn request_of(&self, work: &Work, now: u64) -> Result<Request, StoreError> {
        let id = work.id;
        let reads = work.stage == Stage::Reading;
        let plain = work.plain || reads && self.is_read_plainly(work, now)?;
        let Some(name) = &work.meeting else {
            return Ok(Request::ListMeetings {
                work: id,
                page: work.page,
                plain,
            });
        };
        let meeting = meeting(name)?;
        match work.stage {
            Stage::Reading => Ok(Request::ListParticipants {
                work: id,
                meeting,
                page: work.page,
                plain,
            }),
            Stage::Kicking if work.kicks_all => Ok(Request::KickAll { work: id, meeting }),
            Stage::Kicking => self.kick(work, meeting, MAX_PARTICIPANTS_PER_KICK),
            Stage::KickingEach => self.kick(work, meeting, 1),
            Stage::Session => Ok(Request::Session { work: id, meeting }),
            stage => Err(StoreError(format!(
                "work that is {} is due",
                stage.as_str()
            ))),
        }
    }

    fn kick(&self, work: &Work, meeting: MeetingId, limit: u32) -> Result<Request, StoreError> {
        let ToKick { index, condition } = to_kick(work);
        let rows = self.store.run(
            &format!(
                "SELECT id, participant FROM items INDEXED BY {index}
                 WHERE {condition} AND id > ?2 ORDER BY id LIMIT ?3"
            ),
            &values![work.id, work.kicked_up_to, limit],
        )?;
        let participants = rows
            .iter()
            .map(|row| participant(row.text(1)?))
            .collect::<Result<_, _>>()?;
        let last = rows
            .last()
            .map_or(Ok(work.kicked_up_to), |row| row.integer(0))?;
        Ok(Request::Kick {
            work: work.id,
            meeting,
            participants,
            last,
        })
    }
}

fn meeting(id: &str) -> Result<MeetingId, StoreError> {
    MeetingId::parse(id).map_err(|_| StoreError("a stored meeting id is malformed".to_owned()))
}

fn participant(id: &str) -> Result<ParticipantId, StoreError> {
    ParticipantId::parse(id)
        .map_err(|_| StoreError("a stored participant id is malformed".to_owned()))
}
