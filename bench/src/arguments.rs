//! The command line.

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use lexopt::prelude::*;

/// The text printed by `--help`.
pub const HELP: &str = "\
Measures the Worker beside its peers. Run it as cargo xtask bench, which installs what is needed.

Usage: cargo xtask bench [OPTIONS]

Options:
      --quick           about a minute: fewer rounds, no million requests, nothing written
      --also NAME=DIR   measure another build of this Worker as well, e.g. one from before a change
      --only NAMES      measure these contenders alone, and no million requests; comma-separated: ours, recording, minimal,
                        workers-rs, sdk, sdk-shaken, webhooks, and the names given by --also
      --profile NAME    load one contender for 30 seconds with workerd's inspector on 127.0.0.1:9229, for a profiler
      --rounds N        how many rounds, instead of the usual number
      --connections N   at that many connections alone
  -h, --help            print this text

Without any of these, everything is measured and written into docs/benchmarks.md and its chart.

Environment:
  WORKER_BUILD_BIN, WASM_BINDGEN_BIN, WASM_OPT_BIN, ESBUILD_BIN name the build tools, WORKER_VERSION the version of the
  worker crate; cargo xtask bench sets them.
";

/// The options of one run of the benchmark.
#[derive(Debug)]
pub struct Options {
    /// The root of the repository.
    pub root: PathBuf,
    /// Whether the run should take only about a minute.
    pub quick: bool,
    /// The directory that the report is written to, in addition to the terminal.
    pub write: Option<PathBuf>,
    /// Further builds of this Worker: name and directory.
    pub also: Vec<(String, PathBuf)>,
    /// The contenders to measure; empty means all.
    pub only: Vec<String>,
    /// The number of rounds, if not the planned one.
    pub rounds: Option<usize>,
    /// The only number of connections, if not all of them.
    pub connections: Option<usize>,
    /// The contender to profile instead of measuring.
    pub profile: Option<String>,
}

/// Parses the arguments. Returns `None` if help is requested.
pub fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Option<Options>> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .context("the benchmark must lie in a directory of the repository")?
        .to_path_buf();
    let mut options = Options {
        write: Some(root.join("docs")),
        root,
        quick: false,
        also: Vec::new(),
        only: Vec::new(),
        rounds: None,
        connections: None,
        profile: None,
    };
    let mut parser = lexopt::Parser::from_args(arguments);
    while let Some(argument) = parser.next()? {
        match argument {
            Short('h') | Long("help") => return Ok(None),
            Long("quick") => options.quick = true,
            Long("also") => options.also.push(named(&parser.value()?.string()?)?),
            Long("only") => {
                let names = parser.value()?.string()?;
                options.only = names.split(',').map(str::to_owned).collect();
            }
            Long("rounds") => options.rounds = Some(number(&parser.value()?)?),
            Long("connections") => options.connections = Some(number(&parser.value()?)?),
            Long("profile") => {
                let name = parser.value()?.string()?;
                options.only = vec![name.clone()];
                options.profile = Some(name);
            }
            other => return Err(other.unexpected().into()),
        }
    }
    let is_partial = options.quick
        || !options.also.is_empty()
        || !options.only.is_empty()
        || options.rounds.is_some()
        || options.connections.is_some();
    if is_partial {
        // Only a complete comparison may go into the documentation.
        options.write = None;
    }
    Ok(Some(options))
}

fn number(value: &OsStr) -> Result<usize> {
    let number = value.to_str().and_then(|text| text.parse().ok());
    number
        .filter(|number| *number > 0)
        .with_context(|| format!("\"{}\" is not a whole number above 0", value.display()))
}

fn named(value: &str) -> Result<(String, PathBuf)> {
    match value.split_once('=') {
        Some((name, directory)) if !name.is_empty() => Ok((name.to_owned(), directory.into())),
        _ => bail!("--also takes NAME=DIR, the directory of a built Worker, and not {value:?}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(arguments: &[&str]) -> Result<Option<Options>> {
        parse(arguments.iter().map(OsString::from))
    }

    #[test]
    fn only_a_complete_run_is_written_down() {
        assert!(options(&[]).unwrap().unwrap().write.is_some());
        for partial in [
            &["--quick"][..],
            &["--also", "a=b"],
            &["--only", "sdk"],
            &["--rounds", "1"],
            &["--connections", "1"],
        ] {
            assert!(options(partial).unwrap().unwrap().write.is_none());
        }
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        for wrong in [
            &["--also", "x"][..],
            &["--also", "=x"],
            &["--rounds", "0"],
            &["--rounds", "many"],
            &["--fast"],
            &["x"],
        ] {
            assert!(options(wrong).is_err(), "{wrong:?}");
        }
    }
}
