// What holds for every response of the Worker.
import assert from 'node:assert/strict';

import type { Answer } from './record.ts';
import type { Envelope } from './worker.ts';

const OUTCOMES = ['removed', 'already_absent', 'absent_after_ambiguous', 'unknown', 'failed'];

/** Asserts the headers that every response has. */
export function assertAnswer(answer: Answer): void {
  assert.equal(answer.headers['content-type'], 'application/json', answer.body.slice(0, 500));
  assert.equal(answer.headers['cache-control'], 'no-store');
  assert.match(answer.headers['x-request-id'] ?? '', /^[0-9a-f]{32}$/);
  const outcome = answer.headers['participant-removal-outcome'];
  assert.ok(outcome === undefined || OUTCOMES.includes(outcome), outcome);
}

export interface ExpectedError {
  status: number;
  code: number;
  message?: RegExp;
  pointer?: string | undefined;
  /** Whether the caller may retry. */
  retry?: boolean;
}

/** Asserts an error in Cloudflare's v4 envelope. */
export function assertError(answer: Answer, expected: ExpectedError): void {
  const shown = `${answer.status} ${answer.body.slice(0, 500)}`;
  assertAnswer(answer);
  assert.equal(answer.status, expected.status, shown);
  const envelope = JSON.parse(answer.body) as Envelope;
  assert.deepEqual(Object.keys(envelope), ['success', 'errors', 'messages', 'result']);
  assert.equal(envelope.success, false);
  assert.equal(envelope.result, null);
  assert.ok(Array.isArray(envelope.messages));
  const [error] = envelope.errors ?? [];
  assert.equal(error?.code, expected.code, shown);
  assert.ok((error?.message.length ?? 0) > 0);
  if (expected.message) assert.match(error?.message ?? '', expected.message);
  assert.equal(error?.source?.pointer, expected.pointer, shown);
  const retry = answer.headers['x-should-retry'] !== 'false';
  assert.equal(retry, expected.retry ?? false, `x-should-retry: ${answer.headers['x-should-retry']}`);
}
