//! Faults on demand: which request meets one, and what becomes of its answer.

mod effects;
mod rules;

pub(crate) use effects::{Cut, carry_out};
pub(crate) use rules::{FaultRules, Rule};
