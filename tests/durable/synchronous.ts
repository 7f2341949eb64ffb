// Synchronous removals are recorded in the ledger as well, unless that is turned off.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { eventually } from '../harness/eventually.ts';
import { ACCOUNT, Durable } from './world.ts';

export const RECORD_APP = 'record-app';

const path = (app: string, meeting: string, participant: string): string =>
  `/client/v4/accounts/${ACCOUNT}/realtime/kit/${app}/meetings/${meeting}/participants/${participant}`;

export function synchronous(world: () => Durable): void {
  test('synchronous removals are recorded, with their outcome and caller', async () => {
    const durable = world();
    const { meetings } = await durable.fill({ app: RECORD_APP, meetings: 1, participants_per_meeting: 2 });
    const [{ id, participants } = { id: '', participants: [] }] = meetings;
    const [first = '', second = ''] = participants;
    await durable.standIn.fault({ match: { path: second }, times: 1, fault: { kind: 'status', status: 422 } });
    const statuses: [string, number, string][] = [
      [first, 200, 'removed'], [first, 404, 'already_absent'], [second, 422, 'failed'],
    ];
    for (const [index, [participant, status, outcome]] of statuses.entries()) {
      const answer = await durable.worker.delete(`${path(RECORD_APP, id, participant)}${index === 0 ? '?kick=true' : ''}`);
      assert.deepEqual([answer.status, answer.headers['participant-removal-outcome']], [status, outcome]);
      await eventually('it is recorded', async () => (await durable.list(`app_id=${RECORD_APP}`)).length === index + 1);
      const [recorded] = await durable.list(`app_id=${RECORD_APP}`);
      assert.ok(recorded);
      assert.deepEqual(
        [recorded.source, recorded.caller, recorded.state, recorded.kick, recorded.target, recorded.progress.api_requests],
        [
          'synchronous', 'support-desk', outcome === 'failed' ? 'failed' : 'succeeded', index === 0,
          { meeting_id: id, participant_id: participant }, index === 0 ? 2 : 1,
        ],
      );
      const [item] = await durable.items(recorded);
      assert.deepEqual([item?.participant_id, item?.outcome, item?.attempts], [participant, outcome, 1]);
      if (outcome === 'failed') {
        const retry = await durable.worker.call(`/removals/${recorded.id}/retry?app_id=${RECORD_APP}`, { method: 'POST' });
        assert.equal(retry.status, 409, 'its caller repeats it');
      }
    }
    await durable.standIn.fault({ match: { method: 'POST', path: `${id}/active-session/kick` }, times: 3, fault: { kind: 'status', status: 500 } });
    assert.equal((await durable.worker.delete(`${path(RECORD_APP, id, second)}?kick=true`)).status, 200);
    await eventually('it is recorded', async () => (await durable.list(`app_id=${RECORD_APP}`)).length === 4);
    const [notKicked] = await durable.list(`app_id=${RECORD_APP}`);
    assert.deepEqual([notKicked?.state, notKicked?.last_error], ['succeeded', null]);
    assert.match(notKicked?.kick_error ?? '', /^RealtimeKit answered 500/);
    // From the request to the response, five upstream requests later.
    assert.ok(Date.parse(notKicked?.created_at ?? '') < Date.parse(notKicked?.finished_at ?? ''), 'it took its time');
    const refused = await durable.worker.delete(path(RECORD_APP, 'not-a-uuid', first));
    assert.equal(refused.status, 400);
    assert.equal((await durable.worker.delete(path(RECORD_APP, id, first))).status, 404);
    await eventually('it is recorded', async () => (await durable.list(`app_id=${RECORD_APP}`)).length > 4);
    assert.equal((await durable.list(`app_id=${RECORD_APP}`)).length, 5, 'what was never sent is no removal');
  });

  test('in an app that RealtimeKit does not know, nobody counts as gone', { timeout: 240_000 }, async () => {
    const durable = await Durable.start({ apps: [RECORD_APP], vars: { REALTIMEKIT_APP_IDS: 'record-ap' } });
    const { meetings } = await durable.fill({ app: RECORD_APP, meetings: 1, participants_per_meeting: 1 });
    const [{ id, participants } = { id: '', participants: [] }] = meetings;
    for (const target of [{ meeting_id: id, all: true }, { meeting_id: id, participant_id: participants[0] }]) {
      const shown = await durable.follow(await durable.remove(target));
      assert.equal(shown.state, 'failed');
      assert.match(shown.last_error ?? '', /REALTIMEKIT_APP_IDS/);
    }
    // RealtimeKit's own response goes back to the caller; the record says how much it proves.
    assert.equal((await durable.worker.delete(path('record-ap', id, participants[0] ?? ''))).status, 404);
    await eventually('it is recorded', async () => (await durable.list('app_id=record-ap')).length === 3);
    const [recorded] = await durable.list('app_id=record-ap');
    assert.deepEqual([recorded?.source, recorded?.progress.already_absent], ['synchronous', 1]);
    assert.match(recorded?.last_error ?? '', /REALTIMEKIT_APP_IDS/);
    await durable.stop();
  });

  test('not with RECORD_SYNCHRONOUS_REMOVALS=false', { timeout: 240_000 }, async () => {
    const durable = await Durable.start({ apps: [RECORD_APP], vars: { RECORD_SYNCHRONOUS_REMOVALS: 'false' } });
    const { meetings } = await durable.fill({ app: RECORD_APP, meetings: 1, participants_per_meeting: 1 });
    const [{ id, participants } = { id: '', participants: [] }] = meetings;
    assert.equal((await durable.worker.delete(path(RECORD_APP, id, participants[0] ?? ''))).status, 200);
    await sleep(1_500);
    assert.deepEqual(await durable.list(`app_id=${RECORD_APP}`), []);
    await durable.stop();
  });
}
