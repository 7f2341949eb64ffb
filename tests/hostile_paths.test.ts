// Paths that try to escape the endpoint. The runtime normalises the URLs of outgoing requests, so a path that was
// passed on could reach any endpoint of the API with our token. None of these may send anything upstream.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { exchange } from './harness/http.ts';
import { Random, seed } from './harness/random.ts';
import type { Answer } from './harness/record.ts';
import { ACCOUNT, APPS, CALLERS, standIn, worker } from './harness/world.ts';

const MEETING = '182bd5e5-6e1a-4fe4-a799-aa6d9a6ab26e';
const SHORT = `/meetings/${MEETING}/participants/`;
const LONG = `/client/v4/accounts/${ACCOUNT}/realtime/kit/${APPS[0]}/meetings/${MEETING}/participants/`;
const REFUSED = [400, 401, 403, 404, 405];
const GENERATED = 10_000;
const PER_CONNECTION = 50;
const CONNECTIONS = 6;

/** Request targets, each a string of bytes (latin1). */
const FIXED: string[] = [
  // Dot segments, in every notation.
  ...['.', '..', '%2e', '%2E', '%2e%2e', '.%2e', '%2e.', '%2E%2E', '%252e%252e', '...', '%00..', '..%00', '..;', '..%20'].map((s) => SHORT + s),
  ...['../..', '..%2f..', '..%5c..', '%2e%2e%2f%2e%2e', '..\\..', '%2e%2e%5c', '../../active-session/kick-all', '..%2F..%2Factive-session%2Fkick-all'].map((s) => SHORT + s),
  `/meetings/../participants/x`,
  `/meetings/%2e%2e/participants/x`,
  `/meetings/${MEETING}/../participants/x`,
  `/meetings/${MEETING}/participants/x/..`,
  `/meetings/${MEETING}/participants/x/.`,
  `/meetings/${MEETING}/participants/../../../meetings`,
  `/client/v4/accounts/../accounts/${ACCOUNT}/tokens`,
  `/client/v4/accounts/..%2f${ACCOUNT}/realtime/kit/${APPS[0]}/meetings/${MEETING}/participants/x`,
  `/client/v4/accounts/${ACCOUNT}/realtime/kit/../../../../user/tokens/verify`,
  `/client/v4/accounts/${ACCOUNT}/realtime/kit/%2e%2e/meetings/${MEETING}/participants/x`,
  `/client/v4/accounts/${ACCOUNT}/realtime/kit/${APPS[0]}%2f../meetings/${MEETING}/participants/x`,
  `/client/v4/../client/v4/accounts`,
  `${LONG}..`, `${LONG}%2e%2e`, `${LONG}..%2f..%2f..`, `${LONG}x%2f..%2fy`,
  // Control characters, raw where HTTP lets them through, and encoded.
  ...['%00', 'x%00', '%00x', '%0a', '%0d%0a', '%0d%0aHost:%20evil', '%09', 'x%09y', '%7f', '%1b', '%80', '%c2%85', '\x01', 'x\x7fy', '\t'].map((s) => SHORT + s),
  `/meetings/${MEETING}%00/participants/x`,
  `/meetings/%0a${MEETING}/participants/x`,
  `/meetings/${MEETING}%20/participants/x`,
  // Double encoding: if decoded twice, these would be ids.
  ...['%2561', 'a%2562c', '%255f', '%252d', '%25%36%31', '%25252e'].map((s) => SHORT + s),
  `/meetings/${MEETING.replace('a', '%2561')}/participants/x`,
  // Separators, and what some parsers take for one.
  ...['a/b', 'a%2fb', 'a%2Fb', 'a%252fb', 'a\\b', 'a%5cb', 'a;b', 'a%3bb', 'a:b', 'a@b', 'a%40b', 'a,b', 'a+b', 'a%20b', 'a&b', 'a=b', 'a|b', 'a%7cb', 'a%23b', 'a%3fb', '%3f', '%23', "a'b", 'a"b', 'a%22b', 'a<b', 'a{b}', 'a[b]', 'a`b', 'a^b', 'a~b', 'a!b', 'a*b', 'a(b)', 'a$b', 'a%b', '%', '%2', '%zz', '%u002e'].map((s) => SHORT + s),
  `${SHORT}x?kick=true#`.replace('kick', 'kick%00'),
  `${SHORT}x?../../active-session`,
  `${SHORT}x??kick=true`,
  `${SHORT}x?kick=true%26x=1`,
  `${SHORT}x?kick=TRUE`,
  // Unicode look-alikes: full-width, one dot leader, division slash, Cyrillic, right-to-left, over-long UTF-8.
  ...['%ef%bc%8e%ef%bc%8e', '%e2%80%a4%e2%80%a4', '%e2%88%95', '%ef%bc%8f', '%d0%b0', '%e2%80%ae', '%c0%ae%c0%ae', '%c0%af', '%e0%80%af', '%f0%80%80%af', '%ff', '%fe%ff', '\xc0\xae', '\xe2\x80\xa4', '%ed%a0%80', '%ef%bb%bf'].map((s) => SHORT + s),
  `/meetings/${MEETING.replace('a', '%d0%b0')}/participants/x`,
  `/meetings/${MEETING.replaceAll('-', '%e2%80%90')}/participants/x`,
  `/meetings/${MEETING.replaceAll('1', '%ef%bc%91')}/participants/x`,
  // Too long.
  ...[129, 1_000, 8_000].map((n) => SHORT + 'a'.repeat(n)),
  `/meetings/${'a'.repeat(4_000)}/participants/x`,
  `${SHORT}${'../'.repeat(1_000)}x`,
  `${SHORT}${'%2e%2e%2f'.repeat(500)}x`,
  `/${'a/'.repeat(2_000)}`,
  // Invalid UUIDs.
  ...['', '0', MEETING.slice(1), `${MEETING}0`, MEETING.replaceAll('-', ''), `{${MEETING}}`, `urn:uuid:${MEETING}`, MEETING.replace('1', 'g'), MEETING.replace('-', '_'), `${MEETING},${MEETING}`, `+${MEETING.slice(1)}`, 'null', '*', '00000000-0000-0000-0000-00000000000', `${MEETING}/`].map((m) => `/meetings/${m}/participants/x`),
  // Other forms of request targets. `*` is not among them: wrangler's own server fails on it, before any Worker.
  `http://evil.example${SHORT}..`,
  `http://127.0.0.1:1/client/v4/accounts`,
  `//evil.example${SHORT}x`,
  `/\\evil.example${SHORT}x`,
  `http:///x`,
  `/`,
  `//`,
  `/.`,
  `/..`,
  `/client/v4`,
  `/client/v4/`,
  `/CLIENT/V4${LONG.slice(10)}x`,
  `/Meetings/${MEETING}/participants/x`,
  `/meetings/${MEETING}/Participants/x`,
  `/meetings//participants/x`,
  `/meetings/${MEETING}//participants/x`,
  `/meetings/${MEETING}/participants//x`,
];

const PIECES = [
  '.', '..', '/', '//', '%2e', '%2E', '%2f', '%2F', '%5c', '\\', '%252e', '%252f', '%2561', '%25', '%', ';', '#', '%23', '?', '%3f', '&', '@', ':', ',', '+', '%20', '%09', '\t',
  '%00', '%0a', '%0d', '%7f', '\x01', '\x7f', '%c0%ae', '%c0%af', '%ef%bc%8f', '%e2%80%a4', '\xe2\x80\xa4', '%ff', '%u2215', '*', '~', '!', '(', '|', '"', '<',
  'active-session', 'kick-all', 'participants', 'meetings', 'token', 'accounts', 'realtime', 'kit', 'client/v4', ACCOUNT, MEETING, 'a', 'x1', '__', '-',
] as const;
/** At least one of these is in every generated path, in the place of an id: none of them can be part of one. */
const POISON = PIECES.filter((piece) => !/^[0-9A-Za-z_-]+$/.test(piece) && !['#', '?', '&'].includes(piece));

/** A removal's path once its dot segments are resolved per the URL Standard, which every server does first. */
const WELL_FORMED = new RegExp(
  `^(/meetings|(/client/v4)?/accounts/${ACCOUNT}/realtime/kit/(${APPS.join('|')})/meetings)/${MEETING}/participants/[0-9A-Za-z_-]{1,128}$`,
);

/** `…/participants/./x` is not an attack: to every client and server, it is the path of participant `x`. */
function isWellFormed(target: string): boolean {
  const url = URL.parse(target, 'http://worker');
  return url !== null && WELL_FORMED.test(url.pathname);
}

function hostile(random: Random): string {
  for (;;) {
    const target = generate(random);
    if (!isWellFormed(target)) return target;
  }
}

function generate(random: Random): string {
  const noise = (length: number): string => Array.from({ length: random.below(length) }, () => random.pick(PIECES)).join('');
  const poisoned = (length: number): string => `${noise(length)}${random.pick(POISON)}${noise(length)}`;
  const id = (): string => Array.from({ length: 1 + random.below(8) }, () => random.pick([...'abcXYZ019_-'])).join('');
  // The poisoned part comes before any '#' or '?' in the noise, which would end the path there.
  const before = (text: string): string => random.pick(POISON) + text;
  switch (random.below(7)) {
    case 0: return SHORT + before(noise(6));
    case 1: return LONG + before(noise(6));
    case 2: return SHORT + id() + before(noise(4)) + id();
    case 3: return `/meetings/${before(noise(4))}/participants/${id()}`;
    case 4: return `/meetings/${MEETING}${before(noise(3))}/participants/${id()}`;
    case 5: return `/client/v4/accounts/${random.chance(0.5) ? ACCOUNT : id()}${before(noise(2))}/realtime/kit/${id()}/meetings/${MEETING}/participants/${id()}`;
    default: return `/${poisoned(12)}`;
  }
}

/** Builds a request whose target is sent byte for byte; only a space or a line end would end it. */
function request(target: string, token: string | null, method = 'DELETE'): Buffer {
  const authorization = token === null ? '' : `authorization: Bearer ${token}\r\n`;
  return Buffer.from(`${method} ${target} HTTP/1.1\r\nhost: worker\r\n${authorization}\r\n`, 'latin1');
}

/** Sends all requests over a few connections; if one is closed, the rest go over a new one. */
async function sendAll(requests: Buffer[]): Promise<Answer[]> {
  const answers: Answer[] = new Array(requests.length);
  let next = 0;
  async function connection(): Promise<void> {
    while (next < requests.length) {
      const from = next;
      next = Math.min(next + PER_CONNECTION, requests.length);
      const to = next;
      for (let at = from; at < to; ) {
        const got = await exchange(worker.port, requests.slice(at, to));
        got.answers.forEach((answer, index) => (answers[at + index] = answer));
        assert.ok(got.answers.length > 0, `no answer to ${requests[at]?.toString('latin1').slice(0, 300)}`);
        at += got.answers.length;
      }
    }
  }
  await Promise.all(Array.from({ length: CONNECTIONS }, connection));
  return answers;
}

async function assertRefused(targets: string[], requests: Buffer[]): Promise<Map<number, number>> {
  const since = await standIn.mark();
  const answers = await sendAll(requests);
  const counts = new Map<number, number>();
  const wrong: string[] = [];
  answers.forEach(({ status, body }, index) => {
    counts.set(status, (counts.get(status) ?? 0) + 1);
    if (!REFUSED.includes(status)) wrong.push(`${status} to ${JSON.stringify(targets[index]?.slice(0, 300))}: ${body.slice(0, 200)}`);
  });
  assert.deepEqual(wrong.slice(0, 20), [], `${wrong.length} answers`);
  const seen = await standIn.requests({ since });
  assert.deepEqual(seen.map(({ method, path }) => `${method} ${path}`), [], 'nothing may reach RealtimeKit');
  return counts;
}

const shown = (counts: Map<number, number>): string =>
  [...counts].sort().map(([status, count]) => `${count} × ${status}`).join(', ');

test('fixed hostile paths: each is refused, and none reaches RealtimeKit', async (context) => {
  assert.ok(FIXED.length >= 100);
  const targets = FIXED.flatMap((target) => [target, target, target]);
  const requests = FIXED.flatMap((target) => [
    request(target, CALLERS['support-desk']),
    request(target, null),
    request(target, CALLERS['support-desk'], 'POST'),
  ]);
  const counts = await assertRefused(targets, requests);
  context.diagnostic(`${FIXED.length} paths, three times each: ${shown(counts)}`);
});

test('generated hostile paths: each is refused, and none reaches RealtimeKit', async (context) => {
  const chosen = seed();
  context.diagnostic(`TEST_SEED=${chosen}`);
  const random = new Random(chosen);
  const targets = Array.from({ length: GENERATED }, () => hostile(random));
  const requests = targets.map((target) => request(target, random.chance(0.9) ? random.pick(Object.values(CALLERS)) : null));
  const counts = await assertRefused(targets, requests);
  context.diagnostic(`${targets.length} paths (${new Set(targets).size} different): ${shown(counts)}`);
});
