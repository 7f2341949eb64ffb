//! Reads the configuration, once per isolate. Nothing is served half-configured, and nothing is open by default.

mod base_url;
mod callers;
mod names;
mod reader;
mod webhooks;

use crate::config_problem::ConfigProblem;
use crate::ids::{AccountId, AppId};
use crate::secret::Secret;
use crate::webhooks::Sources;

pub use callers::Caller;
use reader::Reader;

/// Looks up variables and secrets by name. An object is returned as JSON.
pub type Variables<'a> = &'a dyn Fn(&str) -> Option<String>;

/// The complete configuration of the Worker, checked.
#[derive(Debug, Clone)]
pub struct Config {
    /// `CLOUDFLARE_API_BASE_URL`, without a trailing slash.
    pub base_url: String,
    /// `CLOUDFLARE_API_TOKEN`
    pub api_token: Secret,
    /// `CLOUDFLARE_ACCOUNT_ID`
    pub account: AccountId,
    /// The first of `REALTIMEKIT_APP_IDS`: the app of requests that name none.
    pub default_app: AppId,
    /// The other apps served.
    pub more_apps: Vec<AppId>,
    /// `CALLER_TOKENS`
    pub callers: Vec<Caller>,
    /// `API_REQUESTS_PER_5_MINUTES`: how many calls of the API our token may make in five minutes.
    pub requests_per_5_minutes: u32,
    /// `SYNCHRONOUS_SHARE_PERCENT`: the share of them that durable removals leave for the synchronous route.
    pub synchronous_share_percent: u32,
    /// `LEDGER_RETENTION_DAYS`: how long a finished removal stays readable, at least 7.
    pub retention_days: u32,
    /// `GIVE_UP_AFTER_HOURS`: how long a durable removal keeps trying one participant.
    pub give_up_after_hours: u32,
    /// `RECORD_SYNCHRONOUS_REMOVALS`: whether the ledger keeps a history of those too.
    pub record_synchronous: bool,
    /// `WEBHOOKS` and `WEBHOOK_SECRETS`. A mistake in a source refuses that source, not the Worker.
    pub webhooks: Sources,
}

impl Config {
    /// Returns whether `app` is one of those served.
    #[must_use]
    pub fn serves(&self, app: &AppId) -> bool {
        self.apps().any(|served| served == app)
    }

    /// Returns all apps that are served.
    pub fn apps(&self) -> impl Iterator<Item = &AppId> {
        std::iter::once(&self.default_app).chain(&self.more_apps)
    }
}

/// Cloudflare's own API.
pub const DEFAULT_BASE_URL: &str = "https://api.cloudflare.com/client/v4";

/// The documented limit of the Cloudflare API, per user or account token.
pub const DEFAULT_REQUESTS_PER_5_MINUTES: u32 = 1200;

/// Reads the configuration, or returns everything that is missing, malformed or misspelt. `names` are those of all
/// variables and secrets that are set.
pub fn read(variables: Variables<'_>, names: &[String]) -> Result<Config, Vec<ConfigProblem>> {
    let misspelt: Vec<_> = names
        .iter()
        .filter_map(|name| names::misspelt(name, names, variables))
        .collect();
    let others: Vec<_> = match parse(variables) {
        Ok(config) if misspelt.is_empty() => return Ok(config),
        Ok(config) => config.webhooks.problems().cloned().collect(),
        Err(problems) => problems,
    };
    Err(others.into_iter().chain(misspelt).collect())
}

/// Reads the configuration, or returns everything that is missing or malformed.
pub fn parse(variables: Variables<'_>) -> Result<Config, Vec<ConfigProblem>> {
    let mut reader = Reader {
        variables,
        problems: Vec::new(),
    };
    let base_url = reader.base_url();
    let api_token = reader.api_token();
    let account = reader.account();
    let apps = reader.apps();
    let callers = reader.callers(api_token.as_ref());
    let requests_per_5_minutes = reader.limit(apps.as_ref());
    let synchronous_share_percent = reader.number("SYNCHRONOUS_SHARE_PERCENT", 20, 0..=90);
    // Idempotency keys are valid for at least 7 days, and have to lead to their removal.
    let retention_days = reader.number("LEDGER_RETENTION_DAYS", 90, 7..=3650);
    let give_up_after_hours = reader.number("GIVE_UP_AFTER_HOURS", 24, 1..=720);
    let record_synchronous = reader.flag("RECORD_SYNCHRONOUS_REMOVALS", true);
    let webhooks = reader.webhooks(apps.as_ref(), api_token.as_ref(), callers.as_deref());
    let sources = webhooks.iter().flat_map(Sources::problems);
    let of_sources: Vec<_> = sources.cloned().collect();
    let complete = || {
        let (default_app, more_apps) = apps?;
        Some(Config {
            base_url: base_url?,
            api_token: api_token?,
            account: account?,
            default_app,
            more_apps,
            callers: callers?,
            requests_per_5_minutes: requests_per_5_minutes?,
            synchronous_share_percent: synchronous_share_percent?,
            retention_days: retention_days?,
            give_up_after_hours: give_up_after_hours?,
            record_synchronous: record_synchronous?,
            webhooks: webhooks?,
        })
    };
    match complete() {
        Some(config) if reader.problems.is_empty() => Ok(config),
        _ => Err([reader.problems, of_sources].concat()),
    }
}

#[cfg(test)]
mod tests;
