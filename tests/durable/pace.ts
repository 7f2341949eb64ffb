// The pace: the API's headers are believed, and a 429 stops all durable work of the app. Each case has an app of its
// own, since a standstill lasts.
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { eventually } from '../harness/eventually.ts';
import type { SeenRequest } from '../harness/stand_in.ts';
import { Durable } from './world.ts';
import type { Removal } from './world.ts';

/** `retry-after` of a 429, and for how many seconds all must stand still then. */
const BLOCKS: [string, string | null, number][] = [
  ['block-short', '4', 4],
  ['block-zero', '0', 1],
  ['block-absent', null, 300],
  ['block-nonsense', 'soon', 300],
  ['block-absurd', '99999999', 3600],
  ['block-negative', '-5', 300],
];
const APPS = ['hint-app', 'sync-app', 'hang-app', ...BLOCKS.map(([app]) => app)];

async function filled(durable: Durable, app: string, participants: number) {
  const { meetings } = await durable.fill({ app, meetings: 1, participants_per_meeting: participants });
  const [meeting] = meetings;
  assert.ok(meeting);
  return meeting;
}

export function pace(): void {
  let durable: Durable;
  before(async () => {
    durable = await Durable.start({ apps: APPS });
  });
  const of = (app: string, since = 0): Promise<SeenRequest[]> => durable.standIn.requests({ path: `/${app}/`, since });

  test('with `Ratelimit: "default";r=3;t=10` three more leave in those ten seconds', { timeout: 60_000 }, async (context) => {
    const { id, participants } = await filled(durable, 'hint-app', 12);
    const now = new Date().toISOString();
    const data = participants.map((one) => ({ id: one, created_at: now, updated_at: now, custom_participant_id: 'u', preset_name: 'p' }));
    const body = { success: true, data, paging: { total_count: 12, start_offset: 1, end_offset: 12 } };
    await durable.standIn.fault({
      match: { path: `${id}/participants?`, method: 'GET' },
      fault: { kind: 'status', status: 200, headers: { ratelimit: '"default";r=3;t=10' }, body },
    });
    const removal = await durable.remove({ app_id: 'hint-app', meeting_id: id, all: true, kick: false });
    const shown = await durable.follow(removal);
    assert.deepEqual([shown.state, shown.progress.removed], ['succeeded', 12]);
    const [list, ...more] = await of('hint-app');
    assert.equal(list?.method, 'GET');
    const after = more.map(({ at_ms: at }) => at - (list?.at_ms ?? 0));
    context.diagnostic(`sent after the answer: ${after.map((ms) => `${(ms / 1000).toFixed(2)} s`).join(', ')}`);
    assert.equal(after.filter((ms) => ms < 10_000).length, 3);
    assert.ok(after.length > 12, 'the rest followed');
    assert.ok(Math.max(...after) < 16_000, 'as soon as the time was over');
  });

  for (const [app, retryAfter, seconds] of BLOCKS) {
    test(`a 429 with retry-after ${retryAfter} stops all durable work for ${seconds} s`, { timeout: 60_000 }, async () => {
      const { id, participants } = await filled(durable, app, 40);
      const other = await filled(durable, app, 40);
      await durable.standIn.fault({
        match: { path: `${id}/participants/`, method: 'DELETE', after: 5 },
        times: 1,
        fault: { kind: 'status', status: 429, headers: retryAfter === null ? {} : { 'retry-after': retryAfter } },
      });
      const removals: Removal[] = [];
      for (const meeting of [id, other.id]) {
        removals.push(await durable.remove({ app_id: app, meeting_id: meeting, all: true, kick: false }));
      }
      await eventually('one is answered 429', async () => (await of(app)).some(({ status }) => status === 429));
      const limited = (await of(app)).find(({ status }) => status === 429);
      if (seconds > 4) {
        await eventually('it is shown', async () => (await durable.show(removals[0] as Removal)).paused !== null);
        for (const removal of removals) {
          const { paused, state, estimated_seconds_left: left } = await durable.show(removal);
          assert.deepEqual([state, paused?.reason], ['running', 'rate_limited']);
          const length = (Date.parse(paused?.until ?? '') - Date.parse(paused?.since ?? '')) / 1000;
          assert.equal(length, seconds);
          assert.ok((left ?? 0) > seconds - 30 && (left ?? 0) < seconds + 60, `${left} s left`);
        }
        const mark = await durable.standIn.mark();
        await sleep(3_000);
        assert.deepEqual(await of(app, mark), [], 'nothing is sent while it stands still');
        return;
      }
      for (const removal of removals) assert.equal((await durable.follow(removal)).state, 'succeeded');
      // Up to six were in flight, and as many may follow until the answer is heard; then all is still.
      const arrivals = (await of(app)).filter(({ n }) => n >= (limited?.n ?? 0)).map(({ at_ms: at }) => at);
      const gaps = arrivals.slice(1).map((at, index) => at - (arrivals[index] ?? 0));
      const pause = Math.max(...gaps);
      assert.ok(gaps.indexOf(pause) <= 12, `the pause begins at once: ${gaps.join(', ')}`);
      assert.ok(pause >= seconds * 1000 - 300, `it stood still for ${pause} ms`);
      assert.ok(pause <= seconds * 1000 + 2_500, `and no longer: ${pause} ms`);
      const deletes = (await of(app)).filter(({ path, method }) => method === 'DELETE' && participants.some((one) => path.endsWith(one)));
      assert.equal(deletes.filter(({ status }) => status === 200).length, 40);
    });
  }

  test('a 429 of the synchronous route stops durable work as well', { timeout: 60_000 }, async () => {
    const { id, participants } = await filled(durable, 'sync-app', 3);
    await durable.standIn.fault({
      match: { path: `${id}/participants/${participants[0]}` },
      fault: { kind: 'status', status: 429, headers: { 'retry-after': '120' } },
    });
    const path = `/client/v4/accounts/023e105f4ecef8ad9ca31a8372d0c353/realtime/kit/sync-app/meetings/${id}/participants/${participants[0]}`;
    assert.equal((await durable.worker.delete(path)).status, 429);
    await eventually('it is recorded', async () => (await durable.list('app_id=sync-app')).length === 1);
    const mark = await durable.standIn.mark();
    const removal = await durable.remove({ app_id: 'sync-app', meeting_id: id, all: true });
    await sleep(2_500);
    assert.deepEqual(await of('sync-app', mark), []);
    const { paused, state } = await durable.show(removal);
    assert.deepEqual([paused?.reason, state === 'queued' || state === 'running'], ['rate_limited', true]);
  });

  test('a request that hangs holds up nothing else', { timeout: 60_000 }, async () => {
    const slow = await filled(durable, 'hang-app', 1);
    const other = await filled(durable, 'hang-app', 5);
    await durable.standIn.fault({ match: { path: slow.id }, times: 1, fault: { kind: 'hang' } });
    const hanging = await durable.remove({ app_id: 'hang-app', meeting_id: slow.id, all: true, kick: false });
    await eventually('it hangs', async () => (await of('hang-app')).length === 1);
    await sleep(1_000);
    const begun = Date.now();
    const quick = await durable.follow(await durable.remove({ app_id: 'hang-app', meeting_id: other.id, all: true, kick: false }));
    const seconds = (Date.now() - begun) / 1000;
    assert.equal(quick.state, 'succeeded');
    assert.equal((await durable.show(hanging)).state, 'running');
    assert.ok(seconds < 6, `it took ${seconds} s`);
    assert.equal((await durable.follow(hanging)).progress.removed, 1);
  });

  test('durable work leaves the synchronous share, and a crash does not forget what was used', { timeout: 90_000 }, async () => {
    const app = 'budget-app';
    const small = await Durable.start({ apps: [app], vars: { API_REQUESTS_PER_5_MINUTES: '20' } });
    const { id } = await filled(small, app, 40);
    const removal = await small.remove({ app_id: app, meeting_id: id, all: true, kick: false });
    const sent = (): Promise<SeenRequest[]> => small.standIn.requests({ path: `/${app}/` });
    await eventually('the budget is used', async () => (await sent()).length >= 16);
    await sleep(2_000);
    assert.equal((await sent()).length, 16, '80 % of 20');
    const { estimated_seconds_left: left, state } = await small.show(removal);
    assert.ok(state === 'running' && (left ?? 0) > 200, `${left} s left`);

    const [somebody = ''] = (await small.participants(app)).present;
    assert.equal((await small.worker.delete(`/meetings/${id}/participants/${somebody}`)).status, 200, 'the share is there');
    await eventually('it is recorded', async () => (await small.list('')).length === 2);
    await small.worker.kill();
    await small.restart();
    await small.remove({ app_id: app, meeting_id: id, all: true, dry_run: true });
    await sleep(3_000);
    assert.equal((await sent()).length, 17, 'nothing more than the synchronous one');
    await small.stop();
  });
}
