//! A contender's configuration for `workerd`: its modules, the same bindings for all, network access to the upstream
//! and, for this Worker, its ledger.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::Path;

/// The caller token that the load sends.
pub const CALLER_TOKEN: &str = "6f1d8c3a9b704e25a8e3f7c1d0b94e62";
/// The participant that the load deletes over and over.
pub const PATH: &str = "/client/v4/accounts/023e105f4ecef8ad9ca31a8372d0c353/realtime/kit/14a396e7-ca44-4937-bf1f-050a69118543/meetings/497f6eca-6276-4993-bfeb-53cbbbba6f08/participants/aaaf5ac8-54a2-4d48-8a0c-9f9a2f9a7a31";

/// The secret that webhooks are signed with, without its `whsec_` prefix.
pub const WEBHOOK_SECRET: &str = "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// The role of a contender's ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ledger {
    /// There is no ledger.
    None,
    /// The ledger exists, but synchronous deletes do not use it.
    Idle,
    /// The ledger records every synchronous delete, which is the Worker's default.
    Recording,
    /// The ledger is that of the webhook peer.
    Deliveries,
}

impl Ledger {
    fn class(self) -> Option<&'static str> {
        match self {
            Self::None => None,
            Self::Idle | Self::Recording => Some("RemovalLedger"),
            Self::Deliveries => Some("Deliveries"),
        }
    }
}

/// Returns the configuration. The modules and the directory `storage` are expected next to it.
pub fn text(modules: &[&str], ledger: Ledger, upstream: SocketAddr) -> String {
    let mut listed = String::new();
    for name in modules {
        let wasm = Path::new(name)
            .extension()
            .is_some_and(|kind| kind == "wasm");
        let kind = if wasm { "wasm" } else { "esModule" };
        // Writing to a String cannot fail.
        let _ = writeln!(
            listed,
            "    (name = \"{name}\", {kind} = embed \"{name}\"),"
        );
    }
    let record = ledger == Ledger::Recording;
    let (binding, object) = ledger.class().map(durable_object).unwrap_or_default();
    format!(
        r#"using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [
    (name = "main", worker = .worker),
    (name = "internet", network = (allow = ["private"])),
    (name = "disk", disk = (path = "storage", writable = true)),
  ],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);

const worker :Workerd.Worker = (
  compatibilityDate = "2026-11-17",
  modules = [
{listed}  ],
  bindings = [
    (name = "CLOUDFLARE_API_BASE_URL", text = "http://{upstream}/client/v4"),
    (name = "CLOUDFLARE_ACCOUNT_ID", text = "023e105f4ecef8ad9ca31a8372d0c353"),
    (name = "REALTIMEKIT_APP_IDS", text = "14a396e7-ca44-4937-bf1f-050a69118543"),
    (name = "CLOUDFLARE_API_TOKEN", text = "Xq3vT9mBf0LkYd2sRw7uJh5nZc1aGe8oPi4xVb6K"),
    (name = "CALLER_TOKENS", text = "{{\"backend\":\"{CALLER_TOKEN}\",\"support\":\"0f4b9e7d2c614a8f93b5d0e1c7a2864f\"}}"),
    (name = "RECORD_SYNCHRONOUS_REMOVALS", text = "{record}"),
    (name = "WEBHOOKS", text = "{{\"clerk\":{{\"preset\":\"clerk\",\"delay_seconds\":86400}}}}"),
    (name = "WEBHOOK_SECRETS", text = "{{\"clerk\":\"whsec_{WEBHOOK_SECRET}\"}}"),
{binding}  ],
{object});
"#
    )
}

/// Returns the binding of a Durable Object class, and the definition of the class itself.
fn durable_object(class: &str) -> (String, String) {
    let binding = format!("    (name = \"LEDGER\", durableObjectNamespace = \"{class}\"),\n");
    let object = format!(
        "  durableObjectNamespaces = [(className = \"{class}\", uniqueKey = \"ledger\", enableSql = true)],
  durableObjectStorage = (localDisk = \"disk\"),
"
    );
    (binding, object)
}
