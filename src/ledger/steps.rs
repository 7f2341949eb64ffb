//! What to send next. A step is chosen and marked as sent in one transaction, before it leaves.

use super::Ledger;
use super::store::{Store, StoreError};
use super::work::{Stage, Work};
use crate::ids::{MeetingId, ParticipantId};
use crate::values;

/// How soon to look again for a page that was to be shared, in milliseconds.
const SHARED_PAGE_MS: u64 = 500;
/// How many participants one kick names.
const KICKS_AT_ONCE: u32 = 100;

/// One request, chosen and marked as sent.
#[derive(Debug, Clone)]
pub(super) struct Step {
    pub removal: u64,
    pub request: Request,
}

/// What a step asks for, and for which row.
#[derive(Debug, Clone)]
pub(super) enum Request {
    /// `plain` lists are asked for without the number of rows of a page.
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
    Delete {
        item: u64,
        meeting: MeetingId,
        participant: ParticipantId,
    },
    /// A dry run looks instead of deleting.
    Look {
        item: u64,
        meeting: MeetingId,
        participant: ParticipantId,
    },
}

impl<S: Store> Ledger<S> {
    /// Chooses the next request, by turns among the removals that have something due, and marks it as sent. `None`
    /// when nothing is due or the pace allows nothing.
    pub(super) fn next_step(&self, now: u64) -> Result<Option<Step>, StoreError> {
        if self.pacing.borrow_mut().free(now, &self.settings) == 0 {
            return Ok(None);
        }
        let step = self.store.transaction(|| self.choose(now))?;
        if step.is_some() {
            self.pacing.borrow_mut().send();
            self.save_brakes(now)?;
        }
        Ok(step)
    }

    fn choose(&self, now: u64) -> Result<Option<Step>, StoreError> {
        // Those whose time has come wait for their turn now.
        self.store.run(
            "UPDATE removals INDEXED BY removals_scheduled SET state = 'queued', revision = revision + 1
             WHERE state = 'scheduled' AND wake_at <= ?1",
            &values![now],
        )?;
        loop {
            let rows = self.store.run(
                "SELECT seq, state, dry_run FROM removals INDEXED BY removals_by_turn
                 WHERE wake_at <= ?1 AND state <> 'scheduled' AND (SELECT min(wake_at) FROM removals WHERE wake_at IS NOT NULL) <= ?1
                 ORDER BY turn, seq LIMIT 1",
                &values![now],
            )?;
            let Some(row) = rows.first() else {
                return Ok(None);
            };
            let removal = row.integer(0)?;
            if row.text(1)? != "running" {
                self.start(removal, now)?;
            }
            let request = match self.due_item(removal, row.flag(2)?, now)? {
                Some(request) => Some(request),
                None => self.due_work(removal, now)?,
            };
            if let Some(request) = request {
                self.take_turn(removal, now)?;
                return Ok(Some(Step { removal, request }));
            }
            self.sleep(removal, now)?;
            // Another removal's page may have ended the last of its work before it was its turn.
            self.go_on(removal, now)?;
        }
    }

    /// A removal that was served goes to the end of the queue.
    fn take_turn(&self, removal: u64, now: u64) -> Result<(), StoreError> {
        let turn = self.turn.get().saturating_add(1).max(now);
        self.turn.set(turn);
        self.store.run(
            "UPDATE removals SET turn = ?2, requests = requests + 1, revision = revision + 1 WHERE seq = ?1",
            &values![removal, turn],
        )?;
        Ok(())
    }

    /// Nothing of a removal may leave now: it wakes when the first of its rows is due. Those in flight wake it themselves,
    /// and so does the page of another removal that it waits for; should that page not come, it looks again.
    fn sleep(&self, removal: u64, now: u64) -> Result<(), StoreError> {
        self.store.run(
            "UPDATE removals SET wake_at = (SELECT CASE WHEN min(due_at) <= ?2 THEN ?3 ELSE min(due_at) END FROM (
                SELECT min(due_at) AS due_at FROM items INDEXED BY items_due WHERE removal = ?1 AND due_at IS NOT NULL
                UNION ALL SELECT min(due_at) FROM works INDEXED BY works_due WHERE removal = ?1 AND due_at IS NOT NULL))
             WHERE seq = ?1",
            &values![removal, now, now.saturating_add(SHARED_PAGE_MS)],
        )?;
        Ok(())
    }

    fn due_item(&self, removal: u64, dry: bool, now: u64) -> Result<Option<Request>, StoreError> {
        let rows = self.store.run(
            "UPDATE items SET sent_at = ?2, due_at = NULL, attempts = attempts + 1
             WHERE id = (SELECT id FROM items WHERE removal = ?1 AND due_at <= ?2 ORDER BY due_at LIMIT 1)
             RETURNING id, meeting, participant",
            &values![removal, now],
        )?;
        let Some(row) = rows.first() else {
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

    /// A page that is in flight for another removal is not asked for again: it will be shared.
    fn due_work(&self, removal: u64, now: u64) -> Result<Option<Request>, StoreError> {
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
            Stage::Kicking if work.everyone => Ok(Request::KickAll { work: id, meeting }),
            Stage::Kicking => self.kick(work, meeting, KICKS_AT_ONCE),
            Stage::KickingEach => self.kick(work, meeting, 1),
            Stage::Session => Ok(Request::Session { work: id, meeting }),
            stage => Err(StoreError(format!(
                "work that is {} is due",
                stage.as_str()
            ))),
        }
    }

    fn kick(&self, work: &Work, meeting: MeetingId, limit: u32) -> Result<Request, StoreError> {
        let rows = self.store.run(
            "SELECT id, participant FROM items WHERE work = ?1 AND state IN ('waiting', 'pending') AND id > ?2
             ORDER BY id LIMIT ?3",
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
    MeetingId::parse(id).map_err(|_| StoreError("a stored meeting id is none".to_owned()))
}

fn participant(id: &str) -> Result<ParticipantId, StoreError> {
    ParticipantId::parse(id).map_err(|_| StoreError("a stored participant id is none".to_owned()))
}
