// Requests that are too long, duplicated, not UTF-8 or absurd: each gets a timely 4xx, and the Worker stays healthy.
import assert from 'node:assert/strict';
import { afterEach, describe, test } from 'node:test';

import { assertError } from './harness/expect.ts';
import { exchange, raw } from './harness/http.ts';
import type { Answer } from './harness/record.ts';
import { CALLERS, standIn, worker } from './harness/world.ts';

const MEETING = '182bd5e5-6e1a-4fe4-a799-aa6d9a6ab26e';
const PATH = `/meetings/${MEETING}/participants/x`;
const AUTHORIZED = `authorization: Bearer ${CALLERS['support-desk']}`;

/** Sends a request given by its lines, encoded as latin1 so that they can contain any byte. */
function ask(requestLine: string, headers: string[], body: string | Buffer = ''): Promise<Answer | undefined> {
  const head = Buffer.from([`${requestLine} HTTP/1.1`, 'host: worker', ...headers, '', ''].join('\r\n'), 'latin1');
  return raw(worker.port, Buffer.concat([head, Buffer.from(body)]));
}

/** Asserts a refusal, by the Worker or by the server in front of it; a closed connection counts as well. */
function assertRefused(answer: Answer | undefined): void {
  if (answer === undefined) return;
  assert.ok(answer.status >= 400 && answer.status < 500, `${answer.status} ${answer.body}`);
}

afterEach(async () => {
  assert.equal((await worker.call('/healthz')).status, 200, 'the Worker is well after it');
});

describe('the authorization header', () => {
  const token = CALLERS['support-desk'];
  for (const [name, headers] of [
    ['8 KB long', [`authorization: Bearer ${'a'.repeat(8_000)}`]],
    ['the token and 8 KB of spaces', [`authorization: Bearer ${token}${' '.repeat(4_000)}x`]],
    ['doubled', [AUTHORIZED, AUTHORIZED]],
    ['a hundred times', Array.from({ length: 100 }, () => AUTHORIZED)],
    ['not UTF-8', [`authorization: Bearer ${token}\xff\xfe`]],
    ['UTF-8 beyond ASCII', ['authorization: Bearer \xc3\xa4\xe2\x82\xac']],
    ['look-alikes of the token', [`authorization: Bearer ${token.replace('J', '\xef\xbc\xaa')}`]],
    ['a tab for a space', [`authorization: Bearer\t${token}`]],
    ['a comma after it', [`authorization: Bearer ${token},`]],
    ['the token in quotes', [`authorization: Bearer "${token}"`]],
    ['base64 of it', [`authorization: Bearer ${Buffer.from(token).toString('base64')}`]],
    ['Basic with it as the password', [`authorization: Basic ${Buffer.from(`:${token}`).toString('base64')}`]],
    ['only in the query', []],
  ] as [string, string[]][]) {
    test(`${name} is nobody's`, async () => {
      const path = headers.length === 0 ? `${PATH}?authorization=Bearer%20${token}` : PATH;
      const answer = await ask(`DELETE ${path}`, headers);
      assert.ok(answer);
      assertError(answer, { status: 401, code: 1102 });
    });
  }

  for (const [name, header] of [
    ['128 KB long', `authorization: Bearer ${'a'.repeat(128_000)}`],
    ['with a NUL', `authorization: Bearer ${token}\0`],
    ['folded over two lines', `authorization: Bearer\r\n ${token}`],
  ] as const) {
    test(`${name} is refused`, async () => {
      const answer = await ask(`DELETE ${PATH}`, [header]);
      assertRefused(answer);
    });
  }

  test('in any case of its scheme is a caller\'s, by RFC 9110', async () => {
    const answer = await ask(`DELETE ${PATH}.`, [`Authorization: bEARER ${token}`]);
    assert.ok(answer);
    assertError(answer, { status: 400, code: 1101, pointer: '/participant_id' });
  });
});

describe('other headers', () => {
  for (const [name, headers] of [
    ['500 of them', Array.from({ length: 500 }, (_, n) => `x-${n}: ${n}`)],
    ['one of 8 KB', [`x-long: ${'a'.repeat(8_000)}`]],
    ['not UTF-8', ['x-bytes: \xff\xfe\x80', 'cookie: \xc0\xaf']],
    ['an empty one', ['x-empty:']],
    ['ones that proxies believe', ['x-forwarded-host: evil', 'x-original-url: /client/v4/accounts', 'x-rewrite-url: /', 'x-http-method-override: POST', 'forwarded: host=evil', 'cf-connecting-ip: 1.1.1.1']],
    ['ranges and conditions', ['range: bytes=0-', 'if-none-match: *', 'if-modified-since: x', 'expect: nothing']],
    ['an absurd accept', ['accept: application/xml;q=9, */*;q=-1', 'accept-encoding: \xff', 'accept-language: ,,,']],
  ] as [string, string[]][]) {
    test(`${name} change nothing`, async () => {
      const answer = await ask(`DELETE ${PATH}.`, [AUTHORIZED, ...headers]);
      assert.ok(answer);
      assertError(answer, { status: 400, code: 1101, pointer: '/participant_id' });
    });
  }
});

describe('methods', () => {
  for (const method of ['GET', 'PUT', 'POST', 'PATCH', 'OPTIONS', 'HEAD', 'delete', 'DELETEX', 'M-SEARCH', 'PURGE', 'TRACE', 'CONNECT', 'PRI', 'A'.repeat(2_000), '\xc0\xaf', '{}']) {
    test(`${method.slice(0, 20)} deletes nothing`, async () => {
      const participant = await standIn.participant();
      const answer = await ask(`${method} ${participant.path}`, [AUTHORIZED]);
      // For a method that the Fetch Standard does not define, the server in front of the Worker may respond as it
      // likes.
      if (/^(GET|PUT|POST|PATCH|OPTIONS)$/.test(method)) {
        assert.ok(answer);
        assertError(answer, { status: 405, code: 1105 });
        assert.equal(answer.headers['allow'], 'DELETE');
      } else if (method === 'HEAD') {
        assert.equal(answer?.status, 405);
        assert.equal(answer.body, '');
      } else if (answer !== undefined && !isServersOwn(answer)) {
        assertError(answer, { status: 405, code: 1105 });
      }
      assert.deepEqual(await standIn.requests({ path: participant.meeting }), []);
      assert.equal(await standIn.has(participant), true);
    });
  }

  test('HEAD /healthz has the headers of GET and no body', async () => {
    const answer = await ask('HEAD /healthz', []);
    assert.equal(answer?.status, 200);
    assert.equal(answer.headers['content-type'], 'application/json');
  });
});

/** Returns whether a response comes from the server in front of the Worker: it has no request id. */
function isServersOwn(answer: Answer): boolean {
  return answer.headers['x-request-id'] === undefined;
}

describe('bodies', { concurrency: 4 }, () => {
  const bodies: [string, Buffer][] = [
    ['JSON', Buffer.from('{"participant_id":"other"}')],
    ['bytes that are no text', Buffer.from([0, 255, 254, 192, 175, 10, 13])],
    ['257 KiB', Buffer.alloc(257 * 1024, 'a')],
    ['4 MiB', Buffer.alloc(4 * 1024 * 1024, 'a')],
  ];
  for (const [name, body] of bodies) {
    test(`${name} on a DELETE changes nothing`, async () => {
      const participant = await standIn.participant();
      const answer = await worker.delete(participant.path, { body });
      assert.equal(answer.status, 200, answer.body);
      const [seen] = await standIn.requests({ path: participant.id });
      assert.equal(seen?.body, '');
    });

    test(`${name} on a refused DELETE is refused for what is wrong`, async () => {
      assertError(await worker.delete(`${PATH}.`, { body }), { status: 400, code: 1101, pointer: '/participant_id' });
      assertError(await worker.delete(PATH, { body, token: null }), { status: 401, code: 1102 });
    });

    test(`${name} on a route that does not exist is 404`, async () => {
      assertError(await worker.call('/nowhere', { method: 'POST', body }), { status: 404, code: 1104 });
    });
  }

  test('in chunks', async () => {
    const chunked = await ask(`DELETE ${PATH}.`, [AUTHORIZED, 'transfer-encoding: chunked'], '5\r\nhello\r\n0\r\n\r\n');
    assert.ok(chunked);
    assertError(chunked, { status: 400, code: 1101, pointer: '/participant_id' });
  });

  test('one that never comes to its end does not keep the Worker waiting', async () => {
    const since = worker.logs.length;
    // Nothing else in this file uses this caller.
    const backend = `authorization: Bearer ${CALLERS['meeting-backend']}`;
    const unfinished = Buffer.from(`DELETE ${PATH}. HTTP/1.1\r\nhost: worker\r\n${backend}\r\ncontent-length: 1000\r\n\r\nx`);
    // The server of `wrangler dev` holds the response back until the body is complete: what matters is that there is
    // one.
    const held = exchange(worker.port, [unfinished], { timeoutMs: 30_000 }).catch(() => undefined);
    const answered = (): boolean =>
      worker.logs.slice(since).some((line) => line['response.status'] === 400 && line['caller'] === 'meeting-backend');
    while (!answered()) {
      const timeout = new Promise((resolve) => setTimeout(resolve, 50, 'still waiting'));
      assert.equal(await Promise.race([held, timeout]), 'still waiting', 'the Worker did not answer');
    }
    await held;
  });

  for (const [name, headers] of [
    ['content-length and transfer-encoding', ['content-length: 3', 'transfer-encoding: chunked']],
    ['two lengths', ['content-length: 3', 'content-length: 4']],
    ['a negative length', ['content-length: -1']],
    ['a length that is none', ['content-length: x']],
    ['an unknown transfer-encoding', ['transfer-encoding: gzip']],
  ] as const) {
    test(`${name}: no second request is smuggled in`, async () => {
      const participant = await standIn.participant();
      const smuggled = `0\r\n\r\nDELETE ${participant.path} HTTP/1.1\r\nhost: worker\r\n${AUTHORIZED}\r\n\r\n`;
      const answer = await ask(`DELETE ${PATH}.`, [AUTHORIZED, ...headers], smuggled);
      assertRefused(answer);
      await new Promise((resolve) => setTimeout(resolve, 300));
      assert.ok(await standIn.has(participant), 'the smuggled DELETE was carried out');
      assert.deepEqual(await standIn.requests({ path: participant.id }), []);
    });
  }
});

describe('queries', () => {
  for (const [name, query, pointer = '/kick'] of [
    ['10,000 parameters', Array.from({ length: 10_000 }, (_, n) => `p${n}`).join('&'), '/p0'],
    ['kick a thousand times', Array(1_000).fill('kick=true').join('&')],
    ['a value of 8 KB', `kick=${'a'.repeat(8_000)}`],
    ['an encoded name', 'kic%6b=true', '/kic%6b'],
    ['another case', 'Kick=true', '/Kick'],
    ['an array', 'kick[]=true', '/kick[]'],
    ['a number', 'kick=1'],
    ['no value', 'kick'],
    ['a space after it', 'kick=true%20'],
    ['bytes that are no text', 'kick=%ff%fe'],
    ['a semicolon', 'kick=true;x'],
  ] as [string, string, string?][]) {
    test(`${name}: refused, so that no misspelt kick becomes a weaker removal`, async () => {
      const answer = await worker.delete(`${PATH}?${query}`);
      assertError(answer, { status: 400, code: 1101, pointer });
    });
  }
});

test('what is not HTTP at all leaves the Worker well', async () => {
  for (const bytes of ['\r\n\r\n', 'GET\r\n\r\n', 'GET / HTTP/9.9\r\n\r\n', '\x16\x03\x01\x02\x00\x01', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n']) {
    const answer = await raw(worker.port, bytes).catch((error: Error) => error);
    if (answer instanceof Error) assert.match(answer.message, /no answer within|no HTTP answer/);
    else if (answer !== undefined) assert.notEqual(answer.status, 500);
    assert.equal((await worker.call('/healthz')).status, 200, 'it answers the next one');
  }
});
