//! A copy of the repository, in which breaks are applied, built and run.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use simulation::breaks::Break;

/// The number of seeds to try, as many as the tests run.
const SEEDS: &str = "10000";

/// The copy, with its own target directory, so that unbroken code is compiled only once.
pub struct Copy {
    original: PathBuf,
    tree: PathBuf,
    target: PathBuf,
    /// The tests that fail in the unbroken code, once they have been determined.
    failing: Option<Vec<String>>,
}

impl Copy {
    /// Copies the files known to git, and the untracked ones that it does not ignore.
    pub fn of_the_repository() -> Result<Self, String> {
        let original = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let original = original.canonicalize().map_err(|error| error.to_string())?;
        let target = std::env::var_os("CARGO_TARGET_DIR")
            .map_or_else(|| original.join("target"), |target| original.join(target));
        let copy = Self {
            tree: target.join("breaks/tree"),
            target: target.join("breaks/target"),
            original,
            failing: None,
        };
        // Files deleted in the original must not remain.
        if copy.tree.exists() {
            fs::remove_dir_all(&copy.tree)
                .map_err(|error| format!("cannot empty {}: {error}", copy.tree.display()))?;
        }
        let files = Command::new("git")
            .args([
                "ls-files",
                "--cached",
                "--others",
                "--exclude-standard",
                "-z",
            ])
            .current_dir(&copy.original)
            .output()
            .map_err(|error| format!("cannot run git: {error}"))?;
        for file in String::from_utf8_lossy(&files.stdout).split_terminator('\0') {
            copy.take(file)?;
        }
        Ok(copy)
    }

    /// Returns the path of the repository itself.
    pub fn original(&self) -> &Path {
        &self.original
    }

    fn take(&self, file: &str) -> Result<(), String> {
        let Ok(content) = fs::read(self.original.join(file)) else {
            // Deleted, but still known to git.
            return Ok(());
        };
        let to = self.tree.join(file);
        if let Some(directory) = to.parent() {
            fs::create_dir_all(directory)
                .map_err(|error| format!("cannot create {}: {error}", directory.display()))?;
        }
        write(&to, &content)
    }

    /// Applies a break while `work` runs, then restores the file.
    pub fn with_broken<R>(
        &self,
        one: &Break,
        work: impl FnOnce() -> Result<R, String>,
    ) -> Result<R, String> {
        let file = self.tree.join(&one.file);
        let source = fs::read_to_string(&file)
            .map_err(|error| format!("cannot read {}: {error}", file.display()))?;
        write(&file, one.applied_to(&source)?.as_bytes())?;
        let result = work();
        write(&file, source.as_bytes())?;
        result
    }

    /// Builds the simulation.
    pub fn build(&self) -> Result<(), String> {
        let built = self.cargo(&["build", "--quiet", "--bin", "simulation"])?;
        if built.status.success() {
            return Ok(());
        }
        Err(String::from_utf8_lossy(&built.stderr).into_owned())
    }

    /// Returns the first seed that finds a violation, and the violation.
    pub fn first_violation(&self) -> Result<Option<(u64, String)>, String> {
        let program = self.target.join("debug/simulation");
        let ran = Command::new(&program)
            .args(["--seeds", SEEDS, "--first"])
            .output()
            .map_err(|error| format!("cannot run {}: {error}", program.display()))?;
        let printed = String::from_utf8_lossy(&ran.stdout);
        let first = printed
            .lines()
            .find_map(|line| line.strip_prefix("seed ")?.split_once(": "));
        Ok(first.and_then(|(seed, violation)| Some((seed.parse().ok()?, violation.to_owned()))))
    }

    /// Returns the failing tests of the ledger and the simulation, except for the test that runs the seeds.
    pub fn failing_tests(&self) -> Result<Vec<String>, String> {
        let ran = self.cargo(&[
            "test",
            "--package",
            "participant-remover",
            "--no-fail-fast",
            "--",
            "--skip",
            "ten_thousand_seeds",
            // It only shows that something is broken, not that it matters.
            "--skip",
            "every_break_still_finds",
        ])?;
        let printed = String::from_utf8_lossy(&ran.stdout);
        let failed = printed
            .lines()
            .filter_map(|line| line.strip_prefix("test ")?.strip_suffix(" ... FAILED"));
        Ok(failed.map(str::to_owned).collect())
    }

    /// Returns whether a test fails even in the unbroken code, in which case it detects nothing.
    pub fn fails_unbroken(&mut self, test: &str) -> Result<bool, String> {
        if self.failing.is_none() {
            self.failing = Some(self.failing_tests()?);
        }
        let mut failing = self.failing.iter().flatten();
        Ok(failing.any(|failing| failing == test))
    }

    fn cargo(&self, arguments: &[&str]) -> Result<Output, String> {
        let (command, rest) = arguments.split_at(1);
        Command::new("cargo")
            .args(command)
            .args(["--package", "simulation"])
            .args(rest)
            .env("CARGO_TARGET_DIR", &self.target)
            .current_dir(&self.tree)
            .output()
            .map_err(|error| format!("cannot run cargo: {error}"))
    }
}

fn write(file: &Path, content: &[u8]) -> Result<(), String> {
    fs::write(file, content).map_err(|error| format!("cannot write {}: {error}", file.display()))
}
