//! List pages, and the ways in which a list can lie.

use std::ops::Range;

use axum::Json;
use axum::response::{IntoResponse, Response};
use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use crate::answer::KitError;
use crate::settings::Settings;
use crate::world::nth;

/// The query of a list. The values are kept as text, so that a wrong one gets the API's own error.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct PageQuery {
    page_no: Option<String>,
    per_page: Option<String>,
}

/// The range of rows that a response claims to hold: first and last row counted from 1, or 0 and 0 if it has none.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
pub(crate) struct Paging {
    start_offset: usize,
    end_offset: usize,
    total_count: usize,
}

#[derive(Serialize)]
struct Page<R> {
    success: bool,
    data: Vec<R>,
    paging: Paging,
}

/// How a list response should lie.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) enum ListLie {
    #[default]
    None,
    /// The page ends after this many rows (by default half of them); `total_count` stays true.
    ShortPage(Option<usize>),
    /// `total_count` is this value, by default as if the list ended with this page.
    Shrink(Option<usize>),
    /// The rows of the previous page, under this page's paging.
    Repeat,
    /// The true rows under this paging.
    WrongPaging {
        start_offset: usize,
        end_offset: usize,
        total_count: usize,
    },
}

/// Builds the list response for the requested page.
pub(crate) fn page<V, R: Serialize>(
    list: &IndexMap<String, V>,
    query: &PageQuery,
    settings: &Settings,
    lie: &ListLie,
    row: impl Fn(&V) -> R,
) -> Result<Response, KitError> {
    let page_no = number("page_no", query.page_no.as_deref())?.unwrap_or(1);
    let per_page =
        number("per_page", query.per_page.as_deref())?.unwrap_or(settings.default_page_size);
    let per_page = per_page.min(settings.largest_page_size);
    let (rows, paging) = slice(list.len(), page_no, per_page, lie);
    let data: Vec<R> = rows
        .filter_map(|index| nth(list, settings.list_order, index))
        .map(row)
        .collect();
    let page = Page {
        success: true,
        data,
        paging,
    };
    Ok(Json(page).into_response())
}

fn number(name: &str, value: Option<&str>) -> Result<Option<usize>, KitError> {
    let Some(value) = value else { return Ok(None) };
    match value.parse() {
        Ok(number) if number >= 1 => Ok(Some(number)),
        _ => Err(KitError::bad_request(format!(
            "{name} must be a number of 1 or more"
        ))),
    }
}

/// Returns the row indices of a page, and the paging that the response claims.
fn slice(total: usize, page_no: usize, per_page: usize, lie: &ListLie) -> (Range<usize>, Paging) {
    let truth = rows_of(total, page_no, per_page);
    let paging = |rows: &Range<usize>, total_count| Paging {
        start_offset: if rows.is_empty() { 0 } else { rows.start + 1 },
        end_offset: if rows.is_empty() { 0 } else { rows.end },
        total_count,
    };
    match *lie {
        ListLie::None => (truth.clone(), paging(&truth, total)),
        ListLie::ShortPage(rows) => {
            let shown = rows.unwrap_or(truth.len() / 2).min(truth.len());
            let short = truth.start..truth.start + shown;
            (short.clone(), paging(&short, total))
        }
        ListLie::Shrink(total_count) => {
            let claimed = total_count.unwrap_or(truth.end);
            (truth.clone(), paging(&truth, claimed))
        }
        ListLie::Repeat => {
            let before = rows_of(total, page_no.saturating_sub(1).max(1), per_page);
            (before, paging(&truth, total))
        }
        ListLie::WrongPaging {
            start_offset,
            end_offset,
            total_count,
        } => (
            truth,
            Paging {
                start_offset,
                end_offset,
                total_count,
            },
        ),
    }
}

fn rows_of(total: usize, page_no: usize, per_page: usize) -> Range<usize> {
    let start = page_no
        .saturating_sub(1)
        .saturating_mul(per_page)
        .min(total);
    start..start.saturating_add(per_page).min(total)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(start_offset: usize, end_offset: usize, total_count: usize) -> Paging {
        Paging {
            start_offset,
            end_offset,
            total_count,
        }
    }

    #[test]
    fn pages_count_from_one_and_end_with_the_list() {
        let lie = ListLie::None;
        assert_eq!(slice(45, 1, 20, &lie), (0..20, told(1, 20, 45)));
        assert_eq!(slice(45, 3, 20, &lie), (40..45, told(41, 45, 45)));
        assert_eq!(slice(45, 4, 20, &lie), (45..45, told(0, 0, 45)));
        assert_eq!(slice(45, usize::MAX, 20, &lie).1, told(0, 0, 45));
    }

    #[test]
    fn each_lie_is_told_as_it_is_named() {
        assert_eq!(
            slice(45, 1, 20, &ListLie::ShortPage(Some(3))),
            (0..3, told(1, 3, 45))
        );
        assert_eq!(
            slice(45, 1, 20, &ListLie::ShortPage(None)),
            (0..10, told(1, 10, 45))
        );
        assert_eq!(
            slice(45, 1, 20, &ListLie::Shrink(None)),
            (0..20, told(1, 20, 20))
        );
        assert_eq!(
            slice(45, 1, 20, &ListLie::Shrink(Some(7))),
            (0..20, told(1, 20, 7))
        );
        assert_eq!(
            slice(45, 2, 20, &ListLie::Repeat),
            (0..20, told(21, 40, 45))
        );
        let wrong = ListLie::WrongPaging {
            start_offset: 9,
            end_offset: 8,
            total_count: 7,
        };
        assert_eq!(slice(45, 2, 20, &wrong), (20..40, told(9, 8, 7)));
    }

    #[test]
    fn page_numbers_are_checked() {
        assert_eq!(number("page_no", None), Ok(None));
        assert_eq!(number("page_no", Some("2")), Ok(Some(2)));
        for wrong in ["0", "-1", "", "two", "1.5"] {
            assert!(number("page_no", Some(wrong)).is_err(), "{wrong}");
        }
    }
}
