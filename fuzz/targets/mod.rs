//! What the fuzz targets do with their input. The same functions run over the corpus in `cargo test`.
//!
//! Each holds the code against a second, simpler statement of the same rule: a parser that only survives proves little.
//! Each says whether its input was accepted, so that a corpus that reaches nothing is noticed.

mod answers;
mod headers;
mod messages;

pub use answers::answer;
pub use headers::{github, realtimekit_signature, standard_webhooks, stripe, token, workos};
pub use messages::{key_answer, mapping, sources};

/// The time at which everything takes place, in seconds.
const NOW_S: u64 = 1_614_265_330;
const NOW_MS: u64 = NOW_S * 1000;
const SECRET: &str = "0123456789abcdef0123456789abcdef";
const WHSEC: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// Text, as headers reach the Worker.
fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Cuts the input at its first `count - 1` zero bytes: headers, then the body.
fn parts(data: &[u8], count: usize) -> Option<Vec<&[u8]>> {
    let parts: Vec<_> = data.splitn(count, |byte| *byte == 0).collect();
    (parts.len() == count).then_some(parts)
}
