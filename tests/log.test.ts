// The log: one JSON line per request, with the documented fields, and never who was removed or with which token.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';

import { eventually } from './harness/eventually.ts';
import type { LogLine } from './harness/worker.ts';
import { APPS, longPath, standIn, worker } from './harness/world.ts';

const FIELDS: Record<string, (value: unknown) => boolean> = {
  message: (value) => value === 'request',
  'request.id': (value) => typeof value === 'string' && /^[0-9a-f]{32}$/.test(value),
  'request.route': (value) => typeof value === 'string' && /^[A-Z]+ \/[a-z_{}/]+$/.test(value),
  caller: (value) => value === 'support-desk' || value === 'meeting-backend',
  'response.status': (value) => Number.isInteger(value),
  outcome: (value) => typeof value === 'string' && /^[a-z_]+$/.test(value),
  'removal.id': (value) => typeof value === 'string',
  kick: (value) => value === 'kicked' || value === 'not_live' || value === 'failed',
  'kick.attempts': (value) => Number.isInteger(value),
  'upstream.attempts': (value) => Number.isInteger(value),
  'upstream.status': (value) => Number.isInteger(value),
  'upstream.cf_ray': (value) => typeof value === 'string',
  'config.problems': (value) => Array.isArray(value) && value.every((problem) => /^[A-Z_]/.test(String(problem))),
  duration_ms: (value) => Number.isInteger(value) && Number(value) >= 0,
};

/** Returns the fields that a line must have. */
function needed(line: LogLine): string[] {
  const [route, status] = [String(line['request.route']), Number(line['response.status'])];
  const fields = ['message', 'request.id', 'response.status', 'duration_ms'];
  if (status !== 404 && status !== 405) fields.push('request.route');
  const ofCaller = route.includes('/removals') || route.includes('/participants/');
  if (ofCaller && status !== 401 && !('config.problems' in line)) fields.push('caller');
  if (route.includes('/participants/') && status === 200) fields.push('outcome', 'removal.id', 'upstream.attempts', 'upstream.status', 'upstream.cf_ray');
  if ('kick' in line) fields.push('kick.attempts');
  if (status < 300 && /^POST .*removals|removals.{id}/.test(route)) fields.push('removal.id');
  return fields;
}

function assertDocumented(line: LogLine): void {
  for (const name of needed(line)) assert.ok(name in line, `${name} is missing in ${JSON.stringify(line)}`);
  for (const [name, value] of Object.entries(line)) {
    assert.ok(FIELDS[name]?.(value), `${name}: ${JSON.stringify(value)} in ${JSON.stringify(line)}`);
  }
}

test('a removal is logged with everything that is known of it', async () => {
  const participant = await standIn.participant();
  await standIn.fault({ match: { path: participant.meeting }, fault: { kind: 'status', status: 503 } });
  const answer = await worker.delete(longPath(participant.path));
  const { 'request.id': id, duration_ms, 'upstream.cf_ray': ray, 'removal.id': removal, ...rest } = await worker.logOf(answer);
  assert.deepEqual(rest, {
    message: 'request',
    'request.route': 'DELETE /accounts/{account_id}/realtime/kit/{app_id}/meetings/{meeting_id}/participants/{participant_id}',
    caller: 'support-desk',
    'response.status': 200,
    outcome: 'removed',
    'upstream.attempts': 2,
    'upstream.status': 200,
  });
  assert.ok(id === answer.headers['x-request-id'] && typeof duration_ms === 'number' && typeof ray === 'string');
  await eventually('its record is in the history', async () => (await worker.call(`/removals/${removal}`)).status === 200);
});

test('what is asked of a durable removal is logged with its id, and with the caller', async () => {
  const order = { app_id: APPS[1], meeting_id: randomUUID(), all: true, not_before: new Date(Date.now() + 86_400_000).toISOString() };
  const made = await worker.call('/removals', { method: 'POST', body: JSON.stringify(order) });
  const { id } = made.json.result as { id: string };
  const known = { message: 'request', caller: 'support-desk', 'removal.id': id };
  for (const [answer, expected] of [
    [made, { ...known, 'request.route': 'POST /removals', 'response.status': 202 }],
    [await worker.call(`/removals/${id}`), { ...known, 'request.route': 'GET /removals/{id}', 'response.status': 200 }],
    [await worker.delete(`/removals/${id}`), { ...known, 'request.route': 'DELETE /removals/{id}', 'response.status': 200 }],
    [await worker.call(`/removals/${id}/retry`, { method: 'POST' }), { ...known, 'request.route': 'POST /removals/{id}/retry', 'response.status': 409 }],
  ] as const) {
    const { 'request.id': _, duration_ms: __, ...rest } = await worker.logOf(answer);
    assert.deepEqual(rest, expected);
  }
});

test('what is refused is logged with its status, and with its caller where that is known', async () => {
  for (const [path, token, expected] of [
    ['/nowhere/at-all', null, { 'response.status': 404 }],
    ['/meetings/x/participants/y', null, { 'request.route': 'DELETE /meetings/{meeting_id}/participants/{participant_id}', 'response.status': 401 }],
    ['/meetings/x/participants/y', worker.token ?? '', { 'request.route': 'DELETE /meetings/{meeting_id}/participants/{participant_id}', caller: 'support-desk', 'response.status': 400 }],
  ] as const) {
    const answer = await worker.delete(path, { token });
    const { message, 'request.id': _, duration_ms: __, ...rest } = await worker.logOf(answer);
    assert.equal(message, 'request');
    assert.deepEqual(rest, expected);
  }
});

test('no line holds an id, a name or a custom id of a participant, or a part of the query', async () => {
  const user = 'customer-4711@example.com';
  const participant = await standIn.participant(undefined, user);
  await standIn.join(participant);
  const since = worker.logs.length;
  const answers = [
    await worker.delete(`${participant.path}-with-a-suffix?kick=true`),
    await worker.delete(`${participant.path}?kick=true`),
    await worker.delete(`${participant.path}?secret-in-a-query=${participant.token.slice(0, 12)}`),
    await worker.delete(longPath(`/meetings/${user}/participants/${user}`)),
    await worker.call(`/webhooks/${user}`, { method: 'POST' }),
  ];
  for (const answer of answers) await worker.logOf(answer);
  const logged = JSON.stringify(worker.logs.slice(since));
  for (const hidden of [participant.id, participant.meeting, user, 'customer-4711', participant.token.slice(0, 12), 'secret-in-a-query', 'with-a-suffix']) {
    assert.equal(logged.includes(hidden), false, hidden);
  }
});

test('each request has one line, and each line so far the fields of its route and only documented ones', async () => {
  const answer = await worker.call('/healthz');
  await worker.logOf(answer);
  const requests = worker.logs.filter((line) => line['message'] === 'request');
  requests.forEach(assertDocumented);
  const ids = requests.map((line) => line['request.id']);
  assert.equal(new Set(ids).size, ids.length, 'no request is logged twice');
});
