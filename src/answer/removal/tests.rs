mod kicks;

use serde_json::Value;

use super::*;
use crate::realtimekit::limits::RateLimit;

fn removal(result: Result<String, ApiError>, attempts: u8, ambiguous: bool) -> ParticipantRemoval {
    let outcome = Outcome::of(&result, ambiguous);
    let delete = Call {
        result,
        attempts,
        ambiguous,
        status: Some(500),
        cf_ray: Some("8f1-AMS".to_owned()),
        rate_limit: RateLimit::default(),
        limited: None,
    };
    ParticipantRemoval {
        delete,
        kick: None,
        outcome,
    }
}

fn header<'a>(answer: &'a Answer, name: &str) -> Option<&'a str> {
    answer
        .headers
        .iter()
        .find(|(key, _)| *key == name)
        .map(|(_, value)| value.as_str())
}

fn not_found() -> ApiError {
    ApiError::Rejected {
        status: 404,
        code: 4040,
        message: "No user found".to_owned(),
        retry_after: None,
    }
}

fn contract_broken(status: u16) -> ApiError {
    ApiError::InvalidResponse {
        status,
        flaw: "x".to_owned(),
    }
}

/// Each error, its status, code, and whether the official SDKs may retry it.
#[test]
fn every_error_has_its_row() {
    let table = [
        (not_found(), 404, 4040, false),
        (
            ApiError::Rejected {
                status: 422,
                code: 7,
                message: "bad".to_owned(),
                retry_after: None,
            },
            422,
            7,
            false,
        ),
        (
            ApiError::Rejected {
                status: 408,
                code: 408,
                message: "late".to_owned(),
                retry_after: None,
            },
            408,
            408,
            true,
        ),
        (ApiError::RateLimited { retry_after: None }, 429, 1108, true),
        (
            ApiError::ServerError {
                status: 503,
                retry_after: None,
            },
            502,
            1109,
            true,
        ),
        (
            ApiError::ServerError {
                status: 501,
                retry_after: None,
            },
            502,
            1109,
            false,
        ),
        (contract_broken(302), 502, 1109, false),
        (contract_broken(200), 502, 1109, false),
        (ApiError::NoAnswer(TransportError::Broken), 502, 1109, true),
        (ApiError::TokenRefused { status: 403 }, 502, 1110, false),
        (
            ApiError::NoAnswer(TransportError::TimedOut),
            504,
            1112,
            true,
        ),
    ];
    for (error, status, code, retry) in table {
        let answer = participant_removal(removal(Err(error.clone()), 1, false));
        assert_eq!(answer.status, status, "{error:?}");
        let body: Value = serde_json::from_str(&answer.body).unwrap();
        assert_eq!(body["errors"][0]["code"], code, "{error:?}");
        assert_eq!(body["success"], false);
        assert_eq!(
            header(&answer, "x-should-retry").is_none(),
            retry,
            "{error:?}"
        );
    }
}

#[test]
fn success_is_what_realtimekit_answered() {
    let body = r#"{"success":true,"data":{"preset_id":"x"},"new":1}"#;
    let answer = participant_removal(removal(Ok(body.to_owned()), 1, false));
    assert_eq!((answer.status, answer.body.as_str()), (200, body));
    assert_eq!(header(&answer, OUTCOME_HEADER), Some("removed"));
}

#[test]
fn a_404_after_a_lost_answer_is_a_success_without_data() {
    let answer = participant_removal(removal(Err(not_found()), 2, true));
    let body: Value = serde_json::from_str(&answer.body).unwrap();
    assert_eq!(answer.status, 200);
    assert_eq!(body["success"], true);
    assert_eq!(body.get("data"), None);
    assert_eq!(
        header(&answer, OUTCOME_HEADER),
        Some("absent_after_ambiguous")
    );
}

#[test]
fn that_cloudflare_knows_no_such_app_is_not_taken_for_a_participant_who_is_gone() {
    let error = ApiError::Rejected {
        status: 404,
        code: 7003,
        message: "Could not route".to_owned(),
        retry_after: None,
    };
    let answer = participant_removal(removal(Err(error), 1, false));
    let body: Value = serde_json::from_str(&answer.body).unwrap();
    let errors = (&body["errors"][0]["code"], &body["errors"][0]["message"]);
    assert_eq!(errors, (&7003.into(), &"Could not route".into()));
    assert_eq!(
        body["messages"][0]["message"],
        "Cloudflare knows no such account or app: check CLOUDFLARE_ACCOUNT_ID, REALTIMEKIT_APP_IDS and CLOUDFLARE_API_BASE_URL (cf-ray 8f1-AMS)"
    );
    assert_eq!(header(&answer, OUTCOME_HEADER), Some("failed"));
}

#[test]
fn an_unknown_outcome_is_said_and_the_ray_is_named() {
    let error = ApiError::NoAnswer(TransportError::TimedOut);
    let answer = participant_removal(removal(Err(error), 3, true));
    assert!(
        answer.body.contains("the outcome is unknown"),
        "{}",
        answer.body
    );
    assert!(
        answer.body.contains("cf-ray 8f1-AMS") && answer.body.contains("3 attempts"),
        "{}",
        answer.body
    );
    assert_eq!(header(&answer, OUTCOME_HEADER), Some("unknown"));
}

#[test]
fn what_realtimekit_says_stays_as_it_is_after_several_attempts() {
    for (error, ambiguous, more) in [
        (not_found(), false, "2 attempts were made"),
        (
            ApiError::Rejected {
                status: 422,
                code: 7,
                message: "No user found".to_owned(),
                retry_after: None,
            },
            true,
            "the outcome is unknown",
        ),
    ] {
        let answer = participant_removal(removal(Err(error), 2, ambiguous));
        let body: Value = serde_json::from_str(&answer.body).unwrap();
        assert_eq!(body["errors"][0]["message"], "No user found");
        assert_eq!(body["messages"][0]["code"], MORE);
        let message = body["messages"][0]["message"].as_str().unwrap();
        assert!(message.contains(more), "{message}");
    }
}

#[test]
fn what_realtimekit_says_stands_alone_where_there_is_no_more_to_say() {
    let mut first = removal(Err(not_found()), 1, false);
    first.delete.cf_ray = None;
    let answer = participant_removal(first);
    assert!(answer.body.contains(r#""messages":[]"#), "{}", answer.body);
}

#[test]
fn a_limit_without_a_time_is_said_to_last_up_to_five_minutes_and_names_the_ray_as_well() {
    let error = ApiError::RateLimited { retry_after: None };
    let answer = participant_removal(removal(Err(error), 1, false));
    let message = "limit is reached: it resets within five minutes (cf-ray 8f1-AMS)";
    assert!(answer.body.contains(message), "{}", answer.body);
}

#[test]
fn the_time_to_wait_is_handed_on_rounded_up() {
    let error = ApiError::RateLimited {
        retry_after: Some(Duration::from_millis(1500)),
    };
    let answer = participant_removal(removal(Err(error), 1, false));
    assert_eq!(header(&answer, "retry-after"), Some("2"));
    assert_eq!(header(&answer, "retry-after-ms"), Some("1500"));
    assert!(answer.body.contains(": try again in 2 s"));
    assert_eq!(whole_seconds(Duration::MAX), u64::MAX);
}
