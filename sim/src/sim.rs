//! State shared by all routes.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::cli::Options;
use crate::faults::FaultRules;
use crate::limits::Limiter;
use crate::request_log::RequestLog;
use crate::settings::Settings;
use crate::webhooks::Webhooks;
use crate::world::{Event, Organization, World};

/// A shared handle, passed to every route.
pub(crate) type SharedSim = Arc<Sim>;

/// The whole stand-in.
#[derive(Debug)]
pub(crate) struct Sim {
    pub(crate) options: Options,
    pub(crate) webhooks: Webhooks,
    core: Mutex<Core>,
}

/// The state behind one lock: requests are short, and a single lock keeps every response consistent.
#[derive(Debug)]
pub(crate) struct Core {
    pub(crate) world: World,
    pub(crate) settings: Settings,
    pub(crate) limiter: Limiter,
    pub(crate) faults: FaultRules,
    pub(crate) log: RequestLog,
}

impl Sim {
    pub(crate) fn new(options: Options, webhooks: Webhooks) -> Self {
        Self {
            webhooks,
            core: Mutex::new(Core::new(&options)),
            options,
        }
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, Core> {
        // A panic in one request must not break the others.
        self.core.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Restores the initial state, except for the webhook key.
    pub(crate) fn reset(&self) {
        *self.lock() = Core::new(&self.options);
        self.webhooks.reset(&self.options.webhook_urls);
    }

    /// Sends the events to the registered webhook receivers, without waiting for them.
    pub(crate) fn announce(self: &Arc<Self>, events: Vec<Event>) {
        for event in events {
            self.webhooks.announce(self, &event);
        }
    }
}

impl Core {
    fn new(options: &Options) -> Self {
        let organization = Organization {
            id: options.organization_id.clone(),
            name: "The organization".to_owned(),
        };
        Self {
            world: World::new(&options.apps, organization),
            settings: Settings::from_options(options),
            limiter: Limiter::default(),
            faults: FaultRules::default(),
            log: RequestLog::default(),
        }
    }
}
