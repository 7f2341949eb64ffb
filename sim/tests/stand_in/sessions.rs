//! Live sessions: a delete revokes the right to come back, a kick only ends the presence.

use serde_json::json;

use crate::client::{StandIn, text};

#[tokio::test]
async fn a_deleted_participant_stays_live_until_kicked_and_cannot_come_back() {
    let sim = StandIn::start(&[]);
    let (meeting, _) = sim.meeting(1).await;
    let participants = format!("/meetings/{meeting}/participants");
    let added = sim
        .kit(
            "POST",
            &participants,
            r#"{"custom_participant_id":"u-1","preset_name":"host"}"#,
        )
        .await
        .json();
    let (id, first_token) = (text(&added["data"]["id"]), text(&added["data"]["token"]));
    let refreshed = sim
        .kit("POST", &format!("{participants}/{id}/token"), "")
        .await
        .json();
    let second_token = text(&refreshed["data"]["token"]);
    let join = format!("/meetings/{meeting}/join");
    for token in [&first_token, &second_token] {
        sim.sim("POST", &join, &json!({"token": token}).to_string())
            .await;
    }
    let session = async || {
        sim.kit("GET", &format!("/meetings/{meeting}/active-session"), "")
            .await
    };
    assert_eq!(session().await.json()["data"]["live_participants"], 2);

    assert_eq!(
        sim.kit("DELETE", &format!("{participants}/{id}"), "")
            .await
            .status,
        200
    );
    assert_eq!(session().await.json()["data"]["live_participants"], 2);
    for token in [&first_token, &second_token] {
        sim.sim_refuses("POST", &join, &json!({"token": token}).to_string(), 403)
            .await;
    }
    let kick = format!("/meetings/{meeting}/active-session/kick");
    let kicked = sim
        .kit("POST", &kick, &json!({"participant_ids": [id]}).to_string())
        .await
        .json();
    assert_eq!(kicked["data"]["action"], "kick");
    assert_eq!(kicked["data"]["participants"].as_array().unwrap().len(), 2);
    assert_eq!(session().await.status, 404);
    sim.sim_refuses("POST", &join, r#"{"custom_participant_id":"u-1"}"#, 403)
        .await;
}

#[tokio::test]
async fn a_kicked_participant_can_come_back_while_the_record_exists() {
    let sim = StandIn::start(&[]);
    let (meeting, ids) = sim.meeting(2).await;
    let join = format!("/meetings/{meeting}/join");
    let kick = format!("/meetings/{meeting}/active-session/kick");
    let nobody = sim
        .kit(
            "POST",
            &kick,
            &json!({"participant_ids": [ids[0]]}).to_string(),
        )
        .await;
    assert_eq!(
        (nobody.status, nobody.kit_error()),
        (404, (404, format!("No user found with id {}", ids[0])))
    );
    for id in &ids {
        sim.sim("POST", &join, &json!({"participant_id": id}).to_string())
            .await;
    }
    let user =
        &sim.sim("GET", "/state?full=true", "").await["apps"]["sim-app"][0]["participants"][0];
    let body =
        json!({"custom_participant_ids": [user["custom_participant_id"], "stranger"]}).to_string();
    for _ in 0..2 {
        assert_eq!(sim.kit("POST", &kick, &body).await.status, 200);
        assert_eq!(sim.counts().await["live_peers"], 1);
        assert_eq!(sim.kit("POST", &kick, &body).await.status, 404);
        sim.sim(
            "POST",
            &join,
            &json!({"participant_id": ids[0]}).to_string(),
        )
        .await;
    }
    for empty in ["", "{}", r#"{"participant_ids":[]}"#] {
        assert_eq!(sim.kit("POST", &kick, empty).await.kit_error().0, 400);
    }
}

#[tokio::test]
async fn kick_all_says_how_many_and_ends_the_session() {
    let sim = StandIn::start(&[]);
    let filled = sim
        .sim(
            "POST",
            "/fill",
            r#"{"participants_per_meeting":5,"live":true}"#,
        )
        .await;
    let path = format!(
        "/meetings/{}/active-session",
        text(&filled["meetings"][0]["id"])
    );
    let session = sim.kit("GET", &path, "").await.json();
    assert_eq!(session["data"]["status"], "LIVE");
    assert_eq!(session["data"]["live_participants"], 5);
    let kicked = sim
        .kit("POST", &format!("{path}/kick-all"), "")
        .await
        .json();
    assert_eq!(
        kicked["data"],
        json!({"action": "kick_all", "kicked_participants_count": 5})
    );
    assert_eq!(
        sim.kit("POST", &format!("{path}/kick-all"), "")
            .await
            .status,
        404
    );
    assert_eq!(sim.counts().await["live_sessions"], 0);
    assert_eq!(sim.counts().await["participants"], 5);
}

#[tokio::test]
async fn people_leave_and_nobody_joins_an_inactive_meeting() {
    let sim = StandIn::start(&[]);
    let filled = sim
        .sim(
            "POST",
            "/fill",
            r#"{"meetings":2,"participants_per_meeting":1,"inactive":1,"live":true}"#,
        )
        .await;
    let (inactive, active) = (&filled["meetings"][0], &filled["meetings"][1]);
    assert_eq!(sim.counts().await["live_peers"], 1);
    let join = |meeting: &serde_json::Value| format!("/meetings/{}/join", text(&meeting["id"]));
    let who = |meeting: &serde_json::Value| {
        json!({"participant_id": meeting["participants"][0]}).to_string()
    };
    sim.sim_refuses("POST", &join(inactive), &who(inactive), 403)
        .await;
    let leave = join(active).replace("/join", "/leave");
    let peer = text(&sim.sim("POST", &join(active), &who(active)).await["peer_id"]);
    sim.sim("POST", &leave, &json!({"peer_id": peer}).to_string())
        .await;
    assert_eq!(sim.counts().await["live_peers"], 1);
    sim.sim("POST", &leave, &who(active)).await;
    sim.sim_refuses("POST", &leave, &who(active), 404).await;
    assert_eq!(sim.counts().await["live_sessions"], 0);
}

#[tokio::test]
async fn a_kick_of_several_can_be_made_to_want_them_all_live() {
    let sim = StandIn::start(&[]);
    let (meeting, ids) = sim.meeting(2).await;
    let join = format!("/meetings/{meeting}/join");
    let kick = format!("/meetings/{meeting}/active-session/kick");
    sim.sim("POST", "/settings", r#"{"partial_kick_status":404}"#)
        .await;
    sim.sim_refuses("POST", "/settings", r#"{"partial_kick_status":500}"#, 400)
        .await;
    let both = json!({"participant_ids": ids}).to_string();
    for (id, status) in ids.iter().zip([404, 200]) {
        sim.sim("POST", &join, &json!({"participant_id": id}).to_string())
            .await;
        let live = sim.counts().await["live_peers"].clone();
        assert_eq!(sim.kit("POST", &kick, &both).await.status, status);
        if status == 404 {
            assert_eq!(sim.counts().await["live_peers"], live);
        }
    }
    assert_eq!(sim.counts().await["live_peers"], 0);
}
