//! `wrangler dev`, the Workers runtime on this machine.

/// Settings that keep wrangler from prompting, reporting, and using what a local run does not need.
pub const LOCAL: [(&str, &str); 6] = [
    ("WRANGLER_SEND_METRICS", "false"),
    ("WRANGLER_SEND_ERROR_REPORTS", "false"),
    ("WRANGLER_HIDE_BANNER", "true"),
    // Otherwise, the `cf` object of requests is fetched from Cloudflare's network.
    ("CLOUDFLARE_CF_FETCH_ENABLED", "false"),
    // Otherwise, the variables of the shell become those of the Worker.
    ("CLOUDFLARE_INCLUDE_PROCESS_ENV", "false"),
    DIRECT,
];

/// Keeps Node.js from sending requests to this machine through a proxy.
pub const DIRECT: (&str, &str) = ("NODE_USE_ENV_PROXY", "0");
