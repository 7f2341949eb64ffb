//! `wrangler dev`, the Workers runtime on this machine.

/// Settings that keep wrangler from asking, reporting and fetching what a local run does not need.
pub const QUIET: [(&str, &str); 4] = [
    ("WRANGLER_SEND_METRICS", "false"),
    ("WRANGLER_SEND_ERROR_REPORTS", "false"),
    ("WRANGLER_HIDE_BANNER", "true"),
    // The `cf` object of requests comes from Cloudflare's network otherwise.
    ("CLOUDFLARE_CF_FETCH_ENABLED", "false"),
];
