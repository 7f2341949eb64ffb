// Configuration: nothing is served half-configured, errors are named, and no value is ever shown.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { assertAnswer } from './harness/expect.ts';
import { secret } from './harness/record.ts';
import type { Worker, WorkerOptions } from './harness/worker.ts';
import { ACCOUNT, API_TOKEN, APPS, CALLERS, configuration, standIn, startWorker, worker } from './harness/world.ts';

const MEETING = '182bd5e5-6e1a-4fe4-a799-aa6d9a6ab26e';
const ROUTES: [string, string][] = [
  ['DELETE', `/meetings/${MEETING}/participants/x`],
  ['DELETE', `/client/v4/accounts/${ACCOUNT}/realtime/kit/${APPS[0]}/meetings/${MEETING}/participants/x`],
  ['POST', '/removals'],
  ['GET', '/removals'],
  ['GET', '/removals/x'],
  ['DELETE', '/removals/x'],
  ['POST', '/removals/x/retry'],
  ['POST', '/webhooks/realtimekit'],
];

/** Returns the names in a 503's errors, each the first word of its message. */
function named(body: string): string[] {
  const { errors } = JSON.parse(body) as { errors: { code: number; message: string }[] };
  assert.ok(errors.every(({ code }) => code === 1111));
  return errors.map(({ message }) => message.split(' ')[0] ?? '');
}

async function withWorker(options: WorkerOptions, check: (other: Worker) => Promise<void>): Promise<void> {
  const other = await startWorker(options);
  other.token = CALLERS['support-desk'];
  try {
    await check(other);
  } finally {
    await other.stop();
  }
}

async function assertRefusesEverything(other: Worker, names: string[], values: string[]): Promise<void> {
  const since = await standIn.mark();
  const health = await other.call('/healthz', { token: null });
  assertAnswer(health);
  assert.equal(health.status, 503);
  assert.deepEqual(named(health.body), names, health.body);
  for (const [method, path] of ROUTES) {
    const answer = await other.call(path, { method });
    assert.equal(answer.status, 503, `${method} ${path}: ${answer.body}`);
    assert.deepEqual(named(answer.body), names);
    for (const value of values) assert.equal(answer.body.includes(value), false, `${answer.body} shows ${value}`);
  }
  assert.deepEqual(await standIn.requests({ since }), []);
}

test('GET /healthz answers 200 to anybody when the configuration is complete', async () => {
  const answer = await worker.call('/healthz', { token: null });
  assertAnswer(answer);
  assert.equal(answer.status, 200);
  assert.equal(answer.json.success, true);
  assert.equal((answer.json.result as { status: string }).status, 'ok');
});

test('without any variable, all that are missing are named', async () => {
  await withWorker({}, async (other) => {
    const names = ['CLOUDFLARE_API_TOKEN', 'CLOUDFLARE_ACCOUNT_ID', 'REALTIMEKIT_APP_IDS', 'CALLER_TOKENS'];
    await assertRefusesEverything(other, names, []);
    const { json } = await other.call('/healthz');
    assert.match(json.errors?.[0]?.message ?? '', /missing.*wrangler secret put CLOUDFLARE_API_TOKEN/);
  });
});

test('variables that are malformed are all named, and none is shown', async () => {
  const short = secret('a caller token that is too short', 'short-caller-token-0123');
  const twoWords = secret('an API token of two words', 'half-of-a-token and-the-other-half');
  const vars = {
    CLOUDFLARE_API_BASE_URL: 'http://api.example.com/client/v4',
    CLOUDFLARE_ACCOUNT_ID: 'not-an-account',
    REALTIMEKIT_APP_IDS: 'app-one,,app/two',
    API_REQUESTS_PER_5_MINUTES: 'plenty',
  };
  const secrets = { CLOUDFLARE_API_TOKEN: twoWords, CALLER_TOKENS: JSON.stringify({ 'support-desk': short }) };
  await withWorker({ vars, secrets }, async (other) => {
    const names = ['CLOUDFLARE_API_BASE_URL', 'CLOUDFLARE_API_TOKEN', 'CLOUDFLARE_ACCOUNT_ID', 'REALTIMEKIT_APP_IDS', 'CALLER_TOKENS', 'API_REQUESTS_PER_5_MINUTES'];
    await assertRefusesEverything(other, names, [...Object.values(vars), twoWords, short]);
  });
});

describe('one wrong variable is enough', () => {
  const complete = (): Required<Pick<WorkerOptions, 'vars' | 'secrets'>> => configuration(standIn.baseUrl);
  const wrong: [string, string, Record<string, unknown>][] = [
    ['a base URL with a query', 'CLOUDFLARE_API_BASE_URL', { CLOUDFLARE_API_BASE_URL: 'https://api.example.com/?x=1' }],
    ['the API token as a caller token', 'CALLER_TOKENS', { CALLER_TOKENS: JSON.stringify({ a: secret('a long API token', 'cf-api-token-that-is-long-enough-0123456789') }), CLOUDFLARE_API_TOKEN: 'cf-api-token-that-is-long-enough-0123456789' }],
    ['callers that are no object', 'CALLER_TOKENS', { CALLER_TOKENS: '[]' }],
    ['no caller at all', 'CALLER_TOKENS', { CALLER_TOKENS: {} }],
  ];
  for (const [title, name, changes] of wrong) {
    test(title, async () => {
      const { vars, secrets } = complete();
      for (const key of Object.keys(changes)) delete secrets[key];
      await withWorker({ vars: { ...vars, ...changes }, secrets }, (other) => assertRefusesEverything(other, [name], []));
    });
  }
});

test('a misspelt variable is named with the one that is meant, and the log says so', async () => {
  const { vars, secrets } = configuration(standIn.baseUrl);
  await withWorker({ vars: { ...vars, LEDGER_RETENTON_DAYS: '7' }, secrets }, async (other) => {
    await assertRefusesEverything(other, ['LEDGER_RETENTON_DAYS'], []);
    const answer = await other.call('/removals');
    assert.deepEqual((await other.logOf(answer))['config.problems'], ['LEDGER_RETENTON_DAYS is not read: did you mean LEDGER_RETENTION_DAYS?']);
  });
});

test('secrets may be given as variables, objects as JSON or as tables, and numbers as either', async () => {
  const { vars, secrets } = configuration(standIn.baseUrl);
  const given = { ...vars, CLOUDFLARE_API_TOKEN: API_TOKEN, CALLER_TOKENS: { ...CALLERS }, API_REQUESTS_PER_5_MINUTES: 600 };
  assert.ok('CALLER_TOKENS' in secrets);
  await withWorker({ vars: given }, async (other) => {
    assert.equal((await other.call('/healthz')).status, 200);
    const participant = await standIn.participant();
    const answer = await other.delete(participant.path, { token: CALLERS['meeting-backend'] });
    assert.equal(answer.status, 200, answer.body);
    assert.equal((await other.logOf(answer))['caller'], 'meeting-backend');
  });
});
