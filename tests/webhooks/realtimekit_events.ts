// RealtimeKit's events as documented, and their signing.
import { randomUUID } from 'node:crypto';

import type { JsonAnswer } from '../harness/worker.ts';
import type { Hooks } from './world.ts';

/** The stand-in's organization. */
export const ORGANIZATION = '2b6f1c3e-6a1d-4a57-9d0a-3f0c1c5e8a90';

export interface Event {
  event: string;
  meeting: { id: string; organizedBy: { id: string; name: string } } & Record<string, unknown>;
  participant?: Record<string, unknown>;
}

/** Returns an event of a meeting, with the current time. */
export function eventOf(event: string, meeting: string = randomUUID(), user?: string): Event {
  const now = new Date().toISOString();
  return {
    event,
    meeting: {
      id: meeting,
      sessionId: randomUUID(),
      title: 'A meeting',
      status: 'LIVE',
      createdAt: now,
      startedAt: now,
      ...(event === 'meeting.ended' ? { endedAt: now } : {}),
      organizedBy: { id: ORGANIZATION, name: 'Ours' },
    },
    ...(user === undefined ? {} : { participant: participantOf(event, user, now) }),
  };
}

function participantOf(event: string, user: string, now: string): Record<string, unknown> {
  return {
    peerId: randomUUID(),
    userDisplayName: 'Ada',
    customParticipantId: user,
    ...(event === 'meeting.participantJoined' ? { joinedAt: now } : { leftAt: now }),
  };
}

/** Returns an event of a meeting that exists in the stand-in. */
export async function realtimeKitEvent(hooks: Hooks, event: string, user?: string): Promise<Event> {
  return eventOf(event, await hooks.standIn.meeting(), user);
}

export async function signByStandIn(hooks: Hooks, body: string, key?: number): Promise<string> {
  const { signature } = await hooks.standIn.control<{ signature: string }>('POST', '/webhooks/sign', {
    body,
    ...(key === undefined ? {} : { key }),
  });
  return signature;
}

export async function publicKey(hooks: { origin: string }): Promise<string> {
  const answer = await fetch(`${hooks.origin}/.well-known/webhooks.json`);
  return ((await answer.json()) as { data: { publicKey: string } }).data.publicKey;
}

/** Sends a signed RealtimeKit event. */
export async function sendEvent(hooks: Hooks, event: unknown): Promise<JsonAnswer> {
  const body = typeof event === 'string' ? event : JSON.stringify(event);
  const signature = await signByStandIn(hooks, body);
  return hooks.post('realtimekit', body, { 'rtk-signature': signature, 'rtk-uuid': randomUUID() });
}
