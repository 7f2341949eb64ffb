//! The process: its one line of output, its exit codes, its shutdown.

use std::io::Read;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::client::StandIn;

/// Returns whether it exits by itself, successfully, within seconds.
fn ends_at_once(sim: &mut StandIn) -> bool {
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(5) {
        if let Some(status) = sim.child.try_wait().unwrap() {
            return status.success();
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    false
}

#[tokio::test]
async fn it_says_one_line_and_ends_with_its_stdin() {
    let mut sim = StandIn::start(&[]);
    assert_eq!(sim.counts().await["meetings"], 0);
    drop(sim.child.stdin.take());
    assert!(ends_at_once(&mut sim));
    let (mut more, mut problems) = (String::new(), String::new());
    sim.stdout.read_to_string(&mut more).unwrap();
    sim.child
        .stderr
        .take()
        .unwrap()
        .read_to_string(&mut problems)
        .unwrap();
    assert_eq!((more.as_str(), problems.as_str()), ("", ""));
}

#[cfg(unix)]
#[tokio::test]
async fn it_ends_at_once_when_it_is_told_to() {
    for signal in ["-TERM", "-INT"] {
        let mut sim = StandIn::start(&[]);
        // A hanging request must not hold it up.
        sim.sim("POST", "/faults", r#"{"fault":{"kind":"hang"}}"#)
            .await;
        let hanging = tokio::time::timeout(
            Duration::from_millis(200),
            sim.try_kit("GET", "/meetings", ""),
        );
        assert!(hanging.await.is_err());
        Command::new("kill")
            .args([signal, &sim.child.id().to_string()])
            .status()
            .unwrap();
        assert!(ends_at_once(&mut sim), "{signal}");
    }
}

#[tokio::test]
async fn a_port_in_use_is_one_sentence_and_exit_code_1() {
    let sim = StandIn::start(&[]);
    let port = sim.origin.rsplit(':').next().unwrap().to_owned();
    let (code, problems) = failed_start(&["--port", &port]);
    assert_eq!(code, Some(1));
    assert_eq!(problems.lines().count(), 1, "{problems}");
    assert!(
        problems.contains(&port) && problems.contains("--port"),
        "{problems}"
    );
}

#[test]
fn a_webhook_url_that_cannot_be_used_is_refused() {
    let (code, problems) =
        failed_start(&["--port", "0", "--webhook-url", "https://example.com/hook"]);
    assert_eq!(code, Some(1));
    assert!(problems.contains("https://example.com/hook"), "{problems}");
}

fn failed_start(options: &[&str]) -> (Option<i32>, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_realtimekit-sim"))
        .args(options)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert!(output.stdout.is_empty());
    (
        output.status.code(),
        String::from_utf8(output.stderr).unwrap(),
    )
}
