//! What a webhook message says besides the removal it asks for.

use serde::{Deserialize, Serialize};

/// What ended when somebody left. They may have come back since.
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

/// How a repeated webhook message is recognised.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageKey {
    /// The message's id, or the digest of its body if it has none; scoped to its source. At most 270 bytes.
    pub key: String,
    /// A digest that is the same for a repetition. A different one under the same key is a 409.
    pub digest: String,
}
