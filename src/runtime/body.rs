//! Reads a body up to a limit, whatever its headers say about its length.

use js_sys::{Reflect, Uint8Array};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{ReadableStream, ReadableStreamDefaultReader};

#[wasm_bindgen(module = "/src/runtime/exchange.js")]
extern "C" {
    fn abandon(reader: &ReadableStreamDefaultReader);
}

/// A reader that is cancelled on drop, when nobody waits for it any more: it would leak the memory that it holds.
struct Reading(ReadableStreamDefaultReader);

impl Drop for Reading {
    fn drop(&mut self) {
        abandon(&self.0);
    }
}

/// Reads a body chunk by chunk. Returns `None` if it is longer than `limit` bytes, and leaves the rest unread.
pub async fn read_bounded(
    stream: Option<ReadableStream>,
    limit: usize,
) -> Result<Option<Vec<u8>>, JsValue> {
    let mut bytes = Vec::new();
    let Some(stream) = stream else {
        return Ok(Some(bytes));
    };
    let reading = Reading(stream.get_reader().unchecked_into());
    loop {
        let piece = JsFuture::from(reading.0.read()).await?;
        let value = Reflect::get(&piece, &JsValue::from_str("value"))?;
        if value.is_undefined() {
            return Ok(Some(bytes));
        }
        let piece: Uint8Array = value.unchecked_into();
        let length = usize::try_from(piece.length()).unwrap_or(usize::MAX);
        if bytes.len().saturating_add(length) > limit {
            return Ok(None);
        }
        bytes.extend(piece.to_vec());
    }
}
