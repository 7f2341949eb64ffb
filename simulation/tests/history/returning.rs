//! Users who came back, or have not left.

use participant_remover::ids::{CustomParticipantId, MeetingId};
use participant_remover::ledger::{Change, Connection, RemovalState};

use super::{ledger, left, meeting};

fn connection<'a>(
    meeting: &'a MeetingId,
    user: &'a CustomParticipantId,
    peer: Option<&'a str>,
) -> Connection<'a> {
    Connection {
        source: "webhook:realtimekit",
        meeting,
        user: Some(user),
        peer,
    }
}

#[test]
fn whoever_comes_back_in_time_is_not_removed() {
    let (clock, ledger) = ledger();
    let now = clock.now();
    let user = CustomParticipantId::parse("user").unwrap();
    let mine = left(&ledger, &clock, "user", now - 1_000);
    let other = left(&ledger, &clock, "other", now - 1_000);
    assert_eq!(ledger.next_alarm(now).unwrap(), Some(now + 60_000));
    let cancel = |source, joined| {
        ledger
            .cancel_pending(source, &meeting(), Some(&user), joined, now)
            .unwrap()
    };
    assert_eq!(cancel("api", Some(now)), []);
    assert_eq!(
        cancel("webhook:realtimekit", Some(now - 2_000)),
        [],
        "that was before they left"
    );
    assert_eq!(
        cancel("webhook:realtimekit", Some(now)),
        std::slice::from_ref(&mine)
    );
    let state = |id| ledger.show(id, now).unwrap().unwrap().state;
    assert_eq!(
        (state(&mine), state(&other)),
        (RemovalState::Cancelled, RemovalState::Scheduled)
    );
    // Repeating it changes nothing.
    assert_eq!(
        ledger.cancel(&mine, Some("support-desk"), now).unwrap(),
        Some(Change::Done)
    );
    assert_eq!(state(&mine), RemovalState::Cancelled);
}

#[test]
fn whoever_is_there_by_another_connection_has_not_left() {
    let (clock, ledger) = ledger();
    let now = clock.now();
    let (user, meeting) = (CustomParticipantId::parse("user").unwrap(), meeting());
    let connection = |peer| connection(&meeting, &user, peer);
    let join = |peer, at| {
        ledger
            .joined(connection(Some(peer)), now + at, now)
            .unwrap();
    };
    let left = |peer, at| ledger.left(connection(Some(peer)), now + at, now).unwrap();
    // The lost connection is noticed only after the new one was made.
    join("a", 0);
    join("b", 10);
    assert!(left("a", 40));
    assert!(!left("b", 50));
    // A late join belongs to a connection that has already ended.
    join("a", 0);
    assert!(!left("b", 50));
    // The message of leaving is repeated after the return was reported.
    join("c", 70);
    assert!(left("b", 60));
    // Without connection names, the times decide.
    let nameless = connection(None);
    let other = CustomParticipantId::parse("other").unwrap();
    let of_other = Connection {
        user: Some(&other),
        ..nameless
    };
    ledger.joined(of_other, now + 20, now).unwrap();
    assert!(ledger.left(of_other, now, now).unwrap());
    assert!(!ledger.left(of_other, now + 30, now).unwrap());
    let another = Connection {
        source: "webhook:other",
        ..connection(Some("a"))
    };
    assert!(
        !ledger.left(another, now, now).unwrap(),
        "sources are apart"
    );
    // Somebody has joined since the meeting ended; and a connection that nothing ends is forgotten after a day.
    let ended = |at, now| {
        ledger
            .ended("webhook:realtimekit", &meeting, at, now)
            .unwrap()
    };
    assert!(ended(now + 65, now));
    assert!(!ended(now + 65, now + 25 * 3_600_000));
    assert!(!ended(now + 75, now));
}

/// The messages arrive out of order: first that one connection was lost, then that another had been made before.
#[test]
fn whoever_joined_before_the_other_connection_was_lost_is_found_to_be_there() {
    let (clock, ledger) = ledger();
    let now = clock.now();
    let (user, meeting) = (CustomParticipantId::parse("user").unwrap(), meeting());
    let connection = |peer| connection(&meeting, &user, Some(peer));
    assert!(!ledger.left(connection("a"), now - 20, now).unwrap());
    assert!(ledger.joined(connection("b"), now - 100, now).unwrap());
    // A join of a connection that has already ended is ignored, and so is one from long ago.
    assert!(!ledger.joined(connection("a"), now - 50, now).unwrap());
    let day = 24 * 3_600_000;
    assert!(!ledger.joined(connection("c"), now - day, now).unwrap());
    assert!(
        ledger.left(connection("d"), now, now).unwrap(),
        "b is there"
    );
    assert!(
        !ledger.left(connection("b"), now, now).unwrap(),
        "and c is not"
    );
}

/// The delay is over and the removal is waiting for its turn: it has not started.
#[test]
fn whoever_comes_back_before_the_removal_begins_is_not_removed() {
    let (clock, ledger) = ledger();
    let user = CustomParticipantId::parse("user").unwrap();
    let mine = left(&ledger, &clock, "user", clock.now());
    clock.advance(clock.now() + 61_000);
    let now = clock.now();
    let cancel =
        || ledger.cancel_pending("webhook:realtimekit", &meeting(), Some(&user), None, now);
    assert_eq!(cancel().unwrap(), [mine]);
    assert_eq!(cancel().unwrap(), []);
}

/// The join event is delivered again, or for the first time, after the meeting has ended: it no longer means that
/// anybody is there.
#[test]
fn whoever_joined_before_the_meeting_ended_is_not_there() {
    let (clock, ledger) = ledger();
    let now = clock.now();
    let (user, meeting) = (CustomParticipantId::parse("user").unwrap(), meeting());
    let connection = |peer| connection(&meeting, &user, Some(peer));
    ledger.joined(connection("a"), now - 500, now).unwrap();
    ledger.left(connection("a"), now - 400, now).unwrap();
    assert!(
        !ledger
            .ended("webhook:realtimekit", &meeting, now - 300, now)
            .unwrap()
    );
    for peer in ["a", "b"] {
        assert!(!ledger.joined(connection(peer), now - 500, now).unwrap());
    }
    assert!(ledger.joined(connection("c"), now - 200, now).unwrap());
    assert!(
        ledger.left(connection("b"), now, now).unwrap(),
        "c is there"
    );
    assert!(!ledger.left(connection("c"), now, now).unwrap());
}

/// Nothing else is stored: even so, who was in a meeting is forgotten after a day, and then no alarm is needed.
#[test]
fn a_connection_is_forgotten_after_a_day() {
    const HOUR: u64 = 60 * 60 * 1000;
    const DAY: u64 = 24 * HOUR;
    let (clock, ledger) = ledger();
    let start = clock.now();
    assert_eq!(ledger.next_alarm(start).unwrap(), None);
    let id = left(&ledger, &clock, "u", start);
    ledger.cancel(&id, Some("support-desk"), start).unwrap();
    let connection = Connection {
        source: "webhook:realtimekit",
        meeting: &meeting(),
        user: None,
        peer: Some("p"),
    };
    ledger.joined(connection, start, start + 5).unwrap();
    let at = ledger.next_alarm(start + 5).unwrap().unwrap();
    // Those of the same hour are deleted together.
    assert!((start + 5 + DAY..=start + 5 + 25 * HOUR).contains(&at));
    ledger.purge(at).unwrap();
    let kept = ledger.next_alarm(at).unwrap().unwrap();
    assert!(kept > start + 30 * DAY, "{kept}");
    ledger.purge(kept).unwrap();
    assert_eq!(ledger.next_alarm(kept).unwrap(), None);
}
