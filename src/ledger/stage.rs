//! The stages that a row of work goes through.

use super::store::StoreError;

/// Where a row of work stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// Its list is being read.
    Reading,
    /// Those who were found are being kicked, several in one request, or everyone.
    Kicking,
    /// The one request was refused because of somebody who is not live: is anybody?
    Session,
    /// Each of them is being kicked.
    KickingEach,
    /// Those who were found are being deleted.
    Deleting,
    /// The list of meetings has been read; its confirming pass comes when all its meetings are through.
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

    /// Whether an answer no longer matters.
    pub fn is_closed(self) -> bool {
        matches!(self, Self::Done | Self::Failed | Self::Cancelled)
    }
}
