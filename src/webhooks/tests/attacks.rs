//! A table of attacks on verification, one row each: what is sent, and why it is refused.

mod standard_webhooks;
mod standard_webhooks_signatures;
mod timed;
mod untimed;

use super::signers::{NOW_S, check, hex_hmac, v1, v1a, whpk};
use crate::webhooks::github::GitHub;
use crate::webhooks::standard_webhooks::StandardWebhooks;
use crate::webhooks::stripe::Stripe;
use crate::webhooks::token::Token;
use crate::webhooks::verification::Refused::{
    self, HeaderMissing, HeaderTooLong, Malformed, Mismatch, TooManySignatures, TooNew, TooOld,
};
use crate::webhooks::workos::WorkOs;
use crate::webhooks::{Rejection, Scheme, secrets};

const BODY: &str = r#"{"type":"user.deleted","data":{"id":"user_1"}}"#;

const SECRET: &str = "0123456789abcdef0123456789abcdef";

type Row = (&'static str, Vec<(&'static str, String)>, Refused);

fn texts(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

fn refused(scheme: &Scheme, rows: Vec<Row>) {
    for (attack, headers, why) in rows {
        let result = check(scheme, &headers, BODY.as_bytes());
        assert_eq!(result, Err(Rejection::Refused(why)), "{attack}");
    }
}
