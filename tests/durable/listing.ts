// Reading removals: pages, filters, waiting, and the ledger of each app.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { assertError } from '../harness/expect.ts';
import { LATER, resultInfo, userId } from './world.ts';
import type { Durable, Removal } from './world.ts';

export const LIST_APP = 'list-app';
export const WAIT_APP = 'wait-app';

export function listing(world: () => Durable): void {
  test('removals are listed newest first, page by page, and by state', async () => {
    const durable = world();
    const made: string[] = [];
    for (let index = 0; index < 7; index += 1) {
      made.unshift((await durable.remove({ app_id: LIST_APP, custom_participant_id: userId('list'), not_before: LATER })).id);
    }
    const cancelled = made.filter((_, index) => index % 2 === 0);
    for (const id of cancelled) {
      assert.equal((await durable.worker.delete(`/removals/${id}?app_id=${LIST_APP}`)).status, 200);
    }
    const read = async (filter: string, limit: number): Promise<string[]> => {
      const ids: string[] = [];
      for (let cursor = ''; ; ) {
        const answer = await durable.worker.call(`/removals?app_id=${LIST_APP}&limit=${limit}${filter}${cursor}`);
        assert.equal(answer.status, 200, answer.body);
        const rows = answer.json.result as Removal[];
        const info = resultInfo(answer);
        assert.ok(rows.length <= limit && info.count === rows.length);
        ids.push(...rows.map(({ id }) => id));
        if (info.cursor === undefined) return ids;
        // A removal created between two pages does not affect the following pages.
        if (cursor === '' && filter === '') {
          await durable.remove({ app_id: LIST_APP, custom_participant_id: userId('list'), not_before: LATER });
        }
        cursor = `&cursor=${info.cursor}`;
      }
    };
    const head = await durable.worker.call(`/removals?app_id=${LIST_APP}`, { method: 'HEAD' });
    assert.deepEqual([head.status, head.headers['content-type'], head.body], [200, 'application/json', '']);
    assert.deepEqual(await read('', 3), made);
    assert.deepEqual(await read('&state=cancelled', 2), cancelled);
    assert.deepEqual(await read('&state=cancelled', 4), cancelled, 'a full last page has no cursor');
    assert.deepEqual(await read('&state=failed', 50), []);
    const user = `list of ${userId('one')}@example.com`;
    const two = [userId('another'), user].map((each) => ({ custom_participant_id: each }));
    const both = await durable.remove({ app_id: LIST_APP, removals: two, not_before: LATER });
    const of = `&custom_participant_id=${encodeURIComponent(user)}`;
    assert.deepEqual(await read(of, 1), [both.id]);
    assert.deepEqual(await read(`${of}&state=cancelled`, 1), []);
    assert.deepEqual(await read(`${of}&source=api`, 1), [both.id]);
    assert.deepEqual(await read('&source=synchronous', 1), []);
    assert.deepEqual(await read('&source=api&state=cancelled', 2), cancelled);
    assert.deepEqual((await read('&source=api', 200)).slice(-7), made);
    const scheduled = await read('&state=scheduled', 200);
    assert.deepEqual(scheduled.filter((id) => made.includes(id)), made.filter((id) => !cancelled.includes(id)));
  });

  test('each app has its own ledger, and the location leads there', async () => {
    const durable = world();
    const other = await durable.post({ app_id: LIST_APP, custom_participant_id: userId('app'), not_before: LATER });
    const location = other.headers['location'] ?? '';
    const { id } = other.json.result as Removal;
    assert.equal(location, `/removals/${id}?app_id=${LIST_APP}`);
    assert.equal(((await durable.worker.call(location)).json.result as Removal).app_id, LIST_APP);
    // The id alone is enough: a caller need not know which app it belongs to.
    const found = await durable.worker.call(`/removals/${id}`);
    assert.equal((found.json.result as Removal).app_id, LIST_APP);
    assertError(await durable.worker.call(`/removals/${id}?app_id=${WAIT_APP}`), { status: 404, code: 1104 });
    assertError(await durable.worker.call(`/removals/${id.replace(/.{8}$/, '00000000')}`), { status: 404, code: 1104 });
    const cancelled = await durable.worker.delete(`/removals/${id}`);
    assert.equal((cancelled.json.result as Removal).state, 'cancelled');
    assertError(await durable.worker.call(`/removals/${id}/retry`, { method: 'POST' }), { status: 409, code: 1106 });

    const first = await durable.post({ custom_participant_id: userId('app'), not_before: LATER });
    const mine = first.json.result as Removal;
    assert.equal(first.headers['location'], `/removals/${mine.id}`);
    assert.equal(mine.app_id, 'default-app');
    assert.equal((await durable.worker.call(`/removals/${mine.id}`)).status, 200);
    const listed = await durable.list(`app_id=${LIST_APP}&limit=200`);
    assert.ok(listed.some((removal) => removal.id === id) && !listed.some((removal) => removal.id === mine.id));
    // Nothing in the other app is touched: the removal only requests meetings of its own app.
    const filled = await durable.fill({ app: WAIT_APP, meetings: 1, participants_per_meeting: 2 });
    const there = await durable.remove({ app_id: LIST_APP, meeting_id: filled.meetings[0]?.id, all: true });
    assert.equal((await durable.follow(there)).progress.participants_found, 0);
    assert.equal((await durable.participants(WAIT_APP)).deleted.filter((one) => filled.meetings[0]?.participants.includes(one)).length, 0);
  });

  test('?wait= answers at the next change, at the end, or after its time', { timeout: 180_000 }, async () => {
    const durable = world();
    const filled = await durable.fill({ app: WAIT_APP, meetings: 1, participants_per_meeting: 1 });
    const body = { app_id: WAIT_APP, meeting_id: filled.meetings[0]?.id, all: true };
    const removal = await durable.remove({ ...body, not_before: LATER });
    const timed = async (query: string): Promise<[Removal, number]> => {
      const begun = Date.now();
      return [await durable.show(removal, query), (Date.now() - begun) / 1000];
    };
    const [unchanged, waited] = await timed('&wait=3');
    assert.ok(waited >= 2.9 && waited < 25, `it waited ${waited} s`);
    assert.equal(unchanged.state, 'scheduled');

    const waiting = timed('&wait=30');
    await new Promise((done) => setTimeout(done, 1_000));
    await durable.worker.delete(`/removals/${removal.id}?app_id=${WAIT_APP}`);
    const [changed, until] = await waiting;
    assert.equal(changed.state, 'cancelled');
    assert.ok(until >= 0.9 && until < 25, `it told the change after ${until} s`);

    const [final, none] = await timed('&wait=30');
    assert.equal(final.state, 'cancelled');
    assert.ok(none < 25, `what is final is told at once: ${none} s`);
  });

  test('items come page by page, in the order in which they were found', async () => {
    const durable = world();
    const filled = await durable.fill({ app: WAIT_APP, meetings: 1, participants_per_meeting: 23 });
    const shown = await durable.follow(
      await durable.remove({ app_id: WAIT_APP, meeting_id: filled.meetings[0]?.id, all: true, dry_run: true }),
    );
    const items = await durable.items(shown, 200);
    assert.ok(items.every((item) => item.target === 0));
    const all = items.map((item) => item.participant_id);
    assert.equal(all.length, 23);
    assert.deepEqual((await durable.items(shown, 5)).map((item) => item.participant_id), all);
    assert.deepEqual((await durable.items(shown, 23)).map((item) => item.participant_id), all);
  });
}
