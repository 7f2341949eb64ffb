//! `RealtimeKit`'s signature with a key that changes, over a key URL that fails on demand.

mod checks;
mod key_url;
mod world;

use std::cell::RefCell;
use std::task::Poll;

use world::World;

use pollster::block_on;

use super::signers::{Ring, RsaSigner};
use crate::webhooks::key_cache::KeyCache;
use crate::webhooks::realtimekit::{claim, verify};
use crate::webhooks::verification::Refused::{
    self, HeaderMissing, HeaderTooLong, Malformed, Mismatch,
};
use crate::webhooks::{Rejection, Verified};

const BODY: &[u8] = br#"{"event":"meeting.ended","meeting":{"id":"x"}}"#;

async fn send(
    cache: &RefCell<KeyCache>,
    world: &World,
    signature: &str,
) -> Result<Verified, Rejection> {
    let headers = |name: &str| (name == "rtk-signature").then(|| signature.to_owned());
    verify(cache, world, &claim(&headers)?, BODY, &Ring).await
}

fn receive(
    cache: &RefCell<KeyCache>,
    world: &World,
    signature: &str,
) -> Result<Verified, Rejection> {
    block_on(send(cache, world, signature))
}

fn refused(why: Refused) -> Result<Verified, Rejection> {
    Err(Rejection::Refused(why))
}

#[test]
fn a_signature_holds_under_the_published_key_which_is_fetched_once_and_kept_in_the_ledger() {
    let (world, cache, a) = (
        World::with(&RsaSigner::a()),
        RefCell::default(),
        RsaSigner::a(),
    );
    for _ in 0..10 {
        assert!(receive(&cache, &world, &a.sign(BODY)).is_ok());
        world.pass(100_000);
    }
    assert_eq!((world.fetches.get(), world.ledger_writes.get()), (1, 1));
    assert_eq!(*world.stored.borrow(), Some(a.public()));
}

#[test]
fn what_has_not_the_form_of_a_signature_is_refused_without_a_fetch() {
    let (world, cache, a) = (
        World::with(&RsaSigner::a()),
        RefCell::default(),
        RsaSigner::a(),
    );
    let right = a.sign(BODY);
    for (attack, signature, why) in [
        ("empty", String::new(), HeaderMissing),
        ("no base64", "!".repeat(344), Malformed),
        ("truncated", right[..340].to_owned(), Malformed),
        (
            "without padding",
            right.trim_end_matches('=').to_owned(),
            Malformed,
        ),
        ("a doubled header", format!("{right}, {right}"), Malformed),
        ("a blank at its end", format!("{right} "), Malformed),
        (
            "base64 of URLs",
            right.replace(['+', '/', 'A'], "-"),
            Malformed,
        ),
        (
            "the HMAC of another scheme",
            "sha256=757107ea".to_owned(),
            Malformed,
        ),
        (
            "an Ed25519 signature",
            format!("{}==", "A".repeat(86)),
            Malformed,
        ),
        ("a megabyte", "A".repeat(1024 * 1024), HeaderTooLong),
    ] {
        assert_eq!(
            receive(&cache, &world, &signature),
            refused(why),
            "{attack}"
        );
    }
    assert_eq!(claim(&|_| None), Err(HeaderMissing));
    assert_eq!((world.fetches.get(), world.ledger_reads.get()), (0, 0));
}

#[test]
fn a_flood_of_forgeries_costs_a_fetch_a_minute_and_nothing_of_the_ledger() {
    let (world, cache) = (World::with(&RsaSigner::a()), RefCell::default());
    let forged = RsaSigner::b().sign(BODY);
    let mut refusals = 0;
    for _ in 0..6_000 {
        match receive(&cache, &world, &forged) {
            Err(Rejection::Refused(Mismatch)) => refusals += 1,
            Err(Rejection::Unavailable(_)) => {}
            other => panic!("{other:?}"),
        }
        world.pass(100);
    }
    assert_eq!((world.fetches.get(), refusals), (10, 10));
    assert_eq!(
        (world.ledger_reads.get(), world.ledger_writes.get()),
        (0, 0)
    );
}

#[test]
fn a_rotation_loses_nothing_even_under_a_flood() {
    let (a, b) = (RsaSigner::a(), RsaSigner::b());
    let (world, cache) = (World::with(&a), RefCell::default());
    assert!(receive(&cache, &world, &a.sign(BODY)).is_ok());
    world.pass(60_000);
    // A forgery uses up this minute's fetch; then the key changes.
    assert_eq!(
        receive(&cache, &world, &b.sign(b"other")),
        refused(Mismatch)
    );
    world.publish(&b);
    world.pass(1);
    let signed = b.sign(BODY);
    let answer = receive(&cache, &world, &signed);
    assert!(
        matches!(answer, Err(Rejection::Unavailable(_))),
        "a 401 would be final: {answer:?}"
    );
    world.pass(60_000);
    assert!(receive(&cache, &world, &signed).is_ok());
    // A message signed before the rotation is delivered after it.
    assert!(receive(&cache, &world, &a.sign(BODY)).is_ok());
    assert_eq!(*world.stored.borrow(), Some(b.public()));
}

#[test]
fn the_ledgers_copy_helps_a_new_isolate_while_the_key_url_is_down() {
    let a = RsaSigner::a();
    let (world, cache) = (World::with(&a), RefCell::default());
    world.answer(503, "");
    *world.stored.borrow_mut() = Some(a.public());
    assert!(receive(&cache, &world, &a.sign(BODY)).is_ok());
    assert_eq!(
        (
            world.fetches.get(),
            world.ledger_reads.get(),
            world.ledger_writes.get()
        ),
        (1, 1, 0)
    );
}

#[test]
fn a_key_that_the_ledger_did_not_take_is_given_to_it_again() {
    let a = RsaSigner::a();
    let (world, cache) = (World::with(&a), RefCell::default());
    world.ledger_fails.set(true);
    for _ in 0..60 {
        assert!(receive(&cache, &world, &a.sign(BODY)).is_ok());
        world.pass(2_000);
    }
    assert_eq!((world.fetches.get(), world.ledger_writes.get()), (1, 2));
    world.ledger_fails.set(false);
    for _ in 0..60 {
        assert!(receive(&cache, &world, &a.sign(BODY)).is_ok());
        world.pass(2_000);
    }
    assert_eq!((world.fetches.get(), world.ledger_writes.get()), (1, 3));
    assert_eq!(*world.stored.borrow(), Some(a.public()));
}

#[test]
fn the_ledgers_copy_helps_those_who_come_after_a_fetch_that_never_ended() {
    let a = RsaSigner::a();
    let (world, cache) = (World::with(&a), RefCell::default());
    *world.stored.borrow_mut() = Some(a.public());
    let signature = a.sign(BODY);
    let mut hung_up = Box::pin(send(&cache, &world, &signature));
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    assert!(hung_up.as_mut().poll(&mut context).is_pending());
    drop(hung_up);
    world.pass(6_000);
    assert!(receive(&cache, &world, &signature).is_ok());
    assert_eq!((world.fetches.get(), world.ledger_reads.get()), (1, 1));
}

#[test]
fn the_log_has_the_reason_why_there_is_no_key_for_every_message() {
    let a = RsaSigner::a();
    let (world, cache) = (World::with(&a), RefCell::default());
    world.answer(503, "");
    for _ in 0..3 {
        let Err(Rejection::Unavailable(why)) = receive(&cache, &world, &a.sign(BODY)) else {
            panic!()
        };
        assert_eq!(
            why,
            "no key could be had: the key URL answered with status 503"
        );
        world.pass(1_000);
    }
    assert_eq!((world.fetches.get(), world.ledger_reads.get()), (1, 1));
}

#[test]
fn a_hundred_messages_at_once_share_the_ledgers_copy() {
    let a = RsaSigner::a();
    let (world, cache) = (World::with(&a), RefCell::default());
    world.answer(503, "");
    *world.stored.borrow_mut() = Some(a.public());
    assert_eq!(together(&cache, &world, &a), 100);
    assert_eq!((world.fetches.get(), world.ledger_reads.get()), (1, 1));
}

#[test]
fn a_hundred_messages_at_once_share_one_fetch() {
    let a = RsaSigner::a();
    let (world, cache) = (World::with(&a), RefCell::default());
    assert_eq!(together(&cache, &world, &a), 100);
    assert_eq!((world.fetches.get(), world.ledger_writes.get()), (1, 1));
}

/// Returns how many of a hundred messages that arrive at once are accepted.
fn together(cache: &RefCell<KeyCache>, world: &World, signer: &RsaSigner) -> u32 {
    let signature = signer.sign(BODY);
    let mut waiting: Vec<_> = (0..100)
        .map(|_| Box::pin(send(cache, world, &signature)))
        .collect();
    let mut accepted = 0;
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    for _ in 0..10 {
        waiting.retain_mut(|future| match future.as_mut().poll(&mut context) {
            Poll::Ready(answer) => {
                accepted += u32::from(answer.is_ok());
                false
            }
            Poll::Pending => true,
        });
    }
    accepted
}

#[test]
fn a_pinned_key_fetches_nothing() {
    let (a, b) = (RsaSigner::a(), RsaSigner::b());
    let (world, cache) = (World::with(&b), RefCell::new(KeyCache::pinned(a.public())));
    assert!(receive(&cache, &world, &a.sign(BODY)).is_ok());
    assert_eq!(receive(&cache, &world, &b.sign(BODY)), refused(Mismatch));
    assert_eq!((world.fetches.get(), world.ledger_writes.get()), (0, 0));
}
