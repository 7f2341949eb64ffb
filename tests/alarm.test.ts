// A ledger whose alarm is lost: the runtime gives up on an alarm whose handler has failed repeatedly.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { eventually } from './harness/eventually.ts';
import { MEETING, startPlainRuntime } from './harness/plain_runtime.ts';
import type { PlainRuntime } from './harness/plain_runtime.ts';

/** How far ahead a removal is scheduled: long enough for its alarm to be lost before then. */
const AHEAD_MS = 2_000;

let runtime: PlainRuntime;

describe('an alarm that is lost', () => {
  before(async () => {
    runtime = await startPlainRuntime('alarm_entry.js');
  });
  after(() => runtime.stop());

  for (const [name, look] of [
    ['whoever looks at a removal', (id: string) => runtime.call('GET', `/removals/${id}`)],
    ['whoever lists removals', () => runtime.call('GET', '/removals')],
    ['the cron', () => runtime.call('GET', '/cron')],
  ] as const) {
    test(`is set again by ${name}`, async () => {
      const { id, participant } = await stranded('/lose-alarm');
      assert.equal((await look(id)).status, 200);
      await eventually('the removal is carried out', async () => runtime.deletes(participant) > 0, 30_000);
    });
  }

  test('or is later than another configuration needs it, is set again by whoever looks first', async () => {
    const { id, participant } = await stranded('/put-off-alarm');
    assert.equal((await runtime.call('GET', `/removals/${id}`)).status, 200);
    await eventually('the removal is carried out', async () => runtime.deletes(participant) > 0, 30_000);
  });
});

/**
 * Until its first wait for something external, everything a handler does is rolled back together if its process dies.
 */
test('the alarm that a handler sets first is durable before anything else is done', async () => {
  const runtime = await startPlainRuntime('alarm_entry.js');
  try {
    await runtime.call('POST', '/removals', { meeting_id: MEETING, participant_id: 'p' });
    await eventually('the removal is carried out', async () => runtime.deletes('p') > 0, 30_000);
    const asked = await (await runtime.call('GET', '/asked')).json() as string[];
    assert.deepEqual(asked.slice(0, 3), ['setAlarm', 'sync', 'setAlarm']);
    assert.ok(asked.includes('transactionSync'), asked.join(' '));
  } finally {
    await runtime.stop();
  }
});

/** Creates a removal whose time has come, but which nothing wakes. */
async function stranded(how: string): Promise<{ id: string; participant: string }> {
  const participant = `stranded-${crypto.randomUUID()}`;
  const made = await runtime.call('POST', '/removals', {
    meeting_id: MEETING, participant_id: participant, not_before: new Date(Date.now() + AHEAD_MS).toISOString(),
  });
  const { result } = await made.json() as { result: { id: string } };
  await runtime.call('GET', how);
  await new Promise((done) => setTimeout(done, AHEAD_MS + 1_500));
  assert.equal(runtime.deletes(participant), 0);
  return { id: result.id, participant };
}
