//! What `RealtimeKit` answers.

use participant_remover::realtimekit::{answers, error_body};
use serde_json::Value;

use super::text;

/// What is read, then the body: an error, the answer to a delete, participants, meetings.
pub fn answer(data: &[u8]) -> bool {
    let Some((kind, body)) = data.split_first() else {
        return false;
    };
    let body = text(body);
    match kind % 4 {
        0 => error(&body),
        1 => {
            let kept = answers::deleted(body.clone());
            assert!(kept.as_ref().map_or(true, |kept| *kept == body));
            kept.is_ok_and(|body| succeeded(&body).is_some())
        }
        2 => {
            let page = answers::participants(&body);
            page.is_ok_and(|page| {
                let ids = page.rows.iter().map(|row| row.id.clone());
                same_rows(&body, &ids.collect::<Vec<_>>(), page.total_count)
            })
        }
        _ => {
            let page = answers::meetings(&body);
            page.is_ok_and(|page| {
                let ids = page.rows.iter().map(|row| row.id.as_str().to_owned());
                same_rows(&body, &ids.collect::<Vec<_>>(), page.total_count)
            })
        }
    }
}

fn error(body: &str) -> bool {
    let Some(read) = error_body::parse(body) else {
        return false;
    };
    let value: Value = serde_json::from_str(body).unwrap();
    assert_eq!(value["success"], false);
    let mut details = vec![&value["error"]];
    details.extend(value["errors"].as_array().into_iter().flatten());
    let said = |message: &String| {
        let texts = details.iter().flat_map(|one| [*one, &one["message"]]);
        texts.into_iter().any(|text| text == message.as_str())
    };
    assert!(read.message.as_ref().is_none_or(said));
    true
}

/// The answer, which must say that it is a success. Nothing where a number in a field that nobody reads is none for a `Value`.
fn succeeded(body: &str) -> Option<Value> {
    let value: Value = serde_json::from_str(body).ok()?;
    assert_eq!(value["success"], true);
    value.is_object().then_some(value)
}

/// Whether a page has these rows, in their order; it must.
fn same_rows(body: &str, ids: &[String], total: Option<u64>) -> bool {
    let Some(value) = succeeded(body) else {
        return false;
    };
    let rows = value["data"].as_array().unwrap();
    let listed = rows.iter().map(|row| row["id"].as_str().unwrap());
    assert!(
        listed
            .zip(ids)
            .all(|(listed, id)| listed.eq_ignore_ascii_case(id))
    );
    assert_eq!(rows.len(), ids.len());
    let count = &value["paging"]["total_count"];
    assert_eq!(total, count.as_u64());
    true
}
