// Many targets in one request, and one request sent many times.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';

import { assertError } from '../harness/expect.ts';
import { BILLING_TOKEN, LATER, userId } from './world.ts';
import type { Durable, Removal } from './world.ts';

export const BATCH_APP = 'batch-app';
export const KEY_APP = 'key_app';

export function batches(world: () => Durable): void {
  test('1,000 targets in one request are one removal, and each is carried out', { timeout: 300_000 }, async (context) => {
    const durable = world();
    const filled = await durable.fill({ app: BATCH_APP, meetings: 50, participants_per_meeting: 21 });
    const removals = filled.meetings.flatMap(({ id, participants }) =>
      participants.slice(0, 20).map((participant) => ({
        app_id: BATCH_APP,
        meeting_id: id,
        participant_id: participant,
        kick: false,
      })),
    );
    assert.equal(removals.length, 1000);
    const body = JSON.stringify({ removals });
    assert.ok(body.length < 256 * 1024, `${body.length} bytes`);
    const mark = await durable.standIn.mark();
    const answer = await durable.post(body);
    assert.equal(answer.status, 202, answer.body);
    const removal = answer.json.result as Removal;
    assert.deepEqual([removal.targets, removal.app_id], [1000, BATCH_APP]);
    assert.equal(answer.headers['location'], `/removals/${removal.id}?app_id=${BATCH_APP}`);
    assert.equal((await durable.list(`app_id=${BATCH_APP}`)).length, 1, 'one removal is stored');
    const shown = await durable.follow(removal);
    assert.equal(shown.state, 'succeeded', JSON.stringify(shown));
    assert.deepEqual([shown.progress.participants_found, shown.progress.removed], [1000, 1000]);
    const { present, deleted } = await durable.participants(BATCH_APP);
    assert.deepEqual(deleted, removals.map(({ participant_id: id }) => id).sort());
    assert.equal(present.length, 50);
    assert.equal((await durable.items(shown)).length, 1000);
    const requests = await durable.standIn.requests({ since: mark, path: `/${BATCH_APP}/` });
    assert.equal(requests.length, 1000, 'a delete each, and nothing else');
    context.diagnostic(`1,000 targets: ${requests.length} requests`);
  });

  test('1,000 targets with a key, sent 50 times at once, make one removal', { timeout: 300_000 }, async () => {
    const durable = world();
    const key = randomUUID();
    const removals = Array.from({ length: 1000 }, () => ({ meeting_id: randomUUID(), participant_id: randomUUID() }));
    const body = JSON.stringify({ app_id: KEY_APP, not_before: LATER, kick: false, removals });
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => durable.post(body, { 'idempotency-key': key })),
    );
    for (const answer of answers) assert.equal(answer.status, 202, answer.body);
    const ids = new Set(answers.map(({ json }) => (json.result as Removal).id));
    assert.equal(ids.size, 1);
    const replayed = answers.filter(({ headers }) => headers['idempotent-replayed'] === 'true');
    assert.equal(replayed.length, 49);
    for (const { headers } of answers) assert.equal(headers['location'], `/removals/${[...ids][0]}?app_id=${KEY_APP}`);
    const stored = await durable.list(`app_id=${KEY_APP}&limit=200`);
    assert.deepEqual(stored.filter(({ id }) => ids.has(id)).map(({ targets }) => targets), [1000]);
    const together = stored.filter(({ targets }) => targets === 1000);
    assert.equal(together.length, 1, 'and no other one beside it');
  });

  test('a key with another body is a conflict, and another caller\'s key is another key', async () => {
    const durable = world();
    const key = randomUUID();
    const body = { app_id: KEY_APP, custom_participant_id: userId('scope'), not_before: LATER };
    const first = await durable.post(body, { 'idempotency-key': key });
    assert.equal(first.status, 202);
    const before = (await durable.list(`app_id=${KEY_APP}&limit=200`)).length;
    const other = await durable.post({ ...body, reason: 'another' }, { 'idempotency-key': key });
    assertError(other, { status: 409, code: 1106, message: /Idempotency-Key/ });
    assert.equal((await durable.list(`app_id=${KEY_APP}&limit=200`)).length, before, 'nothing is stored');

    const theirs = await durable.post(body, { 'idempotency-key': key }, { token: BILLING_TOKEN });
    assert.equal(theirs.status, 202);
    assert.equal(theirs.headers['idempotent-replayed'], undefined);
    const [mine, made] = [first.json.result as Removal, theirs.json.result as Removal];
    assert.notEqual(made.id, mine.id);
    assert.deepEqual([mine.caller, made.caller], ['support-desk', 'billing']);

    const without = await durable.post(body);
    assert.notEqual((without.json.result as Removal).id, mine.id, 'without a key, each request is its own');
  });

  for (const [name, key] of [['empty', ''], ['too long', 'k'.repeat(256)], ['with a space', 'a b']] as const) {
    test(`a key that is ${name} is refused`, async () => {
      const answer = await world().post({ app_id: KEY_APP, custom_participant_id: userId('bad-key') }, { 'idempotency-key': key });
      assertError(answer, { status: 400, code: 1101, pointer: '/Idempotency-Key' });
    });
  }
}
