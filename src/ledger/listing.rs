//! Pages of removals, and of the participants of one.

use super::Ledger;
use super::id::RemovalId;
use super::participants::stored_outcome;
use super::queries::{FIRST_TARGET, REMOVALS};
use super::state::RemovalState;
use super::store::{Row, Store, StoreError};
use super::views::{ItemState, ItemView, Listing, RemovalView};
use crate::ids::CustomParticipantId;
use crate::values;

/// The maximum number of rows on a page.
pub const MAX_LIMIT: u32 = 200;

/// Which removals to list.
#[derive(Debug, Clone, Copy, Default)]
pub struct Filter<'a> {
    /// Those in this state.
    pub state: Option<RemovalState>,
    /// Those with a target that names this user.
    pub user: Option<&'a CustomParticipantId>,
    /// Those from this source: `api`, `synchronous`, or `webhook:` followed by a source's name.
    pub source: Option<&'a str>,
}

impl Filter<'_> {
    /// Returns the SQL condition. Only the most selective criterion uses its index: a user has few removals, a state
    /// has many, and so does a source.
    fn conditions(self) -> String {
        let state = match (self.state, self.user) {
            (None, _) => "?1 IS NULL",
            (Some(_), None) => "r.state = ?1",
            (Some(_), Some(_)) => "+r.state = ?1",
        };
        let source = match (self.source, self.state, self.user) {
            (None, ..) => "?5 IS NULL",
            (Some(_), None, None) => "r.source = ?5",
            (Some(_), ..) => "+r.source = ?5",
        };
        let user = match (self.user, self.state, self.source) {
            (None, ..) => "?4 IS NULL",
            // A guest's id can be in every removal: no more rows are read than a page shows, and one.
            (Some(_), None, None) => {
                "r.seq IN (SELECT DISTINCT removal FROM targets INDEXED BY targets_by_user
                    WHERE user = ?4 AND removal < ?2 AND EXISTS (SELECT 1 FROM removals WHERE seq = removal)
                    ORDER BY removal DESC LIMIT ?3)"
            }
            (Some(_), ..) => {
                "r.seq IN (SELECT removal FROM targets INDEXED BY targets_by_user WHERE user = ?4)"
            }
        };
        format!("{state} AND {source} AND {user}")
    }

    /// Returns SQL for the position of the target shown with a removal.
    fn target(self) -> &'static str {
        match self.user {
            None => FIRST_TARGET,
            Some(_) => {
                "(SELECT min(position) FROM targets INDEXED BY targets_by_user WHERE user = ?4 AND removal = r.seq)"
            }
        }
    }
}

impl<S: Store> Ledger<S> {
    /// Lists removals, newest first, each with its first target, or with the first that names the requested user.
    /// `after` is the cursor from the previous page.
    pub fn list(
        &self,
        filter: Filter<'_>,
        after: Option<u64>,
        limit: u32,
        now: u64,
    ) -> Result<Listing<RemovalView>, StoreError> {
        let limit = limit.clamp(1, MAX_LIMIT);
        let (target, chosen) = (filter.target(), filter.conditions());
        let rows = self.store.run(
            &format!(
                "{REMOVALS} {target} WHERE {chosen} AND r.seq < ?2 ORDER BY r.seq DESC LIMIT ?3"
            ),
            &values![
                filter.state.map(RemovalState::as_str),
                after.unwrap_or(super::store::MAX_INTEGER),
                limit + 1,
                filter.user.map(CustomParticipantId::as_str),
                filter.source,
            ],
        )?;
        listing(&rows, limit, |row| {
            Ok((row.integer(0)?, self.view(row, now)?))
        })
    }

    /// Lists the participants of a removal, in the order in which they were found. Returns `None` if there is no such
    /// removal.
    pub fn items(
        &self,
        id: &RemovalId,
        after: Option<u64>,
        limit: u32,
    ) -> Result<Option<Listing<ItemView>>, StoreError> {
        let Some((seq, _)) = self.find(id)? else {
            return Ok(None);
        };
        let limit = limit.clamp(1, MAX_LIMIT);
        let rows = self.store.run(
            "SELECT id, meeting, participant, state, outcome, attempts, last_error, found_at, finished_at, target,
                (SELECT user FROM targets t WHERE t.removal = items.removal AND t.position = items.target),
                iif(state = 'done', kick_error, NULL)
             FROM items WHERE removal = ?1 AND id > ?2 ORDER BY id LIMIT ?3",
            &values![seq, after.unwrap_or(0), limit + 1],
        )?;
        listing(&rows, limit, |row| Ok((row.integer(0)?, item(row)?))).map(Some)
    }
}

fn item(row: &Row) -> Result<ItemView, StoreError> {
    let state = row.text(3)?;
    Ok(ItemView {
        meeting: row.text(1)?.to_owned(),
        participant: row.text(2)?.to_owned(),
        state: ItemState::parse(state)
            .ok_or_else(|| StoreError(format!("an item is in the unknown state {state}")))?,
        outcome: stored_outcome(row.maybe_text(4)?)?,
        attempts: row.small(5)?,
        last_error: row.maybe_text(6)?,
        found_at: row.integer(7)?,
        finished_at: row.maybe_integer(8)?,
        target: row.maybe_integer(9)?,
        user: row.maybe_text(10)?,
        kick_error: row.maybe_text(11)?,
    })
}

/// Cuts off the extra row that shows that there are more, and makes the last one shown the cursor.
fn listing<T>(
    rows: &[Row],
    limit: u32,
    read: impl Fn(&Row) -> Result<(u64, T), StoreError>,
) -> Result<Listing<T>, StoreError> {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = rows.len() > limit;
    let mut cursor = None;
    let mut shown = Vec::with_capacity(rows.len());
    for row in rows.iter().take(limit) {
        let (key, view) = read(row)?;
        cursor = Some(key);
        shown.push(view);
    }
    Ok(Listing {
        rows: shown,
        next: cursor.filter(|_| more),
    })
}
