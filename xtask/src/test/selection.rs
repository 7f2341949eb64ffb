//! The selection of tests to run.

use anyhow::{Result, bail};
use lexopt::ValueExt;
use lexopt::prelude::{Long, Short, Value};

/// The requested tests.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Selection {
    /// The stages; empty means all.
    pub only: Vec<Stage>,
    /// A substring of the tests' names.
    pub filter: Option<String>,
}

impl Selection {
    /// Parses the options of `cargo xtask test`. Returns `None` if help is requested.
    pub fn parse(parser: &mut lexopt::Parser) -> Result<Option<Self>> {
        let mut selection = Self::default();
        while let Some(argument) = parser.next()? {
            match argument {
                Short('h') | Long("help") => return Ok(None),
                Long("only") => {
                    let name = parser.value()?.string()?;
                    selection.only.push(Stage::parse(&name)?);
                }
                Value(name) if selection.filter.is_none() => {
                    selection.filter = Some(name.string()?);
                }
                other => return Err(other.unexpected().into()),
            }
        }
        Ok(Some(selection))
    }

    /// Returns whether to run a stage. Stages without test names run only without a filter, or when requested
    /// explicitly.
    pub fn includes(&self, stage: Stage) -> bool {
        if self.only.is_empty() {
            self.filter.is_none() || !matches!(stage, Stage::Format | Stage::Lints)
        } else {
            self.only.contains(&stage)
        }
    }

    /// Returns whether to run any of these stages.
    pub fn includes_any(&self, stages: &[Stage]) -> bool {
        stages.iter().any(|stage| self.includes(*stage))
    }
}

/// A part of `cargo xtask test`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// The formatter.
    Format,
    /// The linter, on the host and for Wasm.
    Lints,
    /// `cargo test`.
    Rust,
    /// The stand-in by itself.
    StandIn,
    /// The Worker under `wrangler dev`.
    Worker,
}

impl Stage {
    fn parse(name: &str) -> Result<Self> {
        Ok(match name {
            "format" => Self::Format,
            "lints" => Self::Lints,
            "rust" => Self::Rust,
            "stand-in" => Self::StandIn,
            "worker" => Self::Worker,
            _ => {
                bail!(
                    "no such stage: {name:?} (there are format, lints, rust, stand-in and worker)"
                )
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_selects_only_what_has_names() {
        let cases: [(&[Stage], Option<&str>, Stage, bool); 6] = [
            (&[], None, Stage::Format, true),
            (&[], None, Stage::Worker, true),
            (&[], Some("kick"), Stage::Lints, false),
            (&[], Some("kick"), Stage::Worker, true),
            (&[Stage::Lints], Some("kick"), Stage::Lints, true),
            (&[Stage::Lints], None, Stage::Format, false),
        ];
        for (only, filter, stage, expected) in cases {
            let selection = Selection {
                only: only.to_vec(),
                filter: filter.map(str::to_owned),
            };
            let included = selection.includes(stage);
            assert_eq!(included, expected, "{selection:?} {stage:?}");
        }
    }
}
