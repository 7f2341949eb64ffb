//! The token check, and resources that do not exist.

use crate::client::{KIT, StandIn, TOKEN};

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
async fn what_cannot_be_read_is_refused_in_realtimekits_shape() {
    let sim = StandIn::start(&[]);
    let (meeting, _) = sim.meeting(1).await;
    let participants = format!("/meetings/{meeting}/participants");
    let twice = "?page_no=1&page_no=2";
    // More than axum reads of a body by default.
    let long = "x".repeat(3_000_000);
    let unreadable = [
        ("GET", format!("/meetings{twice}"), ""),
        ("GET", format!("{participants}{twice}"), ""),
        ("GET", format!("{participants}/%FF"), ""),
        ("DELETE", format!("{participants}/%FF"), ""),
        (
            "POST",
            "/meetings/%FF/active-session/kick-all".to_owned(),
            "",
        ),
        ("POST", participants, long.as_str()),
    ];
    for (method, path, body) in unreadable {
        let answer = sim.kit(method, &path, body).await;
        assert_eq!(
            (answer.status, answer.kit_error().0),
            (400, 400),
            "{method} {path}"
        );
    }
}
