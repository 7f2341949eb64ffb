//! Settings that can be changed at run time, where the behaviour of the real API is unknown.

use serde::{Deserialize, Serialize};

use crate::cli::Options;

/// The order of lists.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ListOrder {
    NewestFirst,
    OldestFirst,
}

/// How the API behaves; changed with `POST /sim/settings`.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Settings {
    /// The accepted API token.
    pub(crate) token: String,
    pub(crate) default_page_size: usize,
    /// The cap on `per_page`.
    pub(crate) largest_page_size: usize,
    pub(crate) list_order: ListOrder,
    /// The status for deleting a participant that is already deleted: 404 or 200.
    pub(crate) second_delete_status: u16,
    /// The status for a kick that names both somebody live and somebody who is not: 200, and those who are live are
    /// kicked, or 404, and nobody is.
    pub(crate) partial_kick_status: u16,
    /// Delays before the second, third, … delivery attempt of a webhook.
    pub(crate) webhook_retry_delays_ms: Vec<u64>,
    /// The timeout for a webhook's receiver.
    pub(crate) webhook_timeout_ms: u64,
}

/// A change of settings; absent fields stay as they are.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SettingsChange {
    token: Option<String>,
    default_page_size: Option<usize>,
    largest_page_size: Option<usize>,
    list_order: Option<ListOrder>,
    second_delete_status: Option<u16>,
    partial_kick_status: Option<u16>,
    webhook_retry_delays_ms: Option<Vec<u64>>,
    webhook_timeout_ms: Option<u64>,
}

impl Settings {
    pub(crate) fn from_options(options: &Options) -> Self {
        Self {
            token: options.token.clone(),
            default_page_size: 20,
            largest_page_size: 100,
            list_order: ListOrder::NewestFirst,
            second_delete_status: 404,
            partial_kick_status: 200,
            webhook_retry_delays_ms: vec![200, 400, 800, 1600],
            webhook_timeout_ms: 10_000,
        }
    }

    /// Applies the change, or returns an error that names the invalid field.
    pub(crate) fn apply(&mut self, change: SettingsChange) -> Result<(), String> {
        if change.default_page_size == Some(0) || change.largest_page_size == Some(0) {
            return Err("a page holds at least one entry: default_page_size and largest_page_size are 1 or more".into());
        }
        for (name, status) in [
            ("second_delete_status", change.second_delete_status),
            ("partial_kick_status", change.partial_kick_status),
        ] {
            if let Some(status) = status.filter(|status| !matches!(status, 200 | 404)) {
                return Err(format!("{name} is 200 or 404, not {status}"));
            }
        }
        let Self {
            token,
            default_page_size,
            largest_page_size,
            list_order,
            second_delete_status,
            partial_kick_status,
            webhook_retry_delays_ms,
            webhook_timeout_ms,
        } = self;
        replace(token, change.token);
        replace(default_page_size, change.default_page_size);
        replace(largest_page_size, change.largest_page_size);
        replace(list_order, change.list_order);
        replace(second_delete_status, change.second_delete_status);
        replace(partial_kick_status, change.partial_kick_status);
        replace(webhook_retry_delays_ms, change.webhook_retry_delays_ms);
        replace(webhook_timeout_ms, change.webhook_timeout_ms);
        Ok(())
    }
}

fn replace<T>(current: &mut T, new: Option<T>) {
    if let Some(new) = new {
        *current = new;
    }
}
