//! Reading a list that changes, or lies, while it is read: when a pass over its pages is complete.
//!
//! A pass proves something only if it is free of contradictions: the totals never fall, at least as many distinct rows
//! came as there were at its start and no more than at its end, and no page came twice. Rows added meanwhile only
//! repeat others or come last; rows removed meanwhile could hide one, and show as a falling total. If an addition at
//! the same moment masks that, a pass of several pages must still agree with the one before it.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use super::repeat::repeat_after;
use super::store::count;

/// How many times in a row a list may be read without a complete pass before that is recorded as a failure.
pub const MAX_UNCLEAN_PASSES: u32 = 24;
/// How many times a list is read at all: somebody may be adding people faster than they are removed.
pub const MAX_PASSES: u32 = 200;
/// How many times the list of meetings is read to confirm that all of them are done. A meeting that was there when the
/// removal was requested is in each of these; if new ones are created all the time, no reading would be free of them.
pub const MAX_CONFIRMING: u32 = 3;
/// No list is believed to have more pages than this.
const MAX_PAGES: u32 = 20_000;
/// Nor a larger total than this.
pub const MAX_TOTAL: u64 = 1 << 32;
/// Page sizes are round: a list of such a length may be one page of a longer one, with the page's length as its total.
const SHORTEST_PAGE: usize = 20;
const ROUND: usize = 5;

/// Returns when a list is read again after so many incomplete passes in a row, at least one.
///
/// Two passes have to agree, and people may come and go between them: so the one after a wait is followed by another at
/// once. A list that still shows somebody who is gone, or that never gives its length, needs time instead.
#[must_use]
pub fn next_pass_at(unclean: u32, takes_time: bool, random: f64, now: u64) -> u64 {
    if takes_time {
        return repeat_after(unclean, random, now);
    }
    if unclean.is_multiple_of(2) {
        return now;
    }
    repeat_after(unclean.div_ceil(2), random, now)
}

/// One pass over a list, as far as it has got.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pass {
    rows: u64,
    first_total: Option<u64>,
    last_total: Option<u64>,
    contradicted: bool,
    ended_empty: bool,
    /// Rows that need work because of this pass.
    pub found: u64,
    /// Rows of those recorded as gone: the list lags, or somebody is there after all.
    #[serde(default)]
    pub gone: u64,
    /// Rows that a target is about, but that no request can name.
    #[serde(default)]
    pub nameless: u64,
}

impl Pass {
    /// Takes in a page, given its rows' ids, the ids of the page before, and the total that it claims. Returns whether
    /// there is another page to read.
    pub fn read(&mut self, page: u32, ids: &[&str], before: &[String], total: Option<u64>) -> bool {
        let total = total.map(|total| total.min(MAX_TOTAL));
        let repeats = page > 1 && !ids.is_empty() && ids.iter().eq(before.iter());
        if page == 1 {
            self.first_total = total;
        } else if total.is_some() != self.last_total.is_some() || total < self.last_total {
            self.contradicted = true;
        }
        self.contradicted |= repeats || page >= MAX_PAGES;
        self.last_total = total;
        self.rows = self.rows.saturating_add(count(ids.len()));
        self.ended_empty = ids.is_empty();
        let more = total.is_none_or(|total| self.rows < total);
        more && !ids.is_empty() && !repeats && page < MAX_PAGES
    }

    /// Returns whether the list says how long it is.
    #[must_use]
    pub fn has_total(&self) -> bool {
        self.first_total.is_some()
    }

    /// Returns whether its pages or totals contradict each other.
    #[must_use]
    pub fn is_contradicted(&self) -> bool {
        self.contradicted
    }

    /// Returns whether the pass saw the whole list as it was at its start, given how many distinct rows came.
    #[must_use]
    pub fn is_whole(&self, distinct: u64) -> bool {
        if self.gone > 0 {
            return false;
        }
        let fits = match (self.first_total, self.last_total) {
            (Some(first), Some(last)) => first <= distinct && distinct <= last,
            (None, None) => self.ended_empty && distinct == self.rows,
            _ => false,
        };
        fits && !self.contradicted
    }
}

/// Returns whether a list of one page could be the beginning of a longer one: then one reading proves nothing.
#[must_use]
pub fn may_be_cut(rows: usize) -> bool {
    rows >= SHORTEST_PAGE && rows.is_multiple_of(ROUND)
}

/// Returns whether everyone from the pass before was seen again, except those whom the removal itself is about.
#[must_use]
pub fn agrees(before: &[String], now: &HashSet<&str>, ours: &HashSet<String>) -> bool {
    let mut others = before.iter().filter(|id| !ours.contains(*id));
    !before.is_empty() && others.all(|id| now.contains(id.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads pages of (rows, total) until no more are wanted. Returns whether the pass is complete, and how many pages
    /// were read.
    fn pass(pages: &[(&[&str], Option<u64>)]) -> (bool, usize) {
        let mut pass = Pass::default();
        let mut before = Vec::new();
        let mut distinct = HashSet::new();
        for (at, (ids, total)) in pages.iter().enumerate() {
            distinct.extend(ids.iter().copied());
            let more = pass.read(u32::try_from(at).unwrap() + 1, ids, &before, *total);
            before = ids.iter().map(|id| (*id).to_owned()).collect();
            if !more {
                return (pass.is_whole(distinct.len() as u64), at + 1);
            }
        }
        panic!("it wants to read on");
    }

    #[test]
    fn a_list_that_does_not_change_is_read_once() {
        assert_eq!(
            pass(&[(&["a", "b"], Some(3)), (&["c"], Some(3))]),
            (true, 2)
        );
        assert_eq!(pass(&[(&[], Some(0))]), (true, 1));
        assert_eq!(pass(&[(&["a"], None), (&[], None)]), (true, 2));
    }

    #[test]
    fn a_list_that_grows_is_whole_as_of_its_start() {
        assert_eq!(
            pass(&[(&["a", "b"], Some(3)), (&["b", "c"], Some(4))]),
            (true, 2)
        );
        assert_eq!(pass(&[(&["a", "b"], Some(2))]), (true, 1));
    }

    #[test]
    fn a_list_that_contradicts_itself_proves_nothing() {
        // It ends early, shrinks, repeats a page, has more rows than it claims, or gives a total only sometimes.
        assert_eq!(pass(&[(&["a"], Some(3)), (&[], Some(3))]), (false, 2));
        assert_eq!(
            pass(&[(&["a", "b"], Some(4)), (&["d"], Some(3))]),
            (false, 2)
        );
        assert_eq!(
            pass(&[(&["a", "b"], Some(9)), (&["a", "b"], Some(9))]),
            (false, 2)
        );
        assert_eq!(pass(&[(&["a", "b"], Some(1))]), (false, 1));
        assert_eq!(
            pass(&[(&["a", "b"], Some(3)), (&["c"], None), (&[], None)]),
            (false, 3)
        );
        assert_eq!(
            pass(&[(&["a"], None), (&["b"], None), (&["a"], None), (&[], None)]),
            (false, 4)
        );
        assert_eq!(
            pass(&[(&["a", "b"], Some(4)), (&["b", "a"], Some(4))]),
            (false, 2)
        );
    }

    #[test]
    fn a_total_that_falls_and_rises_again_hid_somebody() {
        // Of a b c d e f g, a went after the first page and h came after the second: c was never shown.
        let pages: [(&[&str], _); 4] = [
            (&["a", "b"], Some(7)),
            (&["d", "e"], Some(6)),
            (&["f", "g"], Some(7)),
            (&["h"], Some(7)),
        ];
        assert_eq!(pass(&pages), (false, 4));
    }

    #[test]
    fn a_second_pass_must_know_everyone_of_the_first() {
        let before = ["a", "b", "gone"].map(str::to_owned);
        let ours = HashSet::from(["gone".to_owned()]);
        assert!(agrees(&before, &HashSet::from(["b", "a", "new"]), &ours));
        assert!(!agrees(&before, &HashSet::from(["a", "new"]), &ours));
        assert!(!agrees(&[], &HashSet::from(["a"]), &ours));
    }
}
