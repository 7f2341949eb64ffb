//! The contenders: this Worker first, then what a user would use instead. Each gets a directory with its bundle and its
//! configuration for `workerd`.

use std::fs;
use std::io::{ErrorKind, Write as _};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use flate2::Compression;
use flate2::write::GzEncoder;

use crate::arguments::Options;
use crate::configuration::{self, Ledger};

/// The name of the webhook contenders in `--only`.
const WEBHOOKS: &str = "webhooks";

/// One of the Workers compared.
#[derive(Debug)]
pub struct Contender {
    /// Its name in `--only`.
    pub key: String,
    /// Its name in the report.
    pub title: String,
    /// The directory of its bundle, configuration and log.
    pub directory: PathBuf,
    /// The `workerd` program that runs it.
    pub workerd: PathBuf,
    /// The bundle's size after gzip, in bytes.
    pub gzipped: usize,
}

/// Where a contender's bundle comes from.
enum Source {
    /// A directory with `index.js` and, unless it is pure JavaScript, `index_bg.wasm`.
    Built(PathBuf),
    /// The same, but with the history of synchronous deletes turned on, which is the default.
    Recording(PathBuf),
    /// A script that esbuild bundles and minifies.
    Script(&'static str),
    /// The same, with a Durable Object for webhooks.
    Deliveries(&'static str),
    /// The crate of the plain workers-rs peer.
    WorkersRs,
}

impl Source {
    fn ledger(&self) -> Ledger {
        match self {
            Self::Built(directory) if directory.join("index_bg.wasm").exists() => Ledger::Idle,
            Self::Recording(_) => Ledger::Recording,
            Self::Deliveries(_) => Ledger::Deliveries,
            _ => Ledger::None,
        }
    }
}

/// Builds every requested contender.
pub fn build(options: &Options, upstream: SocketAddr) -> Result<Vec<Contender>> {
    let ours = |directory: &Path| Source::Built(directory.to_path_buf());
    let mut all = vec![(
        "ours".to_owned(),
        "participant-remover".to_owned(),
        ours(&options.root.join("build")),
    )];
    all.push((
        "recording".to_owned(),
        "participant-remover, recording".to_owned(),
        Source::Recording(options.root.join("build")),
    ));
    for (name, directory) in &options.also {
        all.push((name.clone(), name.clone(), ours(directory)));
    }
    for (key, title, source) in [
        (
            "minimal",
            "JavaScript, unchecked",
            Source::Script("minimal/index.js"),
        ),
        ("workers-rs", "workers-rs, unchecked", Source::WorkersRs),
        ("sdk", "official SDK", Source::Script("sdk/whole.js")),
        (
            "sdk-shaken",
            "official SDK, tree-shaken",
            Source::Script("sdk/tree-shaken.js"),
        ),
    ] {
        all.push((key.to_owned(), title.to_owned(), source));
    }
    if !options.only.is_empty() {
        let keys: Vec<&str> = all.iter().map(|(key, ..)| key.as_str()).collect();
        for name in &options.only {
            ensure!(
                name == WEBHOOKS || keys.contains(&name.as_str()),
                "--only names {name}, and there are only {} and {WEBHOOKS}",
                keys.join(", ")
            );
        }
        all.retain(|(key, ..)| options.only.contains(key));
    }
    all.into_iter()
        .map(|(key, title, source)| prepare(options, upstream, key, title, &source))
        .collect()
}

/// Builds the webhook contenders, unless only others were requested.
pub fn for_webhooks(options: &Options, upstream: SocketAddr) -> Result<Vec<Contender>> {
    if !options.only.is_empty() && !options.only.iter().any(|name| name == WEBHOOKS) {
        return Ok(Vec::new());
    }
    let ours = Source::Built(options.root.join("build"));
    let mut all = vec![("ours", "participant-remover", ours)];
    for (name, directory) in &options.also {
        all.push((name, name, Source::Built(directory.clone())));
    }
    let peer = Source::Deliveries("webhook/index.js");
    all.push(("webhook", "JavaScript and a Durable Object", peer));
    all.into_iter()
        .map(|(key, title, source)| {
            let key = format!("webhooks-{key}");
            prepare(options, upstream, key, title.to_owned(), &source)
        })
        .collect()
}

fn prepare(
    options: &Options,
    upstream: SocketAddr,
    key: String,
    title: String,
    source: &Source,
) -> Result<Contender> {
    let directory = options.root.join("target/bench").join(&key);
    fs::create_dir_all(&directory)?;
    let modules =
        bundle(options, source, &directory).with_context(|| format!("cannot build {title}"))?;
    fs::write(
        directory.join("config.capnp"),
        configuration::text(&modules, source.ledger(), upstream),
    )?;
    empty(&directory.join("storage"))?;
    Ok(Contender {
        key,
        title,
        gzipped: gzipped(&directory, &modules)?,
        workerd: options.root.join("node_modules/.bin/workerd"),
        directory,
    })
}

/// Creates an empty directory: data stored by an earlier run must not slow this one down.
fn empty(directory: &Path) -> Result<()> {
    match fs::remove_dir_all(directory) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error.into()),
        _ => {}
    }
    Ok(fs::create_dir_all(directory)?)
}

/// Puts the bundle into the directory and returns its file names.
fn bundle(options: &Options, source: &Source, directory: &Path) -> Result<Vec<&'static str>> {
    let script = directory.join("index.js");
    match source {
        Source::Built(built) | Source::Recording(built) => {
            let mut modules = vec!["index.js"];
            if built.join("index_bg.wasm").exists() {
                modules.push("index_bg.wasm");
            }
            for name in &modules {
                fs::copy(built.join(name), directory.join(name))
                    .with_context(|| format!("there is no built Worker in {}", built.display()))?;
            }
            Ok(modules)
        }
        Source::Script(path) | Source::Deliveries(path) => {
            let mut esbuild = Command::new(options.root.join("node_modules/.bin/esbuild"));
            esbuild
                .arg(options.root.join("bench/peers").join(path))
                .args(["--bundle", "--minify", "--format=esm", "--target=es2022"])
                .args(["--conditions=workerd,worker,browser", "--log-level=warning"])
                .arg("--external:cloudflare:*")
                .arg(format!("--outfile={}", script.display()));
            succeed(&mut esbuild)?;
            Ok(vec!["index.js"])
        }
        Source::WorkersRs => {
            let program = std::env::var_os("WORKER_BUILD_BIN").unwrap_or("worker-build".into());
            let mut build = Command::new(program);
            build
                .args(["--release", "--out-dir"])
                .arg(directory)
                .current_dir(options.root.join("bench/peers/workers-rs"))
                // The templates leave this at cargo's default level.
                .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "3");
            succeed(&mut build)?;
            Ok(vec!["index.js", "index_bg.wasm"])
        }
    }
}

fn succeed(command: &mut Command) -> Result<()> {
    let program = command.get_program().display().to_string();
    let output = command
        .output()
        .with_context(|| format!("cannot run {program}: run this as cargo xtask bench"))?;
    ensure!(
        output.status.success(),
        "{program} failed:\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(())
}

fn gzipped(directory: &Path, modules: &[&str]) -> Result<usize> {
    modules.iter().try_fold(0, |total, name| {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(&fs::read(directory.join(name))?)?;
        Ok(total + encoder.finish()?.len())
    })
}
