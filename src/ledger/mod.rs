//! Durable removals: accepted means done, through crashes, limits and outages.
//!
//! In scope: storing removals, planning and pacing the requests that they need, recording what came of them. All of it
//! is plain code over a [`store::Store`], a clock and a transport that are passed in; the Durable Object around it and
//! the shape of bodies are elsewhere. `docs/ledger.md` tells how the promises are kept.

pub mod acceptance;
pub mod alarm;
mod brakes;
pub mod changes;
mod estimate;
pub mod history;
pub mod id;
mod pacing;
pub mod queries;
pub mod schema;
pub mod settings;
pub mod state;
pub mod store;
pub mod views;
mod window;

use std::cell::RefCell;

pub use acceptance::{Acceptance, Key, Origin};
pub use alarm::Alarm;
pub use changes::Change;
pub use history::{Quarantined, SynchronousRemoval};
pub use id::RemovalId;
pub use settings::Settings;
pub use state::RemovalState;
pub use store::{Row, Store, StoreError, Value};
pub use views::{Health, ItemState, ItemView, Listing, Pause, PauseReason, Progress, RemovalView};

use pacing::Pacing;

/// The ledger of one app.
#[derive(Debug)]
pub struct Ledger<S> {
    store: S,
    settings: Settings,
    pacing: RefCell<Pacing>,
}

impl<S: Store> Ledger<S> {
    /// Opens the ledger in `store`, creating or migrating its tables. Cheap; once per instance of the Durable Object.
    pub fn open(store: S, settings: Settings, now: u64) -> Result<Self, StoreError> {
        schema::migrate(&store)?;
        let ledger = Self {
            store,
            settings,
            pacing: RefCell::default(),
        };
        ledger.load_pacing(now)?;
        Ok(ledger)
    }
}
