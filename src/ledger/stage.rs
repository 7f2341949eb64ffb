//! The stages of a work row.

use super::store::StoreError;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// Its list is being read.
    Reading,
    /// Those found are being kicked, several in one request, or everyone.
    Kicking,
    /// A kick of several was refused because of somebody who is not live: is anybody?
    Session,
    /// Each is being kicked separately.
    KickingEach,
    /// Those found are being deleted.
    Deleting,
    /// The list of meetings has been read; its confirming pass comes when all its meetings are done.
    Settled,
    /// Nothing is left to do.
    Done,
    /// Given up.
    Failed,
    /// The removal was cancelled.
    Cancelled,
}

impl Stage {
    const ALL: [Self; 9] = [
        Self::Reading,
        Self::Kicking,
        Self::Session,
        Self::KickingEach,
        Self::Deleting,
        Self::Settled,
        Self::Done,
        Self::Failed,
        Self::Cancelled,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Reading => "reading",
            Self::Kicking => "kicking",
            Self::Session => "session",
            Self::KickingEach => "kicking_each",
            Self::Deleting => "deleting",
            Self::Settled => "settled",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    pub fn parse(name: &str) -> Result<Self, StoreError> {
        let stage = Self::ALL.into_iter().find(|stage| stage.as_str() == name);
        stage.ok_or_else(|| StoreError(format!("work is in the unknown stage {name}")))
    }

    /// Returns whether a response no longer matters.
    pub fn is_closed(self) -> bool {
        matches!(self, Self::Done | Self::Failed | Self::Cancelled)
    }
}
