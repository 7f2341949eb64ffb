//! Durable removals: accepted means done, through crashes, limits and outages.
//!
//! In scope: storing removals, planning and pacing the requests that they need, recording the results. All of it is
//! plain code over a [`store::Store`], a clock and a transport that are passed in; the surrounding Durable Object and
//! the shape of bodies are elsewhere. `docs/ledger.md` explains how the promises are kept.

pub mod acceptance;
pub mod alarm;
mod answers;
mod app;
pub mod changes;
mod emptied;
mod ending;
pub mod engine;
mod estimate;
mod estimate_cache;
mod hints;
pub mod history;
pub mod id;
mod keys;
mod kick_retries;
mod kicks;
mod late_kicks;
pub mod listing;
mod lists;
mod pacing;
mod pages;
mod participants;
mod pass;
mod passes;
mod planning;
pub mod presence;
pub mod queries;
mod recovery;
mod repeat;
mod requests;
mod room;
pub mod schema;
pub mod settings;
mod share;
mod stage;
pub mod state;
mod steps;
pub mod store;
mod sweeping;
pub mod synchronous;
mod throttle;
mod turns;
pub mod views;
mod wanted;
mod window;
mod work;

use std::cell::{Cell, RefCell};

pub use acceptance::{Acceptance, Origin};
pub use alarm::Alarm;
pub use changes::Change;
pub use engine::Worked;
pub use history::Quarantined;
pub use id::RemovalId;
pub use keys::Key;
pub use listing::Filter;
pub use presence::Connection;
pub use settings::Settings;
pub use share::NotServed;
pub use state::RemovalState;
pub use store::{Row, Store, StoreError, Value};
pub use synchronous::SynchronousRemoval;
pub use throttle::blocked_until;
pub use views::{Health, ItemState, ItemView, Listing, Pause, PauseReason, Progress, RemovalView};

use estimate_cache::Estimates;
use pacing::Pacing;

/// The ledger of one app.
#[derive(Debug)]
pub struct Ledger<S> {
    store: S,
    settings: Settings,
    pacing: RefCell<Pacing>,
    /// Whether `pacing` holds what this instance has learnt.
    heard: Cell<bool>,
    /// Until when an alarm of this instance is at work.
    at_work_until: Cell<u64>,
    /// The turn of the removal served last.
    turn: Cell<u64>,
    /// When the API last accepted the token: for a delete, and for anything else.
    accepted: Cell<(u64, u64)>,
    /// Until when lists are requested without a number of rows: the API refused one, and answered without.
    plain_until: Cell<u64>,
    /// The row of work for which the number of rows was refused last.
    size_refused_for: Cell<Option<u64>>,
    /// Recently made estimates.
    estimates: RefCell<Estimates>,
    /// Whether there may be rows to sweep.
    sweep_pending: Cell<bool>,
    /// Whether `RealtimeKit` has ever responded successfully for the app.
    knows_app: Cell<bool>,
    /// The row numbers of removals that may have ended and have not been reported.
    ended: RefCell<Vec<u64>>,
}

impl<S: Store> Ledger<S> {
    /// Opens the ledger in `store`, creating or migrating its tables. Cheap; called once per instance of the Durable
    /// Object.
    pub fn open(store: S, settings: Settings, now: u64) -> Result<Self, StoreError> {
        schema::migrate(&store)?;
        let ledger = Self {
            store,
            settings,
            pacing: RefCell::default(),
            heard: Cell::new(false),
            at_work_until: Cell::new(0),
            turn: Cell::new(0),
            accepted: Cell::new((0, 0)),
            plain_until: Cell::new(0),
            size_refused_for: Cell::new(None),
            estimates: RefCell::default(),
            sweep_pending: Cell::new(true),
            knows_app: Cell::new(false),
            ended: RefCell::default(),
        };
        ledger.take_share(now)?;
        ledger.load_pacing(now)?;
        Ok(ledger)
    }
}
