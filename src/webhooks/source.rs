//! Sources: who may send webhooks, as configured.

mod realtimekit;
pub mod scheme;
mod signed;
pub mod table;
mod text;

use serde_json::Value;
use serde_json::value::RawValue;

use super::pointer::Pointer;
use super::realtimekit::KeySetting;
use super::rules::{RealtimeKitRule, Rule};
use super::secrets::OwnToken;
use super::verification::Scheme;
use crate::config_problem::ConfigProblem;
use crate::ids::AppId;
use crate::json::object_entries;

/// The source name that is reserved for `RealtimeKit`, and the scheme of its other sources.
pub const REALTIMEKIT: &str = "realtimekit";

/// A source that is ready to use.
#[derive(Debug, Clone)]
pub struct Source {
    /// Its name in the path.
    pub name: String,
    /// The app that its removals are for.
    pub app: AppId,
    /// How its messages are verified and what they mean.
    pub sender: Sender,
}

impl Source {
    /// Returns the origin of its removals, as the ledger records it, which is also the scope of its message keys.
    #[must_use]
    pub fn origin(&self) -> String {
        format!("webhook:{}", self.name)
    }
}

/// The two kinds of senders.
#[derive(Debug, Clone)]
pub enum Sender {
    /// `RealtimeKit` itself.
    RealtimeKit(RealtimeKit),
    /// Any other.
    Signed {
        /// How a message is verified.
        scheme: Scheme,
        /// Which events remove whom.
        rules: Vec<Rule>,
        /// Where an event's own id is.
        message_id: Option<Pointer>,
    },
}

/// The settings of `RealtimeKit`.
#[derive(Debug, Clone)]
pub struct RealtimeKit {
    /// Where its key comes from.
    pub key: KeySetting,
    /// The only organization whose meetings count, if one is configured.
    pub organization_id: Option<String>,
    /// If set, whoever leaves a meeting is removed from it.
    pub participant_left: Option<RealtimeKitRule>,
    /// If set, everyone is removed from a meeting that has ended.
    pub meeting_ended: Option<RealtimeKitRule>,
}

/// A source as configured: ready, or refused with all the reasons. A refused source accepts nothing.
#[derive(Debug, Clone)]
pub enum SourceState {
    /// Ready.
    Ready(Box<Source>),
    /// What is wrong with its configuration.
    Refused(Vec<ConfigProblem>),
}

/// All sources, by name.
#[derive(Debug, Clone, Default)]
pub struct Sources(Vec<(String, SourceState)>);

/// What the sources need from the configuration of the Worker.
#[derive(Debug, Clone, Copy)]
pub struct Settings<'a> {
    /// `WEBHOOKS`, as JSON.
    pub webhooks: Option<&'a str>,
    /// `WEBHOOK_SECRETS`, as JSON.
    pub secrets: Option<&'a str>,
    /// `REALTIMEKIT_WEBHOOK_KEY_URL`, checked.
    pub key_url: &'a str,
    /// The apps that are served; the first is the default.
    pub apps: &'a [AppId],
    /// The Worker's own tokens, which must not be a source's secret.
    pub own_tokens: &'a [OwnToken<'a>],
}

impl Sources {
    /// Returns the source of that name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&SourceState> {
        let mut sources = self.0.iter();
        sources.find(|(own, _)| own == name).map(|(_, state)| state)
    }

    /// Returns everything that is wrong with any source.
    pub fn problems(&self) -> impl Iterator<Item = &ConfigProblem> {
        self.0.iter().flat_map(|(_, state)| match state {
            SourceState::Ready(_) => [].iter(),
            SourceState::Refused(problems) => problems.iter(),
        })
    }

    /// Parses the sources. The errors are those that make all of them unreadable; a mistake in one source refuses that
    /// source alone.
    pub fn parse(settings: Settings<'_>) -> Result<Self, Vec<ConfigProblem>> {
        let whole = |name: &str, message: &str| ConfigProblem {
            name: name.to_owned(),
            message: message.to_owned(),
        };
        let secrets = object_entries::<Value>(settings.secrets.unwrap_or("{}")).ok_or_else(|| {
            let rule = r#"must be a JSON object of source to secret, such as {"clerk": "whsec_…"}"#;
            whole("WEBHOOK_SECRETS", rule)
        });
        let webhooks = settings.webhooks.unwrap_or("{}");
        let entries = object_entries::<&RawValue>(webhooks).ok_or_else(|| {
            let rule = "must be a table of sources, such as [vars.WEBHOOKS.clerk] in wrangler.toml";
            whole("WEBHOOKS", rule)
        });
        match (entries, secrets) {
            (Ok(entries), Ok(secrets)) => Ok(Self::from_entries(&settings, entries, &secrets)),
            (entries, secrets) => Err(entries.err().into_iter().chain(secrets.err()).collect()),
        }
    }

    fn from_entries(
        settings: &Settings<'_>,
        entries: Vec<(String, &RawValue)>,
        secrets: &[(String, Value)],
    ) -> Self {
        let mut sources: Vec<(String, SourceState)> = Vec::with_capacity(entries.len());
        for (name, json) in entries {
            if let Some((_, state)) = sources.iter_mut().find(|(own, _)| *own == name) {
                // It is not for us to choose which of the two counts.
                *state = refused(&name, "is given twice in WEBHOOKS");
            } else {
                let state = read(&name, json.get(), settings, secrets);
                sources.push((name, state));
            }
        }
        for (index, (name, _)) in secrets.iter().enumerate() {
            if sources.iter().all(|(own, _)| own != name) {
                // The sender is told to retry, and the operator why. The name may in fact be the secret.
                let message = format!(
                    "has in entry {} the secret of a source without a table in wrangler.toml: add the table or \
                     remove the secret",
                    index + 1
                );
                let problem = ConfigProblem {
                    name: "WEBHOOK_SECRETS".to_owned(),
                    message,
                };
                sources.push((name.clone(), SourceState::Refused(vec![problem])));
            }
        }
        Self(sources)
    }
}

fn read(
    name: &str,
    json: &str,
    settings: &Settings<'_>,
    secrets: &[(String, Value)],
) -> SourceState {
    let mut own = secrets.iter().filter(|(own, _)| own == name);
    let secret = own.next().map(|(_, secret)| secret);
    if own.next().is_some() {
        return refused(
            name,
            "is given twice in WEBHOOK_SECRETS; a rotation takes a list",
        );
    }
    match text::read(name, json, secret, settings) {
        Ok(source) => SourceState::Ready(Box::new(source)),
        Err(problems) => SourceState::Refused(problems),
    }
}

fn refused(name: &str, rule: &str) -> SourceState {
    SourceState::Refused(vec![text::problem(name, "", rule)])
}
