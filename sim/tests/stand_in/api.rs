//! The endpoints with their envelopes, the token check, paging, and the log of it all.

use serde_json::json;

use crate::client::{KIT, StandIn, TOKEN, text};

#[tokio::test]
async fn a_participant_is_added_read_and_deleted_once() {
    let sim = StandIn::start(&[]);
    let created = sim
        .kit("POST", "/meetings", r#"{"title":"Standup"}"#)
        .await
        .json();
    assert_eq!(created["data"]["status"], "ACTIVE");
    let meeting = text(&created["data"]["id"]);
    let participants = format!("/meetings/{meeting}/participants");
    let new = r#"{"custom_participant_id":"u-1","preset_name":"host","name":"Ann"}"#;
    let added = sim.kit("POST", &participants, new).await.json();
    assert!(!text(&added["data"]["token"]).is_empty());
    let path = format!("{participants}/{}", text(&added["data"]["id"]));
    let read = sim.kit("GET", &path, "").await.json();
    assert_eq!(read["data"]["custom_participant_id"], "u-1");
    assert_eq!(read["data"]["preset_name"], "host");
    assert_eq!(read["data"]["name"], "Ann");
    assert!(read["data"].get("token").is_none());

    let deleted = sim.kit("DELETE", &path, "").await;
    assert_eq!(deleted.status, 200);
    let deleted = deleted.json();
    let data = deleted["data"].as_object().unwrap();
    let fields: Vec<_> = data.keys().map(String::as_str).collect();
    assert_eq!(
        fields,
        [
            "created_at",
            "custom_participant_id",
            "preset_id",
            "updated_at"
        ]
    );
    assert_eq!(data["custom_participant_id"], "u-1");
    for again in ["DELETE", "GET"] {
        let answer = sim.kit(again, &path, "").await;
        assert_eq!(answer.status, 404);
        let id = path.rsplit('/').next().unwrap();
        assert_eq!(
            answer.kit_error(),
            (404, format!("No user found with id {id}"))
        );
    }
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

#[tokio::test]
async fn lists_come_in_pages_newest_first() {
    let sim = StandIn::start(&[]);
    let (meeting, participants) = sim.meeting(45).await;
    let list = async |query: &str| {
        let answer = sim
            .kit(
                "GET",
                &format!("/meetings/{meeting}/participants{query}"),
                "",
            )
            .await
            .json();
        let ids: Vec<_> = answer["data"]
            .as_array()
            .unwrap()
            .iter()
            .map(|row| text(&row["id"]))
            .collect();
        (ids, answer["paging"].clone())
    };
    let newest: Vec<_> = participants.iter().rev().cloned().collect();
    let (ids, paging) = list("").await;
    assert_eq!(ids, newest[..20]);
    assert_eq!(
        paging,
        json!({"start_offset": 1, "end_offset": 20, "total_count": 45})
    );
    let (ids, paging) = list("?page_no=3&per_page=20").await;
    assert_eq!(ids, newest[40..]);
    assert_eq!(
        paging,
        json!({"start_offset": 41, "end_offset": 45, "total_count": 45})
    );
    assert_eq!(list("?page_no=4").await.0, Vec::<String>::new());
    sim.sim(
        "POST",
        "/settings",
        r#"{"list_order":"oldest_first","largest_page_size":30,"default_page_size":7}"#,
    )
    .await;
    assert_eq!(list("?per_page=1000").await.0, participants[..30]);
    assert_eq!(list("").await.0, participants[..7]);
    for wrong in ["?page_no=0", "?page_no=x", "?per_page=0"] {
        let answer = sim.kit("GET", &format!("/meetings{wrong}"), "").await;
        assert_eq!((answer.status, answer.kit_error().0), (400, 400), "{wrong}");
    }
    let meetings = sim.kit("GET", "/meetings", "").await.json();
    let fields: Vec<_> = meetings["data"][0].as_object().unwrap().keys().collect();
    assert_eq!(
        fields,
        ["created_at", "id", "status", "title", "updated_at"]
    );
}

#[tokio::test]
async fn only_the_token_opens_the_account() {
    let sim = StandIn::start(&[]);
    let (meeting, participants) = sim.meeting(1).await;
    let path = format!("{KIT}/meetings/{meeting}/participants/{}", participants[0]);
    let good = format!("Bearer {TOKEN}");
    let wrong = format!("Bearer {TOKEN}x");
    let lower = format!("bearer {TOKEN}");
    let cases: [&[(&str, &str)]; 6] = [
        &[],
        &[("authorization", &wrong)],
        &[("authorization", TOKEN)],
        &[("authorization", &lower)],
        &[("authorization", "Bearer ")],
        &[("authorization", &good), ("authorization", &good)],
    ];
    for headers in cases {
        let answer = sim.send("DELETE", &path, headers, "").await.unwrap();
        assert_eq!(answer.status, 401, "{headers:?}");
        assert_eq!(
            answer.v4_error(),
            (10000, "Authentication error".to_owned())
        );
        assert!(answer.header("cf-ray").is_some() && answer.header("ratelimit").is_none());
    }
    let other_account = path.replace("023e105f", "123e105f");
    let answer = sim
        .send("DELETE", &other_account, &[("authorization", &good)], "")
        .await
        .unwrap();
    assert_eq!((answer.status, answer.v4_error().0), (403, 10000));
    assert_eq!(sim.counts().await["participants"], 1);
    sim.sim("POST", "/settings", &format!(r#"{{"token":"{TOKEN}x"}}"#))
        .await;
    assert_eq!(
        sim.send("DELETE", &path, &[("authorization", &good)], "")
            .await
            .unwrap()
            .status,
        401
    );
    assert_eq!(
        sim.send("DELETE", &path, &[("authorization", &wrong)], "")
            .await
            .unwrap()
            .status,
        200
    );
}

#[tokio::test]
async fn what_is_not_there_has_its_own_error() {
    let sim = StandIn::start(&[]);
    let (meeting, participants) = sim.meeting(1).await;
    let unknown = "00000000-0000-4000-8000-000000000000";
    let upper = meeting.to_uppercase();
    let kit_errors = [
        (format!("/meetings/{unknown}/participants"), 404),
        (
            format!("/meetings/{unknown}/participants/{}", participants[0]),
            404,
        ),
        (format!("/meetings/{upper}/participants"), 404),
        ("/meetings/not-a-uuid/participants".to_owned(), 400),
        (format!("/meetings/{meeting}/active-session"), 404),
    ];
    for (path, status) in kit_errors {
        let answer = sim.kit("GET", &path, "").await;
        assert_eq!(
            (answer.status, answer.kit_error().0),
            (status, i64::from(status)),
            "{path}"
        );
    }
    let authorization = format!("Bearer {TOKEN}");
    let other_app = sim
        .send(
            "GET",
            &KIT.replace("sim-app", "other"),
            &[("authorization", &authorization)],
            "",
        )
        .await
        .unwrap();
    assert_eq!((other_app.status, other_app.v4_error().0), (404, 7003));
    let other_app = format!("{}/meetings", KIT.replace("sim-app", "other"));
    let answer = sim
        .send("GET", &other_app, &[("authorization", &authorization)], "")
        .await
        .unwrap();
    assert_eq!((answer.status, answer.kit_error().0), (404, 404));
    let broken = sim
        .kit("POST", &format!("/meetings/{meeting}/participants"), "{")
        .await;
    assert_eq!((broken.status, broken.kit_error().0), (400, 400));
    let wrong_method = sim
        .kit("PUT", &format!("/meetings/{meeting}/participants"), "")
        .await;
    assert_eq!(
        (wrong_method.status, wrong_method.v4_error().0),
        (405, 10405)
    );
}

#[tokio::test]
async fn every_request_is_logged_whatever_becomes_of_it() {
    let sim = StandIn::start(&[]);
    sim.kit("GET", "/meetings?page_no=1", "").await;
    let headers = [
        ("authorization", "Bearer wrong"),
        ("x-mark", "a"),
        ("x-mark", "b"),
    ];
    sim.send("POST", "/client/v4/%2e%2e/zones", &headers, "{\"a\":1}")
        .await
        .unwrap();
    sim.send("GET", "/anything", &[], "").await.unwrap();
    let log = sim.sim("GET", "/requests", "").await;
    assert_eq!(log["next"], 4);
    let requests = log["requests"].as_array().unwrap();
    let seen: Vec<_> = requests
        .iter()
        .map(|r| {
            json!([
                r["n"],
                r["method"],
                r["path"],
                r["query"],
                r["body"],
                r["status"],
                r["token_ok"]
            ])
        })
        .collect();
    assert_eq!(
        seen,
        [
            json!([
                1,
                "GET",
                format!("{KIT}/meetings"),
                "page_no=1",
                "",
                200,
                true
            ]),
            json!([
                2,
                "POST",
                "/client/v4/%2e%2e/zones",
                null,
                "{\"a\":1}",
                401,
                false
            ]),
            json!([3, "GET", "/anything", null, "", 404, false]),
        ]
    );
    assert_eq!(
        requests[0]["headers"]["authorization"],
        format!("Bearer {TOKEN}")
    );
    assert_eq!(requests[1]["headers"]["x-mark"], "a, b");
    assert_eq!(
        sim.sim("GET", "/requests?since=3", "").await["requests"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    assert_eq!(
        sim.sim("GET", "/requests?method=post", "").await["requests"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    assert_eq!(
        sim.sim("GET", "/requests?path=meetings", "").await["requests"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    sim.sim("DELETE", "/requests", "").await;
    sim.kit("GET", "/meetings", "").await;
    let log = sim.sim("GET", "/requests?since=4", "").await;
    assert_eq!(
        (&log["requests"][0]["n"], &log["next"]),
        (&json!(4), &json!(5))
    );
}

#[tokio::test]
async fn reset_brings_everything_back_to_the_start() {
    let sim = StandIn::start(&["--app", "one", "--app", "two"]);
    let key = sim
        .send("GET", "/.well-known/webhooks.json", &[], "")
        .await
        .unwrap()
        .json();
    sim.sim(
        "POST",
        "/fill",
        r#"{"app":"two","meetings":3,"participants_per_meeting":2,"live":true}"#,
    )
    .await;
    sim.sim("POST", "/faults", r#"{"fault":{"kind":"hang"}}"#)
        .await;
    sim.sim("POST", "/limits", r#"{"requests":1}"#).await;
    sim.sim("POST", "/settings", r#"{"token":"other"}"#).await;
    sim.sim("POST", "/webhooks", r#"{"url":"http://127.0.0.1:1/"}"#)
        .await;
    assert_eq!(sim.counts().await["live_peers"], 6);
    sim.sim("POST", "/reset", "").await;
    let state = sim.sim("GET", "/state?full=true", "").await;
    assert_eq!(state["apps"], json!({"one": [], "two": []}));
    assert_eq!(
        (&state["faults"], &state["requests"]),
        (&json!(0), &json!(0))
    );
    assert_eq!(
        sim.sim("GET", "/limits", "").await["limits"]["requests"],
        1200
    );
    assert_eq!(sim.sim("GET", "/settings", "").await["token"], TOKEN);
    assert_eq!(
        sim.sim("GET", "/webhooks", "").await,
        json!({"webhooks": []})
    );
    assert_eq!(
        sim.send("GET", "/.well-known/webhooks.json", &[], "")
            .await
            .unwrap()
            .json(),
        key
    );
}

#[tokio::test]
async fn control_calls_that_are_wrong_say_so() {
    let sim = StandIn::start(&[]);
    let cases = [
        ("POST", "/fill", r#"{"meeting":1}"#, 400),
        (
            "POST",
            "/fill",
            r#"{"meetings":1,"user":{"custom_participant_id":"u","in_meetings":2}}"#,
            400,
        ),
        ("POST", "/fill", r#"{"app":"none"}"#, 404),
        ("POST", "/settings", r#"{"second_delete_status":500}"#, 400),
        ("POST", "/settings", r#"{"largest_page_size":0}"#, 400),
        ("POST", "/limits", r#"{"window_seconds":0}"#, 400),
        ("POST", "/meetings/none/end", "", 404),
        ("DELETE", "/meetings/none/participants/none", "", 404),
        ("GET", "/nothing", "", 404),
    ];
    for (method, path, body, status) in cases {
        assert!(!sim.sim_refuses(method, path, body, status).await.is_empty());
    }
}
