use super::*;
use crate::realtimekit::limits::Left;

const SAYS_NOTHING: RateLimit = RateLimit {
    left: Vec::new(),
    quota: None,
    window_seconds: None,
};

fn limit(requests: u32, seconds: u32) -> RateLimit {
    RateLimit {
        left: vec![Left { requests, seconds }],
        ..SAYS_NOTHING
    }
}

fn stopped_for(retry_after: Option<f64>) -> u64 {
    let mut throttle = Throttle::default();
    throttle.limit(retry_after.map(Duration::from_secs_f64), 0);
    throttle.stopped_until(0).unwrap()
}

#[test]
fn a_429_stops_everything_for_a_second_to_an_hour() {
    assert_eq!(stopped_for(Some(30.0)), 30_000);
    assert_eq!(stopped_for(Some(0.0)), 1_000);
    assert_eq!(stopped_for(Some(1e9)), 3_600_000);
    assert_eq!(stopped_for(None), 300_000);
}

#[test]
fn a_later_429_never_shortens_an_earlier_one() {
    let mut throttle = Throttle::default();
    throttle.limit(Some(Duration::from_secs(100)), 0);
    throttle.limit(Some(Duration::from_secs(1)), 5_000);
    assert_eq!(throttle.stopped_until(5_000), Some(100_000));
    assert_eq!(throttle.stopped_until(100_000), None);
}

#[test]
fn requests_that_are_refused_together_are_one_refusal() {
    let mut throttle = Throttle::default();
    for at in [0, 1, 2, 3, 4, 5] {
        throttle.apply_response(Signal::Refused, false, SAYS_NOTHING, 0, 0.5, at);
    }
    let first = throttle.stopped_until(5).unwrap();
    assert!((2_500..=5_000).contains(&first), "{first}");
    throttle.apply_response(Signal::Refused, false, SAYS_NOTHING, 0, 0.5, first);
    let second = throttle.stopped_until(first).unwrap() - first;
    assert!((5_000..=10_000).contains(&second), "{second}");
}

#[test]
fn every_hint_in_force_is_kept() {
    let mut throttle = Throttle::default();
    let mut hear = |limit, now| {
        throttle.apply_response(Signal::Accepted, false, limit, 0, 0.5, now);
        throttle.hinted(now)
    };
    assert_eq!(hear(limit(3, 10), 0), 3);
    assert_eq!(hear(limit(900, 1), 100), 3);
    assert_eq!(hear(limit(2, 300), 200), 2);
    throttle.send(250);
    throttle.send(260);
    assert_eq!(throttle.hinted(300), 0);
    assert_eq!(throttle.hinted_until(300), Some(300_200));
    assert_eq!(throttle.hinted(300_200), u32::MAX);
}

#[test]
fn what_is_in_flight_is_taken_off_a_hint() {
    let mut throttle = Throttle::default();
    throttle.apply_response(Signal::Accepted, false, limit(3, 10), 5, 0.5, 0);
    assert_eq!(throttle.hinted(0), 0);
}

#[test]
fn a_policy_is_read_as_requests_in_five_minutes() {
    let mut throttle = Throttle::default();
    let policy = RateLimit {
        quota: Some(250),
        window_seconds: Some(10),
        ..SAYS_NOTHING
    };
    throttle.apply_response(Signal::Nothing, false, policy.clone(), 0, 0.5, 0);
    assert_eq!(throttle.quota(), Some(7_500));
    // It holds for an hour after it was last received, whatever else is received.
    let again = 11 * 60_000;
    throttle.apply_headers(policy, 0, again);
    throttle.apply_headers(SAYS_NOTHING, 0, again + 3_600_000);
    assert_eq!(throttle.quota(), Some(7_500));
    throttle.apply_headers(SAYS_NOTHING, 0, again + 3_600_001);
    assert_eq!(throttle.quota(), None);
}

#[test]
fn a_refused_token_is_tried_less_and_less_often() {
    let mut throttle = Throttle::default();
    let (mut now, mut waits) = (0, Vec::new());
    for _ in 0..9 {
        throttle.apply_response(Signal::Refused, false, SAYS_NOTHING, 0, 1.0, now);
        let until = throttle.stopped_until(now).unwrap();
        waits.push((until - now) / 1000);
        now = until;
    }
    assert_eq!(waits, [5, 10, 20, 40, 80, 160, 300, 300, 300]);
    let pause = throttle.pause(999_999).unwrap();
    assert_eq!((pause.reason, pause.since), (PauseReason::TokenRefused, 0));
    throttle.apply_response(Signal::Accepted, false, SAYS_NOTHING, 0, 1.0, 0);
    assert_eq!(throttle.pause(0), None);
}

#[test]
fn a_limit_that_is_used_up_is_told_as_a_pause() {
    let mut throttle = Throttle::default();
    throttle.apply_response(Signal::Accepted, false, limit(1, 240), 0, 0.5, 5);
    assert_eq!(throttle.pause(6), None);
    throttle.send(6);
    let pause = throttle.pause(6).unwrap();
    assert_eq!(
        (pause.reason, pause.since, pause.until),
        (PauseReason::RateLimited, 6, 240_005)
    );
    throttle.limit(Some(Duration::from_mins(5)), 7);
    assert_eq!(throttle.pause(8).unwrap().until, 300_007, "the longest");
    assert_eq!(throttle.pause(300_007), None);
}

#[test]
fn what_is_kept_in_the_store_is_pinned() {
    let mut throttle = Throttle::default();
    throttle.limit(None, 7);
    throttle.apply_response(Signal::Refused, false, limit(3, 10), 0, 1.0, 7);
    assert_eq!(
        serde_json::to_string(&throttle).unwrap(),
        r#"{"limited":{"since":7,"until":300007},"refused":{"since":7,"until":5007},"refusals":1,"for_delete":false,"hints":[{"more":3,"since":7,"until":10007}],"quota":null,"quota_at":0}"#
    );
    assert_eq!(
        [3, 4].map(|free| throttle.binding(free, 7).hints.len()),
        [0, 1]
    );
}

#[test]
fn two_ledgers_that_tell_each_other_of_a_limit_do_not_prolong_it() {
    let (mut one, mut other) = (Throttle::default(), Throttle::default());
    one.limit(Some(Duration::from_millis(300)), 1_000);
    for now in [1_010, 1_500, 1_990] {
        other.limit_until(one.limited_until(now).unwrap(), now);
        one.limit_until(other.limited_until(now).unwrap(), now);
    }
    assert_eq!(one.stopped_until(1_999), Some(2_000));
    assert_eq!(other.stopped_until(1_999), Some(2_000));
    assert_eq!(other.stopped_until(2_000), None);
    other.limit_until(1_500, 2_000);
    assert_eq!(other.pause(2_000), None, "that is over");
    other.limit_until(u64::MAX, 2_000);
    assert_eq!(other.stopped_until(2_000), Some(2_000 + 3_600_000));
}

#[test]
fn somebody_elses_accepted_request_lets_a_refused_token_be_tried_soon() {
    let mut throttle = Throttle::default();
    throttle.try_soon(0);
    assert_eq!(throttle.stopped_until(0), None);
    for now in (0..10).map(|times| times * 1_000_000) {
        throttle.apply_response(Signal::Refused, false, SAYS_NOTHING, 0, 1.0, now);
    }
    let now = 9_000_000;
    assert_eq!(throttle.stopped_until(now), Some(now + 300_000));
    throttle.try_soon(now + 100);
    throttle.try_soon(now + 4_000);
    assert_eq!(throttle.stopped_until(now), Some(now + 5_100));
    assert!(throttle.is_refused(), "one request tries it");
}

#[test]
fn a_token_that_is_refused_for_deletes_is_good_when_a_delete_is_accepted() {
    let mut throttle = Throttle::default();
    let mut stopped_for = Vec::new();
    for now in (0..4).map(|times| times * 1_000_000) {
        throttle.apply_response(Signal::Refused, true, SAYS_NOTHING, 0, 1.0, now);
        stopped_for.push(throttle.stopped_until(now).unwrap() - now);
        // The kick before the next delete.
        throttle.apply_response(Signal::Accepted, false, SAYS_NOTHING, 0, 1.0, now + 900_000);
        assert!(throttle.is_refused());
    }
    assert_eq!(stopped_for, [5_000, 10_000, 20_000, 40_000]);
    throttle.apply_response(Signal::Accepted, true, SAYS_NOTHING, 0, 1.0, 4_000_000);
    assert!(!throttle.is_refused());
}
