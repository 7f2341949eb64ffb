//! The request limit: headers, the 429 and the block.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::client::{KIT, StandIn, TOKEN};

#[tokio::test]
async fn going_over_blocks_all_calls_until_the_block_is_over() {
    let sim = StandIn::start(&[]);
    sim.sim(
        "POST",
        "/limits",
        r#"{"requests":3,"window_seconds":60,"block_seconds":2}"#,
    )
    .await;
    for remaining in [2, 1, 0] {
        let answer = sim.kit("GET", "/meetings", "").await;
        assert_eq!(answer.status, 200);
        let ratelimit = answer.header("ratelimit").unwrap().to_owned();
        let reset = ratelimit.strip_prefix(&format!("\"default\";r={remaining};t="));
        let reset: u64 = reset.expect(&ratelimit).parse().unwrap();
        assert!((40..=60).contains(&reset), "{ratelimit}");
        assert_eq!(
            answer.header("ratelimit-policy"),
            Some("\"default\";q=3;w=60")
        );
        assert_eq!(answer.header("retry-after"), None);
    }
    let begun = Instant::now();
    let over = sim.kit("DELETE", "/meetings/x/participants/y", "").await;
    assert_eq!((over.status, over.header("retry-after")), (429, Some("2")));
    assert_eq!(over.v4_error().0, 10429);
    assert_eq!(over.header("ratelimit"), Some("\"default\";r=0;t=2"));
    // Requests without the token are not counted and get no limit headers.
    let path = format!("{KIT}/meetings");
    assert_eq!(sim.send("GET", &path, &[], "").await.unwrap().status, 401);
    assert_eq!(
        sim.send("GET", "/.well-known/webhooks.json", &[], "")
            .await
            .unwrap()
            .status,
        200
    );
    while sim.kit("GET", "/meetings", "").await.status == 429 {
        assert!(begun.elapsed() < Duration::from_secs(10));
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(begun.elapsed() >= Duration::from_millis(1900));
    let state = sim.sim("GET", "/limits", "").await;
    assert!(state["refused"].as_u64().unwrap() >= 1);
}

#[tokio::test]
async fn headers_and_the_limit_can_be_off() {
    let sim = StandIn::start(&[]);
    sim.sim("POST", "/limits", r#"{"requests":1,"headers":false}"#)
        .await;
    for status in [200, 429] {
        let answer = sim.kit("GET", "/meetings", "").await;
        assert_eq!(answer.status, status);
        assert_eq!(
            (answer.header("ratelimit"), answer.header("retry-after")),
            (None, None)
        );
    }
    sim.sim("POST", "/limits", r#"{"requests":0,"enabled":false}"#)
        .await;
    for _ in 0..5 {
        let answer = sim.kit("GET", "/meetings", "").await;
        assert_eq!((answer.status, answer.header("ratelimit")), (200, None));
    }
}

#[tokio::test]
async fn the_real_limit_is_the_default() {
    let sim = StandIn::start(&[]);
    let limits = sim.sim("GET", "/limits", "").await;
    let expected = json!({"enabled": true, "requests": 1200, "window_seconds": 300, "block_seconds": 300,
        "headers": true, "window": "fixed"});
    assert_eq!(limits["limits"], expected);
    let authorization = format!("Bearer {TOKEN}");
    for n in 0..1201 {
        let path = format!("{KIT}/meetings?per_page=1");
        let answer = sim
            .send("GET", &path, &[("authorization", &authorization)], "")
            .await
            .unwrap();
        assert_eq!(answer.status, if n < 1200 { 200 } else { 429 }, "{n}");
    }
    let over = sim.kit("GET", "/meetings", "").await;
    let retry_after: u64 = over.header("retry-after").unwrap().parse().unwrap();
    assert!((295..=300).contains(&retry_after), "{retry_after}");
}
