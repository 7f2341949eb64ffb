// Callers who hang up before the response: the work they started is completed, and leaves nothing behind. Only plain
// workerd shows this, since the proxy of `wrangler dev` keeps waiting in their place.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { eventually } from './harness/eventually.ts';
import { MEETING, PATH, startPlainRuntime } from './harness/plain_runtime.ts';
import type { PlainRuntime } from './harness/plain_runtime.ts';

/** How much Wasm memory may grow: by what the bodies of some concurrent requests need. */
const MEMORY_BYTES = 8_000_000;
/** The runtime drops a request 30 seconds after its caller has hung up. */
const LET_GO_MS = 33_000;
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
    assert.deepEqual(runtime.logged('unhandled rejection'), []);
    await runtime.call('GET', '/reject');
    await eventually('one is seen', async () => runtime.logged('unhandled rejection').length === 1);
  });
});

describe('what takes its time', { concurrency: true }, () => {
  test('waits that were hung up on leave no memory behind', { timeout: 180_000 }, async (context) => {
    const runtime = await started(context);
    const order = { meeting_id: MEETING, participant_id: 'p', not_before: new Date(Date.now() + 86_400_000).toISOString() };
    const { result } = await (await runtime.call('POST', '/removals', order)).json() as { result: { id: string } };
    const memory: number[] = [];
    // The first round also allocates memory for this many concurrent requests.
    for (let round = 0; round < 2; round += 1) {
      await Promise.all(Array.from({ length: 200 }, () => runtime.hangUp('GET', `/removals/${result.id}?wait=30`, NO_BODY, 1_000)));
      await sleep(LET_GO_MS);
      memory.push(await runtime.wasmMemory());
    }
    context.diagnostic(`after each 200 waits, Wasm's memory has ${memory.join(', ')} bytes`);
    assert.equal(memory[1], memory[0]);
  });

  test('a body that does not come to its end is answered after its time', { timeout: 60_000 }, async (context) => {
    const runtime = await started(context);
    const body = { length: 1_000, sent: 999 };
    const [answer, webhook] = await Promise.all([
      runtime.leaveOpen('POST', '/removals', body),
      runtime.leaveOpen('POST', '/webhooks/realtimekit', body, [`rtk-signature: ${Buffer.alloc(256).toString('base64')}`]),
    ]);
    // RealtimeKit never retries a delivery that was answered with a 4xx.
    assert.match(webhook, /^HTTP\/1.1 503 /);
    assert.match(answer, /^HTTP\/1.1 408 /);
    assert.match(answer, /20 seconds: send it again/);
    assert.doesNotMatch(answer, /x-should-retry/);
  });

  test('a body that is announced as too long is refused before it is there', { timeout: 60_000 }, async (context) => {
    const runtime = await started(context);
    const body = { length: 256 * 1024 + 1, sent: 1 };
    assert.match(await runtime.leaveOpen('POST', '/removals', body), /^HTTP\/1.1 413 /);
    const signature = `rtk-signature: ${Buffer.alloc(256).toString('base64')}`;
    assert.match(await runtime.leaveOpen('POST', '/webhooks/realtimekit', body, [signature]), /^HTTP\/1.1 413 /);
  });

  test('a webhook that its headers condemn is refused before its body is there', { timeout: 60_000 }, async (context) => {
    const runtime = await started(context);
    const body = { length: 1_000, sent: 999 };
    assert.match(await runtime.leaveOpen('POST', '/webhooks/realtimekit', body), /^HTTP\/1.1 401 /);
    assert.match(await runtime.leaveOpen('POST', '/webhooks/realtimekit', body, ['rtk-signature: c2lnbmVk']), /^HTTP\/1.1 401 /);
  });
});

async function started(context: TestContext): Promise<PlainRuntime> {
  const runtime = await startPlainRuntime('counting_entry.js', 'crossings.js');
  context.after(() => runtime.stop());
  return runtime;
}
