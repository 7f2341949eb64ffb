//! The ids seen on the pages of a list.

use super::Ledger;
use super::store::{Row, Store, StoreError, first_row};
use crate::values;

impl<S: Store> Ledger<S> {
    pub(super) fn page_ids(
        &self,
        work: u64,
        pass: u32,
        page: u32,
    ) -> Result<Vec<String>, StoreError> {
        let rows = self.store.run(
            "SELECT ids FROM pages WHERE work = ?1 AND pass = ?2 AND page = ?3",
            &values![work, pass, page],
        )?;
        rows.first().map_or_else(|| Ok(Vec::new()), ids_of)
    }

    /// Returns how many distinct ids a pass has seen. The store counts them: the list of meetings may not fit in
    /// memory.
    pub(super) fn distinct_ids(&self, work: u64, pass: u32) -> Result<u64, StoreError> {
        let rows = self.store.run(
            "SELECT count(DISTINCT value) FROM pages, json_each(pages.ids) WHERE work = ?1 AND pass = ?2",
            &values![work, pass],
        )?;
        first_row(&rows)?.integer(0)
    }

    pub(super) fn pass_ids(&self, work: u64, pass: u32) -> Result<Vec<String>, StoreError> {
        let rows = self.store.run(
            "SELECT ids FROM pages WHERE work = ?1 AND pass = ?2 ORDER BY page",
            &values![work, pass],
        )?;
        let pages: Vec<Vec<String>> = rows.iter().map(ids_of).collect::<Result<_, _>>()?;
        Ok(pages.into_iter().flatten().collect())
    }
}

fn ids_of(row: &Row) -> Result<Vec<String>, StoreError> {
    serde_json::from_str(row.text(0)?).map_err(|error| StoreError(error.to_string()))
}
