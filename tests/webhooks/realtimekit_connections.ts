// Who is in a meeting over which connection, according to the events, in whatever order they arrive.
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';

import { eventOf, sendEvent, signByStandIn } from './realtimekit_events.ts';
import type { Event } from './realtimekit_events.ts';
import { idOf, userId } from './world.ts';
import type { Hooks } from './world.ts';

/**
 * `app` removes users who leave, or whose meeting ends; the source `leaving` is for `leavingApp`, and only the former.
 */
export async function connections(context: TestContext, hooks: Hooks, app: string, leavingApp: string): Promise<void> {
  await context.test('whoever is there by another connection has not left', () => reconnected(hooks, app));
  await context.test('a meeting that ended has ended its connections', () => endedConnections(hooks, leavingApp));
  await context.test('whoever is told late to have joined has not left', () => overtaken(hooks, app));
  await context.test('an event that was ignored is known when it comes again', () => ignored(hooks, app));
}

/** The lost connection is noticed after the new one was made; and a `left` is redelivered after the return. */
async function reconnected(hooks: Hooks, app: string): Promise<void> {
  const { user, meeting } = await hooks.participant(app, userId());
  const send = async (event: string, peerId: string, seconds: number): Promise<Record<string, unknown>> => {
    const answer = await sendEvent(hooks, connectionEvent(event, meeting, user, peerId, seconds));
    assert.equal(answer.status, 200, answer.body);
    return answer.json.result as Record<string, unknown>;
  };
  await send('meeting.participantJoined', 'a', -60);
  await send('meeting.participantJoined', 'b', -50);
  const ignored = { status: 'ignored', reason: 'the user is in the meeting by another connection' };
  assert.deepEqual(await send('meeting.participantLeft', 'a', -20), ignored);
  const left = await send('meeting.participantLeft', 'b', -10);
  assert.equal(left['state'], 'scheduled');
  const { cancelled } = await send('meeting.participantJoined', 'c', -5);
  assert.deepEqual(cancelled, [left['id']]);
  assert.deepEqual(await send('meeting.participantLeft', 'b', -11), ignored);
}

/**
 * The event about the end of a connection is lost, and the meeting's end takes its place, even if that removes nobody.
 */
async function endedConnections(hooks: Hooks, app: string): Promise<void> {
  const { user, meeting } = await hooks.participant(app, userId());
  const send = async (event: Event): Promise<Record<string, unknown>> => {
    const body = JSON.stringify(event);
    const answer = await hooks.post('leaving', body, { 'rtk-signature': await signByStandIn(hooks, body) });
    assert.equal(answer.status, 200, answer.body);
    return answer.json.result as Record<string, unknown>;
  };
  await send(connectionEvent('meeting.participantJoined', meeting, user, 'a', -60));
  const end = eventOf('meeting.ended', meeting);
  const endedAt = new Date(Date.now() - 50_000).toISOString();
  assert.equal((await send({ ...end, meeting: { ...end.meeting, endedAt } }))['status'], 'ignored');
  await send(connectionEvent('meeting.participantJoined', meeting, user, 'b', -40));
  const left = await send(connectionEvent('meeting.participantLeft', meeting, user, 'b', -30));
  assert.equal(left['state'], 'scheduled', JSON.stringify(left));
}

/** The join event was answered with a 503, say, and arrives after the leave event of a connection lost later. */
async function overtaken(hooks: Hooks, app: string): Promise<void> {
  const { user, meeting } = await hooks.participant(app, userId());
  const left = await sendEvent(hooks, connectionEvent('meeting.participantLeft', meeting, user, 'a', -20));
  const joined = await sendEvent(hooks, connectionEvent('meeting.participantJoined', meeting, user, 'b', -40));
  assert.deepEqual(joined.json.result, { status: 'cancelled', cancelled: [idOf(left)] });
}

async function ignored(hooks: Hooks, app: string): Promise<void> {
  const { user, meeting } = await hooks.participant(app, userId());
  for (const [peer, seconds] of [['a', -60], ['b', -50]] as const) {
    await sendEvent(hooks, connectionEvent('meeting.participantJoined', meeting, user, peer, seconds));
  }
  const body = JSON.stringify(connectionEvent('meeting.participantLeft', meeting, user, 'a', -20));
  assert.equal(((await sendEvent(hooks, body)).json.result as { status: string }).status, 'ignored');
  idOf(await sendEvent(hooks, connectionEvent('meeting.participantLeft', meeting, user, 'b', -10)));
  // Now nobody is there: the ignored event must not lead to another removal.
  const again = await sendEvent(hooks, body);
  assert.equal((again.json.result as { status: string }).status, 'ignored', again.body);
  assert.equal(again.headers['idempotent-replayed'], 'true');
}

/** Returns an event about one connection, `seconds` from now. */
function connectionEvent(event: string, meeting: string, user: string, peerId: string, seconds: number): Event {
  const document = eventOf(event, meeting, user);
  const at = new Date(Date.now() + seconds * 1000).toISOString();
  const time = event === 'meeting.participantJoined' ? { joinedAt: at } : { leftAt: at };
  return { ...document, participant: { ...document.participant, peerId, ...time } };
}
