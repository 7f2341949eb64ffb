//! Tests that span several files: messages through verification, and attacks on it.

mod attacks;
mod flips;
mod key_rotation;
mod mapping;
pub mod signers;
mod sources;
mod vectors;
