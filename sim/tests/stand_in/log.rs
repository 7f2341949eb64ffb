//! The request log.

use serde_json::{Value, json};

use crate::client::{KIT, StandIn, TOKEN};

#[tokio::test]
async fn every_request_is_logged_whatever_becomes_of_it() {
    let sim = StandIn::start(&[]);
    sim.kit("GET", "/meetings?page_no=1", "").await;
    let headers = [
        ("authorization", "Bearer wrong"),
        ("x-mark", "a"),
        ("x-mark", "b"),
    ];
    let walk = "/client/v4/%2e%2e/zones";
    sim.send("POST", walk, &headers, r#"{"a":1}"#)
        .await
        .unwrap();
    sim.send("GET", "/anything", &[], "").await.unwrap();
    let log = sim.sim("GET", "/requests", "").await;
    let requests = log["requests"].as_array().unwrap();
    let seen: Value = requests.iter().map(summary).collect();
    let expected = json!([
        [
            1,
            "GET",
            format!("{KIT}/meetings"),
            "page_no=1",
            "",
            200,
            true
        ],
        [2, "POST", walk, null, r#"{"a":1}"#, 401, false],
        [3, "GET", "/anything", null, "", 404, false],
    ]);
    assert_eq!((seen, &log["next"]), (expected, &json!(4)));
    let authorization = &requests[0]["headers"]["authorization"];
    assert_eq!(*authorization, format!("Bearer {TOKEN}"));
    assert_eq!(requests[1]["headers"]["x-mark"], "a, b");
}

fn summary(request: &Value) -> Value {
    let fields = ["n", "method", "path", "query", "body", "status", "token_ok"];
    fields.iter().map(|field| request[field].clone()).collect()
}

#[tokio::test]
async fn the_log_is_read_in_parts_and_emptied() {
    let sim = StandIn::start(&[]);
    sim.kit("GET", "/meetings", "").await;
    sim.kit("POST", "/meetings", "").await;
    sim.kit("GET", "/other", "").await;
    for (query, numbers) in [
        ("", json!([1, 2, 3])),
        ("?since=3", json!([3])),
        ("?since=4", json!([])),
        ("?method=post", json!([2])),
        ("?path=meetings", json!([1, 2])),
        ("?since=2&method=GET&path=other", json!([3])),
    ] {
        let log = sim.sim("GET", &format!("/requests{query}"), "").await;
        let requests = log["requests"].as_array().unwrap().iter();
        let seen: Value = requests.map(|request| request["n"].clone()).collect();
        assert_eq!((seen, &log["next"]), (numbers, &json!(4)), "{query}");
    }
    sim.sim("DELETE", "/requests", "").await;
    sim.kit("GET", "/meetings", "").await;
    let log = sim.sim("GET", "/requests", "").await;
    assert_eq!(
        (&log["requests"][0]["n"], &log["next"]),
        (&json!(4), &json!(5))
    );
}
