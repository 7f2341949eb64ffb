//! A stand-in for the `RealtimeKit` API.
fn main() {}
