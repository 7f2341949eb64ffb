//! Reads the variables one by one, and knows what each of them must be.

use super::callers::{self, Caller};
use super::{DEFAULT_BASE_URL, DEFAULT_REQUESTS_PER_5_MINUTES, Variables, base_url};
use crate::config_problem::ConfigProblem;
use crate::digits::whole_number;
use crate::ids::{AccountId, AppId};
use crate::secret::Secret;

/// Reads variables and collects what is wrong with them.
pub(super) struct Reader<'a> {
    pub(super) variables: Variables<'a>,
    pub(super) problems: Vec<ConfigProblem>,
}

impl Reader<'_> {
    /// Returns a variable's text, trimmed; an empty one counts as absent.
    pub(super) fn text(&self, name: &str) -> Option<String> {
        (self.variables)(name)
            .map(|value| value.trim().to_owned())
            .filter(|value| !value.is_empty())
    }

    pub(super) fn wrong<T>(&mut self, name: &str, message: impl Into<String>) -> Option<T> {
        self.problems.push(ConfigProblem {
            name: name.to_owned(),
            message: message.into(),
        });
        None
    }

    /// Returns the value, or records the problem and returns `None`.
    pub(super) fn checked<T>(
        &mut self,
        name: &str,
        read: Result<T, impl Into<String>>,
    ) -> Option<T> {
        match read {
            Ok(value) => Some(value),
            Err(message) => self.wrong(name, message),
        }
    }

    pub(super) fn secret_text(&mut self, name: &str) -> Option<String> {
        self.text(name).or_else(|| {
            self.wrong(
                name,
                format!("is missing: set it with `npx wrangler secret put {name}`, or for `wrangler dev` in .dev.vars"),
            )
        })
    }

    pub(super) fn var_text(&mut self, name: &str) -> Option<String> {
        self.text(name)
            .or_else(|| self.wrong(name, "is missing: set it under [vars] in wrangler.toml"))
    }

    pub(super) fn base_url(&mut self) -> Option<String> {
        let text = self
            .text("CLOUDFLARE_API_BASE_URL")
            .unwrap_or_else(|| DEFAULT_BASE_URL.to_owned());
        self.checked("CLOUDFLARE_API_BASE_URL", base_url::parse(&text))
    }

    pub(super) fn api_token(&mut self) -> Option<Secret> {
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

    pub(super) fn account(&mut self) -> Option<AccountId> {
        let name = "CLOUDFLARE_ACCOUNT_ID";
        let text = self.var_text(name)?;
        self.checked(name, AccountId::parse(&text).map_err(|error| error.0))
    }

    pub(super) fn apps(&mut self) -> Option<(AppId, Vec<AppId>)> {
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

    pub(super) fn callers(&mut self, api_token: Option<&Secret>) -> Option<Vec<Caller>> {
        let name = "CALLER_TOKENS";
        let text = self.secret_text(name)?;
        self.checked(name, callers::parse(&text, api_token))
    }

    /// Reads the limit, which the apps' ledgers share.
    pub(super) fn limit(&mut self, apps: Option<&(AppId, Vec<AppId>)>) -> Option<u32> {
        let name = "API_REQUESTS_PER_5_MINUTES";
        let limit = self.number(name, DEFAULT_REQUESTS_PER_5_MINUTES, 1..=100_000)?;
        let apps = apps.map_or(1, |(_, more)| more.len().saturating_add(1));
        if usize::try_from(limit).is_ok_and(|limit| limit >= apps) {
            Some(limit)
        } else {
            self.wrong(
                name,
                "must be at least the number of REALTIMEKIT_APP_IDS, which share it",
            )
        }
    }

    pub(super) fn number(
        &mut self,
        name: &str,
        default: u32,
        allowed: std::ops::RangeInclusive<u32>,
    ) -> Option<u32> {
        let Some(text) = self.text(name) else {
            return Some(default);
        };
        match whole_number(&text) {
            Some(number) if allowed.contains(&number) => Some(number),
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

    pub(super) fn flag(&mut self, name: &str, default: bool) -> Option<bool> {
        match self.text(name).as_deref() {
            None => Some(default),
            Some("true") => Some(true),
            Some("false") => Some(false),
            Some(_) => self.wrong(name, "must be true or false"),
        }
    }
}
