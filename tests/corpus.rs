//! A short run of the fuzz targets: every file of their corpus, and each with some of its bytes changed.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

#[path = "../fuzz/targets/mod.rs"]
mod targets;

use std::fs;
use std::path::Path;

type Target = (&'static str, fn(&[u8]) -> bool);

const TARGETS: [Target; 10] = [
    ("standard_webhooks", targets::standard_webhooks),
    ("stripe", targets::stripe),
    ("workos", targets::workos),
    ("github", targets::github),
    ("token", targets::token),
    ("realtimekit_signature", targets::realtimekit_signature),
    ("mapping", targets::mapping),
    ("key_answer", targets::key_answer),
    ("sources", targets::sources),
    ("answer", targets::answer),
];

fn corpus(target: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fuzz/corpus")
        .join(target);
    let mut files: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|file| file.unwrap().path())
        .collect();
    files.sort();
    files.iter().map(|file| fs::read(file).unwrap()).collect()
}

#[test]
fn every_target_holds_over_its_corpus() {
    for (name, target) in TARGETS {
        let corpus = corpus(name);
        assert!(corpus.len() >= 3, "{name} has {} files", corpus.len());
        let accepted = corpus.iter().filter(|input| target(input)).count();
        assert!(
            accepted > 0 && accepted < corpus.len(),
            "{name}: {accepted}"
        );
    }
}

/// Changes bytes by a fixed pseudorandom sequence (xorshift64), so that every run is the same.
#[test]
fn every_target_holds_over_its_corpus_with_bytes_changed() {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state % (below.max(1) as u64)).unwrap()
    };
    for (name, target) in TARGETS {
        let corpus = corpus(name);
        for round in 0..2_000 {
            let mut input = corpus[round % corpus.len()].clone();
            for _ in 0..=next(3) {
                let at = next(input.len() + 1);
                match next(3) {
                    0 if at < input.len() => input[at] ^= 1 << next(8),
                    1 if at < input.len() => drop(input.remove(at)),
                    _ => input.insert(at, b"\0 ,.=01\xff{[\""[next(11)]),
                }
            }
            target(&input);
        }
    }
}
