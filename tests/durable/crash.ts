// A removal over 300 meetings, with the runtime killed (SIGKILL) at random moments. Nobody calls the Worker between a
// start and the next kill: it must continue by itself.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { eventually } from '../harness/eventually.ts';
import { Random } from '../harness/random.ts';
import { Durable, userId } from './world.ts';
import type { Removal } from './world.ts';

const KILLS = 5;
const MEETINGS = 300;
const APP = 'crash-app';

/** Returns the ids of the runtime's processes in a process group. */
function runtimes(group: number): number[] {
  return execFileSync('ps', ['-eo', 'pid=,pgid=,comm='], { encoding: 'utf8' })
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([, pgid, name]) => Number(pgid) === group && name?.includes('workerd'))
    .map(([pid]) => Number(pid));
}

async function crash(durable: Durable, alone: boolean): Promise<void> {
  const { worker } = durable;
  if (alone && worker.group !== undefined) {
    const pids = runtimes(worker.group);
    assert.ok(pids.length > 0, 'there is a runtime to kill');
    for (const pid of pids) process.kill(pid, 'SIGKILL');
    await sleep(100);
  }
  await worker.kill();
}

export function crashes(): void {
  test(`a removal over ${MEETINGS} meetings survives ${KILLS + 1} kills of the runtime`, { timeout: 600_000 }, async (context) => {
    const seed = Number(process.env['CRASH_SEED'] ?? Date.now() % 1_000_000_000);
    const random = new Random(seed);
    context.diagnostic(`seed ${seed}: CRASH_SEED=${seed} kills after the same times again`);
    const durable = await Durable.start({ apps: [APP] });
    const user = userId('crash');
    const filled = await durable.fill({
      app: APP,
      meetings: MEETINGS,
      participants_per_meeting: 3,
      inactive: 150,
      user: { custom_participant_id: user, in_meetings: MEETINGS, copies: 1 },
    });
    const theirs = filled.user.map(({ participant_id: id }) => id).sort();
    assert.equal(theirs.length, MEETINGS);
    const before = await durable.participants(APP);
    // Slow enough that it is still working at each kill.
    await durable.standIn.fault({ times: 0, fault: { kind: 'latency', ms: 80 } });

    const removal = await durable.remove({ custom_participant_id: user });
    // An accepted removal is stored: even the first request need not have been answered.
    await crash(durable, random.chance(0.5));
    await durable.restart();
    const moments: string[] = [];
    for (let kill = 1; kill <= KILLS; kill += 1) {
      const mark = await durable.standIn.mark();
      await eventually('it works', async () => (await durable.standIn.requests({ since: mark })).length > 0);
      await sleep(random.next() * 2000);
      const done = await durable.standIn.requests({ since: mark });
      const { deleted } = await durable.participants(APP);
      assert.ok(deleted.length < MEETINGS, 'it is killed while it runs');
      await crash(durable, random.chance(0.5));
      moments.push(`${done.length} requests, ${deleted.length} deleted`);
      await durable.restart();
    }
    await durable.standIn.control('DELETE', '/faults');
    const last = await durable.standIn.mark();
    await eventually('it works again', async () => (await durable.standIn.requests({ since: last })).length > 0);
    const shown = await durable.follow(removal);
    context.diagnostic(`killed after ${moments.join('; ')}`);
    context.diagnostic(`${shown.progress.api_requests} requests; ${JSON.stringify(shown.progress)}`);
    await check(durable, shown, theirs, before.present);
    await durable.stop();
  });
}

async function check(durable: Durable, shown: Removal, theirs: string[], before: string[]): Promise<void> {
  assert.equal(shown.state, 'succeeded', JSON.stringify(shown));
  const after = await durable.participants(APP);
  assert.deepEqual(after.deleted, theirs, 'everyone of that user is gone, and nobody else');
  assert.deepEqual(after.present, before.filter((id) => !theirs.includes(id)));
  const items = await durable.items(shown);
  assert.deepEqual(items.map((item) => item.participant_id).sort(), theirs, 'one item for each');
  for (const item of items) {
    assert.equal(item.state, 'done');
    assert.match(item.outcome ?? '', /^(removed|absent_after_ambiguous)$/, 'nobody else removed them');
  }
  const { removed, absent_after_ambiguous: ambiguous, already_absent: absent, failed } = shown.progress;
  assert.deepEqual([removed + ambiguous, absent, failed], [MEETINGS, 0, 0]);
  // Those reported as removed really were: by a delete that was answered with a 200.
  const deletes = await durable.standIn.requests({ method: 'DELETE' });
  const answered = new Set(deletes.filter(({ status }) => status === 200).map(({ path }) => path.split('/').at(-1)));
  for (const item of items) if (item.outcome === 'removed') assert.ok(answered.has(item.participant_id));
  assert.deepEqual([shown.progress.meetings_total, shown.progress.meetings_scanned], [MEETINGS, MEETINGS]);
}
