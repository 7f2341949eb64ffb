//! The modelled API behaves as the real one is known to.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    missing_docs
)]

mod scene;

use fastrand::Rng;
use participant_remover::ids::{AccountId, AppId};
use participant_remover::realtimekit::{Api as Endpoints, RawAnswer};
use scene::{meeting_id, meeting_of, scene};
use serde_json::{Value, json};
use simulation::api::Api;
use simulation::clock::START;
use simulation::scenario::Scenario;

const FIVE_MINUTES: u64 = 300_000;

fn endpoints() -> Endpoints {
    let account = AccountId::parse("account").unwrap();
    let app = AppId::parse("app").unwrap();
    Endpoints::new("https://api.example/client/v4", &account, &app)
}

fn api(scenario: Scenario) -> Api {
    Api::new(scenario.population, scenario.faults, Rng::with_seed(1))
}

fn list(api: &mut Api, now: u64) -> RawAnswer {
    api.handle(&endpoints().list_meetings(1, None), now)
}

fn json_of(answer: &RawAnswer) -> Value {
    serde_json::from_str(answer.body.as_ref().unwrap()).unwrap()
}

/// Returns the code of a gateway error.
fn gateways_code(answer: &RawAnswer) -> u64 {
    json_of(answer)["errors"][0]["code"].as_u64().unwrap()
}

#[test]
fn rows_have_the_fields_and_the_times_of_the_api() {
    let mut scenario = scene(0);
    let meeting = meeting_of(&mut scenario, false, 1);
    scenario.population.meetings[meeting].created_at = START - 883;
    let id = meeting_id(&scenario, meeting);
    let mut api = api(scenario);
    let (created, added) = ("2026-09-21T14:13:19.117Z", "2026-09-21T14:13:20.000Z");
    let meetings = json_of(&list(&mut api, START));
    let expected = json!([{"id": id.as_str(), "title": "secret", "status": "INACTIVE",
        "created_at": created, "updated_at": created}]);
    assert_eq!(meetings["data"], expected);
    let request = endpoints().list_participants(&id, 1, None);
    let participants = json_of(&api.handle(&request, START));
    let expected = json!([{"id": "p1", "custom_participant_id": "user-0", "preset_name": "host", "name": "secret",
        "created_at": added, "updated_at": added}]);
    assert_eq!(participants["data"], expected);
}

#[test]
fn going_over_the_limit_blocks_for_five_minutes_and_says_so() {
    let mut api = api(scene(0));
    api.quota = 2;
    for left in [1, 0] {
        let answer = list(&mut api, START);
        assert_eq!((answer.status, answer.retry_after), (200, None));
        let told = format!("\"default\";r={left};t=300");
        assert_eq!(answer.ratelimit, Some(told));
    }
    for (after, seconds) in [(1_000, "300"), (201_000, "100"), (300_500, "1")] {
        let answer = list(&mut api, START + after);
        assert_eq!((answer.status, gateways_code(&answer)), (429, 10429));
        assert_eq!(answer.retry_after.as_deref(), Some(seconds));
        let told = format!("\"default\";r=0;t={seconds}");
        assert_eq!(answer.ratelimit, Some(told));
    }
    assert_eq!(list(&mut api, START + 1_000 + FIVE_MINUTES).status, 200);
}

#[test]
fn a_refused_token_does_not_count_against_the_limit() {
    let mut scenario = scene(0);
    scenario.faults.token_outages = vec![(0, 1_000)];
    let mut api = api(scenario);
    api.quota = 1;
    for _ in 0..3 {
        let answer = list(&mut api, START);
        assert_eq!((answer.status, gateways_code(&answer)), (401, 10000));
        assert_eq!(answer.ratelimit, None);
    }
    assert_eq!(list(&mut api, START + 1_000).status, 200);
}
