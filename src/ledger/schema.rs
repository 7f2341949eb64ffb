//! The ledger's tables, and migrating a database from an earlier version.
//!
//! Times are milliseconds since the Unix epoch. `due_at` is when a row may next be worked on, NULL while it waits for
//! something else; `sent_at` is set from before a request leaves until its response is recorded.

use super::store::{Store, StoreError};
use crate::values;

/// The statements of each version, oldest first. A version that has been deployed is never edited.
const VERSIONS: &[&[&str]] = &[
    VERSION_1, VERSION_2, VERSION_3, VERSION_4, VERSION_5, VERSION_6, VERSION_7,
];

const VERSION_1: &[&str] = &[
    "CREATE TABLE removals (
        seq INTEGER PRIMARY KEY AUTOINCREMENT,
        id TEXT NOT NULL UNIQUE,
        state TEXT NOT NULL,
        source TEXT NOT NULL,
        caller TEXT,
        reason TEXT,
        kick INTEGER NOT NULL,
        dry_run INTEGER NOT NULL,
        targets INTEGER NOT NULL,
        not_before INTEGER,
        event_at INTEGER,
        accepted_at INTEGER NOT NULL,
        started_at INTEGER,
        finished_at INTEGER,
        meetings_total INTEGER NOT NULL DEFAULT 0,
        meetings_known INTEGER NOT NULL DEFAULT 0,
        meetings_scanned INTEGER NOT NULL DEFAULT 0,
        found INTEGER NOT NULL DEFAULT 0,
        removed INTEGER NOT NULL DEFAULT 0,
        already_absent INTEGER NOT NULL DEFAULT 0,
        absent_after_ambiguous INTEGER NOT NULL DEFAULT 0,
        failed INTEGER NOT NULL DEFAULT 0,
        requests INTEGER NOT NULL DEFAULT 0,
        last_error TEXT,
        revision INTEGER NOT NULL DEFAULT 0,
        turn INTEGER NOT NULL DEFAULT 0,
        wake_at INTEGER
    )",
    "CREATE INDEX removals_by_state ON removals (state, seq)",
    "CREATE INDEX removals_awake ON removals (wake_at) WHERE wake_at IS NOT NULL",
    "CREATE INDEX removals_by_turn ON removals (turn, seq) WHERE wake_at IS NOT NULL AND state <> 'scheduled'",
    "CREATE INDEX removals_scheduled ON removals (wake_at) WHERE state = 'scheduled'",
    "CREATE INDEX removals_finished ON removals (finished_at) WHERE finished_at IS NOT NULL",
    "CREATE TABLE targets (
        removal INTEGER NOT NULL,
        position INTEGER NOT NULL,
        meeting TEXT,
        participant TEXT,
        user TEXT,
        PRIMARY KEY (removal, position)
    ) WITHOUT ROWID",
    "CREATE INDEX targets_by_user ON targets (user, removal) WHERE user IS NOT NULL",
    "CREATE INDEX targets_everyone ON targets (meeting, removal) WHERE user IS NULL AND participant IS NULL",
    // Ids are never reused: items of finished removals still refer to works that are gone.
    "CREATE TABLE works (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        removal INTEGER NOT NULL,
        meeting TEXT,
        rank INTEGER NOT NULL,
        created_at TEXT NOT NULL DEFAULT '',
        lists INTEGER NOT NULL,
        everyone INTEGER NOT NULL DEFAULT 0,
        may_be_live INTEGER NOT NULL DEFAULT 1,
        listed_at INTEGER,
        stage TEXT NOT NULL,
        page INTEGER NOT NULL DEFAULT 1,
        plain INTEGER NOT NULL DEFAULT 0,
        pass INTEGER NOT NULL DEFAULT 1,
        reading TEXT NOT NULL DEFAULT '',
        unclean_passes INTEGER NOT NULL DEFAULT 0,
        given_up INTEGER NOT NULL DEFAULT 0,
        confirmed INTEGER NOT NULL DEFAULT 0,
        kicked_up_to INTEGER NOT NULL DEFAULT 0,
        attempts INTEGER NOT NULL DEFAULT 0,
        waited INTEGER NOT NULL DEFAULT 0,
        refused_at INTEGER,
        sent_at INTEGER,
        due_at INTEGER,
        kick_error TEXT,
        last_error TEXT
    )",
    "CREATE UNIQUE INDEX works_by_meeting ON works (removal, ifnull(meeting, ''))",
    "CREATE INDEX works_due ON works (removal, rank, created_at DESC, id) WHERE due_at IS NOT NULL",
    "CREATE INDEX works_to_read ON works (ifnull(meeting, ''), page) WHERE due_at IS NOT NULL",
    "CREATE INDEX works_sent ON works (sent_at) WHERE sent_at IS NOT NULL",
    "CREATE INDEX works_open ON works (removal, stage)",
    "CREATE TABLE pages (
        work INTEGER NOT NULL,
        pass INTEGER NOT NULL,
        page INTEGER NOT NULL,
        ids TEXT NOT NULL,
        PRIMARY KEY (work, pass, page)
    ) WITHOUT ROWID",
    "CREATE TABLE items (
        id INTEGER PRIMARY KEY,
        removal INTEGER NOT NULL,
        work INTEGER,
        meeting TEXT NOT NULL,
        participant TEXT NOT NULL,
        state TEXT NOT NULL,
        outcome TEXT,
        attempts INTEGER NOT NULL DEFAULT 0,
        ambiguous INTEGER NOT NULL DEFAULT 0,
        waited INTEGER NOT NULL DEFAULT 0,
        failures INTEGER NOT NULL DEFAULT 0,
        refused_at INTEGER,
        sent_at INTEGER,
        due_at INTEGER,
        found_at INTEGER NOT NULL,
        finished_at INTEGER,
        last_error TEXT,
        UNIQUE (work, participant)
    )",
    "CREATE INDEX items_by_removal ON items (removal, id)",
    "CREATE INDEX items_due ON items (removal, due_at) WHERE due_at IS NOT NULL",
    "CREATE INDEX items_open ON items (work, id) WHERE state IN ('waiting', 'pending')",
    "CREATE INDEX items_sent ON items (sent_at) WHERE sent_at IS NOT NULL",
    "CREATE TABLE keys (
        scope TEXT NOT NULL,
        key TEXT NOT NULL,
        digest TEXT NOT NULL,
        removal TEXT NOT NULL,
        created_at INTEGER NOT NULL,
        PRIMARY KEY (scope, key)
    ) WITHOUT ROWID",
    "CREATE INDEX keys_by_removal ON keys (removal, created_at)",
    "CREATE TABLE api_requests (
        until INTEGER PRIMARY KEY,
        durable INTEGER NOT NULL,
        synchronous INTEGER NOT NULL
    )",
    // Who is in which meeting, according to a source's events; kept for a day.
    "CREATE TABLE connections (
        source TEXT NOT NULL,
        meeting TEXT NOT NULL,
        user TEXT NOT NULL,
        peer TEXT NOT NULL,
        joined_at INTEGER NOT NULL DEFAULT 0,
        left_at INTEGER NOT NULL DEFAULT 0,
        noted_at INTEGER NOT NULL,
        PRIMARY KEY (source, meeting, user, peer)
    ) WITHOUT ROWID",
    "CREATE INDEX connections_by_age ON connections (noted_at)",
    "CREATE TABLE notes (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
];

/// Removals of users from all meetings wait for room; what a user's return cancels is found without reading the
/// history.
const VERSION_2: &[&str] = &[
    "ALTER TABLE removals ADD COLUMN everywhere INTEGER NOT NULL DEFAULT 0",
    "UPDATE removals SET everywhere = EXISTS (SELECT 1 FROM targets WHERE removal = seq AND meeting IS NULL)
     WHERE state IN ('scheduled', 'queued', 'running', 'failed', 'partially_failed')",
    "CREATE INDEX removals_waiting ON removals (wake_at) WHERE state = 'queued' AND everywhere",
    "CREATE INDEX removals_held ON removals (turn, seq) WHERE state = 'queued' AND everywhere AND wake_at IS NULL",
    "ALTER TABLE targets ADD COLUMN pending INTEGER NOT NULL DEFAULT 0",
    "UPDATE targets SET pending = 1
     WHERE removal IN (SELECT seq FROM removals WHERE state IN ('scheduled', 'queued') AND targets = 1)",
    "DROP INDEX targets_everyone",
    "ALTER TABLE works ADD COLUMN excused INTEGER NOT NULL DEFAULT 0",
    // For removals that have not begun.
    "CREATE INDEX targets_pending ON targets (meeting, user, removal) WHERE pending",
];

/// A delete follows its kick soon, or the kick is repeated; rows that are no longer needed are deleted in portions.
const VERSION_3: &[&str] = &[
    "ALTER TABLE items ADD COLUMN kicked_at INTEGER",
    "ALTER TABLE works ADD COLUMN kicked_anew_at INTEGER",
    "ALTER TABLE works ADD COLUMN kicked_in_vain INTEGER NOT NULL DEFAULT 0",
    // When all who were in a meeting are gone, whoever came back before their delete is kicked from it.
    "ALTER TABLE works ADD COLUMN closing INTEGER NOT NULL DEFAULT 0",
    // A kick and the deletes that follow it are one turn.
    "ALTER TABLE removals ADD COLUMN keeps_turn INTEGER NOT NULL DEFAULT 0",
    // Removals whose rows are to be deleted: those of work, or all if the removal itself is gone.
    "CREATE TABLE leftovers (removal INTEGER PRIMARY KEY, forgotten INTEGER NOT NULL)",
];

/// What a removal shows as proof: which target each participant belonged to, and who was deleted after a failed kick.
const VERSION_4: &[&str] = &[
    // The position of the target for which a participant was found.
    "ALTER TABLE items ADD COLUMN target INTEGER",
    "ALTER TABLE items ADD COLUMN kick_error TEXT",
    "UPDATE items SET kick_error = (SELECT kick_error FROM works w WHERE w.id = items.work)
     WHERE work IN (SELECT id FROM works WHERE kick_error IS NOT NULL)",
    "CREATE INDEX items_unkicked ON items (removal, work) WHERE kick_error IS NOT NULL",
];

/// Who cancelled a removal; and whether a participant's request in flight checks that the app exists.
const VERSION_5: &[&str] = &[
    "ALTER TABLE removals ADD COLUMN cancelled_by TEXT",
    "ALTER TABLE items ADD COLUMN finds_app INTEGER NOT NULL DEFAULT 0",
];

/// Finds what callers asked for among what webhooks did.
const VERSION_6: &[&str] = &["CREATE INDEX removals_by_source ON removals (source, seq)"];

/// Who retried a removal last; and where that is about people who were deleted although their kick had failed.
const VERSION_7: &[&str] = &[
    "ALTER TABLE removals ADD COLUMN retried_by TEXT",
    "ALTER TABLE works ADD COLUMN retries_kicks INTEGER NOT NULL DEFAULT 0",
];

/// Creates what is missing. Cheap if nothing is.
pub fn migrate(store: &impl Store) -> Result<(), StoreError> {
    migrate_to(store, u64::MAX)
}

/// Creates what is missing, up to version `last`.
pub fn migrate_to(store: &impl Store, last: u64) -> Result<(), StoreError> {
    store.transaction(|| {
        store.execute(
            "CREATE TABLE IF NOT EXISTS schema_versions (version INTEGER PRIMARY KEY)",
            &[],
        )?;
        let rows = store.run("SELECT ifnull(max(version), 0) FROM schema_versions", &[])?;
        let present = rows.first().map_or(Ok(0), |row| row.integer(0))?;
        for (version, statements) in (1_u64..).zip(VERSIONS) {
            if version <= present || version > last {
                continue;
            }
            for statement in *statements {
                store.execute(statement, &[])?;
            }
            store.execute(
                "INSERT INTO schema_versions (version) VALUES (?1)",
                &values![version],
            )?;
        }
        Ok(())
    })
}
