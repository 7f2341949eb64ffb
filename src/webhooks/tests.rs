//! Tests of what several files do together: messages through verification, and the attacks on them.

mod attacks;
mod flips;
mod key_rotation;
mod mapping;
pub mod signers;
mod sources;
mod vectors;
