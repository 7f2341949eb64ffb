//! The states of a removal.

/// The state of a removal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RemovalState {
    /// Accepted; it starts at its `not_before`.
    Scheduled,
    /// Accepted; it starts as soon as there is room.
    Queued,
    /// Being carried out.
    Running,
    /// Everyone it is about is gone, and that was confirmed.
    Succeeded,
    /// Some are gone; some could not be removed or confirmed.
    PartiallyFailed,
    /// Nobody was removed, and something failed.
    Failed,
    /// Cancelled by a caller, or because somebody came back in time.
    Cancelled,
    /// A signed event that could not be understood; there is nothing to carry out.
    Quarantined,
}

impl RemovalState {
    const ALL: [Self; 8] = [
        Self::Scheduled,
        Self::Queued,
        Self::Running,
        Self::Succeeded,
        Self::PartiallyFailed,
        Self::Failed,
        Self::Cancelled,
        Self::Quarantined,
    ];

    /// Returns the state's name in bodies, queries and the store.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Scheduled => "scheduled",
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Succeeded => "succeeded",
            Self::PartiallyFailed => "partially_failed",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
            Self::Quarantined => "quarantined",
        }
    }

    /// Parses a state's name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == name)
    }

    /// Returns whether nothing more will happen by itself.
    #[must_use]
    pub fn is_final(self) -> bool {
        !matches!(self, Self::Scheduled | Self::Queued | Self::Running)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_is_found_by_its_name() {
        for state in RemovalState::ALL {
            assert_eq!(RemovalState::parse(state.as_str()), Some(state));
        }
        assert_eq!(RemovalState::parse("done"), None);
    }
}
