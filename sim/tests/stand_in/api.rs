//! Participants and lists with their envelopes and paging.

use serde_json::{Value, json};

use crate::client::{StandIn, fields, ids, text};

#[tokio::test]
async fn a_participant_is_added_and_read() {
    let sim = StandIn::start(&[]);
    let created = sim
        .kit("POST", "/meetings", r#"{"title":"Standup"}"#)
        .await
        .json();
    assert_eq!(created["data"]["status"], "ACTIVE");
    let participants = format!("/meetings/{}/participants", text(&created["data"]["id"]));
    let new = r#"{"custom_participant_id":"u-1","preset_name":"host","name":"Ann"}"#;
    let added = sim.kit("POST", &participants, new).await.json();
    assert!(!text(&added["data"]["token"]).is_empty());
    let path = format!("{participants}/{}", text(&added["data"]["id"]));
    let read = sim.kit("GET", &path, "").await.json();
    assert_eq!(read["data"]["custom_participant_id"], "u-1");
    assert_eq!(read["data"]["preset_name"], "host");
    assert_eq!(read["data"]["name"], "Ann");
    assert!(read["data"].get("token").is_none());
}

#[tokio::test]
async fn a_participant_is_added_with_a_preset_only() {
    let sim = StandIn::start(&[]);
    let (meeting, _) = sim.meeting(0).await;
    let participants = format!("/meetings/{meeting}/participants");
    for preset in ["", r#","preset_name":null"#, r#","preset_name":"""#] {
        let new = format!(r#"{{"custom_participant_id":"u-1"{preset}}}"#);
        let answer = sim.kit("POST", &participants, &new).await;
        assert_eq!((answer.status, answer.kit_error().0), (400, 400), "{new}");
    }
    assert_eq!(sim.counts().await["participants"], 0);
}

#[tokio::test]
async fn a_meeting_that_was_given_no_title_has_an_empty_one() {
    let sim = StandIn::start(&[]);
    for new in ["", r#"{"title":null}"#] {
        let created = sim.kit("POST", "/meetings", new).await.json();
        assert_eq!(created["data"]["title"], "", "{new}");
    }
    let listed = sim.kit("GET", "/meetings", "").await.json();
    assert_eq!(listed["data"][0]["title"], "");
}

#[tokio::test]
async fn a_participant_is_deleted_once() {
    let sim = StandIn::start(&[]);
    let (meeting, participants) = sim.meeting(2).await;
    let id = &participants[0];
    let path = format!("/meetings/{meeting}/participants/{id}");
    let deleted = sim.kit("DELETE", &path, "").await;
    assert_eq!(deleted.status, 200);
    let deleted = deleted.json();
    let expected = [
        "created_at",
        "custom_participant_id",
        "preset_id",
        "updated_at",
    ];
    assert_eq!(fields(&deleted["data"]), expected);
    assert_eq!(deleted["data"]["custom_participant_id"], "user-1");
    for again in ["DELETE", "GET"] {
        let answer = sim.kit(again, &path, "").await;
        assert_eq!(answer.status, 404);
        assert_eq!(
            answer.kit_error(),
            (404, format!("No user found with id {id}"))
        );
    }
    assert_eq!(sim.counts().await["participants"], 1);
}

#[tokio::test]
async fn a_second_delete_can_be_200_without_data() {
    let sim = StandIn::start(&[]);
    let (meeting, participants) = sim.meeting(1).await;
    sim.sim("POST", "/settings", r#"{"second_delete_status":200}"#)
        .await;
    let path = |id: &str| format!("/meetings/{meeting}/participants/{id}");
    assert!(
        sim.kit("DELETE", &path(&participants[0]), "")
            .await
            .json()
            .get("data")
            .is_some()
    );
    let again = sim.kit("DELETE", &path(&participants[0]), "").await;
    assert_eq!(
        (again.status, again.json()),
        (200, json!({"success": true}))
    );
    assert_eq!(
        sim.kit("DELETE", &path("never-there"), "").await.status,
        404
    );
}

/// Returns the ids and the paging of a page of participants.
async fn page(sim: &StandIn, meeting: &str, query: &str) -> (Vec<String>, Value) {
    let path = format!("/meetings/{meeting}/participants{query}");
    let answer = sim.kit("GET", &path, "").await.json();
    (ids(&answer), answer["paging"].clone())
}

#[tokio::test]
async fn lists_come_in_pages_newest_first() {
    let sim = StandIn::start(&[]);
    let (meeting, participants) = sim.meeting(45).await;
    let newest: Vec<_> = participants.iter().rev().cloned().collect();
    for (query, rows, start, end) in [
        ("", 0..20, 1, 20),
        ("?page_no=3&per_page=20", 40..45, 41, 45),
        ("?page_no=4", 45..45, 0, 0),
    ] {
        let paging = json!({"start_offset": start, "end_offset": end, "total_count": 45});
        let expected = (newest[rows].to_vec(), paging);
        assert_eq!(page(&sim, &meeting, query).await, expected, "{query}");
    }
    let meetings = sim.kit("GET", "/meetings", "").await.json();
    let expected = ["created_at", "id", "status", "title", "updated_at"];
    assert_eq!(fields(&meetings["data"][0]), expected);
}

#[tokio::test]
async fn pages_and_their_order_can_be_set_and_wrong_pages_are_refused() {
    let sim = StandIn::start(&[]);
    let (meeting, participants) = sim.meeting(45).await;
    let settings = r#"{"list_order":"oldest_first","largest_page_size":30,"default_page_size":7}"#;
    sim.sim("POST", "/settings", settings).await;
    let largest = page(&sim, &meeting, "?per_page=1000").await.0;
    assert_eq!(largest, participants[..30]);
    assert_eq!(page(&sim, &meeting, "").await.0, participants[..7]);
    for wrong in ["?page_no=0", "?page_no=x", "?per_page=0"] {
        let answer = sim.kit("GET", &format!("/meetings{wrong}"), "").await;
        assert_eq!((answer.status, answer.kit_error().0), (400, 400), "{wrong}");
    }
}
