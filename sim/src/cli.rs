//! The command-line options.

use clap::Parser;

/// A stand-in for the `RealtimeKit` API, with faults on demand.
#[derive(Clone, Debug, Parser)]
#[command(name = "realtimekit-sim", version)]
pub struct Options {
    /// Port to listen on, on 127.0.0.1; 0 lets the system choose.
    #[arg(long, default_value_t = 8788)]
    pub port: u16,
    /// The API token that callers must send.
    #[arg(long, default_value = "sim-api-token-0123456789abcdef")]
    pub token: String,
    /// The account that the token may use.
    #[arg(long, default_value = "023e105f4ecef8ad9ca31a8372d0c353")]
    pub account: String,
    /// An app of the account; may be given several times. The first is the default of the `/sim` routes.
    #[arg(long = "app", default_value = "sim-app")]
    pub apps: Vec<String>,
    /// A URL that receives webhooks from the start; may be given several times.
    #[arg(long = "webhook-url")]
    pub webhook_urls: Vec<String>,
    /// The organization named in webhooks as `meeting.organizedBy.id`.
    #[arg(long, default_value = "2b6f1c3e-6a1d-4a57-9d0a-3f0c1c5e8a90")]
    pub organization_id: String,
    /// End when standard input closes, so that a parent that was killed leaves nothing behind.
    #[arg(long)]
    pub exit_with_stdin: bool,
}
