// The life of a removal, from each kind of target to each state.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';

import { eventually } from '../harness/eventually.ts';
import { assertError } from '../harness/expect.ts';
import { BILLING_TOKEN, LATER, userId } from './world.ts';
import type { Durable, Removal } from './world.ts';

export const STATES_APP = 'states-app';
const APP = { app_id: STATES_APP };

/** Creates a meeting with some participants. */
async function meeting(durable: Durable, participants: number, more: Record<string, unknown> = {}) {
  const filled = await durable.fill({ app: STATES_APP, participants_per_meeting: participants, ...more });
  const [first] = filled.meetings;
  assert.ok(first);
  return { id: first.id, participants: first.participants, user: filled.user.map((found) => found.participant_id) };
}

async function deletedOf(durable: Durable, id: string): Promise<string[]> {
  const seen = await durable.standIn.requests({ method: 'DELETE', path: id });
  return seen.filter(({ status }) => status === 200).map(({ path }) => path.split('/').at(-1) ?? '').sort();
}

function soon(ms: number): string {
  return new Date(Date.now() + ms).toISOString();
}

export function states(world: () => Durable): void {
  test('one participant: one delete, nobody else', async () => {
    const durable = world();
    const { id, participants } = await meeting(durable, 3);
    const [first = ''] = participants;
    const target = { meeting_id: id, participant_id: first };
    const removal = await durable.remove({ ...APP, ...target, meeting_id: id.toUpperCase(), kick: false, reason: 'Ticket 7' });
    assert.deepEqual(removal.target, target, 'the meeting in lower case');
    assert.deepEqual(
      [removal.caller, removal.source, removal.reason, removal.kick, removal.dry_run, removal.targets],
      ['support-desk', 'api', 'Ticket 7', false, false, 1],
    );
    const shown = await durable.follow(removal);
    assert.equal(shown.state, 'succeeded');
    assert.deepEqual(await deletedOf(durable, id), [first]);
    assert.equal((await durable.standIn.requests({ path: id })).length, 1);
    assert.ok(shown.started_at && shown.finished_at && shown.created_at <= shown.started_at);
    assert.equal(shown.estimated_seconds_left, null);
    const again = await durable.follow(await durable.remove({ ...APP, ...target, kick: false }));
    assert.equal(again.state, 'succeeded', 'whoever is gone already is no failure');
    assert.equal((await durable.items(again))[0]?.outcome, 'already_absent');
  });

  test('a user in one meeting: each of the records, on every page', async () => {
    const durable = world();
    const user = userId('one-meeting');
    const { id, user: theirs } = await meeting(durable, 130, { user: { custom_participant_id: user, in_meetings: 1, copies: 3 } });
    const shown = await durable.follow(await durable.remove({ ...APP, meeting_id: id, custom_participant_id: user }));
    assert.equal(shown.state, 'succeeded');
    assert.deepEqual(await deletedOf(durable, id), [...theirs].sort());
    assert.equal(shown.progress.removed, 3);
  });

  test('a meeting that does not exist has nobody in it', async () => {
    const durable = world();
    const shown = await durable.follow(await durable.remove({ ...APP, meeting_id: randomUUID(), all: true }));
    assert.deepEqual([shown.state, shown.progress.participants_found], ['succeeded', 0]);
  });

  test('a dry run finds and reports, and changes nothing', async () => {
    const durable = world();
    const { id, participants } = await meeting(durable, 25, { live: true });
    const shown = await durable.follow(await durable.remove({ ...APP, meeting_id: id, all: true, dry_run: true }));
    assert.deepEqual([shown.state, shown.dry_run, shown.progress.participants_found, shown.progress.removed], ['succeeded', true, 25, 0]);
    const items = await durable.items(shown, 10);
    assert.deepEqual(items.map((item) => item.participant_id).sort(), [...participants].sort());
    for (const item of items) assert.deepEqual([item.state, item.outcome], ['found', null]);
    const one = await durable.remove({ ...APP, meeting_id: id, participant_id: participants[0], dry_run: true });
    assert.equal((await durable.follow(one)).state, 'succeeded');
    assert.equal((await durable.items(one))[0]?.state, 'found');
    const calls = await durable.standIn.requests({ path: id });
    assert.deepEqual([...new Set(calls.map(({ method }) => method))], ['GET'], 'it only looks');
    assert.equal((await durable.standIn.peers(id)).length, 25);
  });

  test('scheduled: it waits for its time and runs then', async () => {
    const durable = world();
    const { id } = await meeting(durable, 1);
    const notBefore = soon(20_000);
    const removal = await durable.remove({ ...APP, meeting_id: id, all: true, not_before: notBefore });
    assert.deepEqual([removal.state, removal.not_before], ['scheduled', notBefore]);
    const shown = await durable.follow(removal);
    assert.equal(shown.state, 'succeeded');
    assert.ok((shown.started_at ?? '') >= notBefore, `started ${shown.started_at}`);
    const [first] = await durable.standIn.requests({ path: id });
    assert.ok((first?.at_ms ?? 0) >= Date.parse(notBefore), 'no request before its time');
    assert.equal((await durable.remove({ ...APP, meeting_id: id, all: true, not_before: '2001-01-01T00:00:00Z' })).state, 'queued');
  });

  test('cancelled: what was not sent is not done', async () => {
    const durable = world();
    const { id } = await meeting(durable, 2);
    const removal = await durable.remove({ ...APP, meeting_id: id, all: true, not_before: soon(20_000) });
    const cancelled = await durable.worker.delete(`/removals/${removal.id}?app_id=${STATES_APP}`, { token: BILLING_TOKEN });
    assert.equal(cancelled.status, 200, cancelled.body);
    const { state, caller, cancelled_by: by } = cancelled.json.result as Removal;
    assert.deepEqual([state, caller, by], ['cancelled', 'support-desk', 'billing']);
    // A response may be lost: asking once more still gives the desired result.
    const again = await durable.worker.delete(`/removals/${removal.id}?app_id=${STATES_APP}`);
    assert.equal(again.status, 200, again.body);
    assert.equal((again.json.result as Removal).state, 'cancelled');
    assertError(
      await durable.worker.call(`/removals/${removal.id}/retry?app_id=${STATES_APP}`, { method: 'POST' }),
      { status: 409, code: 1106 },
    );
    await new Promise((done) => setTimeout(done, 21_000));
    assert.equal((await durable.standIn.requests({ path: id })).length, 0);
    assert.equal((await durable.show(removal)).state, 'cancelled');
  });

  test('the end of a removal that is cancelled is logged at once, with who cancelled it', async () => {
    const durable = world();
    const removal = await durable.remove({ ...APP, meeting_id: randomUUID(), all: true, not_before: LATER });
    await durable.worker.delete(`/removals/${removal.id}?app_id=${STATES_APP}`, { token: BILLING_TOKEN });
    const { 'removal.state': state, 'app.id': app, caller, cancelled_by: by } = await durable.logOfEnd(removal);
    assert.deepEqual([state, app, caller, by], ['cancelled', STATES_APP, 'support-desk', 'billing']);
  });

  test('cancelled while it runs: what was sent is recorded, the rest is left alone', async () => {
    const durable = world();
    const { id } = await meeting(durable, 60);
    await durable.standIn.fault({ match: { path: id }, times: 0, fault: { kind: 'latency', ms: 500 } });
    const removal = await durable.remove({ ...APP, meeting_id: id, all: true, kick: false });
    await eventually('some are removed', async () => (await durable.show(removal)).progress.removed > 5);
    assert.equal((await durable.worker.delete(`/removals/${removal.id}?app_id=${STATES_APP}`)).status, 200);
    const open = async (): Promise<boolean> => (await durable.items(removal)).some(({ state }) => state === 'pending');
    await eventually('what was in flight is answered and recorded', async () => !(await open()));
    const deleted = await deletedOf(durable, id);
    assert.ok(deleted.length < 60, `${deleted.length} deleted`);
    const shown = await durable.show(removal);
    const items = await durable.items(removal);
    const removed = items.filter(({ outcome }) => outcome === 'removed').map((item) => item.participant_id);
    assert.deepEqual(removed.sort(), deleted, 'what was deleted is recorded, in flight or not');
    assert.equal(shown.progress.removed, deleted.length);
    for (const { state, outcome } of items) assert.deepEqual([state, outcome], outcome === null ? ['cancelled', null] : ['done', 'removed']);
  });

  test('what RealtimeKit refuses fails visibly, and a retry runs that again', { timeout: 180_000 }, async () => {
    const durable = world();
    const { id, participants } = await meeting(durable, 3);
    const [refused = ''] = participants;
    await durable.standIn.fault({ match: { path: refused, method: 'DELETE' }, times: 3, fault: { kind: 'status', status: 422, code: 4711, message: 'Jane Roe is odd' } });
    const removal = await durable.remove({ ...APP, meeting_id: id, all: true, kick: false });
    const failed = await durable.follow(removal);
    assert.deepEqual([failed.state, failed.progress.removed, failed.progress.failed], ['partially_failed', 2, 1]);
    assert.match(failed.last_error ?? '', /422.*4711/);
    assert.ok(!JSON.stringify(failed).includes('Jane'), 'what the API says in its own words may hold names');
    const item = (await durable.items(failed)).find(({ participant_id: of }) => of === refused);
    assert.deepEqual([item?.state, item?.outcome, item?.attempts], ['failed', 'failed', 3]);
    const retried = await durable.worker.call(`/removals/${removal.id}/retry?app_id=${STATES_APP}`, { method: 'POST' });
    assert.equal(retried.status, 202, retried.body);
    assert.equal((retried.json.result as Removal).finished_at, null);
    const shown = await durable.follow(removal);
    assert.deepEqual([shown.state, shown.progress.removed, shown.progress.failed], ['succeeded', 3, 0]);
    assert.deepEqual(await deletedOf(durable, id), [...participants].sort());
    assertError(
      await durable.worker.call(`/removals/${removal.id}/retry?app_id=${STATES_APP}`, { method: 'POST' }),
      { status: 409, code: 1106, message: /succeeded/ },
    );
    assertError(await durable.worker.delete(`/removals/${removal.id}?app_id=${STATES_APP}`), { status: 409, code: 1106 });
  });

  test('a list that RealtimeKit refuses fails the removal, and a retry reads it again', { timeout: 180_000 }, async () => {
    const durable = world();
    // In another app, whose lists are then read without a page size for a while.
    const { meetings: [filled] } = await durable.fill({ app: 'default-app', meetings: 1, participants_per_meeting: 3 });
    const id = filled?.id;
    // Once with a page size, and three times without.
    await durable.standIn.fault({ match: { path: `${id}/participants`, method: 'GET' }, times: 4, fault: { kind: 'status', status: 422 } });
    const removal = await durable.remove({ meeting_id: id, all: true });
    assert.equal((await durable.follow(removal)).state, 'failed');
    assert.equal((await durable.worker.call(`/removals/${removal.id}/retry`, { method: 'POST' })).status, 202);
    const shown = await durable.follow(removal);
    assert.deepEqual([shown.state, shown.progress.removed], ['succeeded', 3]);
    assert.deepEqual([shown.progress.meetings_scanned, shown.progress.meetings_total], [1, 1]);
  });

  for (const kind of ['short_page', 'shrink', 'repeat', 'wrong_paging']) {
    test(`a list with ${kind} proves nothing: it is read again`, { timeout: 180_000 }, async () => {
      const durable = world();
      const { id } = await meeting(durable, 150);
      await durable.standIn.fault({ match: { path: `${id}/participants?`, method: 'GET' }, times: 2, fault: { kind } });
      const shown = await durable.follow(await durable.remove({ ...APP, meeting_id: id, all: true, kick: false }));
      assert.deepEqual([shown.state, shown.progress.removed], ['succeeded', 150], JSON.stringify(shown));
      assert.equal((await deletedOf(durable, id)).length, 150);
    });
  }

  test('a list that ends before its total never proves that a user is absent', async () => {
    const durable = world();
    const user = userId('hidden');
    const { id, user: theirs } = await meeting(durable, 30, { user: { custom_participant_id: user, in_meetings: 1, copies: 1 } });
    await durable.standIn.fault({ match: { path: `${id}/participants?`, method: 'GET' }, times: 2, fault: { kind: 'short_page', rows: 0 } });
    const shown = await durable.follow(await durable.remove({ ...APP, meeting_id: id, custom_participant_id: user, kick: false }));
    assert.deepEqual([shown.state, shown.progress.removed], ['succeeded', 1]);
    assert.deepEqual(await deletedOf(durable, id), theirs);
  });

  for (const [name, fault, outcome] of [
    // A connection that breaks before a response begins is not such a fault: the runtime itself retries the request.
    ['cut off after the effect', { kind: 'truncate_body' }, 'absent_after_ambiguous'],
    ['cut off before the effect', { kind: 'truncate_body', effect: false }, 'removed'],
    ['a 503', { kind: 'status', status: 503 }, 'removed'],
    ['a page of HTML', { kind: 'html' }, 'absent_after_ambiguous'],
  ] as const) {
    test(`a delete whose answer is ${name} is sent again, and its outcome is true`, async () => {
      const durable = world();
      const { id, participants } = await meeting(durable, 1);
      await durable.standIn.fault({ match: { path: id, method: 'DELETE' }, times: 1, fault });
      const removal = await durable.follow(await durable.remove({ ...APP, meeting_id: id, participant_id: participants[0], kick: false }));
      assert.equal(removal.state, 'succeeded');
      const [item] = await durable.items(removal);
      assert.deepEqual([item?.outcome, item?.attempts], [outcome, 2]);
    });
  }
}
