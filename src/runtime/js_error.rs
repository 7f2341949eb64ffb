//! What a JavaScript error says.

use js_sys::Reflect;
use wasm_bindgen::{JsCast, JsValue};

/// Returns the error's name, such as `TimeoutError`: it says what went wrong without repeating the input.
#[must_use]
pub fn name(error: &JsValue) -> Option<String> {
    let name = Reflect::get(error, &JsValue::from_str("name"));
    name.ok().and_then(|name| name.as_string())
}

/// Returns the error's message.
#[must_use]
pub fn message(error: &JsValue) -> String {
    let message = error
        .dyn_ref::<js_sys::Error>()
        .map(|error| String::from(error.message()));
    message
        .or_else(|| error.as_string())
        .unwrap_or_else(|| "an error without a message".to_owned())
}
