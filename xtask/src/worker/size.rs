//! The size of the Worker's bundle as Cloudflare's limit measures it: compressed.

use std::fs;
use std::io::Write;
use std::path::Path;

use anyhow::{Context, Result};
use flate2::Compression;
use flate2::write::GzEncoder;

/// The deployed files.
pub const FILES: [&str; 2] = ["index.js", "index_bg.wasm"];

/// Returns the size of the bundle in bytes after gzip, all files together.
pub fn gzipped(build: &Path) -> Result<usize> {
    let mut total = 0;
    for name in FILES {
        let path = build.join(name);
        let content = fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
        total += compressed(&content)?;
    }
    Ok(total)
}

fn compressed(content: &[u8]) -> Result<usize> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(content)?;
    Ok(encoder.finish()?.len())
}

/// Formats bytes as kilobytes with one decimal place: `71.4 KB`.
pub fn spoken(bytes: usize) -> String {
    format!("{}.{} KB", bytes / 1000, bytes % 1000 / 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_spoken_in_kilobytes() {
        let cases = [
            (0, "0.0 KB"),
            (99, "0.0 KB"),
            (71_449, "71.4 KB"),
            (120_000, "120.0 KB"),
        ];
        for (bytes, expected) in cases {
            assert_eq!(spoken(bytes), expected);
        }
    }

    #[test]
    fn both_files_are_counted_compressed() {
        let build = std::env::temp_dir().join(format!("xtask-size-{}", std::process::id()));
        fs::create_dir_all(&build).unwrap();
        fs::write(build.join("index.js"), "a".repeat(10_000)).unwrap();
        assert!(gzipped(&build).is_err(), "one file is missing");
        fs::write(build.join("index_bg.wasm"), "").unwrap();
        let script_alone = gzipped(&build).unwrap();
        assert!(
            script_alone < 200,
            "{script_alone} bytes are not compressed"
        );
        fs::write(build.join("index_bg.wasm"), "b".repeat(10_000)).unwrap();
        assert!(gzipped(&build).unwrap() > script_alone);
        fs::remove_dir_all(&build).unwrap();
    }
}
