use super::*;

const DELETED: &str = r#"{"success":true,"data":{"created_at":"2019-12-27T18:11:19.117Z","custom_participant_id":"c","preset_id":"182bd5e5-6e1a-4fe4-a799-aa6d9a6ab26e","updated_at":"2019-12-27T18:11:19.117Z","new":[1]},"more":1}"#;

#[test]
fn a_deleted_participant_is_handed_on_unchanged() {
    assert_eq!(deleted(DELETED.to_owned()).as_deref(), Ok(DELETED));
    assert!(deleted(r#"{"success":true}"#.to_owned()).is_ok());
}

#[test]
fn an_answer_of_another_type_is_not_believed() {
    for wrong in [
        "",
        "null",
        "[]",
        "{}",
        "<html>",
        r#"{"success":false}"#,
        r#"{"success":"true"}"#,
        r#"{"success":true,"data":[]}"#,
        r#"{"success":true,"data":{"created_at":5}}"#,
        r#"{"success":true,"data":{"#,
        r#"{"success":true} trailing"#,
    ] {
        assert!(deleted(wrong.to_owned()).is_err(), "{wrong}");
    }
}

#[test]
fn an_array_is_no_object() {
    for wrong in [
        "[true,null,null]",
        r#"{"success":true,"data":[null,null,null,null]}"#,
    ] {
        assert!(deleted(wrong.to_owned()).is_err(), "{wrong}");
    }
    assert!(done("[true,null,null]").is_err());
    for wrong in [
        r#"[true,[{"id":"p1"}],null]"#,
        r#"{"success":true,"data":[["p1","u"]]}"#,
        r#"{"success":true,"data":[{"id":"p1"}],"paging":[1]}"#,
    ] {
        assert!(participants(wrong).is_err(), "{wrong}");
    }
    let row = r#"["497f6eca-6276-4993-bfeb-53cbbbba6f08","ACTIVE",null]"#;
    assert!(meetings(&format!(r#"{{"success":true,"data":[{row}]}}"#)).is_err());
}

#[test]
fn a_page_has_rows_and_a_total() {
    let body = r#"{"success":true,"data":[{"id":"p1","custom_participant_id":"u"},{"id":"p2","custom_participant_id":null}],"paging":{"start_offset":1,"end_offset":2,"total_count":9}}"#;
    let page = participants(body).unwrap();
    assert_eq!(page.total_count, Some(9));
    assert_eq!(page.rows.len(), 2);
    assert_eq!(page.rows[1].custom_participant_id, None);
    assert!(participants(r#"{"success":true}"#).is_err());
}

#[test]
fn a_page_of_more_rows_than_can_be_stored_is_none() {
    let page = |rows: usize| {
        let rows = vec![r#"{"id":"p"}"#; rows].join(",");
        participants(&format!(r#"{{"success":true,"data":[{rows}]}}"#))
    };
    assert_eq!(page(MAX_ROWS).unwrap().rows.len(), MAX_ROWS);
    assert!(page(MAX_ROWS + 1).is_err());
}

#[test]
fn an_id_that_no_request_can_name_is_a_row_like_any_other() {
    let body = r#"{"success":true,"data":[{"id":"../x","custom_participant_id":"u"},{"id":""},{"id":"p"}]}"#;
    let rows = participants(body).unwrap().rows;
    let named: Vec<_> = rows
        .iter()
        .map(|row| (row.id.as_str(), row.can_be_named))
        .collect();
    assert_eq!(named, [("../x", false), ("", false), ("p", true)]);
    assert!(participants(r#"{"success":true,"data":[{"id":7}]}"#).is_err());
}

#[test]
fn a_meeting_without_a_status_may_be_active() {
    let body = r#"{"success":true,"data":[{"id":"497F6ECA-6276-4993-bfeb-53cbbbba6f08"},{"id":"497f6eca-6276-4993-bfeb-53cbbbba6f09","status":"INACTIVE","created_at":"2026-01-01T00:00:00Z"}]}"#;
    let page = meetings(body).unwrap();
    assert_eq!(
        page.rows.iter().map(|m| m.active).collect::<Vec<_>>(),
        [true, false]
    );
    assert_eq!(page.total_count, None);
}
