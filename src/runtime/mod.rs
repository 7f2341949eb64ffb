//! The modules that touch JavaScript. They only convert and pass on; every decision is made elsewhere, on plain data.

pub mod alarm;
pub mod body;
pub mod fetch;
pub mod isolate;
pub mod js_error;
pub mod ledger_object;
pub mod ledger_stub;
pub mod request;
pub mod sql;
pub mod webcrypto;
pub mod webhook_keys;
