//! What the operator may set.

/// The ledger's settings, checked by the configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// How often the API may be called in five minutes by this ledger and the synchronous route together.
    pub requests_per_5_minutes: u32,
    /// How many ledgers, one for each app, share the token and its limit. What the API says of it is divided by this.
    pub ledgers: u32,
    /// The part of `requests_per_5_minutes`, in percent, that durable work leaves to the synchronous route.
    pub synchronous_share_percent: u32,
    /// How many days a finished removal stays readable.
    pub retention_days: u32,
    /// How long one request is repeated, counted in time waited between its attempts, in milliseconds.
    pub give_up_after_ms: u64,
    /// How many removals of users from all meetings are at work at a time. Not for the operator to set.
    pub everywhere_at_once: u32,
    /// How many rows of work these may have together before another one is taken up. Not for the operator to set.
    pub everywhere_rows: u64,
    /// How many rows that nobody needs any more are deleted in one turn. Not for the operator to set.
    pub sweep_rows: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            requests_per_5_minutes: 1200,
            ledgers: 1,
            synchronous_share_percent: 20,
            retention_days: 90,
            give_up_after_ms: 24 * 60 * 60 * 1000,
            everywhere_at_once: 1_000,
            // About a gigabyte.
            everywhere_rows: 4_000_000,
            sweep_rows: 5_000,
        }
    }
}

impl Settings {
    /// How many requests durable work may send in five minutes, of `total`: at least one, or nothing would ever end.
    #[must_use]
    pub fn durable_part(&self, total: u32) -> u32 {
        let kept = u64::from(total) * u64::from(self.synchronous_share_percent.min(100)) / 100;
        total
            .saturating_sub(u32::try_from(kept).unwrap_or(total))
            .max(1)
    }
}
