// A panic or a trap ends the Wasm instance. It must end one request, and nothing after it.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { eventually } from './harness/eventually.ts';
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

  test('removals go on after a trap that ended the alarm at work', { timeout: 180_000 }, async () => {
    const meeting = '497f6eca-6276-4993-bfeb-53cbbbba6f08';
    const made = await runtime.call('POST', '/removals', { meeting_id: meeting, participant_id: 'slow', kick: false });
    const { result } = await made.json() as { result: { id: string } };
    await eventually('its delete is under way', async () => runtime.deletes('slow') > 0);
    assert.equal((await runtime.call('GET', '/trap')).status, 500);
    await eventually('it is carried out all the same', async () => {
      const shown = await (await runtime.call('GET', `/removals/${result.id}`)).json() as { result: { state: string } };
      return shown.result.state === 'succeeded';
    }, 60_000);
    assert.ok(runtime.deletes('slow') >= 2, 'the delete that was under way was sent again');
  });
});
