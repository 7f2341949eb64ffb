//! What an answer says about a kick.

use super::*;

#[test]
fn a_failed_kick_is_reported_in_messages_of_success_and_failure() {
    let failed = || {
        Some(Kick {
            result: KickResult::Failed(ApiError::ServerError {
                status: 500,
                retry_after: None,
            }),
            attempts: 3,
            cf_ray: Some("8f2-AMS".to_owned()),
            limited: None,
        })
    };
    let body =
        r#"{"success":true,"data":{"preset_id":"x"},"messages":[{"code":1,"message":"kept"}]}"#;
    let done = ParticipantRemoval {
        kick: failed(),
        ..removal(Ok(body.to_owned()), 1, false)
    };
    let body: Value = serde_json::from_str(&participant_removal(done).body).unwrap();
    assert_eq!(body["data"]["preset_id"], "x");
    assert_eq!(body["messages"][0]["message"], "kept");
    assert_eq!(body["messages"][1]["code"], KICK_FAILED);
    let message = body["messages"][1]["message"].as_str().unwrap();
    assert!(
        message.ends_with("RealtimeKit answered 500 (cf-ray 8f2-AMS)"),
        "{message}"
    );

    let absent = ParticipantRemoval {
        kick: failed(),
        ..removal(Err(not_found()), 1, false)
    };
    let body: Value = serde_json::from_str(&participant_removal(absent).body).unwrap();
    let message = body["messages"][0]["message"].as_str().unwrap();
    assert!(message.ends_with("response (cf-ray 8f1-AMS)"), "{message}");
    assert_eq!(body["messages"][1]["code"], KICK_FAILED);
}

#[test]
fn what_became_of_the_kick_is_told_beside_the_outcome() {
    let kicked = |result: Result<String, ApiError>, kick| {
        let kick = Kick {
            result: kick,
            attempts: 1,
            cf_ray: None,
            limited: None,
        };
        let removal = ParticipantRemoval {
            kick: Some(kick),
            ..removal(result, 1, false)
        };
        participant_removal(removal)
    };
    let body = r#"{"success":true,"data":{}}"#;
    for (kick, told) in [
        (KickResult::Kicked, "kicked"),
        (KickResult::NotLive, "not_live"),
    ] {
        let done = kicked(Ok(body.to_owned()), kick);
        assert_eq!(
            (done.body.as_str(), header(&done, KICK_HEADER)),
            (body, Some(told))
        );
    }
    // The record is gone, and they were live.
    let gone = kicked(Err(not_found()), KickResult::Kicked);
    assert_eq!(
        (gone.status, header(&gone, KICK_HEADER)),
        (404, Some("kicked"))
    );
    let body: Value = serde_json::from_str(&gone.body).unwrap();
    assert_eq!(body["messages"][1]["code"], KICKED);
    let unasked = participant_removal(removal(Err(not_found()), 1, false));
    assert_eq!(header(&unasked, KICK_HEADER), None);
}
