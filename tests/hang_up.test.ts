// Callers who hang up before their answer: what they began is brought to its end, and leaves nothing behind. Only plain
// workerd shows it, since the proxy of `wrangler dev` goes on waiting in their place.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { eventually } from './harness/eventually.ts';
import { PATH, startPlainRuntime } from './harness/plain_runtime.ts';
import type { PlainRuntime } from './harness/plain_runtime.ts';

/** By how much Wasm's memory may have grown: as much as the bodies of some requests at a time need. */
const MEMORY_BYTES = 8_000_000;
const NO_BODY = { length: 0, sent: 0 };

let runtime: PlainRuntime;

describe('a caller who hangs up', () => {
  before(async () => {
    runtime = await startPlainRuntime('counting_entry.js', 'crossings.js');
  });
  after(() => runtime.stop());

  test('a removal whose caller has gone is carried out and logged', async () => {
    await runtime.hangUp('DELETE', `${PATH.slice(0, PATH.lastIndexOf('/'))}/slow`, NO_BODY, 500);
    assert.equal(runtime.deletes('slow'), 1, 'its delete was under way');
    await eventually('its line is logged', async () => runtime.logged('"outcome":"removed"').length === 1, 30_000);
  });

  test('bodies that break off leave no memory behind', async (context) => {
    const before = await runtime.wasmMemory();
    for (let round = 0; round < 20; round += 1) {
      await Promise.all(Array.from({ length: 10 }, () => runtime.hangUp('POST', '/removals', { length: 250_000, sent: 249_000 }, 100)));
    }
    const grown = (await runtime.wasmMemory()) - before;
    context.diagnostic(`after 200 bodies that broke off, Wasm's memory had grown by ${grown} bytes`);
    assert.ok(grown <= MEMORY_BYTES, `Wasm's memory has grown by ${grown} bytes`);
  });
});
