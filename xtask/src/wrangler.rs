//! `wrangler dev`, the Workers runtime on this machine.

/// Settings that keep wrangler from prompting, reporting, and fetching what a local run does not need.
pub const QUIET: [(&str, &str); 4] = [
    ("WRANGLER_SEND_METRICS", "false"),
    ("WRANGLER_SEND_ERROR_REPORTS", "false"),
    ("WRANGLER_HIDE_BANNER", "true"),
    // Otherwise, the `cf` object of requests is fetched from Cloudflare's network.
    ("CLOUDFLARE_CF_FETCH_ENABLED", "false"),
];
