// The status table, row by row: what the caller gets, and what RealtimeKit saw of it.
//
// 409, 413 and 415 belong to routes that take a body: see the tests of the removals and the webhooks. 503 is in
// configuration.test.ts, where the Worker is not configured; 504 is in retries.test.ts, where time is spent anyway.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { assertAnswer, assertError } from './harness/expect.ts';
import { raw } from './harness/http.ts';
import type { Answer } from './harness/record.ts';
import type { Participant } from './harness/stand_in.ts';
import { API_TOKEN, APPS, CALLERS, longPath, standIn, worker } from './harness/world.ts';
import { TABLE } from './status_table.ts';
import type { Row } from './status_table.ts';

const token = CALLERS['support-desk'];

async function ask(row: Row, path: string): Promise<Answer> {
  const { method = 'DELETE', headers = {}, authorization } = row;
  if (authorization === undefined) {
    return worker.call(path, { method, headers, ...(row.token === undefined ? {} : { token: row.token }) });
  }
  const lines = authorization.map((value) => `authorization: ${value}\r\n`).join('');
  const answer = await raw(worker.port, `${method} ${path} HTTP/1.1\r\nhost: worker\r\n${lines}\r\n`);
  assert.ok(answer, 'the connection was closed without an answer');
  return answer;
}

async function check(row: Row): Promise<void> {
  const participant = await standIn.participant();
  if (row.fault) {
    const { times = 1, ...fault } = row.fault;
    await standIn.fault({ match: { path: participant.meeting, method: 'DELETE' }, times, fault });
  }
  const path = (row.path ?? ((p: Participant) => p.path))(participant);
  const answer = await ask(row, path);
  assertError(answer, row);
  for (const [name, value] of Object.entries(row.answerHeaders ?? {})) {
    if (typeof value === 'string') assert.equal(answer.headers[name], value);
    else assert.match(answer.headers[name] ?? '', value);
  }
  const seen = new Map(
    [...(await standIn.requests({ path: participant.meeting })), ...(await standIn.requests({ path: participant.id }))]
      .map((request) => [request.n, request.status]),
  );
  assert.deepEqual([...seen.values()], row.upstream ?? []);
}

for (const [title, rows] of Object.entries(TABLE)) {
  describe(title, { concurrency: 4 }, () => {
    for (const row of rows) test(row.name, () => check(row));
  });
}

describe('200', { concurrency: true }, () => {
  test('is what RealtimeKit answered, to the letter, with unknown fields kept', async () => {
    const participant = await standIn.participant();
    const body = '{"success": true, "data": {"preset_id": "x", "new": [1, {"a": null}]}, "more": 1.50}';
    await standIn.fault({ match: { path: participant.meeting }, fault: { kind: 'status', status: 200, body } });
    const answer = await worker.delete(participant.path);
    assertAnswer(answer);
    assert.equal(answer.status, 200);
    assert.equal(answer.body, body);
  });

  test('does without data', async () => {
    const participant = await standIn.participant();
    await standIn.fault({ match: { path: participant.meeting }, fault: { kind: 'status', status: 200, body: '{"success":true}' } });
    const answer = await worker.delete(participant.path);
    assert.equal(answer.status, 200);
    assert.deepEqual(answer.json, { success: true });
  });
});

test('all 401s are one: nothing tells how close a guess was', async () => {
  const { path } = await standIn.participant();
  const bodies = await Promise.all(
    [null, 'x', token.slice(1), API_TOKEN].map(async (guess) => (await worker.delete(path, { token: guess })).body),
  );
  assert.equal(new Set(bodies).size, 1);
});

test('a meeting id in upper case is sent on in lower case', async () => {
  const participant = await standIn.participant();
  const path = participant.path.replace(participant.meeting, participant.meeting.toUpperCase());
  const answer = await worker.delete(path);
  assert.equal(answer.status, 200, answer.body);
  const [seen] = await standIn.requests({ path: participant.id });
  assert.ok(seen?.path.endsWith(participant.path));
});

test('every app that is configured is served, and the short path is that of the first', async () => {
  for (const app of APPS) {
    const { id: meeting } = await standIn.control<{ id: string }>('POST', '/meetings', { app });
    const participant = await standIn.participant(meeting);
    const answer = await worker.delete(longPath(participant.path, app));
    assert.equal(answer.status, 200, answer.body);
  }
});

test('nothing of the caller\'s goes upstream: not its headers, its query or its body', async () => {
  const participant = await standIn.participant();
  const answer = await worker.delete(`${participant.path}?kick=false`, {
    headers: { cookie: 'a=b', 'x-forwarded-for': '10.0.0.1', 'x-auth-key': 'k', accept: 'text/html', 'user-agent': 'u' },
    body: '{"a":1}',
  });
  assert.equal(answer.status, 200, answer.body);
  const [seen] = await standIn.requests({ path: participant.id });
  assert.equal(seen?.query, null);
  assert.equal(seen.body, '');
  assert.equal(seen.token_ok, true);
  const headers = new Map(Object.entries(seen.headers));
  assert.equal(headers.get('authorization'), `Bearer ${API_TOKEN}`);
  assert.equal(headers.get('accept'), 'application/json');
  assert.match(headers.get('user-agent') ?? '', /^participant-remover\//);
  for (const name of ['cookie', 'x-forwarded-for', 'x-auth-key']) assert.equal(headers.has(name), false, name);
});

test('an error of RealtimeKit\'s names the cf-ray, which its answer and the log have as well', async () => {
  const participant = await standIn.participant();
  await standIn.fault({ match: { path: participant.meeting }, times: 0, fault: { kind: 'status', status: 503, headers: { 'cf-ray': '8f00ba4-TST' } } });
  const answer = await worker.delete(participant.path);
  assert.match(answer.json.errors?.[0]?.message ?? '', /cf-ray 8f00ba4-TST/);
  assert.equal((await worker.logOf(answer))['upstream.cf_ray'], '8f00ba4-TST');
});

test('a 4xx of RealtimeKit\'s keeps its message, and messages names the cf-ray', async () => {
  const participant = await standIn.participant();
  const body = { success: false, error: { code: 22, message: 'Unprocessable' } };
  await standIn.fault({ match: { path: participant.meeting }, times: 1, fault: { kind: 'status', status: 422, body, headers: { 'cf-ray': '8f00ba5-TST' } } });
  const answer = await worker.delete(participant.path);
  assert.equal(answer.json.errors?.[0]?.message, 'Unprocessable');
  assert.match(JSON.stringify(answer.json.messages), /cf-ray 8f00ba5-TST/);
});

for (const [name, status, body] of [
  ['an error', 400, { success: false, error: { code: 1, message: `bad header: Bearer ${API_TOKEN}` } }],
  ['a success', 200, { success: true, data: {}, request: { authorization: `Bearer ${API_TOKEN}` } }],
] as const) {
  test(`${name} in which our API token comes back is answered without it`, async () => {
    const participant = await standIn.participant();
    await standIn.fault({ match: { path: participant.meeting }, times: 1, fault: { kind: 'status', status, body } });
    const answer = await worker.delete(participant.path);
    assert.equal(answer.status, status, answer.body);
    assert.match(answer.body, /Bearer \[redacted\]/);
  });
}
