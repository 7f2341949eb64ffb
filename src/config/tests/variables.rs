//! The values that optional variables may have.

use super::*;

fn with(name: &'static str, value: &str) -> Config {
    let mut map = complete();
    map.insert(name, value.to_owned());
    parse_map(&map).unwrap()
}

#[test]
fn what_is_not_said_is_as_the_readme_has_it() {
    let config = parse_map(&complete()).unwrap();
    assert_eq!(config.requests_per_5_minutes, 1200);
    assert_eq!(config.synchronous_share_percent, 20);
    assert_eq!(config.retention_days, 90);
    assert_eq!(config.give_up_after_hours, 24);
    assert!(config.record_synchronous);
}

#[test]
fn the_history_of_synchronous_removals_is_kept_or_not() {
    let records = |value| with("RECORD_SYNCHRONOUS_REMOVALS", value).record_synchronous;
    assert!(records("true") && !records("false"));
}

#[test]
fn an_app_that_is_named_twice_is_one() {
    let config = with("REALTIMEKIT_APP_IDS", "a,b,a");
    let apps: Vec<_> = config.apps().map(AppId::as_str).collect();
    assert_eq!(apps, ["a", "b"]);
}
