// The official SDKs, with only their base URL and token changed: through the Worker they get their typed results and
// their typed errors, with code and message, which RealtimeKit alone does not give them.
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';

import { python, typescript6, typescript7 } from './harness/sdks.ts';
import type { Order, Sdk } from './harness/sdks.ts';
import type { FaultRule, Participant } from './harness/stand_in.ts';
import { ACCOUNT, API_TOKEN, APPS, CALLERS, standIn, worker } from './harness/world.ts';

const interpreter = process.env['PYTHON_CLOUDFLARE'];

function order(participant: Participant, changes: Partial<Order> = {}): Order {
  return {
    base_url: `${worker.origin}/client/v4`,
    token: CALLERS['meeting-backend'],
    account_id: ACCOUNT,
    app_id: APPS[0],
    meeting_id: participant.meeting,
    participant_id: participant.id,
    ...changes,
  };
}

interface Case {
  name: string;
  changes?: Partial<Order>;
  fault?: FaultRule['fault'];
  error: string;
  status: number;
  code: number;
  message: RegExp;
  /** How many requests the SDK made to the Worker: it must not retry what a retry cannot fix. */
  calls: number;
}

const CASES: Case[] = [
  { name: '400', changes: { meeting_id: 'no-uuid' }, error: 'BadRequestError', status: 400, code: 1101, message: /meeting_id must be a UUID/, calls: 1 },
  { name: '401', changes: { token: 'x'.repeat(40) }, error: 'AuthenticationError', status: 401, code: 1102, message: /caller tokens/, calls: 1 },
  { name: '403', changes: { app_id: 'another-app' }, error: 'PermissionDeniedError', status: 403, code: 1103, message: /app_id/, calls: 1 },
  { name: '404', changes: { participant_id: 'nobody' }, error: 'NotFoundError', status: 404, code: 404, message: /nobody/, calls: 1 },
  { name: '409', fault: { kind: 'status', status: 409, code: 9, message: 'Busy' }, error: 'ConflictError', status: 409, code: 9, message: /Busy/, calls: 1 },
  { name: '429', fault: { kind: 'status', status: 429 }, error: 'RateLimitError', status: 429, code: 1108, message: /request limit is reached/, calls: 3 },
  { name: '502 that a retry does not mend', fault: { kind: 'success_false' }, error: 'InternalServerError', status: 502, code: 1109, message: /success:false/, calls: 1 },
  { name: '502 that a retry may mend', fault: { kind: 'status', status: 520 }, error: 'InternalServerError', status: 502, code: 1109, message: /520/, calls: 3 },
  { name: '502, our token refused', fault: { kind: 'status', status: 401 }, error: 'InternalServerError', status: 502, code: 1110, message: /CLOUDFLARE_API_TOKEN/, calls: 1 },
];

/** Counts the Worker's responses with a status in its own log: at least `expected`, unless that takes too long. */
async function answersSince(since: number, status: number, expected: number): Promise<number> {
  const count = (): number => worker.logs.slice(since).filter((line) => line['response.status'] === status).length;
  const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 200));
  for (let waits = 0; count() < expected && waits < 25; waits += 1) await pause();
  // A further one would be in flight by now: the SDK has returned.
  await pause();
  return count();
}

function testSdk(sdk: Sdk): void {
  test('deletes a participant and gets the typed result', async () => {
    const participant = await standIn.participant();
    const seen = await sdk.delete(order(participant));
    assert.equal(seen.error, undefined);
    assert.equal(seen.custom_participant_id, 'user-1');
    assert.deepEqual(seen.types, sdk.types, 'the types of the result');
    assert.equal(await standIn.has(participant), false);
  });

  for (const { name, changes, fault, calls, message, ...expected } of CASES) {
    test(`gets its own typed error, with code and message: ${name}`, async () => {
      const participant = await standIn.participant();
      if (fault) await standIn.fault({ match: { path: participant.meeting }, times: 0, fault });
      const since = worker.logs.length;
      const seen = await sdk.delete(order(participant, changes));
      assert.equal(seen.error, expected.error);
      assert.equal(seen.status, expected.status);
      assert.equal(seen.errors?.length, 1);
      assert.equal(seen.errors[0]?.code, expected.code);
      assert.match(seen.errors[0]?.message ?? '', message);
      assert.equal(await answersSince(since, expected.status, calls), calls, 'requests at the Worker');
    });
  }

  test('is told nothing by RealtimeKit itself: the errors of its 404 are empty', async () => {
    const participant = await standIn.participant();
    const straight = { base_url: standIn.baseUrl, token: API_TOKEN, participant_id: 'nobody' };
    const seen = await sdk.delete(order(participant, straight));
    assert.equal(seen.error, 'NotFoundError');
    assert.deepEqual(seen.errors ?? [], []);
  });
}

for (const sdk of [typescript7, typescript6]) {
  describe(`the official SDK, ${sdk.name}`, () => testSdk(sdk));
}

describe('the official SDK, Python 5.9.0', { skip: interpreter === undefined && 'PYTHON_CLOUDFLARE names no Python that has it' }, () => {
  if (interpreter === undefined) return;
  const sdk = python(interpreter);
  after(() => sdk.stop());
  testSdk(sdk);
});
