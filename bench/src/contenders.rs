//! What is compared: this Worker first, then what a user would take instead. Each gets a directory with its bundle
//! and its configuration for `workerd`.

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use flate2::Compression;
use flate2::write::GzEncoder;

use crate::arguments::Options;

/// The token that the load sends.
pub const CALLER_TOKEN: &str = "6f1d8c3a9b704e25a8e3f7c1d0b94e62";
/// The participant that the load deletes, again and again.
pub const PATH: &str = "/client/v4/accounts/023e105f4ecef8ad9ca31a8372d0c353/realtime/kit/14a396e7-ca44-4937-bf1f-050a6911/meetings/497f6eca-6276-4993-bfeb-53cbbbba6f08/participants/aaaf5ac8-54a2-4d48-8a0c-9f9a2f9a7a31";

/// One Worker of the comparison.
#[derive(Debug)]
pub struct Contender {
    /// Its name in `--only`.
    pub key: String,
    /// Its name in the report.
    pub title: String,
    /// Where its bundle, its configuration and its log are.
    pub directory: PathBuf,
    /// The `workerd` to run it.
    pub workerd: PathBuf,
    /// The bundle's size after gzip, in bytes.
    pub gzipped: usize,
}

/// Where a contender's bundle comes from.
enum Source {
    /// A directory with `index.js` and, unless it is all JavaScript, `index_bg.wasm`.
    Built(PathBuf),
    /// A script that esbuild bundles and minifies.
    Script(&'static str),
    /// The crate of the plain workers-rs peer.
    WorkersRs,
}

/// Builds every contender that was asked for.
pub fn build(options: &Options, upstream: SocketAddr) -> Result<Vec<Contender>> {
    let ours = |directory: &Path| Source::Built(directory.to_path_buf());
    let mut all = vec![(
        "ours".to_owned(),
        "participant-remover".to_owned(),
        ours(&options.root.join("build")),
    )];
    for (name, directory) in &options.also {
        all.push((name.clone(), name.clone(), ours(directory)));
    }
    for (key, title, source) in [
        ("minimal", "JavaScript, unchecked", Source::Script("minimal/index.js")),
        ("workers-rs", "workers-rs, unchecked", Source::WorkersRs),
        ("sdk", "official SDK", Source::Script("sdk/whole.js")),
        ("sdk-shaken", "official SDK, tree-shaken", Source::Script("sdk/tree-shaken.js")),
    ] {
        all.push((key.to_owned(), title.to_owned(), source));
    }
    if !options.only.is_empty() {
        all.retain(|(key, ..)| options.only.contains(key));
        ensure!(!all.is_empty(), "--only names no contender");
    }
    all.into_iter()
        .map(|(key, title, source)| {
            let directory = options.root.join("target/bench").join(&key);
            fs::create_dir_all(&directory)?;
            let modules = bundle(options, &source, &directory)
                .with_context(|| format!("cannot build {title}"))?;
            fs::write(directory.join("config.capnp"), config(&modules, upstream))?;
            Ok(Contender {
                key,
                title,
                gzipped: gzipped(&directory, &modules)?,
                workerd: options.root.join("node_modules/.bin/workerd"),
                directory,
            })
        })
        .collect()
}

/// Puts the bundle into the directory and names its files.
fn bundle(options: &Options, source: &Source, directory: &Path) -> Result<Vec<&'static str>> {
    let script = directory.join("index.js");
    match source {
        Source::Built(built) => {
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
        Source::Script(path) => {
            let mut esbuild = Command::new(options.root.join("node_modules/.bin/esbuild"));
            esbuild
                .arg(options.root.join("bench/peers").join(path))
                .args(["--bundle", "--minify", "--format=esm", "--target=es2022"])
                .args(["--conditions=workerd,worker,browser", "--log-level=warning"])
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
                // The templates leave the level at cargo's default.
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

/// The configuration for `workerd`: the modules, the same bindings for all, and a way to the upstream.
fn config(modules: &[&str], upstream: SocketAddr) -> String {
    let mut listed = String::new();
    for name in modules {
        let wasm = Path::new(name).extension().is_some_and(|kind| kind == "wasm");
        let kind = if wasm { "wasm" } else { "esModule" };
        // Writing into a String cannot fail.
        let _ = writeln!(listed, "    (name = \"{name}\", {kind} = embed \"{name}\"),");
    }
    format!(
        r#"using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [
    (name = "main", worker = .worker),
    (name = "internet", network = (allow = ["private"])),
  ],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);

const worker :Workerd.Worker = (
  compatibilityDate = "2026-11-17",
  modules = [
{listed}  ],
  bindings = [
    (name = "CLOUDFLARE_API_BASE_URL", text = "http://{upstream}/client/v4"),
    (name = "CLOUDFLARE_ACCOUNT_ID", text = "023e105f4ecef8ad9ca31a8372d0c353"),
    (name = "REALTIMEKIT_APP_IDS", text = "14a396e7-ca44-4937-bf1f-050a6911"),
    (name = "CLOUDFLARE_API_TOKEN", text = "Xq3vT9mBf0LkYd2sRw7uJh5nZc1aGe8oPi4xVb6K"),
    (name = "CALLER_TOKENS", text = "{{\"backend\":\"{CALLER_TOKEN}\",\"support\":\"0f4b9e7d2c614a8f93b5d0e1c7a2864f\"}}"),
  ],
);
"#
    )
}

fn gzipped(directory: &Path, modules: &[&str]) -> Result<usize> {
    modules.iter().try_fold(0, |total, name| {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(&fs::read(directory.join(name))?)?;
        Ok(total + encoder.finish()?.len())
    })
}
