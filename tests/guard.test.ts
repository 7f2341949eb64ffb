// Costs that must not get worse, counted rather than timed: docs/benchmarks.md explains each number. If there is a good
// reason to raise a limit, raise it here and explain it there.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { gzipSync } from 'node:zlib';

import { BUILD, startPlainRuntime } from './harness/plain_runtime.ts';
import type { PlainRuntime } from './harness/plain_runtime.ts';

/** The size of the bundle after gzip, index.js and Wasm together. */
const BUNDLE_BYTES = 259_000;
/** Calls from Wasm into JavaScript for one successful DELETE. */
const CALLS_TO_JAVASCRIPT = 30;
/** Calls from JavaScript into Wasm for the same; most are for memory, one for each string passed in. */
const CALLS_TO_WASM = 16;
/** How much the JavaScript heap may grow over 10,000 requests: less than a pointer per request. */
const HEAP_BYTES = 80_000;
/** How many times 10,000 requests are sent before growth in each of them is called a leak. */
const BATCHES = 5;

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
    // A short path may occur in it by chance.
    const own = [homedir(), resolve(BUILD, '..')].filter((path) => path.split('/').length > 2).map((path) => `${path}/`);
    for (const directory of [...own, 'registry/src']) assert.ok(!wasm.includes(directory), directory);
  });

  test('a removal crosses between Wasm and JavaScript a known number of times', async () => {
    // The first one in an isolate also reads the configuration.
    await (await runtime.remove()).arrayBuffer();
    const answer = await runtime.remove();
    assert.equal(answer.status, 200, await answer.text());
    const [toJavaScript = NaN, toWasm = NaN] = (answer.headers.get('crossings') ?? '').split(' ').map(Number);
    assert.ok(toJavaScript <= CALLS_TO_JAVASCRIPT, `${toJavaScript} calls into JavaScript`);
    assert.ok(toWasm <= CALLS_TO_WASM, `${toWasm} calls into Wasm`);
  });

  test('10,000 requests leave nothing behind', async (context) => {
    await removals(2_000);
    // A leak shows up in every batch: 16 bytes per request, the smallest allocation, make two pages of Wasm memory in
    // 10,000. Code compiled by the runtime, and memory for a new maximum of concurrent requests, show up only now and
    // then.
    const heap: number[] = [];
    const wasm: number[] = [];
    do {
      const before = { heap: await runtime.heapBytes(), wasm: await runtime.wasmMemory() };
      await removals(10_000);
      heap.push((await runtime.heapBytes()) - before.heap);
      wasm.push((await runtime.wasmMemory()) - before.wasm);
    } while (heap.length < BATCHES && (Math.min(...heap) > HEAP_BYTES || Math.min(...wasm) > 0));
    context.diagnostic(`after each 10,000 the heap had grown by ${heap.join(', ')} bytes, Wasm's memory by ${wasm.join(', ')}`);
    assert.ok(Math.min(...heap) <= HEAP_BYTES, `the JavaScript heap has grown by ${heap.join(', ')} bytes`);
    assert.ok(Math.min(...wasm) <= 0, `Wasm's memory has grown by ${wasm.join(', ')} bytes`);
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
