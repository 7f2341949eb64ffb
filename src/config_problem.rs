//! Mistakes in the configuration, for every module that reads a part of it.

use std::fmt;

/// A problem with one variable: its name and what to do about it, never its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigProblem {
    /// The variable's name.
    pub name: String,
    /// What is wrong and what to do, worded to follow the name.
    pub message: String,
}

impl fmt::Display for ConfigProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.name, self.message)
    }
}
