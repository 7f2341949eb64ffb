//! The names of variables and secrets, and what somebody most likely meant by another.

use super::ConfigProblem;

/// Every variable and secret that is read.
pub const NAMES: [&str; 12] = [
    "API_REQUESTS_PER_5_MINUTES",
    "CALLER_TOKENS",
    "CLOUDFLARE_ACCOUNT_ID",
    "CLOUDFLARE_API_BASE_URL",
    "CLOUDFLARE_API_TOKEN",
    "GIVE_UP_AFTER_HOURS",
    "LEDGER_RETENTION_DAYS",
    "REALTIMEKIT_APP_IDS",
    "REALTIMEKIT_WEBHOOK_KEY_URL",
    "RECORD_SYNCHRONOUS_REMOVALS",
    "SYNCHRONOUS_SHARE_PERCENT",
    // `WEBHOOKS` is as short as names of others: one letter off may be right.
    "WEBHOOK_SECRETS",
];

/// So many letters off, a name is taken for a slip of the pen.
const SLIP: usize = 2;

/// What is named almost like a variable: left alone, it would be a setting that silently does not count.
pub fn misspelt(name: &str) -> Option<ConfigProblem> {
    if NAMES.contains(&name) {
        return None;
    }
    let upper = name.to_ascii_uppercase();
    let meant = NAMES
        .into_iter()
        .find(|known| strsim::osa_distance(known, &upper) <= SLIP)?;
    Some(ConfigProblem {
        name: name.to_owned(),
        message: format!("is not read: its name is to be {meant}"),
    })
}
