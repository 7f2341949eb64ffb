//! One app's ledger with what a call needs besides it, and the answers to requests that store something.

use super::delivery::ignored_by_ledger;
use crate::answer::durable::removal;
use crate::answer::{Answer, Problem};
use crate::config::Config;
use crate::ids::AppId;
use crate::ledger::{Acceptance, Ledger, RemovalId, Store, StoreError};
use crate::realtimekit::{Api, Clock};

/// One app's ledger, with everything else that a call needs.
#[derive(Debug)]
pub struct Served<'a, S, C> {
    /// The ledger.
    pub ledger: &'a Ledger<S>,
    /// The configuration.
    pub config: &'a Config,
    /// The app.
    pub app: &'a AppId,
    /// Time and randomness.
    pub clock: &'a C,
}

impl<S: Store, C: Clock> Served<'_, S, C> {
    /// Returns the app's endpoints.
    #[must_use]
    pub fn api(&self) -> Api {
        Api::new(&self.config.base_url, &self.config.account, self.app)
    }

    /// Answers a request that was to store something. `key_name` is what the answer calls the request's key.
    pub fn stored(
        &self,
        acceptance: Acceptance,
        status: u16,
        key_name: &'static str,
    ) -> Result<Answer, StoreError> {
        match acceptance {
            Acceptance::Accepted(id) => self.accepted(status, &id),
            Acceptance::Replayed(id) => Ok(self
                .accepted(status, &id)?
                .with("idempotent-replayed", "true")),
            Acceptance::Ignored => {
                let reason = "the same message came before, when nothing was to be done";
                Ok(ignored_by_ledger(reason).with("idempotent-replayed", "true"))
            }
            Acceptance::Conflict => Ok(Problem::KeyReused(key_name).answer()),
        }
    }

    /// Answers a request whose removal is stored, now or before.
    fn accepted(&self, status: u16, id: &RemovalId) -> Result<Answer, StoreError> {
        let Some(view) = self.ledger.show(id, self.clock.now_ms())? else {
            return Ok(Problem::UnknownRemoval.answer());
        };
        let suffix = if *self.app == self.config.default_app {
            String::new()
        } else {
            format!("?app_id={}", self.app)
        };
        Ok(removal(status, &view, self.app).with("location", format!("/removals/{id}{suffix}")))
    }
}
