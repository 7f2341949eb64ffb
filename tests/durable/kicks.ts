// Whoever is live is kicked from the session before being deleted.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { assertError } from '../harness/expect.ts';
import { BILLING_TOKEN, Durable } from './world.ts';
import type { Removal } from './world.ts';

export const KICK_APP = 'kick-app';

/** Creates a meeting in which everyone is live. */
async function live(durable: Durable, participants: number): Promise<{ id: string; participants: string[] }> {
  const { meetings } = await durable.fill({ app: KICK_APP, meetings: 1, participants_per_meeting: participants, live: true });
  assert.ok(meetings[0]);
  return meetings[0];
}

export function kicks(world: () => Durable): void {
  for (const kick of [true, false]) {
    test(`kick ${kick}: those who are live ${kick ? 'are put out first' : 'stay in the session'}`, async () => {
      const durable = world();
      const { id, participants } = await live(durable, 4);
      const [gone = ''] = participants;
      const shown = await durable.follow(await durable.remove({ app_id: KICK_APP, meeting_id: id, participant_id: gone, ...(kick ? {} : { kick }) }));
      assert.equal(shown.kick, kick);
      assert.equal((await durable.standIn.peers(id)).length, kick ? 3 : 4);
      const calls = (await durable.standIn.requests({ path: id })).map(({ method }) => method);
      assert.deepEqual(calls, kick ? ['POST', 'DELETE'] : ['DELETE']);
    });
  }

  test('everyone who is live is put out by one kick, and once more when all are deleted', async () => {
    const durable = world();
    const { id } = await live(durable, 30);
    const shown = await durable.follow(await durable.remove({ app_id: KICK_APP, meeting_id: id, all: true }));
    assert.deepEqual([shown.state, shown.progress.removed], ['succeeded', 30]);
    assert.deepEqual(await durable.standIn.peers(id), []);
    const kicks = await durable.standIn.requests({ path: `${id}/active-session` });
    assert.deepEqual(kicks.map(({ path, status }) => [path.split('/').at(-1), status]), [['kick-all', 200], ['kick-all', 404]]);
  });

  test('a kick that fails is told, and the delete follows', async () => {
    const durable = world();
    const { id, participants } = await live(durable, 2);
    await durable.standIn.fault({ match: { method: 'POST', path: `${id}/active-session/kick` }, times: 3, fault: { kind: 'status', status: 500 } });
    const shown = await durable.follow(await durable.remove({ app_id: KICK_APP, meeting_id: id, participant_id: participants[0] }));
    assert.deepEqual([shown.state, shown.progress.removed], ['succeeded', 1]);
    assert.match(shown.kick_error ?? '', /^RealtimeKit answered 500/);
    assert.deepEqual(shown.items?.map((item) => [item.participant_id, item.kick_error]), [[participants[0], shown.kick_error]]);
    assert.equal((await durable.standIn.peers(id)).length, 2, 'whoever was not kicked is live');
    const ended = await durable.logOfEnd(shown);
    assert.deepEqual(
      [ended['removal.state'], ended['app.id'], ended['source'], ended['caller'], ended['removed'], ended['kick_error']],
      ['succeeded', KICK_APP, 'api', 'support-desk', 1, shown.kick_error],
    );
  });

  test('a retry sends a kick that failed again, and nothing else', async () => {
    const durable = world();
    const { id, participants } = await live(durable, 3);
    await durable.standIn.fault({ match: { method: 'POST', path: `${id}/active-session/kick` }, times: 3, fault: { kind: 'status', status: 500 } });
    const removals = participants.slice(0, 2).map((participant) => ({ meeting_id: id, participant_id: participant }));
    const shown = await durable.follow(await durable.remove({ app_id: KICK_APP, removals }));
    assert.deepEqual(shown.items?.map(({ kick_error: error }) => error !== null), [true, true]);
    assert.equal((await durable.standIn.peers(id)).length, 3);
    const before = (await durable.standIn.requests({ path: id })).length;
    const retry = () => durable.worker.call(`/removals/${shown.id}/retry?app_id=${KICK_APP}`, { method: 'POST', token: BILLING_TOKEN });
    const accepted = await retry();
    assert.equal(accepted.status, 202, accepted.body);
    const { state, retried_by: by } = accepted.json.result as Removal;
    assert.deepEqual([state, by], ['queued', 'billing']);
    const retried = await durable.follow(shown);
    assert.deepEqual([retried.state, retried.kick_error, retried.progress.removed, retried.progress.participants_found], ['succeeded', null, 2, 2]);
    assert.deepEqual(retried.items?.map(({ outcome, kick_error: error }) => [outcome, error]), [['removed', null], ['removed', null]]);
    assert.equal((await durable.standIn.peers(id)).length, 1, 'nobody who was named is live');
    const calls = (await durable.standIn.requests({ path: id })).slice(before);
    assert.deepEqual(calls.map(({ method, status }) => [method, status]), [['POST', 200]]);
    assertError(await retry(), { status: 409, code: 1106, message: /succeeded: nothing in it failed/ });
  });

  test('where a kick of several is a 404 since one is not live, each is kicked alone', async () => {
    const durable = await Durable.start({ apps: [KICK_APP] });
    await durable.standIn.control('POST', '/settings', { partial_kick_status: 404 });
    const { id, participants } = await live(durable, 5);
    await durable.standIn.control('POST', `/meetings/${id}/leave`, { participant_id: participants[0] });
    const removals = participants.slice(0, 4).map((participant) => ({ meeting_id: id, participant_id: participant }));
    const shown = await durable.follow(await durable.remove({ removals }));
    assert.deepEqual([shown.state, shown.progress.removed], ['succeeded', 4]);
    assert.equal((await durable.standIn.peers(id)).length, 1, 'nobody who was named is live');
    const calls = await durable.standIn.requests({ path: id });
    const kicks = calls.filter(({ path }) => path.endsWith('/kick')).map(({ status }) => status);
    assert.deepEqual(kicks, [404, 404, 200, 200, 200]);
    await durable.stop();
  });
}
