//! The meaning of the headers.

use super::*;
use crate::realtimekit::retry::RetryPolicy;

fn answer(ratelimit: &str, policy: &str) -> RawAnswer {
    RawAnswer {
        ratelimit: Some(ratelimit.to_owned()),
        ratelimit_policy: Some(policy.to_owned()),
        ..RawAnswer::default()
    }
}

fn left(requests: u32, seconds: u32) -> Left {
    Left { requests, seconds }
}

#[test]
fn the_documented_headers_are_read() {
    let limit = RateLimit::of(&answer(
        r#""default";r=50;t=30"#,
        r#""default";q=1200;w=300"#,
    ));
    assert_eq!(
        limit,
        RateLimit {
            left: vec![left(50, 30)],
            quota: Some(1200),
            window_seconds: Some(300)
        }
    );
}

#[test]
fn of_several_policies_the_one_of_the_fewest_in_five_minutes_counts() {
    for (policy, expected) in [
        (
            r#""default";q=900;w=300, "burst";q=250;w=10"#,
            (Some(900), Some(300)),
        ),
        (
            r#""default";q=1200;w=300,"burst";q=20;w=10"#,
            (Some(20), Some(10)),
        ),
        // Items without a window, or with an empty one, are ignored.
        (
            r#""a";q=1, "b";q=2;w=0, "c";q=1200;w=300"#,
            (Some(1200), Some(300)),
        ),
    ] {
        let limit = RateLimit::of(&answer("", policy));
        assert_eq!((limit.quota, limit.window_seconds), expected, "{policy}");
    }
}

#[test]
fn of_several_limits_all_that_is_left_is_read() {
    let limit = RateLimit::of(&answer(
        r#""burst";r=5;t=1, "default";r=6;t=200, "over";r=0;t=0, "open";r=0"#,
        "",
    ));
    assert_eq!(limit.left, [left(5, 1), left(6, 200)]);
}

#[test]
fn ledgers_that_share_a_token_share_what_it_has_left() {
    let limit = RateLimit::of(&answer(
        r#""default";r=50;t=30"#,
        r#""default";q=1200;w=300"#,
    ));
    assert_eq!(limit.clone().shared_by(1), limit);
    let part = limit.shared_by(4);
    assert_eq!(part.left, [left(12, 30)]);
    assert_eq!((part.quota, part.window_seconds), (Some(300), Some(300)));
}

#[test]
fn absurd_headers_say_nothing() {
    for text in [
        "",
        "r=5",
        r#""default";r=-1;t=x"#,
        r#""default";r=99999999999"#,
        ";;;=;",
        r#""d";rr=1"#,
    ] {
        assert_eq!(
            RateLimit::of(&answer(text, text)),
            RateLimit::default(),
            "{text}"
        );
    }
}

#[test]
fn milliseconds_go_before_seconds() {
    let mut answer = RawAnswer {
        retry_after: Some("300".to_owned()),
        ..RawAnswer::default()
    };
    assert_eq!(retry_after(&answer), Some(Duration::from_mins(5)));
    answer.retry_after_ms = Some("1500".to_owned());
    assert_eq!(retry_after(&answer), Some(Duration::from_millis(1500)));
    answer.retry_after_ms = Some("nonsense".to_owned());
    answer.retry_after = Some(" 0.25 ".to_owned());
    assert_eq!(retry_after(&answer), Some(Duration::from_millis(250)));
}

#[test]
fn an_absurd_time_is_a_day_and_ends_a_call() {
    for digits in ["99999999999999999999", "18446744073709551616.999999999"] {
        let seconds = RawAnswer {
            retry_after: Some(digits.to_owned()),
            ..RawAnswer::default()
        };
        let milliseconds = RawAnswer {
            retry_after_ms: Some(digits.to_owned()),
            ..RawAnswer::default()
        };
        for answer in [seconds, milliseconds] {
            let asked = retry_after(&answer);
            assert_eq!(asked, Some(Duration::from_hours(24)), "{digits}");
            let policy = RetryPolicy::SYNCHRONOUS;
            assert_eq!(policy.delay(1, Duration::ZERO, asked, 0.0), None);
        }
    }
}

#[test]
fn a_date_or_nonsense_is_no_time_to_wait() {
    for text in [
        "",
        "-1",
        "NaN",
        "inf",
        "1e400",
        "Wed, 21 Oct 2026 07:28:00 GMT",
    ] {
        let answer = RawAnswer {
            retry_after: Some(text.to_owned()),
            ..RawAnswer::default()
        };
        assert_eq!(retry_after(&answer), None, "{text}");
    }
}
