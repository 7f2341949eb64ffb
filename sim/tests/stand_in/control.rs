//! Reset, and invalid control calls.

use serde_json::json;

use crate::client::{StandIn, TOKEN};

#[tokio::test]
async fn reset_brings_everything_back_to_the_start() {
    let sim = StandIn::start(&["--app", "one", "--app", "two"]);
    let key = async || {
        sim.send("GET", "/.well-known/webhooks.json", &[], "")
            .await
            .unwrap()
            .json()
    };
    let key_before = key().await;
    let fill = r#"{"app":"two","meetings":3,"participants_per_meeting":2,"live":true}"#;
    for (path, body) in [
        ("/fill", fill),
        (
            "/faults",
            r#"{"match":{"path":"/x"},"fault":{"kind":"hang"}}"#,
        ),
        ("/limits", r#"{"requests":1}"#),
        ("/settings", r#"{"token":"other"}"#),
        ("/webhooks", r#"{"url":"http://127.0.0.1:1/"}"#),
    ] {
        sim.sim("POST", path, body).await;
    }
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
    assert_eq!(key().await, key_before);
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
