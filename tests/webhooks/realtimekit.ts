// RealtimeKit's own webhooks, sent by the stand-in: signed with its key, which the Worker fetches.
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { eventually } from '../harness/eventually.ts';
import { linesWith } from '../harness/record.ts';
import type { Participant } from '../harness/stand_in.ts';
import { connections } from './realtimekit_connections.ts';
import { eventOf, sendEvent, signByStandIn } from './realtimekit_events.ts';
import { Hooks, app, idOf, standIn, userId } from './world.ts';

const APP = app();
const CRASH_APP = app();
const MORE_APP = app();
const SECOND_APP = app();
const LEAVING_APP = app();
/** Long enough to come back in time on a busy machine. */
const DELAY_SECONDS = 20;
const DELAY_MS = DELAY_SECONDS * 1000;

interface Delivery {
  event: string;
  body: string;
  result: string;
  answer: string | null;
}

export function realtimeKit(): void {
  test('what happens in a meeting reaches the Worker and takes effect', { timeout: 300_000 }, async (context) => {
    const hooks = await start(APP);
    await hooks.standIn.control('POST', '/webhooks', { url: `${hooks.worker.origin}/webhooks/realtimekit` });
    try {
      await Promise.all([
        context.test('the end of a meeting of 120 people empties it', () => ended(hooks)),
        context.test('whoever left is removed after the delay, whoever came back stays', () => left(hooks)),
      ]);
    } finally {
      await hooks.standIn.control('DELETE', '/webhooks', {});
    }
    await check(hooks);
  });

  test('a kill of the runtime between a webhook and its work loses nothing', { timeout: 300_000 }, crash);
  test('events that overtake each other, that come a hundred times, and of another app', { timeout: 300_000 }, async (context) => {
    const { origin } = await standIn();
    const persistTo = await mkdtemp(join(tmpdir(), 'participant-remover-hooks-'));
    const hooks = await Hooks.start({
      persistTo,
      sources: {
        realtimekit: { app_id: MORE_APP, meeting_ended: true, participant_left: { delay_seconds: 3600 } },
        second: { scheme: 'realtimekit', app_id: SECOND_APP, meeting_ended: true },
        leaving: { scheme: 'realtimekit', app_id: LEAVING_APP, participant_left: { delay_seconds: 3600 } },
      },
      keyUrl: `${origin}/.well-known/webhooks.json`,
    });
    await connections(context, hooks, MORE_APP, LEAVING_APP);
    await context.test('the same signed body 100 times at once makes one removal', () => together(hooks));
    await context.test('a second source is about its own app', () => second(hooks));
    await context.test('a kill right after the answer, before work that is due at once', () => killed(hooks));
    await hooks.stop();
    await rm(persistTo, { recursive: true, force: true, maxRetries: 3 });
  });
}

async function together(hooks: Hooks): Promise<void> {
  const { user, meeting } = await hooks.participant(MORE_APP, userId());
  const body = JSON.stringify(eventOf('meeting.participantLeft', meeting, user));
  const answers = await Promise.all(Array.from({ length: 100 }, () => sendEvent(hooks, body)));
  assert.equal(new Set(answers.map(idOf)).size, 1);
}

async function second(hooks: Hooks): Promise<void> {
  const participant = await hooks.participant(SECOND_APP, userId());
  const body = JSON.stringify(eventOf('meeting.ended', participant.meeting));
  const answer = await hooks.post('second', body, { 'rtk-signature': await signByStandIn(hooks, body) });
  await hooks.follow(SECOND_APP, idOf(answer));
  assert.equal(await hooks.standIn.has(participant), false);
}

async function killed(hooks: Hooks): Promise<void> {
  const participant = await hooks.participant(SECOND_APP, userId());
  const body = JSON.stringify(eventOf('meeting.ended', participant.meeting));
  const id = idOf(await hooks.post('second', body, { 'rtk-signature': await signByStandIn(hooks, body) }));
  await hooks.crash();
  await eventually('the participant is gone', async () => !(await hooks.standIn.has(participant)));
  assert.equal((await hooks.follow(SECOND_APP, id)).state, 'succeeded');
}

async function start(ofApp: string, persistTo?: string): Promise<Hooks> {
  const { origin } = await standIn();
  return Hooks.start({
    sources: {
      realtimekit: { app_id: ofApp, meeting_ended: true, participant_left: { delay_seconds: DELAY_SECONDS } },
    },
    keyUrl: `${origin}/.well-known/webhooks.json`,
    ...(persistTo === undefined ? {} : { persistTo }),
  });
}

async function fill(hooks: Hooks, people: number): Promise<{ id: string; participants: string[] }> {
  const wanted = { app: APP, meetings: 1, participants_per_meeting: people, live: true };
  const { meetings } = await hooks.standIn.control<{ meetings: { id: string; participants: string[] }[] }>(
    'POST', '/fill', wanted,
  );
  assert.ok(meetings[0]);
  return meetings[0];
}

async function present(hooks: Hooks, meeting: string): Promise<string[]> {
  interface Shown { id: string; participants: { id: string }[] }
  const { apps } = await hooks.standIn.control<{ apps: Record<string, Shown[]> }>('GET', '/state?full=true');
  return (apps[APP] ?? []).find(({ id }) => id === meeting)?.participants.map(({ id }) => id) ?? [];
}

async function ended(hooks: Hooks): Promise<void> {
  const meeting = await fill(hooks, 120);
  const bystander = await hooks.participant(APP, userId());
  assert.equal((await present(hooks, meeting.id)).length, 120);
  await hooks.standIn.control('POST', `/meetings/${meeting.id}/end`, { reason: 'HOST_ENDED_MEETING' });
  await eventually('the meeting is empty', async () => (await present(hooks, meeting.id)).length === 0);
  assert.ok(await hooks.standIn.has(bystander), 'other meetings are not touched');
  const removal = (await hooks.removals(APP)).find(({ target }) => target?.['all'] === true);
  assert.deepEqual(removal?.target, { meeting_id: meeting.id, all: true });
  const done = await hooks.follow(APP, removal?.id ?? '');
  assert.deepEqual([done.progress['participants_found'], done.progress['removed']], [120, 120]);
  assert.equal(done.source, 'webhook:realtimekit');
  assert.equal(done.reason, 'webhook realtimekit: meeting.ended');
}

async function left(hooks: Hooks): Promise<void> {
  const stays = await hooks.participant(APP, userId('stays'));
  const goes = await hooks.participant(APP, userId('goes'), stays.meeting);
  const back = await hooks.participant(APP, userId('back'), stays.meeting);
  for (const participant of [stays, goes, back]) await hooks.standIn.join(participant);
  const began = Date.now();
  for (const participant of [goes, back]) await leave(hooks, participant);
  const pending = async (state: string): Promise<number> => {
    const users = [goes.user, back.user];
    const those = await hooks.removals(APP, `&state=${state}`);
    return those.filter(({ target }) => users.includes(String(target?.['custom_participant_id']))).length;
  };
  await eventually('both removals are scheduled', async () => (await pending('scheduled')) === 2);
  assert.ok(await hooks.standIn.has(goes), 'nothing happens before the delay is over');
  await hooks.standIn.join(back);
  await eventually('the removal of the one who came back is cancelled', async () => (await pending('cancelled')) === 1);
  await eventually('the log tells it', async () => linesWith('"webhook.cancelled":1').length > 0);
  assert.ok(Date.now() - began < DELAY_MS, 'they came back in time');
  await eventually('whoever left is gone', async () => !(await hooks.standIn.has(goes)));
  const took = Date.now() - began;
  assert.ok(took >= DELAY_MS - 1000, `after the delay, not after ${took} ms`);
  await sleep(1500);
  assert.ok(await hooks.standIn.has(back), 'whoever came back stays');
  assert.ok(await hooks.standIn.has(stays), 'whoever never left stays');
}

async function leave(hooks: Hooks, participant: Participant): Promise<void> {
  await hooks.standIn.control('POST', `/meetings/${participant.meeting}/leave`, { participant_id: participant.id });
}

/** Checks that everything sent was accepted; an overloaded machine may have responded after the sender's timeout. */
async function check(hooks: Hooks): Promise<void> {
  const { deliveries } = await hooks.standIn.control<{ deliveries: Delivery[] }>('GET', '/webhooks/deliveries');
  const taken = new Set(deliveries.filter(({ result }) => result === 'delivered').map(({ body }) => body));
  assert.ok(taken.size >= 120);
  for (const { event, result, answer, body } of deliveries) {
    assert.ok(result === 'delivered' || answer === null, `${event}: ${result} with ${answer}`);
    assert.ok(taken.has(body), `${event}: never taken`);
  }
}

async function crash(): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'participant-remover-hooks-'));
  const hooks = await start(CRASH_APP, directory);
  const participant = await hooks.participant(CRASH_APP, userId());
  const event = eventOf('meeting.participantLeft', participant.meeting, participant.user);
  const mark = await hooks.standIn.mark();
  const id = idOf(await sendEvent(hooks, event));
  await hooks.crash(async () => {
    assert.ok(await hooks.standIn.has(participant), 'it was killed before the work');
    assert.deepEqual(await hooks.requests(CRASH_APP, mark), []);
  });
  // Nobody calls the Worker: it continues by itself.
  await eventually('the participant is gone', async () => !(await hooks.standIn.has(participant)));
  assert.equal((await hooks.follow(CRASH_APP, id)).progress['removed'], 1);
  // Suppose that RealtimeKit did not receive the response, and retries.
  const again = await sendEvent(hooks, event);
  assert.equal(idOf(again), id);
  assert.equal(again.headers['idempotent-replayed'], 'true');
  await hooks.stop();
  await rm(directory, { recursive: true, force: true, maxRetries: 3 });
}
