use super::*;
use crate::webhooks::tests::signers::RsaSigner;

const MINUTE: u64 = FETCH_INTERVAL_MS;

fn a() -> RsaKey {
    RsaSigner::a().public()
}

fn b() -> RsaKey {
    RsaSigner::b().public()
}

fn down() -> Result<RsaKey, KeyFetchError> {
    Err(KeyFetchError("it is down".to_owned()))
}

/// Returns a cache whose first fetch, at time 0, failed, while the ledger had no copy.
fn without_a_key() -> KeyCache {
    let mut cache = KeyCache::default();
    cache.fetch_started(0);
    cache.fetch_ended(down(), 10);
    cache.read_started(10);
    cache.read_ended(None, 20);
    cache
}

/// Returns a cache that fetched key A at time 0.
fn holding_a() -> KeyCache {
    let mut cache = KeyCache::default();
    cache.fetch_started(0);
    cache.fetch_ended(Ok(a()), 10);
    cache
}

/// Returns a message that arrived at that time and failed under every key that the cache would try.
fn failed(cache: &KeyCache, arrived_ms: u64) -> Attempt {
    let mut attempt = Attempt::new(arrived_ms);
    while let Step::Try(generation, _) = cache.next(&attempt, arrived_ms) {
        attempt.failed(generation);
    }
    attempt
}

#[test]
fn a_key_at_hand_is_tried_before_any_fetch() {
    let cache = holding_a();
    assert_eq!(
        cache.next(&Attempt::new(9 * MINUTE), 9 * MINUTE),
        Step::Try(1, a())
    );
}

#[test]
fn the_first_message_fetches_and_the_others_wait_for_it() {
    let mut cache = KeyCache::default();
    assert_eq!(cache.next(&Attempt::new(0), 0), Step::Fetch);
    cache.fetch_started(0);
    assert_eq!(cache.next(&Attempt::new(1), 1), Step::Wait);
    cache.fetch_ended(Ok(a()), 20);
    assert_eq!(cache.next(&Attempt::new(1), 20), Step::Try(1, a()));
}

#[test]
fn a_fetch_that_never_ends_is_not_waited_for_beyond_its_deadline() {
    let mut cache = KeyCache::default();
    cache.fetch_started(0);
    assert_eq!(
        cache.next(&Attempt::new(1), FETCH_DEADLINE_MS - 1),
        Step::Wait
    );
    let late = FETCH_DEADLINE_MS;
    assert_eq!(cache.next(&Attempt::new(1), late), Step::Read);
    cache.read_started(late);
    assert_eq!(cache.next(&Attempt::new(1), 2 * late - 1), Step::Wait);
    assert_eq!(cache.next(&Attempt::new(1), 2 * late), Step::Later);
    assert_eq!(
        cache.retry_later_reason(),
        "no key could be had: the fetch did not end"
    );
    assert_eq!(cache.next(&Attempt::new(1), MINUTE), Step::Fetch);
}

#[test]
fn only_a_key_that_was_asked_for_after_the_message_came_refuses_it() {
    let mut cache = holding_a();
    let now = 2 * MINUTE;
    let attempt = failed(&cache, now);
    assert_eq!(cache.next(&attempt, now), Step::Fetch);
    cache.fetch_started(now);
    cache.fetch_ended(Ok(a()), now + 10);
    assert_eq!(cache.next(&attempt, now + 10), Step::Refuse);
    // A message that arrives a moment later could be signed with a key from that moment.
    let next = failed(&cache, now + 11);
    assert_eq!(cache.next(&next, now + 11), Step::Later);
    assert_eq!(cache.next(&next, now + MINUTE - 1), Step::Later);
    assert_eq!(cache.next(&next, now + MINUTE), Step::Fetch);
}

#[test]
fn a_failed_fetch_is_never_a_reason_to_refuse() {
    let mut cache = holding_a();
    let attempt = failed(&cache, 2 * MINUTE);
    cache.fetch_started(2 * MINUTE);
    cache.fetch_ended(down(), 2 * MINUTE + 10);
    assert_eq!(cache.next(&attempt, 2 * MINUTE + 10), Step::Later);
    assert_eq!(
        cache.next(&Attempt::new(3 * MINUTE), 3 * MINUTE),
        Step::Try(1, a())
    );
    assert_eq!(without_a_key().next(&Attempt::new(0), 20), Step::Later);
}

#[test]
fn the_previous_key_stays_good_for_an_hour() {
    let mut cache = holding_a();
    cache.fetch_started(2 * MINUTE);
    cache.fetch_ended(Ok(b()), 2 * MINUTE);
    let mut attempt = Attempt::new(3 * MINUTE);
    assert_eq!(cache.next(&attempt, 3 * MINUTE), Step::Try(2, b()));
    attempt.failed(2);
    assert_eq!(cache.next(&attempt, 3 * MINUTE), Step::Try(1, a()));
    let end = 2 * MINUTE + PREVIOUS_KEY_MS;
    assert_eq!(cache.next(&attempt, end - 1), Step::Try(1, a()));
    assert_eq!(cache.next(&attempt, end), Step::Fetch);
}

#[test]
fn a_pinned_key_is_all_there_is() {
    let cache = KeyCache::pinned(a());
    assert_eq!(cache.next(&Attempt::new(0), 0), Step::Try(1, a()));
    assert_eq!(
        cache.next(&failed(&cache, 9 * MINUTE), 9 * MINUTE),
        Step::Refuse
    );
}

#[test]
fn a_clock_that_goes_back_stops_nothing() {
    let mut cache = KeyCache::default();
    cache.fetch_started(100 * MINUTE);
    cache.fetch_ended(down(), 100 * MINUTE);
    assert_eq!(cache.next(&Attempt::new(0), 0), Step::Fetch);
}

#[test]
fn a_fetched_key_is_stored_until_the_ledger_has_it_once_a_minute_at_most() {
    let mut cache = holding_a();
    assert!(cache.held(1, 100));
    // Others verified in the meantime leave it to the first, and a failure is no reason to retry with every message.
    assert!(!cache.held(1, 101) && !cache.held(1, 99 + MINUTE));
    assert!(cache.held(1, 100 + MINUTE));
    cache.stored(1);
    assert!(!cache.held(1, 9 * MINUTE));
}

#[test]
fn a_new_key_is_stored_at_once_and_an_older_one_no_more() {
    let mut cache = holding_a();
    assert!(cache.held(1, MINUTE));
    cache.fetch_started(MINUTE);
    cache.fetch_ended(Ok(b()), MINUTE);
    // Storing the first key finishes late.
    cache.stored(1);
    assert!(!cache.held(1, MINUTE + 1));
    assert!(cache.held(2, MINUTE + 1));
}

#[test]
fn a_key_that_was_not_fetched_is_not_stored() {
    let mut adopted = KeyCache::default();
    adopted.read_started(0);
    adopted.read_ended(Some(a()), 0);
    adopted.fetch_started(1);
    adopted.fetch_ended(Ok(a()), 2);
    assert!(!adopted.held(1, 3) && !KeyCache::pinned(a()).held(1, 3));
}

#[test]
fn the_ledgers_copy_is_read_once_after_each_fetch_that_left_no_key() {
    let mut cache = KeyCache::default();
    let attempt = Attempt::new(0);
    cache.fetch_started(0);
    cache.fetch_ended(down(), 10);
    assert_eq!(cache.next(&attempt, 10), Step::Read);
    cache.read_started(10);
    assert_eq!(cache.next(&attempt, 11), Step::Wait);
    cache.read_ended(None, 20);
    for now in [20, MINUTE - 1] {
        assert_eq!(cache.next(&Attempt::new(now), now), Step::Later);
    }
    assert_eq!(cache.next(&Attempt::new(MINUTE), MINUTE), Step::Fetch);
    cache.fetch_started(MINUTE);
    cache.fetch_ended(down(), MINUTE);
    assert_eq!(cache.next(&attempt, MINUTE), Step::Read);
    cache.read_started(MINUTE);
    cache.read_ended(Some(a()), MINUTE);
    assert_eq!(cache.next(&attempt, MINUTE), Step::Try(1, a()));
    // With a known key, there is nothing to read.
    assert_eq!(cache.next(&failed(&cache, MINUTE), MINUTE), Step::Later);
    cache.fetch_started(2 * MINUTE);
    cache.fetch_ended(down(), 2 * MINUTE);
    assert_eq!(cache.next(&failed(&cache, MINUTE), 2 * MINUTE), Step::Later);
}

#[test]
fn why_it_cannot_be_told_is_said_as_it_is() {
    let mut cache = without_a_key();
    let no_key = "no key could be had: it is down";
    assert_eq!(cache.retry_later_reason(), no_key);
    cache.fetch_started(MINUTE);
    cache.fetch_ended(Ok(a()), MINUTE);
    assert_eq!(
        cache.retry_later_reason(),
        "the signature holds under no known key, and the key was fetched less than a minute ago"
    );
    cache.fetch_started(2 * MINUTE);
    cache.fetch_ended(down(), 2 * MINUTE);
    assert_eq!(cache.retry_later_reason(), no_key);
}

#[test]
fn a_copy_that_comes_late_does_not_replace_a_fetched_key() {
    let mut cache = KeyCache::default();
    cache.read_started(0);
    cache.fetch_started(1);
    cache.fetch_ended(Ok(b()), 2);
    cache.read_ended(Some(a()), 3);
    assert_eq!(cache.next(&Attempt::new(4), 4), Step::Try(1, b()));
}
