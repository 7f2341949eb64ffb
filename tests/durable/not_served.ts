// An app is taken out of REALTIMEKIT_APP_IDS, and later put back. Another app takes its place in the meantime.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { eventually } from '../harness/eventually.ts';
import { Durable } from './world.ts';

const [STAYS, GOES, COMES] = ['app-that-stays', 'app-that-goes', 'app-that-comes'];

export function notServed(): void {
  test('the removals of an app that is taken out wait until it is back, and the log says so', { timeout: 300_000 }, async () => {
    // Durable work gets half of the limit, and the number of apps stays the same: an app that is back may send at once.
    const durable = await Durable.start({ apps: [STAYS, GOES], vars: { SYNCHRONOUS_SHARE_PERCENT: '50' } });
    const { meetings: [meeting] } = await durable.fill({ app: GOES, meetings: 1, participants_per_meeting: 2 });
    const soon = new Date(Date.now() + 5_000).toISOString();
    const removal = await durable.remove({ app_id: GOES, meeting_id: meeting?.id, all: true, not_before: soon });
    await durable.worker.kill();
    await durable.restart({ REALTIMEKIT_APP_IDS: `${STAYS},${COMES}` });
    const told = () => durable.worker.logs.filter((line) => line['message'] === 'ledger error');
    await eventually('it is logged', async () => told().length > 0, 60_000);
    assert.deepEqual(told().map(({ error }) => String(error).replace(/^.*: the app/, 'the app')), [
      `the app ${GOES} is no longer in REALTIMEKIT_APP_IDS: its removals wait until it is back`,
    ]);
    assert.deepEqual(await durable.standIn.requests({ path: `/${GOES}/` }), []);
    await durable.worker.kill();
    await durable.restart();
    assert.equal((await durable.follow(removal)).progress.removed, 2);
    await durable.stop();
  });
}
