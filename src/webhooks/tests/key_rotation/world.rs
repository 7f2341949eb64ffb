//! A key URL that fails on demand, a ledger and a clock.

use std::cell::{Cell, RefCell};
use std::task::Poll;

use crate::webhooks::key_answer::{self, KeyFetchError};
use crate::webhooks::public_key::RsaKey;
use crate::webhooks::realtimekit::KeySource;
use crate::webhooks::tests::signers::{RsaSigner, pem};

/// The key URL, the ledger and the clock.
pub struct World {
    answer: RefCell<(u16, String)>,
    pub stored: RefCell<Option<RsaKey>>,
    now_ms: Cell<u64>,
    pub fetches: Cell<u32>,
    pub ledger_reads: Cell<u32>,
    pub ledger_writes: Cell<u32>,
    pub ledger_fails: Cell<bool>,
}

impl World {
    pub fn with(signer: &RsaSigner) -> Self {
        let world = Self {
            answer: RefCell::default(),
            stored: RefCell::default(),
            now_ms: Cell::new(1_000_000),
            fetches: Cell::new(0),
            ledger_reads: Cell::new(0),
            ledger_writes: Cell::new(0),
            ledger_fails: Cell::new(false),
        };
        world.publish(signer);
        world
    }

    pub fn publish(&self, signer: &RsaSigner) {
        self.answer(200, &published(&pem("PUBLIC KEY", &signer.public_der())));
    }

    pub fn answer(&self, status: u16, body: &str) {
        *self.answer.borrow_mut() = (status, body.to_owned());
    }

    pub fn pass(&self, ms: u64) {
        self.now_ms.set(self.now_ms.get() + ms);
    }
}

pub fn published(pem: &str) -> String {
    serde_json::json!({"success": true, "data": {"publicKey": pem}, "message": ""}).to_string()
}

/// Lets every other future be polled once.
async fn turn() {
    let mut waited = false;
    std::future::poll_fn(|context| {
        context.waker().wake_by_ref();
        if std::mem::replace(&mut waited, true) {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    })
    .await;
}

impl KeySource for World {
    async fn fetch(&self) -> Result<RsaKey, KeyFetchError> {
        self.fetches.set(self.fetches.get() + 1);
        turn().await;
        let (status, body) = self.answer.borrow().clone();
        key_answer::parse(status, Some(&body))
    }

    async fn stored(&self) -> Option<RsaKey> {
        self.ledger_reads.set(self.ledger_reads.get() + 1);
        turn().await;
        self.stored.borrow().clone()
    }

    async fn store(&self, key: &RsaKey) -> bool {
        self.ledger_writes.set(self.ledger_writes.get() + 1);
        turn().await;
        if self.ledger_fails.get() {
            return false;
        }
        *self.stored.borrow_mut() = Some(key.clone());
        true
    }

    fn now_ms(&self) -> u64 {
        self.now_ms.get()
    }

    async fn pause(&self) {
        turn().await;
    }
}
