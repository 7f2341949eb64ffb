//! Derives the settings of one app's ledger from the configuration.

use crate::config::Config;
use crate::ledger::Settings;

/// Returns the settings of one app's ledger. The limit is the token's, and each app has its own ledger: they share it.
#[must_use]
pub fn settings(config: &Config) -> Settings {
    let apps = u32::try_from(config.apps().count()).unwrap_or(u32::MAX);
    Settings {
        requests_per_5_minutes: config.requests_per_5_minutes / apps,
        ledgers: apps,
        synchronous_share_percent: config.synchronous_share_percent,
        retention_days: config.retention_days,
        give_up_after_ms: u64::from(config.give_up_after_hours) * 60 * 60 * 1000,
        ..Settings::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::removals::fixture::served_with;

    #[test]
    fn every_variable_reaches_the_ledger() {
        let config = served_with(&[
            ("API_REQUESTS_PER_5_MINUTES", "500"),
            ("SYNCHRONOUS_SHARE_PERCENT", "35"),
            ("LEDGER_RETENTION_DAYS", "8"),
            ("GIVE_UP_AFTER_HOURS", "3"),
        ]);
        let expected = Settings {
            requests_per_5_minutes: 250,
            ledgers: 2,
            synchronous_share_percent: 35,
            retention_days: 8,
            give_up_after_ms: 3 * 60 * 60 * 1000,
            ..Settings::default()
        };
        assert_eq!(settings(&config), expected);
    }
}
