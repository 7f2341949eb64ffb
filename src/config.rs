//! Environment → configuration, once per isolate. Nothing is served half-configured, and nothing is open by default.

mod base_url;
mod callers;
mod webhooks;

use std::fmt;

use serde::Deserialize;

use crate::ids::{AccountId, AppId};
use crate::secret::Secret;
use crate::webhooks::Sources;

pub use callers::{Caller, MIN_TOKEN_CHARS};

/// Where variables and secrets come from, by name. An object is given as its JSON.
pub type Variables<'a> = &'a dyn Fn(&str) -> Option<String>;

/// Everything that the Worker has to know, checked.
#[derive(Debug, Clone)]
pub struct Config {
    /// `CLOUDFLARE_API_BASE_URL`, without a slash at its end.
    pub base_url: String,
    /// `CLOUDFLARE_API_TOKEN`
    pub api_token: Secret,
    /// `CLOUDFLARE_ACCOUNT_ID`
    pub account: AccountId,
    /// The first of `REALTIMEKIT_APP_IDS`: the app of requests that name none.
    pub default_app: AppId,
    /// The other apps that are served.
    pub more_apps: Vec<AppId>,
    /// `CALLER_TOKENS`
    pub callers: Vec<Caller>,
    /// `API_REQUESTS_PER_5_MINUTES`: how often the API may be called in five minutes with our token.
    pub requests_per_5_minutes: u32,
    /// `WEBHOOKS` and `WEBHOOK_SECRETS`. What is wrong with one source refuses that source, not the Worker.
    pub webhooks: Sources,
}

impl Config {
    /// Whether `app` is one of those that are served.
    #[must_use]
    pub fn serves(&self, app: &AppId) -> bool {
        *app == self.default_app || self.more_apps.contains(app)
    }
}

/// What is wrong with one variable: its name, and what to do. Never its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigProblem {
    /// The variable's name.
    pub name: String,
    /// What is wrong and what to do, to be read after the name.
    pub message: String,
}

impl fmt::Display for ConfigProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.name, self.message)
    }
}

/// Cloudflare's own API.
pub const DEFAULT_BASE_URL: &str = "https://api.cloudflare.com/client/v4";

/// The documented limit of the Cloudflare API, per user or account token.
pub const DEFAULT_REQUESTS_PER_5_MINUTES: u32 = 1200;

/// Reads the configuration, or names everything that is missing or malformed.
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
    let requests_per_5_minutes = reader.number(
        "API_REQUESTS_PER_5_MINUTES",
        DEFAULT_REQUESTS_PER_5_MINUTES,
        1..=100_000,
    );
    let webhooks = reader.webhooks(apps.as_ref());
    match (
        base_url,
        api_token,
        account,
        apps,
        callers,
        requests_per_5_minutes,
        webhooks,
    ) {
        (
            Some(base_url),
            Some(api_token),
            Some(account),
            Some((default_app, more_apps)),
            Some(callers),
            Some(requests_per_5_minutes),
            Some(webhooks),
        ) => Ok(Config {
            base_url,
            api_token,
            account,
            default_app,
            more_apps,
            callers,
            requests_per_5_minutes,
            webhooks,
        }),
        _ => Err(reader.problems),
    }
}

/// Reads variables and collects what is wrong with them.
struct Reader<'a> {
    variables: Variables<'a>,
    problems: Vec<ConfigProblem>,
}

impl Reader<'_> {
    /// A variable's text; an empty one counts as absent.
    fn text(&self, name: &str) -> Option<String> {
        (self.variables)(name)
            .map(|value| value.trim().to_owned())
            .filter(|value| !value.is_empty())
    }

    fn wrong<T>(&mut self, name: &str, message: impl Into<String>) -> Option<T> {
        self.problems.push(ConfigProblem {
            name: name.to_owned(),
            message: message.into(),
        });
        None
    }

    fn secret_text(&mut self, name: &str) -> Option<String> {
        self.text(name).or_else(|| {
            self.wrong(
                name,
                format!("is missing: set it with `npx wrangler secret put {name}`"),
            )
        })
    }

    fn var_text(&mut self, name: &str) -> Option<String> {
        self.text(name)
            .or_else(|| self.wrong(name, "is missing: set it under [vars] in wrangler.toml"))
    }

    fn base_url(&mut self) -> Option<String> {
        let text = self
            .text("CLOUDFLARE_API_BASE_URL")
            .unwrap_or_else(|| DEFAULT_BASE_URL.to_owned());
        base_url::parse(&text)
            .or_else(|error| self.wrong("CLOUDFLARE_API_BASE_URL", error).ok_or(()))
            .ok()
    }

    fn api_token(&mut self) -> Option<Secret> {
        let name = "CLOUDFLARE_API_TOKEN";
        let token = self.secret_text(name)?;
        if callers::is_bearer_token(&token) {
            Some(Secret::new(token))
        } else {
            self.wrong(
                name,
                "has characters that no API token has: copy it again from the Cloudflare dashboard",
            )
        }
    }

    fn account(&mut self) -> Option<AccountId> {
        let name = "CLOUDFLARE_ACCOUNT_ID";
        let text = self.var_text(name)?;
        AccountId::parse(&text)
            .or_else(|error| self.wrong(name, error.0).ok_or(()))
            .ok()
    }

    fn apps(&mut self) -> Option<(AppId, Vec<AppId>)> {
        let name = "REALTIMEKIT_APP_IDS";
        let text = self.var_text(name)?;
        let mut apps = Vec::new();
        for part in text.split(',').map(str::trim) {
            match AppId::parse(part) {
                Ok(app) if !apps.contains(&app) => apps.push(app),
                Ok(_) => {}
                Err(error) => {
                    return self.wrong(
                        name,
                        format!("is a comma-separated list of app ids; each {error}"),
                    );
                }
            }
        }
        let mut apps = apps.into_iter();
        Some((apps.next()?, apps.collect()))
    }

    fn callers(&mut self, api_token: Option<&Secret>) -> Option<Vec<Caller>> {
        let name = "CALLER_TOKENS";
        let text = self.secret_text(name)?;
        callers::parse(&text, api_token)
            .or_else(|error| self.wrong(name, error).ok_or(()))
            .ok()
    }

    fn number(
        &mut self,
        name: &str,
        default: u32,
        allowed: std::ops::RangeInclusive<u32>,
    ) -> Option<u32> {
        let Some(text) = self.text(name) else {
            return Some(default);
        };
        match text.parse() {
            Ok(number) if allowed.contains(&number) => Some(number),
            _ => self.wrong(
                name,
                format!(
                    "must be a whole number from {} to {}",
                    allowed.start(),
                    allowed.end()
                ),
            ),
        }
    }
}

/// Reads a JSON object whose order and duplicates matter: a map would hide a name that is given twice.
pub(crate) fn object_entries<'a, V: Deserialize<'a>>(json: &'a str) -> Option<Vec<(String, V)>> {
    struct Entries<V>(std::marker::PhantomData<V>);
    impl<'de, V: Deserialize<'de>> serde::de::Visitor<'de> for Entries<V> {
        type Value = Vec<(String, V)>;
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a JSON object")
        }
        fn visit_map<A: serde::de::MapAccess<'de>>(
            self,
            mut map: A,
        ) -> Result<Self::Value, A::Error> {
            let mut entries = Vec::new();
            while let Some(entry) = map.next_entry()? {
                entries.push(entry);
            }
            Ok(entries)
        }
    }
    let mut deserializer = serde_json::Deserializer::from_str(json);
    let entries =
        serde::Deserializer::deserialize_map(&mut deserializer, Entries(std::marker::PhantomData))
            .ok()?;
    deserializer.end().ok()?;
    Some(entries)
}

#[cfg(test)]
mod tests;
