//! Faults on demand: which requests they hit, and how they spoil the response.

mod effects;
mod fault;
mod rules;

pub(crate) use effects::{Withheld, carry_out};
pub(crate) use rules::{FaultRules, Rule};
