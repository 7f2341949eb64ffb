// What is retried, how often, and what is honestly reported about it. Faults that end in an error are in
// status_table.test.ts.
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { before, describe, test } from 'node:test';

import { assertAnswer, assertError } from './harness/expect.ts';
import type { FaultRule, Participant } from './harness/stand_in.ts';
import type { JsonAnswer, Worker } from './harness/worker.ts';
import { configuration, standIn, startWorker, worker } from './harness/world.ts';

type Fault = FaultRule['fault'];

/** Removes a participant whose requests meet the faults in turn; returns the result and what was seen. */
async function removeUnder(
  faults: Fault[],
  through = worker,
): Promise<{ participant: Participant; answer: JsonAnswer; statuses: (number | null)[]; outcome: string | undefined }> {
  const participant = await standIn.participant();
  const match = { path: participant.meeting, method: 'DELETE' };
  await standIn.fault(...faults.map((fault) => ({ match, times: 1, fault })));
  const answer = await through.delete(participant.path);
  assertAnswer(answer);
  const seen = await standIn.requests({ path: participant.meeting });
  return {
    participant,
    answer,
    statuses: seen.map(({ status }) => status),
    outcome: answer.headers['participant-removal-outcome'],
  };
}

const status = (code: number, headers: Record<string, string> = {}): Fault => ({ kind: 'status', status: code, headers });

describe('what passes is one success', { concurrency: 4 }, () => {
  for (const [name, faults, attempts] of [
    ['503 twice, then 200', [status(503), status(503)], 3],
    ['408', [status(408)], 2],
    ['a 408 that is not the API\'s', [{ kind: 'html', status: 408, effect: false }], 2],
    ['500', [status(500)], 2],
    ['502', [status(502)], 2],
    ['504', [status(504)], 2],
    ['429 without a time', [status(429)], 2],
    ['429 with a time that fits', [status(429, { 'retry-after': '1' })], 2],
    ['503 with retry-after-ms', [status(503, { 'retry-after-ms': '40', 'retry-after': '20' })], 2],
  ] as const) {
    test(name, async () => {
      const { answer, statuses, outcome, participant } = await removeUnder([...faults]);
      assert.equal(answer.status, 200, answer.body);
      assert.equal(answer.json.data?.['custom_participant_id'], 'user-1');
      assert.equal(outcome, 'removed');
      assert.deepEqual(statuses.slice(-1), [200]);
      assert.equal(statuses.length, attempts);
      assert.equal(await standIn.has(participant), false);
      const log = await worker.logOf(answer);
      assert.equal(log['upstream.attempts'], attempts);
      assert.equal(log['upstream.status'], 200);
    });
  }
});

for (const code of [408, 503]) {
  test(`the time that RealtimeKit asks for in a ${code} is waited for`, async () => {
    const participant = await standIn.participant();
    const match = { path: participant.meeting };
    await standIn.fault({ match, times: 1, fault: status(code, { 'retry-after-ms': '900' }) });
    await worker.delete(participant.path);
    const [first, second] = await standIn.requests({ path: participant.meeting });
    assert.ok((second?.at_ms ?? 0) - (first?.at_ms ?? 0) >= 890);
  });
}

test('a 429 with retry-after 300 goes back at once', async () => {
  const { answer, statuses, participant } = await removeUnder([status(429, { 'retry-after': '300' })]);
  assertError(answer, { status: 429, code: 1108, retry: true });
  assert.equal(answer.headers['retry-after'], '300');
  assert.deepEqual(statuses, [429]);
  assert.equal(await standIn.has(participant), true);
});

test('the limit of the stand-in itself goes back as 429 with its time', async () => {
  const participant = await standIn.participant();
  await standIn.control('POST', '/limits', { enabled: true, requests: 1, window_seconds: 300, block_seconds: 300 });
  try {
    assert.equal((await worker.delete(`${participant.path}-nobody`)).status, 404);
    const answer = await worker.delete(participant.path);
    assertError(answer, { status: 429, code: 1108, retry: true });
    assert.match(answer.headers['retry-after'] ?? '', /^(300|299)$/);
  } finally {
    await standIn.control('POST', '/limits', { enabled: false });
  }
});

describe('a lost answer', { concurrency: 4 }, () => {
  for (const [name, fault] of [
    ['a 500 after the effect', { kind: 'status', status: 500, effect: true }],
    ['a 504 after the effect', { kind: 'status', status: 504, effect: true }],
    ['a body that breaks off', { kind: 'truncate_body' }],
  ] as [string, Fault][]) {
    test(`${name}, then 404, is absent_after_ambiguous`, async () => {
      const { answer, statuses, outcome, participant } = await removeUnder([fault]);
      assert.equal(outcome, 'absent_after_ambiguous', JSON.stringify(statuses));
      assert.equal(answer.status, 200);
      assert.equal(answer.json.success, true);
      assert.equal('data' in answer.json, false);
      assert.match(answer.json.messages?.[0]?.message ?? '', /earlier attempt was lost/);
      assert.deepEqual(statuses.slice(-1), [404]);
      assert.equal(await standIn.has(participant), false);
      assert.equal((await worker.logOf(answer))['outcome'], 'absent_after_ambiguous');
    });
  }

  for (const kind of ['broken_json', 'html', 'no_content', 'oversize']) {
    test(`an answer that cannot be believed (${kind}) is unknown, and is not asked for again`, async () => {
      const { answer, statuses, outcome } = await removeUnder([{ kind, ...(kind === 'oversize' ? { bytes: 2_000_000 } : {}) }]);
      assertError(answer, { status: 502, code: 1109 });
      assert.equal(outcome, 'unknown');
      assert.equal(statuses.length, 1);
      assert.match(answer.json.errors?.[0]?.message ?? '', /outcome is unknown/);
    });
  }
});

test('404 at the first try is already_absent, whatever was lost of other requests', async () => {
  const participant = await standIn.participant();
  await standIn.control('DELETE', `/meetings/${participant.meeting}/participants/${participant.id}`);
  const answer = await worker.delete(participant.path);
  assertError(answer, { status: 404, code: 404 });
  assert.equal(answer.headers['participant-removal-outcome'], 'already_absent');
});

// If a reused connection breaks, workerd itself retries the request, which no Worker sees. So these tests are the first
// on the connections of their own Worker; each break leaves it without any.
describe('a connection that breaks', () => {
  let fresh: Worker;
  before(async () => {
    fresh = await startWorker(configuration(standIn.baseUrl));
    fresh.token = worker.token;
  });

  test('each time ends in 502 after three attempts', async () => {
    const drop: Fault = { kind: 'drop_before' };
    const { answer, statuses, outcome, participant } = await removeUnder([drop, drop, drop], fresh);
    assertError(answer, { status: 502, code: 1109, retry: true, message: /broke.*3 attempts.*unknown/ });
    assert.deepEqual(statuses, [null, null, null]);
    assert.equal(outcome, 'unknown');
    assert.equal(await standIn.has(participant), true);
  });

  test('after the effect, and then 404, is absent_after_ambiguous', async () => {
    const { answer, statuses, outcome, participant } = await removeUnder([{ kind: 'drop_after' }], fresh);
    assert.deepEqual(statuses, [null, 404]);
    assert.equal(outcome, 'absent_after_ambiguous');
    assert.equal(answer.status, 200);
    assert.equal(await standIn.has(participant), false);
  });

  test('before the effect, and then 200, is removed', async () => {
    // The previous test has left a connection that would be reused.
    const another = await startWorker(configuration(standIn.baseUrl));
    another.token = worker.token;
    const { answer, outcome, participant, statuses } = await removeUnder([{ kind: 'drop_before' }], another);
    assert.equal(answer.status, 200);
    assert.deepEqual(statuses, [null, 200]);
    assert.equal((await another.logOf(answer))['upstream.attempts'], 2, 'it was the Worker that tried again');
    assert.equal(outcome, 'removed');
    assert.equal(await standIn.has(participant), false);
  });
});

describe('a redirect is not followed', { concurrency: 4 }, () => {
  for (const code of [301, 302, 303, 307, 308]) {
    test(`${code}, neither on the same origin nor to another server`, async (context) => {
      let arrived = 0;
      const elsewhere = createServer((_, response) => {
        arrived += 1;
        response.end('{"success":true}');
      });
      await new Promise<void>((resolve) => elsewhere.listen(0, '127.0.0.1', resolve));
      context.after(() => elsewhere.close());
      const { port } = elsewhere.address() as AddressInfo;
      const other = await removeUnder([{ kind: 'redirect', status: code, location: `http://127.0.0.1:${port}/x` }]);
      assertError(other.answer, { status: 502, code: 1109, message: /redirect/ });
      assert.equal(arrived, 0);
      assert.equal(await standIn.has(other.participant), true);

      const marker = `/redirected-to-${code}-${other.participant.id}`;
      const same = await removeUnder([{ kind: 'redirect', status: code, location: marker }]);
      assertError(same.answer, { status: 502, code: 1109, message: /redirect/ });
      assert.deepEqual(await standIn.requests({ path: marker }), []);
      assert.equal(same.outcome, 'failed');
    });
  }
});

describe('time', { concurrency: 4 }, () => {
  test('a hanging upstream ends in 504 within the deadline', async () => {
    const { answer, outcome, statuses } = await removeUnder([{ kind: 'hang' }, { kind: 'hang' }, { kind: 'hang' }]);
    assertError(answer, { status: 504, code: 1112, retry: true, message: /outcome is unknown/ });
    assert.equal(outcome, 'unknown');
    assert.deepEqual(statuses, [null, null, null]);
    const { duration_ms: duration } = await worker.logOf(answer);
    assert.ok(typeof duration === 'number' && duration >= 20_000 && duration <= 29_000, `${duration} ms`);
  });

  test('one hanging attempt is given up for the next', async () => {
    const { answer, outcome, statuses } = await removeUnder([{ kind: 'hang' }]);
    assert.equal(answer.status, 200, answer.body);
    assert.equal(outcome, 'removed');
    assert.deepEqual(statuses, [null, 200]);
  });

  test('an answer that hangs after the effect is absent_after_ambiguous', async () => {
    const { answer, outcome } = await removeUnder([{ kind: 'hang', effect: true }]);
    assert.equal(answer.status, 200, answer.body);
    assert.equal(outcome, 'absent_after_ambiguous');
  });

  test('a slow answer is waited for', async () => {
    const { answer, statuses } = await removeUnder([{ kind: 'latency', ms: 3_000 }]);
    assert.equal(answer.status, 200, answer.body);
    assert.deepEqual(statuses, [200]);
  });
});
