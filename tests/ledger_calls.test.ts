// The Worker's calls to its ledgers, and what happens when they fail.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { eventually } from './harness/eventually.ts';
import { MEETING, PATH, startPlainRuntime } from './harness/plain_runtime.ts';
import type { PlainRuntime } from './harness/plain_runtime.ts';

/** How long a response to `/healthz` stays valid. */
const HEALTH_MS = 5_000;

let runtime: PlainRuntime;

describe('calls of the ledgers', () => {
  before(async () => {
    runtime = await startPlainRuntime('ledger_entry.js');
  });
  after(() => runtime.stop());

  test('many who ask for the health are answered from what one of them has learnt', async () => {
    const since = Date.now();
    for (let asked = 0; asked < 20; asked += 1) assert.equal((await runtime.call('GET', '/healthz')).status, 200);
    const most = 1 + Math.floor((Date.now() - since) / HEALTH_MS);
    for (const app of ['app', 'other']) {
      const asked = await calls(`${app} health`);
      assert.ok(asked >= 1 && asked <= most, `${asked} calls`);
    }
  });

  test('those who ask while the ledgers are asked do not ask them too', { timeout: 60_000 }, async () => {
    // A new isolate has no earlier response to give.
    assert.equal((await runtime.call('GET', '/healthz')).status, 200);
    await sleep(HEALTH_MS);
    const before = await calls('app health');
    await fail('app health', 0, 1_000);
    const answers = await Promise.all(Array.from({ length: 20 }, () => runtime.call('GET', '/healthz')));
    await fail('app health', 0);
    assert.deepEqual(answers.map(({ status }) => status), Array(20).fill(200));
    assert.equal(await calls('app health') - before, 1);
  });

  test('a removal is found by its id although the ledger of another app fails', async () => {
    const order = { meeting_id: MEETING, participant_id: 'p', app_id: 'other', not_before: new Date(Date.now() + 86_400_000).toISOString() };
    const { result } = await (await runtime.call('POST', '/removals', order)).json() as { result: { id: string } };
    await fail('app show', 1);
    assert.equal((await runtime.call('GET', `/removals/${result.id}`)).status, 200);
    await fail('app show', 1);
    const absent = await runtime.call('GET', '/removals/01JD0000000000000000000000');
    assert.equal(absent.status, 503, 'it may be in the ledger that failed');
    assert.equal((await runtime.call('GET', '/removals/01JD0000000000000000000000')).status, 404);
  });

  test('a record that fails is given again', async () => {
    await fail('app record', 1);
    assert.equal((await runtime.remove()).status, 200);
    await eventually('it comes again', async () => await calls('app record') === 2);
    assert.deepEqual(runtime.logged('"ledger error"'), []);
  });

  test('a record that fails three times is told in the log', async () => {
    const before = await calls('app record');
    await fail('app record', 3);
    const id = (await runtime.remove()).headers.get('x-request-id');
    await eventually('it is told', async () => runtime.logged('not recorded').length > 0, 30_000);
    assert.equal(await calls('app record') - before, 3);
    const { error, ...rest } = line('not recorded');
    assert.deepEqual(rest, { message: 'ledger error', 'request.id': id, 'app.id': 'app' });
    assert.match(String(error), /^not recorded: [0-9A-Z]{26}: the ledger answered 503$/);
  });

  test('a call that the ledger does not understand is told in the log, with its app', async () => {
    assert.equal((await runtime.call('GET', '/strange-call')).status, 503);
    await eventually('it is told', async () => runtime.logged('"strange"').length > 0);
    const { error, ...rest } = line('"strange"');
    assert.deepEqual(rest, { message: 'ledger error', 'request.id': 'strange', 'app.id': 'other' });
    assert.match(String(error), /a call of another version of this Worker$/);
  });

  test('the ledger of another app that could not be told of the limit is told again', { timeout: 60_000 }, async () => {
    await fail('other limited', 1);
    assert.equal((await runtime.call('DELETE', `${PATH.slice(0, PATH.lastIndexOf('/'))}/limited`)).status, 429);
    await eventually('it is told again', async () => await calls('other limited') === 2, 30_000);
  });

  test('a ledger that does not answer keeps no record from being acknowledged', { timeout: 60_000 }, async () => {
    const [records, told] = [await calls('app record'), runtime.logged('not recorded').length];
    await fail('other limited', 1, 30_000);
    assert.equal((await runtime.call('DELETE', `${PATH.slice(0, PATH.lastIndexOf('/'))}/longer`)).status, 429);
    await eventually('it is given', async () => await calls('app record') > records);
    await eventually('the other ledger is given up', async () => runtime.logged('due to timeout').length > 0, 10_000);
    await sleep(4_000);
    assert.equal(await calls('app record') - records, 1);
    assert.equal(runtime.logged('not recorded').length, told);
  });
});

async function calls(name: string): Promise<number> {
  const all = await (await runtime.call('GET', '/calls')).json() as Record<string, number>;
  return all[name] ?? 0;
}

/** Makes a call fail the next `times` times, and takes `delay` milliseconds for each. */
async function fail(call: string, times: number, delay = 0): Promise<void> {
  await runtime.call('GET', `/fail?call=${encodeURIComponent(call)}&times=${times}&delay=${delay}`);
}

/** Returns the only log line that contains this text. */
function line(text: string): Record<string, unknown> {
  const [found = '', ...others] = runtime.logged(text);
  assert.deepEqual(others, []);
  return JSON.parse(found.slice(found.indexOf('{'))) as Record<string, unknown>;
}
