//! What a webhook's message says beside the removal that it asks for.

use serde::{Deserialize, Serialize};

/// What somebody may be back from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Leaving {
    /// One connection ended.
    Connection {
        /// Its name.
        peer: Option<String>,
    },
    /// The meeting ended.
    Meeting,
}

/// How a webhook's message is known again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageKey {
    /// The message's id, or the digest of its body where it has none; known within its source. At most 270 bytes.
    pub key: String,
    /// A digest that is the same for a repetition. Another one under the same key is a 409.
    pub digest: String,
}
