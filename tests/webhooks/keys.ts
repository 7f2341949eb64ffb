// The key of RealtimeKit's webhooks: floods, rotation, and a key URL that fails.
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import type { RequestListener } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { eventually } from '../harness/eventually.ts';
import type { JsonAnswer } from '../harness/worker.ts';
import { KeyServer, keyAnswer, pem, rsa, signatureOf } from './key_server.ts';
import type { RsaPair } from './key_server.ts';
import { eventOf } from './realtimekit_events.ts';
import { APP_OF } from './sources.ts';
import { Hooks, app, each, headersOf, idOf, senderOf, signed, signingSecret } from './world.ts';

const FORGERIES = 2000;
const MINUTE_MS = 60_000;
/** The signer in tests where the key URL does not return the key. */
const KNOWN = rsa();
const FLOODED = 'flooded-user';
const strangers = signingSecret('a flooding stranger\'s signing secret');

export function keys(shared: () => Hooks): void {
  test(`${FORGERIES} forgeries cost one key fetch a minute, and a rotation is not lost in them`, { timeout: 400_000 }, flood);
  for (const [what, answer] of troubles()) {
    test(`a key URL that ${what} makes 503, so that RealtimeKit comes back`, { timeout: 240_000 }, () => trouble(answer));
  }
  test('after a restart while the key URL is down, the events of every app are accepted', { timeout: 240_000 }, restart);
  test('a flood of forgeries under a shared secret costs no request either', () => sharedSecretFlood(shared()));
}

async function start(ofApp: string, keyUrl: string): Promise<Hooks> {
  return Hooks.start({ sources: { realtimekit: { app_id: ofApp, meeting_ended: true } }, keyUrl });
}

function send(hooks: Hooks, pair: RsaPair, body = JSON.stringify(eventOf('meeting.ended')), source = 'realtimekit'): Promise<JsonAnswer> {
  return hooks.post(source, body, { 'rtk-signature': signatureOf(body, pair) });
}

async function flood(): Promise<void> {
  const ofApp = app();
  const [first, second] = [rsa(), rsa()];
  const keyServer = await KeyServer.of(first);
  const hooks = await start(ofApp, keyServer.url);
  const begun = Date.now();
  const captured = JSON.stringify(eventOf('meeting.ended'));
  const stolen = signatureOf(captured, first);

  const forged = Array.from({ length: FORGERIES }, () => JSON.stringify(eventOf('meeting.ended')));
  const mark = await hooks.standIn.mark();
  await each(forged, 24, async (body) => {
    const answer = await hooks.post('realtimekit', body, { 'rtk-signature': stolen });
    assert.ok(answer.status === 401 || answer.status === 503, answer.body);
  });
  const minutes = Math.ceil((Date.now() - begun) / MINUTE_MS);
  assert.ok(keyServer.fetches >= 1 && keyServer.fetches <= minutes, `${keyServer.fetches} fetches in ${minutes} min`);
  assert.deepEqual(await hooks.removals(ofApp), []);
  assert.deepEqual(await hooks.requests(ofApp, mark), []);
  idOf(await hooks.post('realtimekit', captured, { 'rtk-signature': stolen }));

  await rotate(hooks, keyServer, first, second);
  await keyServer.stop();
}

async function rotate(hooks: Hooks, keyServer: KeyServer, first: RsaPair, second: RsaPair): Promise<void> {
  const { fetches } = keyServer;
  keyServer.answer = (_, response) => response.end(keyAnswer(pem(second.publicKey)));
  const body = JSON.stringify(eventOf('meeting.ended'));
  const early = await send(hooks, second, body);
  // Unless the minute is just over, another fetch is not yet allowed, and the message may be genuine.
  assert.ok(early.status === 503 || early.status === 200, early.body);
  assert.equal(early.headers['x-should-retry'], undefined);
  const begun = Date.now();
  let answer = early;
  while (answer.status === 503 && Date.now() - begun < 1.2 * MINUTE_MS) {
    await sleep(1000);
    answer = await send(hooks, second, body);
  }
  idOf(answer);
  assert.equal(keyServer.fetches, fetches + 1, 'one fetch a minute, whatever is asked');
  idOf(await send(hooks, first));
  assert.equal(keyServer.fetches, fetches + 1, 'what was signed before the rotation needs no fetch');
  await hooks.stop();
}

async function trouble(answer: RequestListener): Promise<void> {
  const ofApp = app();
  const keyServer = await KeyServer.start(answer);
  const hooks = await start(ofApp, keyServer.url);
  for (const _ of [1, 2]) {
    const answered = await send(hooks, KNOWN);
    assert.equal(answered.status, 503, answered.body);
    assert.equal(answered.json.errors?.[0]?.code, 1111);
    assert.equal(answered.headers['x-should-retry'], undefined);
    assert.equal(keyServer.fetches, 1, 'the second message has to wait for the next minute');
    const { 'x-request-id': id } = answered.headers;
    const said = (): unknown[] => hooks.worker.logs.filter((line) => line['message'] === 'webhook error' && line['request.id'] === id);
    await eventually('the log says why', async () => said().length === 1, 10_000);
  }
  const malformed = await hooks.post('realtimekit', '{}', { 'rtk-signature': 'AAAA' });
  assert.equal(malformed.status, 401, 'what is no signature needs no key');
  assert.deepEqual(await hooks.removals(ofApp), []);
  await keyServer.stop();
  await hooks.stop();
}

/** One ledger stores the key for all sources, whichever of them received the message that verified it. */
async function restart(): Promise<void> {
  const [pair, persistTo] = [rsa(), await mkdtemp(join(tmpdir(), 'participant-remover-keys-'))];
  const keyServer = await KeyServer.of(pair);
  const sources = {
    realtimekit: { app_id: app(), meeting_ended: true },
    second: { scheme: 'realtimekit', app_id: app(), meeting_ended: true },
  };
  const hooks = await Hooks.start({ sources, keyUrl: keyServer.url, persistTo });
  idOf(await send(hooks, pair));
  await hooks.crash(async () => {
    keyServer.answer = (_, response) => response.writeHead(500).end();
  });
  idOf(await send(hooks, pair, undefined, 'second'));
  idOf(await send(hooks, pair));
  assert.equal(keyServer.fetches, 2);
  await keyServer.stop();
  await hooks.stop();
  await rm(persistTo, { recursive: true, force: true, maxRetries: 3 });
}

async function sharedSecretFlood(hooks: Hooks): Promise<void> {
  const mark = await hooks.standIn.mark();
  const ofApp = APP_OF['clerk'] ?? '';
  const before = (await hooks.removals(ofApp)).length;
  await each(Array.from({ length: 500 }), 24, async () => {
    const message = signed(senderOf('clerk').event(FLOODED), { secret: strangers });
    const answer = await hooks.post('clerk', message.body, await headersOf('clerk', message));
    assert.equal(answer.status, 401, answer.body);
  });
  const theirs = (await hooks.removals(ofApp)).filter(({ target }) => target?.['custom_participant_id'] === FLOODED);
  assert.deepEqual(theirs, [], `${before} before`);
  const seen = await hooks.standIn.requests({ since: mark });
  assert.ok(!seen.some(({ body, path }) => `${path} ${body}`.includes(FLOODED)));
}

/** Returns the ways in which a key URL may fail to give a key. */
function troubles(): [what: string, answer: RequestListener][] {
  const text = (body: string, status = 200, headers = {}): RequestListener =>
    (_, response) => response.writeHead(status, headers).end(body);
  const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey;
  const pss = generateKeyPairSync('rsa-pss', { modulusLength: 2048 }).publicKey;
  return [
    ['is down', (request) => request.socket.destroy()],
    ['hangs', () => {}],
    ['redirects', (request, response) => {
      if (request.url === '/elsewhere') response.end(keyAnswer(pem(KNOWN.publicKey)));
      else response.writeHead(302, { location: '/elsewhere' }).end();
    }],
    ['answers with HTML', text('<!doctype html><title>Sign in</title>', 200, { 'content-type': 'text/html' })],
    ['answers 500, with the key', text(keyAnswer(pem(KNOWN.publicKey)), 500)],
    ['answers with more than 16 KiB', text(keyAnswer(pem(KNOWN.publicKey)) + ' '.repeat(20_000))],
    ['has an elliptic key', text(keyAnswer(pem(ec)))],
    ['has an RSA-PSS key', text(keyAnswer(pem(pss)))],
  ];
}
