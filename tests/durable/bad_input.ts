// Invalid requests are refused, with a pointer to what is wrong, and nothing of them is stored.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { assertError } from '../harness/expect.ts';
import type { ExpectedError } from '../harness/expect.ts';
import { exchange } from '../harness/http.ts';
import { LATER } from './world.ts';
import type { Durable } from './world.ts';

export const BAD_APP = 'bad-app';
const MEETING = '497f6eca-6276-4993-bfeb-53cbbbba6f08';
const YEAR_MS = 366 * 24 * 60 * 60 * 1000;
const GOOD = { meeting_id: MEETING, participant_id: 'p' };

function field(pointer: string, message?: RegExp): ExpectedError {
  return { status: 400, code: 1101, pointer, ...(message === undefined ? {} : { message }) };
}

const many = (count: number): unknown => ({ removals: Array.from({ length: count }, () => GOOD) });
const last = (wrong: unknown): unknown => ({ removals: [...Array.from({ length: 17 }, () => GOOD), wrong] });

const CASES: [string, unknown, ExpectedError][] = [
  ['no target at all', {}, field('')],
  ['a meeting alone', { meeting_id: MEETING }, field('', /target/)],
  ['a participant without a meeting', { participant_id: 'p' }, field('/meeting_id')],
  ['two targets', { ...GOOD, custom_participant_id: 'u' }, field('/custom_participant_id', /two targets/)],
  ['a participant and everyone', { ...GOOD, all: true }, field('/all')],
  ['everyone, everywhere', { all: true }, field('/meeting_id')],
  ['all that is false', { meeting_id: MEETING, all: false }, field('/all')],
  ['an unknown field', { ...GOOD, participants: [] }, field('/participants', /not a field/)],
  ['an unknown field with a slash', { ...GOOD, 'a/b~c': 1 }, field('/a~1b~0c')],
  ['a field twice', `{"meeting_id":"${MEETING}","all":true,"all":true}`, field('/all', /twice/)],
  ['a meeting that is no UUID', { ...GOOD, meeting_id: '../meetings' }, field('/meeting_id')],
  ['a participant that walks', { ...GOOD, participant_id: '../x' }, field('/participant_id')],
  ['an empty user', { custom_participant_id: '' }, field('/custom_participant_id')],
  ['a user with a control character', { custom_participant_id: 'a\u0000b' }, field('/custom_participant_id')],
  ['a user of 257 characters', { custom_participant_id: 'u'.repeat(257) }, field('/custom_participant_id')],
  ['a number for an id', { meeting_id: 5, all: true }, field('/meeting_id')],
  ['a kick that is a text', { ...GOOD, kick: 'true' }, field('/kick')],
  ['a reason of 201 characters', { ...GOOD, reason: 'r'.repeat(201) }, field('/reason')],
  ['a start beyond a year', { ...GOOD, not_before: new Date(Date.now() + YEAR_MS + 86_400_000).toISOString() }, field('/not_before', /year/)],
  ['a start that is no time', { ...GOOD, not_before: 'tomorrow' }, field('/not_before')],
  ['a start without a zone', { ...GOOD, not_before: '2026-12-01T00:00:00' }, field('/not_before')],
  ['1,001 targets', many(1001), field('/removals', /1000/)],
  ['no targets in a list', { removals: [] }, field('/removals')],
  ['a list that is none', { removals: GOOD }, field('/removals')],
  ['a target beside the list', { removals: [GOOD], all: true }, field('/all')],
  ['an option beside the list that is none', { removals: [GOOD], kick: 'no' }, field('/kick')],
  ['a wrong one among good ones', last({ ...GOOD, meeting_id: 'x' }), field('/removals/17/meeting_id')],
  ['an unknown field among good ones', last({ ...GOOD, now: true }), field('/removals/17/now')],
  ['one that is no object', last('x'), field('/removals/17')],
  ['a list within a list', { removals: [{ removals: [GOOD] }] }, field('/removals/0/removals')],
  ['two apps in one request', { removals: [{ ...GOOD, app_id: BAD_APP }, { ...GOOD, app_id: 'batch-app' }] }, field('/removals/1/app_id')],
  ['a kick that differs', { removals: [GOOD, { ...GOOD, kick: false }] }, field('/removals/1/kick')],
  ['a reason that differs', { removals: [{ ...GOOD, reason: 'a' }, GOOD] }, field('/removals/1/reason')],
  ['an array', [GOOD], field('')],
  ['null', 'null', field('', /the body must be an object/)],
  ['an app that is not served', { ...GOOD, app_id: 'app-of-others' }, { status: 403, code: 1103, pointer: '/app_id' }],
  ['broken JSON', '{"meeting_id": "', { status: 415, code: 1107, message: /JSON/ }],
  ['JSON and more', `${JSON.stringify(GOOD)} x`, { status: 415, code: 1107 }],
  ['nothing', '', { status: 415, code: 1107 }],
  ['a form', 'meeting_id=x', { status: 415, code: 1107 }],
  ['what is not UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x7d]), { status: 415, code: 1107, message: /UTF-8/ }],
  ['257 KiB', { ...GOOD, reason: 'r'.repeat(257 * 1024) }, { status: 413, code: 1107, message: /256 KiB/ }],
  ['deeply nested JSON', `${'['.repeat(100_000)}${']'.repeat(100_000)}`, field('', /the body/)],
];

/** Returns the number of removals in the ledger of the default app, which handles requests without `app_id`. */
async function stored(durable: Durable): Promise<number> {
  return (await durable.list('limit=200')).length;
}

export function badInput(world: () => Durable): void {
  for (const [name, body, expected] of CASES) {
    test(`refused: ${name}`, async () => {
      const durable = world();
      const before = await stored(durable);
      assertError(await durable.post(body), expected);
      assert.equal(await stored(durable), before, 'nothing is stored');
    });
  }

  test('257 KiB in chunks, without a content-length, are refused as well', async () => {
    const durable = world();
    const before = await stored(durable);
    const body = JSON.stringify({ ...GOOD, reason: 'r'.repeat(257 * 1024) });
    const head = [
      'POST /removals HTTP/1.1', 'host: localhost', `authorization: Bearer ${durable.worker.token}`,
      'transfer-encoding: chunked', 'content-type: application/json', '', '',
    ].join('\r\n');
    const pieces = body.match(/.{1,16384}/g) ?? [];
    const chunks = pieces.map((piece) => `${piece.length.toString(16)}\r\n${piece}\r\n`).join('');
    const { answers } = await exchange(durable.worker.port, [`${head}${chunks}0\r\n\r\n`]);
    assert.ok(answers[0]);
    assertError(answers[0], { status: 413, code: 1107 });
    assert.equal(await stored(durable), before, 'nothing is stored');
  });

  const routes: [string, string, ExpectedError][] = [
    ['GET', '/removals?states=failed', field('/states', /state, custom_participant_id, source, cursor/)],
    ['GET', '/removals?state=done', field('/state')],
    ['GET', '/removals?source=clerk', field('/source', /webhook:/)],
    ['GET', '/removals?limit=0', field('/limit')],
    ['GET', '/removals?limit=201', field('/limit')],
    ['GET', '/removals?limit=5&limit=6', field('/limit', /once/)],
    ['GET', '/removals?cursor=-1', field('/cursor')],
    ['GET', '/removals?cursor=x', field('/cursor')],
    ['GET', '/removals?app_id=a/b', field('/app_id')],
    ['GET', '/removals?app_id=app-of-others', { status: 403, code: 1103, pointer: '/app_id' }],
    ['POST', '/removals?dry_run=true', field('/dry_run', /no query parameters/)],
    ['GET', '/removals/ID?wait=31', field('/wait')],
    ['GET', '/removals/ID?wait=soon', field('/wait')],
    ['DELETE', '/removals/ID?force=1', field('/force')],
    ['POST', '/removals/ID/retry?all=1', field('/all')],
    ['GET', '/removals/ID?app_id=default-app', { status: 404, code: 1104 }],
    ['GET', '/removals/not-an-id', { status: 404, code: 1104 }],
    ['DELETE', '/removals/ID?app_id=default-app', { status: 404, code: 1104 }],
    ['POST', '/removals/ID/retry?app_id=default-app', { status: 404, code: 1104 }],
    ['GET', '/removals/ID/items', { status: 404, code: 1104 }],
    ['GET', '/removals/', { status: 404, code: 1104 }],
    ['PUT', '/removals', { status: 405, code: 1105 }],
    ['DELETE', '/removals', { status: 405, code: 1105 }],
    ['POST', '/removals/ID', { status: 405, code: 1105 }],
    ['GET', '/removals/ID/retry', { status: 405, code: 1105 }],
  ];
  for (const [method, path, expected] of routes) {
    test(`${method} ${path} is answered with ${expected.status}`, async () => {
      const durable = world();
      const { id } = await durable.remove({ app_id: BAD_APP, ...GOOD, not_before: LATER });
      // Unknown to the ledger of any other app.
      const answer = await durable.worker.call(path.replace('ID', id), {
        method,
        ...(method === 'POST' ? { body: JSON.stringify(GOOD) } : {}),
      });
      assertError(answer, expected);
      if (expected.status === 405) assert.match(answer.headers['allow'] ?? '', /GET|POST|DELETE/);
    });
  }

  for (const [method, path] of [['POST', '/removals'], ['GET', '/removals'], ['GET', '/removals/x'], ['DELETE', '/removals/x'], ['POST', '/removals/x/retry']] as const) {
    test(`${method} ${path} wants a caller token`, async () => {
      const durable = world();
      for (const token of [null, 'nobody-knows-this-token-0123456789ab']) {
        assertError(await durable.worker.call(path, { method, token }), { status: 401, code: 1102 });
      }
    });
  }
}
