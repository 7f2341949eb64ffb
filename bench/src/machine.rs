//! The environment that the numbers apply to: the machine and the versions.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

/// Returns one line about the machine and the versions.
pub fn describe(root: &Path) -> Result<String> {
    let information = fs::read_to_string("/proc/cpuinfo")?;
    let cpu = information
        .lines()
        .find_map(|line| line.strip_prefix("model name"))
        .map_or(std::env::consts::ARCH, |name| {
            name.trim_start_matches(['\t', ' ', ':'])
        })
        .to_owned();
    let cores = std::thread::available_parallelism()?;
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease")?;
    let kernel = kernel.split('-').next().unwrap_or_default();
    let workerd =
        first_line(Command::new(root.join("node_modules/.bin/workerd")).arg("--version"))?;
    let rustc = first_line(Command::new("rustc").arg("--version"))?;
    let sdk = version(&root.join("node_modules/cloudflare/package.json"))?;
    let esbuild = version(&root.join("node_modules/esbuild/package.json"))?;
    let worker = std::env::var("WORKER_VERSION").context("run it as cargo xtask bench")?;
    Ok(format!(
        "{cpu}, {cores} cores, Linux {}; {workerd}, {rustc}, worker {worker}, cloudflare {sdk} bundled by esbuild {esbuild}",
        kernel.trim()
    ))
}

fn first_line(command: &mut Command) -> Result<String> {
    let program = command.get_program().display().to_string();
    let output = command
        .output()
        .with_context(|| format!("cannot run {program}"))?;
    let text = String::from_utf8_lossy(&output.stdout);
    let line = text.lines().next().unwrap_or_default();
    // `rustc 1.95.0 (59807616e 2026-04-14)`: the version is enough.
    Ok(line.split(" (").next().unwrap_or(line).to_owned())
}

fn version(manifest: &Path) -> Result<String> {
    let text = fs::read_to_string(manifest)
        .with_context(|| format!("cannot read {}: run npm ci", manifest.display()))?;
    text.lines()
        .find_map(|line| line.trim().strip_prefix("\"version\": \""))
        .map(|rest| rest.trim_end_matches([',', '"']).to_owned())
        .with_context(|| format!("{} names no version", manifest.display()))
}
