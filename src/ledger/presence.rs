//! Who is in a meeting, as far as a source's events tell: somebody who is back, or still there through another
//! connection, must not be removed for having left.
//!
//! Events arrive out of order: one that was answered with 503 comes again later, and a lost connection is noticed long
//! after the new one was made. So joining and leaving are recorded for each connection, with the signed times.

use super::Ledger;
use super::history::GATHERED_MS;
use super::store::{Store, StoreError, first_row};
use crate::ids::{CustomParticipantId, MeetingId};
use crate::values;

/// How long a record counts, in milliseconds: the event that would end it may never come.
const KNOWN_MS: u64 = 24 * 60 * 60 * 1000;

/// One connection to a meeting.
#[derive(Debug, Clone, Copy)]
pub struct Connection<'a> {
    /// `webhook:` followed by the source's name.
    pub source: &'a str,
    /// The meeting.
    pub meeting: &'a MeetingId,
    /// Whose it is, if known.
    pub user: Option<&'a CustomParticipantId>,
    /// `RealtimeKit`'s name for it, if the event has one.
    pub peer: Option<&'a str>,
}

impl Connection<'_> {
    fn user(&self) -> &str {
        self.user.map_or("", CustomParticipantId::as_str)
    }
}

impl<S: Store> Ledger<S> {
    /// Records a connection made at that time. Returns whether it lasts, as far as is known.
    pub fn joined(&self, of: Connection<'_>, at: u64, now: u64) -> Result<bool, StoreError> {
        if at <= now.saturating_sub(KNOWN_MS) {
            // Its end may have been reported and forgotten.
            return Ok(false);
        }
        let rows = self.store.run(
            "INSERT INTO connections (source, meeting, user, peer, joined_at, noted_at, left_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ifnull((SELECT left_at FROM connections
                WHERE source = ?1 AND meeting = ?2 AND user = '' AND peer = ''), 0))
             ON CONFLICT DO UPDATE SET joined_at = max(joined_at, excluded.joined_at), noted_at = excluded.noted_at
             RETURNING joined_at > left_at",
            &values![of.source, of.meeting.as_str(), of.user(), of.peer.unwrap_or_default(), at, now],
        )?;
        first_row(&rows)?.flag(0)
    }

    /// Records a connection's end at that time. Returns whether its user is still in the meeting through another one.
    pub fn left(&self, of: Connection<'_>, at: u64, now: u64) -> Result<bool, StoreError> {
        self.store.execute(
            "INSERT INTO connections (source, meeting, user, peer, left_at, noted_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
             ON CONFLICT DO UPDATE SET left_at = max(left_at, excluded.left_at), noted_at = excluded.noted_at",
            &values![of.source, of.meeting.as_str(), of.user(), of.peer.unwrap_or_default(), at, now],
        )?;
        let rows = self.store.run(
            "SELECT EXISTS (SELECT 1 FROM connections WHERE source = ?1 AND meeting = ?2 AND user = ?3
                AND joined_at > left_at AND noted_at > ?4)",
            &values![of.source, of.meeting.as_str(), of.user(), now.saturating_sub(KNOWN_MS)],
        )?;
        first_row(&rows)?.flag(0)
    }

    /// Records the meeting's end at that time. Returns whether somebody has joined it again since.
    pub fn ended(
        &self,
        source: &str,
        meeting: &MeetingId,
        at: u64,
        now: u64,
    ) -> Result<bool, StoreError> {
        self.store.execute(
            "UPDATE connections SET left_at = max(left_at, ?3) WHERE source = ?1 AND meeting = ?2",
            &values![source, meeting.as_str(), at],
        )?;
        // Some connections may not have been reported yet. A row without user and peer records the end for all of them.
        self.store.execute(
            "INSERT INTO connections (source, meeting, user, peer, left_at, noted_at) VALUES (?1, ?2, '', '', ?3, ?4)
             ON CONFLICT DO UPDATE SET noted_at = excluded.noted_at",
            &values![source, meeting.as_str(), at, now],
        )?;
        let rows = self.store.run(
            "SELECT EXISTS (SELECT 1 FROM connections WHERE source = ?1 AND meeting = ?2
                AND joined_at > left_at AND joined_at > ?3 AND noted_at > ?4)",
            &values![source, meeting.as_str(), at, now.saturating_sub(KNOWN_MS)],
        )?;
        first_row(&rows)?.flag(0)
    }

    /// Returns when a connection recorded at that time has been kept long enough.
    pub(super) fn connection_keeps_until(noted: u64) -> u64 {
        noted.saturating_add(KNOWN_MS + GATHERED_MS)
    }

    /// Deletes expired records, at most `rows` of them. Returns how many more rows may be deleted.
    pub(super) fn forget_connections(&self, now: u64, rows: u64) -> Result<u64, StoreError> {
        self.delete_some(
            "DELETE FROM connections WHERE (source, meeting, user, peer) IN (SELECT source, meeting, user, peer
                FROM connections INDEXED BY connections_by_age WHERE noted_at <= ?1 LIMIT ?2)
             RETURNING 1",
            now.saturating_sub(KNOWN_MS),
            rows,
        )
    }
}
