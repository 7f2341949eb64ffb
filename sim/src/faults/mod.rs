//! Faults on demand: which request meets one, and what becomes of its answer.

mod effects;
mod fault;
mod rules;

pub(crate) use effects::{Withheld, carry_out};
pub(crate) use rules::{FaultRules, Rule};
