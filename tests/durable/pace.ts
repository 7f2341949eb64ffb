// Pacing: the API's headers are respected, and a 429 stops all durable work that uses the token. Each case has its own
// Worker, since a pause lasts.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { eventually } from '../harness/eventually.ts';
import type { SeenRequest } from '../harness/stand_in.ts';
import { ACCOUNT, Durable } from './world.ts';
import type { Removal } from './world.ts';

/** The `retry-after` of a 429, and the resulting pause in seconds. */
const BLOCKS: [string | null, number][] = [
  ['4', 4],
  ['0', 1],
  [null, 300],
  ['soon', 300],
  ['99999999', 3600],
  ['-5', 300],
];
const APP = 'paced-app';

async function alone(
  act: (durable: Durable, of: (app: string, since?: number) => Promise<SeenRequest[]>) => Promise<void>,
  vars: Record<string, string> = {},
  apps = [APP],
): Promise<void> {
  const durable = await Durable.start({ apps, vars });
  await act(durable, (app, since = 0) => durable.standIn.requests({ path: `/${app}/`, since }));
  await durable.stop();
}

async function filled(durable: Durable, app: string, participants: number) {
  const { meetings } = await durable.fill({ app, meetings: 1, participants_per_meeting: participants });
  const [meeting] = meetings;
  assert.ok(meeting);
  return meeting;
}

export function pace(): void {
  test('with `Ratelimit: "default";r=3;t=10` three more leave in those ten seconds', { timeout: 300_000 }, (context) => alone(async (durable, of) => {
    const { id, participants } = await filled(durable, APP, 12);
    const now = new Date().toISOString();
    const data = participants.map((one) => ({ id: one, created_at: now, updated_at: now, custom_participant_id: 'u', preset_name: 'p' }));
    const body = { success: true, data, paging: { total_count: 12, start_offset: 1, end_offset: 12 } };
    await durable.standIn.fault({
      match: { path: `${id}/participants?`, method: 'GET' },
      fault: { kind: 'status', status: 200, headers: { ratelimit: '"default";r=3;t=10' }, body },
    });
    const removal = await durable.remove({ app_id: APP, meeting_id: id, all: true, kick: false });
    const shown = await durable.follow(removal);
    assert.deepEqual([shown.state, shown.progress.removed], ['succeeded', 12]);
    const [list, ...more] = await of(APP);
    assert.equal(list?.method, 'GET');
    const after = more.map(({ at_ms: at }) => at - (list?.at_ms ?? 0));
    context.diagnostic(`sent after the answer: ${after.map((ms) => `${(ms / 1000).toFixed(2)} s`).join(', ')}`);
    assert.equal(after.filter((ms) => ms < 10_000).length, 3);
    assert.ok(after.length > 12, 'the rest followed');
    assert.ok(Math.max(...after) < 60_000, 'as soon as the time was over');
  }));

  for (const [retryAfter, seconds] of BLOCKS) {
    test(`a 429 with retry-after ${retryAfter} stops all durable work for ${seconds} s`, { timeout: 300_000 }, () => alone(async (durable, of) => {
      const { id, participants } = await filled(durable, APP, 40);
      const other = await filled(durable, APP, 40);
      await durable.standIn.fault({
        match: { path: `${id}/participants/`, method: 'DELETE', after: 5 },
        times: 1,
        fault: { kind: 'status', status: 429, headers: retryAfter === null ? {} : { 'retry-after': retryAfter } },
      });
      const removals: Removal[] = [];
      for (const meeting of [id, other.id]) {
        removals.push(await durable.remove({ app_id: APP, meeting_id: meeting, all: true, kick: false }));
      }
      await eventually('one is answered 429', async () => (await of(APP)).some(({ status }) => status === 429));
      const limited = (await of(APP)).find(({ status }) => status === 429);
      if (seconds > 4) {
        await eventually('it is shown', async () => (await durable.show(removals[0] as Removal)).paused !== null);
        for (const removal of removals) {
          const { paused, state, estimated_seconds_left: left } = await durable.show(removal);
          // The other one may not have had its turn yet.
          assert.ok(state === 'running' || state === 'queued', state);
          assert.equal(paused?.reason, 'rate_limited');
          const length = (Date.parse(paused?.until ?? '') - Date.parse(paused?.since ?? '')) / 1000;
          assert.equal(length, seconds);
          if (state === 'running') assert.ok((left ?? 0) > seconds - 30 && (left ?? 0) < seconds + 60, `${left} s left`);
        }
        const mark = await durable.standIn.mark();
        await sleep(3_000);
        assert.deepEqual(await of(APP, mark), [], 'nothing is sent while it stands still');
        return;
      }
      for (const removal of removals) assert.equal((await durable.follow(removal)).state, 'succeeded');
      // Up to six were in flight, and as many may follow until the response is received; then everything pauses.
      const arrivals = (await of(APP)).filter(({ n }) => n >= (limited?.n ?? 0)).map(({ at_ms: at }) => at);
      const gaps = arrivals.slice(1).map((at, index) => at - (arrivals[index] ?? 0));
      const pause = Math.max(...gaps);
      const begins = gaps.findIndex((gap) => gap >= seconds * 1000 - 300);
      assert.ok(begins >= 0 && begins <= 12, `the pause begins at once: ${gaps.join(', ')}`);
      assert.ok(pause >= seconds * 1000 - 300, `it stood still for ${pause} ms`);
      assert.ok(pause <= seconds * 1000 + 40_000, `and no longer: ${pause} ms`);
      const deletes = (await of(APP)).filter(({ path, method }) => method === 'DELETE' && participants.some((one) => path.endsWith(one)));
      assert.equal(deletes.filter(({ status }) => status === 200).length, 40);
    }));
  }

  test('a 429 of the synchronous route stops the durable work of all apps', { timeout: 300_000 }, () => alone(async (durable, of) => {
    const { id, participants: [participant] } = await filled(durable, APP, 3);
    const other = await filled(durable, 'other-app', 3);
    await durable.standIn.fault({
      match: { path: `${id}/participants/${participant}` },
      fault: { kind: 'status', status: 429, headers: { 'retry-after': '120' } },
    });
    const path = `/client/v4/accounts/${ACCOUNT}/realtime/kit/${APP}/meetings/${id}/participants/${participant}`;
    assert.equal((await durable.worker.delete(path)).status, 429);
    await eventually('it is recorded', async () => (await durable.list(`app_id=${APP}`)).length === 1);
    await standsStill(durable, of, APP, id);
    await standsStill(durable, of, 'other-app', other.id);
  }, {}, [APP, 'other-app']));

  test('a 429 of one app stops the durable work of the others', { timeout: 300_000 }, () => alone(async (durable, of) => {
    const { id } = await filled(durable, APP, 3);
    const other = await filled(durable, 'other-app', 3);
    await durable.standIn.fault({
      match: { path: `${id}/participants` },
      fault: { kind: 'status', status: 429, headers: { 'retry-after': '120' } },
    });
    const first = await durable.remove({ app_id: APP, meeting_id: id, all: true });
    await eventually('it is answered 429', async () => (await durable.show(first)).paused !== null);
    await eventually('the other is told', async () => {
      const probe = await durable.remove({ app_id: 'other-app', meeting_id: other.id, all: true, dry_run: true });
      return (await durable.show(probe)).paused !== null;
    });
    await standsStill(durable, of, 'other-app', other.id);
  }, {}, [APP, 'other-app']));

  test('a request that hangs holds up nothing else', { timeout: 300_000 }, () => alone(async (durable, of) => {
    const slow = await filled(durable, APP, 1);
    const other = await filled(durable, APP, 5);
    await durable.standIn.fault({ match: { path: slow.id }, times: 1, fault: { kind: 'hang' } });
    const hanging = await durable.remove({ app_id: APP, meeting_id: slow.id, all: true, kick: false });
    await eventually('it hangs', async () => (await of(APP)).length === 1);
    const quick = await durable.follow(await durable.remove({ app_id: APP, meeting_id: other.id, all: true, kick: false }));
    assert.equal(quick.state, 'succeeded');
    assert.equal((await durable.follow(hanging)).progress.removed, 1);
    // All requests of the other one came before the hanging request was retried.
    const again = (await of(APP)).filter(({ path }) => path.includes(slow.id))[1]?.n ?? 0;
    const last = (await of(APP)).filter(({ path }) => path.includes(other.id)).at(-1)?.n ?? Infinity;
    assert.ok(last < again, `request ${last}, and the second for the slow one was ${again}`);
  }));

  test('durable work leaves the synchronous share, and a crash does not forget what was used', { timeout: 300_000 }, () => alone(async (durable, of) => {
    await durable.standIn.control('POST', '/limits', { enabled: true, requests: 20, window: 'sliding', headers: false });
    const { id } = await filled(durable, APP, 40);
    const removal = await durable.remove({ app_id: APP, meeting_id: id, all: true, kick: false });
    await eventually('the budget is used', async () => (await of(APP)).length >= 16);
    await sleep(2_000);
    assert.equal((await of(APP)).length, 16, '80 % of 20');
    const { estimated_seconds_left: left, state } = await durable.show(removal);
    assert.ok(state === 'running' && (left ?? 0) > 200, `${left} s left`);

    // The last requests within the limit: one more would get a 429.
    const { present } = await durable.participants(APP);
    for (const somebody of present.slice(0, 4)) {
      assert.equal((await durable.worker.delete(`/meetings/${id}/participants/${somebody}`)).status, 200, 'the share is there');
    }
    await eventually('they are recorded', async () => (await durable.list('')).length === 5);
    await durable.worker.kill();
    await durable.restart();
    await durable.remove({ app_id: APP, meeting_id: id, all: true, dry_run: true });
    await sleep(3_000);
    const requests = await of(APP);
    assert.equal(requests.length, 20, 'nothing more than the synchronous ones');
    assert.deepEqual(requests.filter(({ status }) => status === 429), []);
  }, { API_REQUESTS_PER_5_MINUTES: '20' }));
}

/** Orders a removal and checks that nothing is sent for it, and that it says why. */
async function standsStill(
  durable: Durable,
  of: (app: string, since?: number) => Promise<SeenRequest[]>,
  app: string,
  meeting: string,
): Promise<void> {
  const mark = await durable.standIn.mark();
  const removal = await durable.remove({ app_id: app, meeting_id: meeting, all: true });
  await sleep(2_500);
  assert.deepEqual(await of(app, mark), []);
  const { paused, state } = await durable.show(removal);
  assert.deepEqual([paused?.reason, state === 'queued' || state === 'running'], ['rate_limited', true]);
}
