//! What an isolate keeps between requests, such as the configuration, read once, and a source of randomness.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use js_sys::{Date, JSON, Object, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use worker::{Delay, Env};

use crate::config::{self, Config};
use crate::config_problem::ConfigProblem;
use crate::realtimekit::Clock;
use crate::recent::is_recent;
use crate::removals::recorder::Recorder;
use crate::webhooks::key_cache::KeyCache;
use crate::webhooks::realtimekit::KeySetting;

/// The state of an isolate. Plain values only: the runtime cancels whatever belongs to another request.
#[derive(Debug)]
pub struct Isolate {
    /// The configuration, or everything that is wrong with it.
    pub config: Result<Config, Vec<ConfigProblem>>,
    /// Synchronous removals that the ledger does not have yet.
    pub recorder: RefCell<Recorder>,
    random: RefCell<fastrand::Rng>,
    health: RefCell<Option<(u64, Vec<ConfigProblem>)>>,
    webhook_keys: RefCell<Vec<(KeySetting, Rc<RefCell<KeyCache>>)>>,
}

/// How long an answer to `/healthz` is reused, in milliseconds: that route is unauthenticated.
const HEALTH_MS: u64 = 5_000;

thread_local! {
    static ISOLATE: RefCell<Option<Rc<Isolate>>> = const { RefCell::new(None) };
}

impl Isolate {
    /// Returns this isolate's state. Its environment never changes: a new environment means a new isolate.
    #[must_use]
    pub fn of(env: &Env) -> Rc<Self> {
        ISOLATE.with_borrow_mut(|isolate| {
            Rc::clone(isolate.get_or_insert_with(|| Rc::new(Self::new(env))))
        })
    }

    fn new(env: &Env) -> Self {
        let seed = js_sys::Math::random().to_bits() ^ Date::now().to_bits().rotate_left(32);
        Self {
            config: config::read(&|name| variable(env, name), &names(env)),
            recorder: RefCell::default(),
            random: RefCell::new(fastrand::Rng::with_seed(seed)),
            health: RefCell::default(),
            webhook_keys: RefCell::default(),
        }
    }

    /// Returns the keys of `RealtimeKit`'s webhooks, as far as they are known here. Sources with the same setting share
    /// them.
    #[must_use]
    pub fn webhook_keys(&self, setting: &KeySetting) -> Rc<RefCell<KeyCache>> {
        let mut all = self.webhook_keys.borrow_mut();
        if let Some((_, keys)) = all.iter().find(|(of, _)| of == setting) {
            return Rc::clone(keys);
        }
        let keys = Rc::new(RefCell::new(match setting {
            KeySetting::Pinned(key) => KeyCache::pinned(key.clone()),
            KeySetting::Url(_) => KeyCache::default(),
        }));
        all.push((setting.clone(), Rc::clone(&keys)));
        keys
    }

    /// Returns the problems that the last health check found, if it was recent.
    #[must_use]
    pub fn recent_health(&self) -> Option<Vec<ConfigProblem>> {
        let now_ms = self.now_ms();
        let mut health = self.health.borrow_mut();
        let (at_ms, problems) = health.as_mut()?;
        if is_recent(Some(*at_ms), now_ms, HEALTH_MS) {
            return Some(problems.clone());
        }
        // Until the ledgers have answered, the others who ask get the old answer, and do not ask the ledgers too.
        *at_ms = now_ms;
        None
    }

    /// Remembers the problems that a health check has just found.
    pub fn remember_health(&self, problems: &[ConfigProblem]) {
        self.health
            .replace(Some((self.now_ms(), problems.to_vec())));
    }

    /// Returns a new id for a request: 128 random bits. It is not a secret.
    #[must_use]
    pub fn request_id(&self) -> String {
        format!("{:032x}", self.random.borrow_mut().u128(..))
    }
}

/// Returns the names of all bindings.
fn names(env: &Env) -> Vec<String> {
    let keys = Object::keys(env.unchecked_ref::<Object>());
    keys.iter().filter_map(|name| name.as_string()).collect()
}

/// Returns a variable or a secret; objects, numbers and booleans are returned as JSON.
fn variable(env: &Env, name: &str) -> Option<String> {
    let value = Reflect::get(env, &JsValue::from_str(name)).ok()?;
    if let Some(text) = value.as_string() {
        return Some(text);
    }
    if value.is_instance_of::<Object>() || value.as_f64().is_some() || value.as_bool().is_some() {
        return JSON::stringify(&value).ok()?.as_string();
    }
    None
}

impl Clock for Isolate {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "milliseconds since 1970 fit"
    )]
    fn now_ms(&self) -> u64 {
        Date::now() as u64
    }

    async fn sleep(&self, time: Duration) {
        Delay::from(time).await;
    }

    fn random(&self) -> f64 {
        self.random.borrow_mut().f64()
    }
}
