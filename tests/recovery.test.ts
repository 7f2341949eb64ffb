// A panic or a trap ends the Wasm instance, and the runtime aborts a run that takes too much CPU time. Either must end
// the work in progress, and nothing after it.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { eventually } from './harness/eventually.ts';
import { MEETING, PATH, startPlainRuntime } from './harness/plain_runtime.ts';
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

  test('an instance that traps while it starts is replaced as well', async () => {
    // The second trap meets the first call of the new instance out of Wasm, which is made by its start.
    const before = await instances();
    for (const trap of ['in a request', 'in the start of the instance that follows']) {
      assert.equal((await runtime.call('GET', '/trap')).status, 500, trap);
    }
    assert.equal(await instances(), before + 2, 'one trapped in its start, and one serves');
    for (let round = 0; round < 2; round += 1) {
      assert.equal((await runtime.remove()).status, 200);
      const removals = await runtime.call('GET', '/removals');
      assert.equal(removals.status, 200, await removals.text());
      assert.equal((await runtime.call('GET', '/trap')).status, 500, 'and so is the next one');
    }
  });

  test('removals go on after a trap that ended the alarm at work', { timeout: 180_000 }, async () => {
    const made = await runtime.call('POST', '/removals', { meeting_id: MEETING, participant_id: 'slow', kick: false });
    const { result } = await made.json() as { result: { id: string } };
    await eventually('its delete is under way', async () => runtime.deletes('slow') > 0);
    assert.equal((await runtime.call('GET', '/trap')).status, 500);
    await eventually('it is carried out all the same', async () => {
      const shown = await (await runtime.call('GET', `/removals/${result.id}`)).json() as { result: { state: string } };
      return shown.result.state === 'succeeded';
    }, 60_000);
    assert.ok(runtime.deletes('slow') >= 2, 'the delete that was under way was sent again');
  });

  test('a timer that an ended instance has set does not touch the next one', async () => {
    const order = { meeting_id: MEETING, participant_id: 'p', not_before: new Date(Date.now() + 86_400_000).toISOString() };
    const { result } = await (await runtime.call('POST', '/removals', order)).json() as { result: { id: string } };
    const before = await instances();
    void runtime.call('GET', `/removals/${result.id}?wait=3`).catch(() => undefined);
    await sleep(500);
    assert.equal((await runtime.call('GET', '/trap')).status, 500);
    // The old timer is now the first thing to run: no export is called before it.
    await sleep(5_000);
    assert.equal(await instances(), before + 1);
  });
});

test('after a run that was stopped in its middle, the routes and the ledger are served by a new instance', { timeout: 120_000 }, async (context) => {
  runtime = await startPlainRuntime('counting_entry.js', 'crossings.js');
  context.after(() => runtime.stop());
  const order = { meeting_id: MEETING, participant_id: 'later', kick: false, not_before: new Date(Date.now() + 4_000).toISOString() };
  assert.equal((await runtime.call('POST', '/removals', order)).status, 202);
  assert.equal((await runtime.call('GET', '/hold')).status, 200);

  const { error } = await runtime.evaluate('crossings.hang = true; crossings.held()', 500);
  assert.equal(error?.message, 'Execution was terminated');
  await runtime.evaluate('crossings.hang = false', 500);

  await eventually('the removal is carried out by its alarm', async () => runtime.deletes('later') > 0, 30_000);
  for (const [method, path] of [['DELETE', PATH], ['GET', '/removals'], ['GET', '/healthz']] as const) {
    assert.equal((await runtime.call(method, path)).status, 200, path);
  }
});

/** Returns how many Wasm instances there have been, including the one that reports it. */
async function instances(): Promise<number> {
  return Number((await runtime.remove()).headers.get('instances'));
}
