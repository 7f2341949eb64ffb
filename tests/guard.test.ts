// What must not get worse, counted instead of timed: docs/benchmarks.md says why each number is what it is. Whoever
// has a good reason to raise a limit raises it here, and says so there.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { gzipSync } from 'node:zlib';

import { BUILD, startPlainRuntime } from './harness/plain_runtime.ts';
import type { PlainRuntime } from './harness/plain_runtime.ts';

/** The bundle after gzip, index.js and Wasm together. */
const BUNDLE_BYTES = 256_000;
/** Calls from Wasm into JavaScript for one DELETE that succeeds. */
const CALLS_TO_JAVASCRIPT = 30;
/** Calls from JavaScript into Wasm for it; the most are for memory, one for each string that comes in. */
const CALLS_TO_WASM = 16;
/** By how much Wasm's memory may grow over 10,000 requests: a page, which fragmentation may take once. */
const WASM_BYTES = 65_536;
/** By how much the JavaScript heap may grow over 10,000 requests: less than a pointer for each. */
const HEAP_BYTES = 80_000;

let runtime: PlainRuntime;

describe('what must not get worse', () => {
  before(async () => {
    runtime = await startPlainRuntime('counting_entry.js', 'crossings.js');
  });
  after(() => runtime.stop());

  test('the bundle stays small', async (context) => {
    const files = ['index.js', 'index_bg.wasm'].map(async (name) => gzipSync(await readFile(join(BUILD, name)), { level: 9 }).length);
    const bytes = (await Promise.all(files)).reduce((sum, size) => sum + size);
    context.diagnostic(`index.js and Wasm, gzipped: ${bytes} bytes`);
    assert.ok(bytes <= BUNDLE_BYTES, `${bytes} bytes`);
  });

  test('the bundle says nothing of the machine that it was made on', async () => {
    const wasm = (await readFile(join(BUILD, 'index_bg.wasm'))).toString('latin1');
    for (const directory of [homedir(), resolve(BUILD, '..'), 'registry/src']) assert.ok(!wasm.includes(directory), directory);
  });

  test('a removal crosses between Wasm and JavaScript a known number of times', async () => {
    // The first one of an isolate also reads the configuration.
    await (await runtime.remove()).arrayBuffer();
    const answer = await runtime.remove();
    assert.equal(answer.status, 200, await answer.text());
    const [toJavaScript = NaN, toWasm = NaN] = (answer.headers.get('crossings') ?? '').split(' ').map(Number);
    assert.ok(toJavaScript <= CALLS_TO_JAVASCRIPT, `${toJavaScript} calls into JavaScript`);
    assert.ok(toWasm <= CALLS_TO_WASM, `${toWasm} calls into Wasm`);
  });

  test('10,000 requests leave nothing behind', async () => {
    await removals(2_000);
    const memory = await wasmMemory();
    // What a request leaves behind shows each time; code that the runtime has compiled meanwhile does not.
    const grown: number[] = [];
    do {
      const heap = await runtime.heapBytes();
      await removals(10_000);
      grown.push((await runtime.heapBytes()) - heap);
    } while (Math.min(...grown) > HEAP_BYTES && grown.length < 3);
    assert.ok(Math.min(...grown) <= HEAP_BYTES, `the JavaScript heap has grown by ${grown.join(', ')} bytes`);
    const more = (await wasmMemory()) - memory;
    assert.ok(more <= WASM_BYTES, `Wasm's memory has grown by ${more} bytes`);
  });
});

async function removals(count: number): Promise<void> {
  let left = count;
  await Promise.all(Array.from({ length: 16 }, async () => {
    while (left > 0) {
      left -= 1;
      const answer = await runtime.remove();
      assert.equal(answer.status, 200, await answer.text());
    }
  }));
}

async function wasmMemory(): Promise<number> {
  return Number((await runtime.remove()).headers.get('wasm-memory'));
}
