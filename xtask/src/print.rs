//! Printing that survives a reader who has gone: `println!` and `eprintln!` would panic, and end a running `dev`.

use std::io::{Write, stderr, stdout};

/// Prints a line on standard output, for what a command was asked for.
pub fn result(line: &str) {
    // Nobody reads it, or the disk is full: no reason to end what is running, and nowhere to say so.
    let _ = writeln!(stdout().lock(), "{line}");
}

/// Prints a line on standard error, for progress and errors.
pub fn message(line: &str) {
    // As above.
    let _ = writeln!(stderr().lock(), "{line}");
}
