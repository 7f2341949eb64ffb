// Validly signed events that cannot be understood, and sources whose configuration is wrong.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { linesWith } from '../harness/record.ts';
import { eventOf, realtimeKitEvent, sendEvent } from './realtimekit_events.ts';
import type { Event } from './realtimekit_events.ts';
import { MISCONFIGURED, REALTIMEKIT_APP } from './sources.ts';
import { headersOf, idOf, senderOf, signed, statuses, userId } from './world.ts';
import type { Hooks } from './world.ts';

export function quarantine(hooks: () => Hooks): void {
  for (const [what, event, problem] of notUnderstood()) {
    test(`realtimekit: ${what} is answered with 200 and kept to be looked at`, async () => {
      const mark = await hooks().standIn.mark();
      const id = idOf(await sendEvent(hooks(), event));
      const kept = await hooks().removals(REALTIMEKIT_APP, '&state=quarantined');
      const shown = kept.find((removal) => removal.id === id);
      assert.equal(shown?.state, 'quarantined');
      assert.match(shown.last_error ?? '', problem);
      assert.equal(idOf(await sendEvent(hooks(), event)), id, 'once');
      assert.deepEqual(await hooks().requests(REALTIMEKIT_APP, mark), []);
    });
  }

  test('realtimekit: a captured body under a new rtk-uuid is a replay', async () => {
    const event = await realtimeKitEvent(hooks(), 'meeting.ended');
    const first = await sendEvent(hooks(), event);
    const again = await sendEvent(hooks(), event);
    assert.equal(idOf(again), idOf(first));
    assert.equal(again.headers['idempotent-replayed'], 'true');
  });

  test('realtimekit: an event without a rule is ignored, with the reason', async () => {
    for (const name of ['meeting.started', 'meeting.chatSynced', 'unheard.of']) {
      const answer = await sendEvent(hooks(), eventOf(name, undefined, userId()));
      assert.equal(answer.status, 200, answer.body);
      const reason = 'no rule of this source is for this event';
      assert.deepEqual(answer.json.result, { status: 'ignored', reason });
    }
  });
}

function notUnderstood(): [what: string, event: unknown, problem: RegExp][] {
  const left: Event = eventOf('meeting.participantLeft', undefined, 'user_1');
  const { customParticipantId: _, ...nobody } = left.participant ?? {};
  const ended = eventOf('meeting.ended');
  return [
    ['an event without a user', { ...left, participant: nobody }, /customParticipantId is missing in this event/],
    ['a user that is an object', { ...left, participant: { ...nobody, customParticipantId: {} } }, /customParticipantId/],
    ['a meeting that is no UUID', { ...ended, meeting: { ...ended.meeting, id: '../x' } }, /\/meeting\/id/],
    ['an event that is a number', { ...ended, event: 7 }, /\/event must be a string/],
  ];
}

export function misconfigured(hooks: () => Hooks): void {
  test('/healthz names every source that is refused, with the reason and without a value', async () => {
    const answer = await hooks().worker.call('/healthz', { token: null });
    assert.equal(answer.status, 503, answer.body);
    const messages = (answer.json.errors ?? []).map(({ message }) => message);
    for (const [name, [, says]] of Object.entries(MISCONFIGURED)) {
      assert.ok(messages.some((message) => says.test(message)), `${name}: ${answer.body}`);
    }
    const said = Object.values(MISCONFIGURED).map(([, says]) => says);
    assert.deepEqual(messages.filter((message) => !said.some((says) => says.test(message))), []);
  });

  for (const [name, [, says]] of Object.entries(MISCONFIGURED)) {
    test(`the source ${name} is refused with 503, and the others are not`, async () => {
      const message = signed(senderOf('clerk').event('user_1'));
      const answer = await hooks().post(name, message.body, await headersOf('clerk', message));
      assert.equal(answer.status, 503, answer.body);
      assert.equal(answer.json.errors?.[0]?.code, 1111);
      assert.match(answer.json.errors?.[0]?.message ?? '', says);
    });
  }
}

/** Checks all Workers of all webhook tests, and their responses. */
export function clean(): void {
  test('no Worker has panicked or answered 500', (context) => {
    for (const trace of ['panicked', 'RuntimeError', '"response.status":500']) {
      assert.deepEqual(linesWith(trace), [], trace);
    }
    const refused = statuses.get(401) ?? 0;
    assert.ok(linesWith('"response.status":401').length >= refused * 0.9, 'the log was read');
    assert.equal(statuses.get(500), undefined);
    const counts = [...statuses].sort(([a], [b]) => a - b).map(([status, count]) => `${count} × ${status}`);
    context.diagnostic(`answers to webhooks: ${counts.join(', ')}`);
  });
}
