//! What the operator may set.

/// The ledger's settings, validated by the configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// How many API requests this ledger and the synchronous route may send together in five minutes.
    pub requests_per_5_minutes: u32,
    /// How many ledgers, one per app, share the token and its limit. The limits that the API reports are divided by
    /// this.
    pub ledgers: u32,
    /// The percentage of `requests_per_5_minutes` that durable work leaves to the synchronous route.
    pub synchronous_share_percent: u32,
    /// How many days a finished removal stays readable.
    pub retention_days: u32,
    /// How long a request is retried, counted in time waited between attempts, in milliseconds.
    pub give_up_after_ms: u64,
    /// How many removals of users from all meetings run at a time. Not for the operator to set.
    pub everywhere_at_once: u32,
    /// How many work rows these may have together before another one starts. Not for the operator to set.
    pub everywhere_rows: u64,
    /// How many rows that are no longer needed are deleted in one turn. Not for the operator to set.
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
    /// Returns how many of `total` requests durable work may send in five minutes: at least one, or nothing would ever
    /// end.
    #[must_use]
    pub fn durable_part(&self, total: u32) -> u32 {
        let kept = u64::from(total) * u64::from(self.synchronous_share_percent.min(100)) / 100;
        total
            .saturating_sub(u32::try_from(kept).unwrap_or(total))
            .max(1)
    }
}
