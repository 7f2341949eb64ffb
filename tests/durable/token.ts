// An API token refused by Cloudflare.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { eventually } from '../harness/eventually.ts';
import { assertError } from '../harness/expect.ts';
import { Durable } from './world.ts';
import type { Removal } from './world.ts';

const APP = 'token-app';

export function refusedToken(): void {
  test('a refused token pauses the ledger, is shown, and costs nothing once it is mended', { timeout: 300_000 }, async (context) => {
    const durable = await Durable.start({ apps: [APP] });
    const { meetings } = await durable.fill({ app: APP, meetings: 3, participants_per_meeting: 5 });
    const { token } = await durable.standIn.control<{ token: string }>('GET', '/settings');
    assert.equal((await durable.worker.call('/healthz', { token: null })).status, 200);
    await durable.standIn.control('POST', '/settings', { token: 'another-token-0123456789' });
    const removals: Removal[] = [];
    for (const { id } of meetings) removals.push(await durable.remove({ app_id: APP, meeting_id: id, all: true }));
    await eventually('the pause is shown on each removal', async () => {
      const shown = await Promise.all(removals.map((removal) => durable.show(removal)));
      return shown.every(({ paused }) => paused?.reason === 'token_refused');
    });
    const refused = async (): Promise<number> => (await durable.standIn.requests({ path: `/${APP}/` })).length;
    const before = await refused();
    await sleep(6_000);
    const more = (await refused()) - before;
    assert.ok(more <= 4, `it does not hammer: ${more} requests`);
    for (const removal of removals) {
      const { state, progress } = await durable.show(removal);
      assert.ok(state === 'running' || state === 'queued', state);
      assert.equal(progress.failed, 0);
    }
    await eventually('/healthz shows it', async () => (await durable.worker.call('/healthz', { token: null })).status === 503);
    const health = await durable.worker.call('/healthz', { token: null });
    assertError(health, { status: 503, code: 1111, message: /CLOUDFLARE_API_TOKEN/ });

    await durable.standIn.control('POST', '/settings', { token });
    const mended = Date.now();
    for (const removal of removals) {
      const shown = await durable.follow(removal);
      assert.deepEqual([shown.state, shown.progress.removed, shown.progress.failed], ['succeeded', 5, 0]);
    }
    context.diagnostic(`${before + more} requests were refused; it went on by itself, and ended ${(Date.now() - mended) / 1000} s after`);
    await eventually('/healthz is well again', async () => (await durable.worker.call('/healthz', { token: null })).status === 200);
    await durable.stop();
  });
}
