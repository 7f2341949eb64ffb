// `?kick=true`: kicked from the live session first, then never able to join again.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { assertAnswer, assertError } from './harness/expect.ts';
import type { FaultRule } from './harness/stand_in.ts';
import { longPath, standIn, worker } from './harness/world.ts';

const KICK = '/active-session/kick';

async function calls(meeting: string): Promise<string[]> {
  const seen = await standIn.requests({ path: meeting });
  return seen.map(({ method, path, status }) => `${method} ${path.replace(/.*\/meetings\/[^/]+/, '')} ${status}`);
}

describe('?kick=true', { concurrency: 4 }, () => {
  for (const path of [(path: string) => path, longPath]) {
    test(`puts a live peer out, who cannot come back${path === longPath ? ' (long path)' : ''}`, async () => {
      const participant = await standIn.participant();
      const neighbour = await standIn.participant(participant.meeting, 'neighbour');
      const peer = await standIn.join(participant);
      const other = await standIn.join(neighbour);
      const answer = await worker.delete(`${path(participant.path)}?kick=true`);
      assertAnswer(answer);
      assert.equal(answer.status, 200, answer.body);
      assert.equal(answer.json.data?.['custom_participant_id'], 'user-1');
      assert.equal(answer.headers['participant-removal-kick'], 'kicked');
      assert.deepEqual(await standIn.peers(participant.meeting), [other], `${peer} is gone, and nobody else`);
      await assert.rejects(standIn.join(participant), /403/);
      await assert.rejects(
        standIn.control('POST', `/meetings/${participant.meeting}/join`, { token: participant.token }),
        /403/,
      );
      assert.equal(await standIn.has(neighbour), true);
      assert.deepEqual(await calls(participant.meeting), [
        `POST ${KICK} 200`,
        `DELETE /participants/${participant.id} 200`,
      ]);
      const { kick: result, 'kick.attempts': attempts } = await worker.logOf(answer);
      assert.deepEqual([result, attempts], ['kicked', 1]);
      const [kick] = await standIn.requests({ path: participant.meeting });
      assert.deepEqual(JSON.parse(kick?.body ?? ''), {
        participant_ids: [participant.id],
        custom_participant_ids: [],
      });
    });
  }

  test('that finds nobody live is fine', async () => {
    const participant = await standIn.participant();
    const answer = await worker.delete(`${participant.path}?kick=true`);
    assert.equal(answer.status, 200, answer.body);
    assert.equal(answer.json.messages, undefined);
    assert.equal(answer.headers['participant-removal-kick'], 'not_live');
    assert.deepEqual(await calls(participant.meeting), [
      `POST ${KICK} 404`,
      `DELETE /participants/${participant.id} 200`,
    ]);
  });

  test('of somebody who is absent says so', async () => {
    const participant = await standIn.participant();
    const answer = await worker.delete(`${participant.path}-nobody?kick=true`);
    assertError(answer, { status: 404, code: 404 });
    assert.equal(answer.headers['participant-removal-outcome'], 'already_absent');
  });

  test('of somebody who is live without a record puts them out, and says so', async () => {
    const participant = await standIn.participant();
    await standIn.join(participant);
    assert.equal((await worker.delete(participant.path)).status, 200);
    assert.equal((await standIn.peers(participant.meeting)).length, 1, 'deleting alone drops nobody');
    const answer = await worker.delete(`${participant.path}?kick=true`);
    assertError(answer, { status: 404, code: 404 });
    assert.equal(answer.headers['participant-removal-kick'], 'kicked');
    assert.match(JSON.stringify(answer.json.messages), /"code":1204,"message":"the participant was kicked/);
    assert.deepEqual(await standIn.peers(participant.meeting), []);
  });

  const failing: [string, FaultRule['fault'], RegExp][] = [
    ['500 each time', { kind: 'status', status: 500 }, /500/],
    ['403', { kind: 'status', status: 403 }, /CLOUDFLARE_API_TOKEN/],
    ['400', { kind: 'status', status: 400, message: 'The session is odd' }, /The session is odd/],
    ['429 with a long time', { kind: 'status', status: 429, headers: { 'retry-after': '300' } }, /300 s/],
    ['HTML', { kind: 'html', effect: false }, /contract/],
    ['a redirect', { kind: 'redirect', location: '/' }, /redirect/],
    ['nothing at all', { kind: 'hang' }, /in time/],
  ];
  for (const [name, fault, message] of failing) {
    test(`whose kick fails (${name}) deletes all the same, and says so`, async () => {
      const participant = await standIn.participant();
      const peer = await standIn.join(participant);
      await standIn.fault({ match: { path: `${participant.meeting}${KICK}` }, times: 0, fault });
      const answer = await worker.delete(`${participant.path}?kick=true`);
      assertAnswer(answer);
      assert.equal(answer.status, 200, answer.body);
      assert.equal(answer.headers['participant-removal-outcome'], 'removed');
      assert.equal(answer.headers['participant-removal-kick'], 'failed');
      assert.equal(answer.json.data?.['custom_participant_id'], 'user-1');
      assert.equal(answer.json.messages?.length, 1);
      assert.equal(answer.json.messages[0]?.code, 1201);
      assert.match(answer.json.messages[0]?.message ?? '', message);
      assert.equal(await standIn.has(participant), false);
      assert.deepEqual(await standIn.peers(participant.meeting), [peer], 'the peer stays: that is what failed');
    });
  }

  test('whose kick and delete both fail tells both', async () => {
    const participant = await standIn.participant();
    await standIn.fault({ match: { path: participant.meeting }, times: 0, fault: { kind: 'status', status: 422, message: 'Odd' } });
    const answer = await worker.delete(`${participant.path}?kick=true`);
    assertError(answer, { status: 422, code: 422 });
    assert.ok(answer.json.messages?.some(({ code }) => code === 1201), answer.body);
  });

  test('adds its message to those that RealtimeKit sent', async () => {
    const participant = await standIn.participant();
    const body = { success: true, data: { preset_id: 'p', extra: 1 }, messages: [{ code: 1, message: 'theirs' }] };
    await standIn.fault(
      { match: { path: `${participant.meeting}${KICK}` }, fault: { kind: 'status', status: 400 } },
      { match: { path: participant.meeting, method: 'DELETE' }, fault: { kind: 'status', status: 200, body } },
    );
    const answer = await worker.delete(`${participant.path}?kick=true`);
    assert.deepEqual(answer.json.messages?.map(({ code }) => code), [1, 1201]);
    assert.deepEqual(answer.json.data, body.data);
  });
});

for (const query of ['', '?kick=false', '?']) {
  test(`nobody is kicked without it: ${query || 'no query'}`, async () => {
    const participant = await standIn.participant();
    const peer = await standIn.join(participant);
    const answer = await worker.delete(`${participant.path}${query}`);
    assert.equal(answer.status, 200, answer.body);
    assert.deepEqual(await standIn.peers(participant.meeting), [peer]);
    assert.deepEqual(await calls(participant.meeting), [`DELETE /participants/${participant.id} 200`]);
  });
}
