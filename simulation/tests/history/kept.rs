//! Events that were not understood, keys, pages of the list, and notes.

use participant_remover::ids::CustomParticipantId;
use participant_remover::ledger::{
    Acceptance, Filter, Key, NotServed, Origin, Quarantined, RemovalState, Store,
};
use participant_remover::removal::Target;
use simulation::scenario::order;
use simulation::store::SimulatedStore;

use super::{ledger, left, meeting, on_disk};

#[test]
fn an_event_that_was_not_understood_is_quarantined_once() {
    let (clock, ledger) = ledger();
    let key = Key {
        scope: "webhook:realtimekit".to_owned(),
        key: "d".to_owned(),
        digest: "d".to_owned(),
    };
    let event = Quarantined {
        source: "webhook:realtimekit",
        problem: "meeting.ended has no meeting.id",
        key: Some(&key),
    };
    let Acceptance::Accepted(id) = ledger.quarantine(&event, &clock).unwrap() else {
        panic!()
    };
    assert_eq!(
        ledger.quarantine(&event, &clock).unwrap(),
        Acceptance::Replayed(id.clone())
    );
    let listed = ledger
        .list(in_state(RemovalState::Quarantined), None, 10, clock.now())
        .unwrap();
    assert_eq!((listed.rows.len(), &listed.rows[0].id), (1, &id));
    assert!(
        ledger
            .list(in_state(RemovalState::Queued), None, 10, clock.now())
            .unwrap()
            .rows
            .is_empty()
    );
}

#[test]
fn a_key_is_known_as_long_as_its_removal() {
    const DAY: u64 = 24 * 60 * 60 * 1000;
    let (clock, ledger) = ledger();
    let start = clock.now();
    let key = Key {
        scope: "caller:backend".to_owned(),
        key: "k".to_owned(),
        digest: "d".to_owned(),
    };
    let origin = Origin {
        caller: Some("backend"),
        source: "api",
        event_at: None,
        key: Some(&key),
    };
    let target = Target::EveryoneInMeeting { meeting: meeting() };
    let order = order(target, true, false, Some(start + 300 * DAY)).unwrap();
    let Acceptance::Accepted(id) = ledger.accept(&order, &origin, &clock).unwrap() else {
        panic!()
    };
    clock.advance(start + 200 * DAY);
    ledger
        .cancel(&id, Some("support-desk"), clock.now())
        .unwrap();
    clock.advance(start + 290 * DAY);
    ledger.purge(clock.now()).unwrap();
    assert_eq!(
        ledger.accept(&order, &origin, &clock).unwrap(),
        Acceptance::Replayed(id.clone())
    );
    clock.advance(start + 291 * DAY);
    assert_eq!(ledger.purge(clock.now()).unwrap(), 1);
    assert!(matches!(
        ledger.accept(&order, &origin, &clock).unwrap(),
        Acceptance::Accepted(another) if another != id
    ));
}

#[test]
fn lists_are_read_by_pages_newest_first() {
    let (clock, ledger) = ledger();
    let ids: Vec<_> = (0..5)
        .map(|n| left(&ledger, &clock, &format!("u{n}"), 0))
        .collect();
    let first = ledger
        .list(Filter::default(), None, 2, clock.now())
        .unwrap();
    assert_eq!(
        first.rows.iter().map(|row| &row.id).collect::<Vec<_>>(),
        [&ids[4], &ids[3]]
    );
    let second = ledger
        .list(
            in_state(RemovalState::Scheduled),
            first.next,
            3,
            clock.now(),
        )
        .unwrap();
    assert_eq!(
        second.rows.iter().map(|row| &row.id).collect::<Vec<_>>(),
        [&ids[2], &ids[1], &ids[0]]
    );
    assert_eq!(second.next, None);
}

/// The rows of an expired removal are deleted in portions, its targets last.
#[test]
fn what_is_left_over_of_a_removal_ends_no_list() {
    let (clock, disk, ledger) = on_disk();
    let user = CustomParticipantId::parse("u").unwrap();
    let filter = Filter {
        user: Some(&user),
        ..Filter::default()
    };
    for _ in 0..3 {
        left(&ledger, &clock, "u", 0);
    }
    let newest = "DELETE FROM removals WHERE seq = (SELECT max(seq) FROM removals)";
    SimulatedStore(disk).run(newest, &[]).unwrap();
    let page = ledger.list(filter, None, 1, clock.now()).unwrap();
    assert!(page.next.is_some());
}

#[test]
fn notes_are_kept() {
    let (_, ledger) = ledger();
    assert_eq!(ledger.note("realtimekit.key").unwrap(), None);
    ledger.set_note("realtimekit.key", "a").unwrap();
    ledger.set_note("realtimekit.key", "b").unwrap();
    assert_eq!(
        ledger.note("realtimekit.key").unwrap().as_deref(),
        Some("b")
    );
}

#[test]
fn a_message_that_made_no_removal_is_known_for_a_week() {
    const DAY: u64 = 24 * 60 * 60 * 1000;
    let (clock, ledger) = ledger();
    let key = |digest: &str| Key {
        scope: "webhook:realtimekit".to_owned(),
        key: "k".to_owned(),
        digest: digest.to_owned(),
    };
    let start = clock.now();
    assert_eq!(ledger.replay(Some(&key("d")), start).unwrap(), None);
    ledger.remember_ignored(&key("d"), start).unwrap();
    assert_eq!(
        ledger.replay(Some(&key("d")), start).unwrap(),
        Some(Acceptance::Ignored)
    );
    assert_eq!(
        ledger.replay(Some(&key("x")), start).unwrap(),
        Some(Acceptance::Conflict)
    );
    ledger.purge(start + 7 * DAY).unwrap();
    assert_eq!(
        ledger.replay(Some(&key("d")), start).unwrap(),
        Some(Acceptance::Ignored)
    );
    ledger.purge(start + 7 * DAY + 1).unwrap();
    assert_eq!(ledger.replay(Some(&key("d")), start).unwrap(), None);
}

/// A body without an id that is received again after a week is a new event.
#[test]
fn a_body_is_known_for_a_week_however_long_its_removal_is_kept() {
    const DAY: u64 = 24 * 60 * 60 * 1000;
    let (clock, ledger) = ledger();
    let start = clock.now();
    let target = Target::EveryoneInMeeting { meeting: meeting() };
    let order = order(target, true, false, None).unwrap();
    let accept_of = |scope: &str, key: &str| {
        let key = Key {
            scope: scope.to_owned(),
            key: key.to_owned(),
            digest: "d".to_owned(),
        };
        let origin = Origin {
            caller: None,
            source: "webhook:github",
            event_at: None,
            key: Some(&key),
        };
        ledger.accept(&order, &origin, &clock).unwrap()
    };
    let accept = |key: &str| accept_of("webhook:github", key);
    for key in ["body/d", "message/d"] {
        assert!(matches!(accept(key), Acceptance::Accepted(_)));
    }
    // Callers may choose their keys freely.
    assert!(matches!(
        accept_of("caller:a", "body/d"),
        Acceptance::Accepted(_)
    ));
    clock.advance(start + 7 * DAY);
    for key in ["body/d", "message/d"] {
        assert!(matches!(accept(key), Acceptance::Replayed(_)));
    }
    clock.advance(start + 7 * DAY + 1);
    assert!(matches!(accept("body/d"), Acceptance::Accepted(_)));
    assert!(matches!(accept("message/d"), Acceptance::Replayed(_)));
    assert!(matches!(
        accept_of("caller:a", "body/d"),
        Acceptance::Replayed(_)
    ));
}

fn in_state(state: RemovalState) -> Filter<'static> {
    Filter {
        state: Some(state),
        ..Filter::default()
    }
}

#[test]
fn an_app_that_is_not_served_keeps_what_waits_and_lets_go_of_the_rest() {
    const DAY: u64 = 24 * 60 * 60 * 1000;
    let (clock, ledger) = ledger();
    let start = clock.now();
    let [waits, over] = ["a", "b"].map(|user| left(&ledger, &clock, user, start));
    ledger.cancel(&over, None, start).unwrap();
    let later = start + 91 * DAY;
    for now in [start, later] {
        let look_at = now + 300_000;
        let expected = NotServed {
            open: true,
            look_at,
        };
        assert_eq!(ledger.wait_to_be_served(now).unwrap(), expected);
    }
    assert!(ledger.show(&over, later).unwrap().is_none());
    ledger.cancel(&waits, None, later).unwrap();
    let last = later + 91 * DAY;
    let look_at = last + DAY;
    let expected = NotServed {
        open: false,
        look_at,
    };
    assert_eq!(ledger.wait_to_be_served(last).unwrap(), expected);
}
