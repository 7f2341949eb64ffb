// A panic or a trap ends the Wasm instance. It must end one request, and nothing after it.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { startPlainRuntime } from './harness/plain_runtime.ts';
import type { PlainRuntime } from './harness/plain_runtime.ts';

let runtime: PlainRuntime;

describe('a trap', () => {
  before(async () => {
    runtime = await startPlainRuntime('counting_entry.js', 'crossings.js');
  });
  after(() => runtime.stop());

  test('after a trap, the routes and the ledger are served by a new instance', async () => {
    assert.equal((await runtime.call('GET', '/removals')).status, 200);
    assert.equal((await runtime.remove()).status, 200);

    assert.equal((await runtime.call('GET', '/trap')).status, 500);

    assert.equal((await runtime.remove()).status, 200);
    const removals = await runtime.call('GET', '/removals');
    assert.equal(removals.status, 200, await removals.text());
  });
});
