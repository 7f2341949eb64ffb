// Attacks on Standard Webhooks, with `svix-` and with `webhook-` headers.
import { generateKeyPairSync, sign } from 'node:crypto';

import type { Attack } from './attacks.ts';
import { headersOf, signed, signingSecret } from './world.ts';
import type { Signing } from '../../xtask/src/webhook/senders.ts';

const EVENT = { type: 'user.deleted', data: { id: 'user_1' } };
const strangers = signingSecret('a stranger\'s signing secret');
const ed25519 = generateKeyPairSync('ed25519');

/** The public key of the source `attacked-public`. */
export const PUBLIC_KEY =
  `whpk_${ed25519.publicKey.export({ type: 'spki', format: 'der' }).subarray(-32).toString('base64')}`;

/** Returns a message of the source `attacked-public`, signed the way its sender does. */
export function v1a(event: unknown): { body: string; headers: Record<string, string> } {
  const { id, at, body } = signed(event);
  const time = String(Math.floor(at.getTime() / 1000));
  const signature = sign(null, Buffer.from(`${id}.${time}.${body}`), ed25519.privateKey).toString('base64');
  return { body, headers: { 'webhook-id': id, 'webhook-timestamp': time, 'webhook-signature': `v1a,${signature}` } };
}

export async function standardAttacks(): Promise<Attack[]> {
  return [...(await headers()), ...(await times()), ...(await signatures()), ...publicKeys(), ...(await secrets())];
}

async function message(changes: Partial<Signing> = {}, sender = 'standard') {
  const signing = signed(EVENT, changes);
  return { ...signing, headers: await headersOf(sender, signing) };
}

type Message = Awaited<ReturnType<typeof message>>;

function attack(what: string, from: Message, change: Attack['headers'], refused: string): Attack {
  const headers = { ...from.headers, ...change };
  for (const [name, value] of Object.entries(headers)) if (value === ABSENT) delete headers[name];
  return { what: `standard-webhooks: ${what}`, source: 'attacked-standard', body: from.body, headers, refused };
}

const ABSENT = '\u0000';

async function headers(): Promise<Attack[]> {
  const good = await message();
  const signature = good.headers['webhook-signature'] ?? '';
  const svix = { ...(await message({}, 'clerk')) };
  return [
    attack('no header at all', { ...good, headers: {} }, {}, 'header_missing'),
    attack('no signature', good, { 'webhook-signature': ABSENT }, 'header_missing'),
    attack('an empty signature', good, { 'webhook-signature': '' }, 'header_missing'),
    attack('no id', good, { 'webhook-id': ABSENT }, 'header_missing'),
    attack('no time', good, { 'webhook-timestamp': ABSENT }, 'header_missing'),
    attack('the signature twice', good, { 'webhook-signature': [signature, signature] }, 'malformed'),
    attack('a wrong signature, then the right one in a header of its own', good,
      { 'webhook-signature': ['v1,AAAA', signature] }, 'malformed'),
    attack('the id twice', good, { 'webhook-id': [good.id, good.id] }, 'malformed'),
    attack('the time twice', good, { 'webhook-timestamp': ['1', '2'] }, 'malformed'),
    attack('the id and the time of one family, the signature of the other', good,
      { 'svix-signature': signature, 'webhook-signature': ABSENT }, 'header_missing'),
    attack('the other family on top, signed by nobody', good,
      { ...svix.headers, 'svix-signature': 'v1,AAAA' }, 'mismatch'),
    attack('an id with a dot, the time moved into it',
      await message({ id: 'msg_1.1614265330' }), {}, 'malformed'),
    attack('an id of 257 bytes', await message({ id: 'm'.repeat(257) }), {}, 'malformed'),
    attack('an id with a letter of Latin-1', good, { 'webhook-id': 'msg_\u00e9' }, 'malformed'),
    attack('another id than was signed', good, { 'webhook-id': 'msg_2' }, 'mismatch'),
  ];
}

async function times(): Promise<Attack[]> {
  const now = Date.now();
  const good = await message();
  const at = (ms: number): Promise<Message> => message({ at: new Date(now + ms) });
  const time = (value: string, what = value): Attack =>
    attack(`the time ${what}`, good, { 'webhook-timestamp': value }, 'malformed');
  const seconds = String(Math.floor(now / 1000));
  const ignored = async (what: string, ms: number): Promise<Attack> => {
    const signing = signed({ type: 'user.created' }, { at: new Date(now + ms) });
    const headers = await headersOf('standard', signing);
    return { what, source: 'attacked-standard', body: signing.body, headers, status: 200 };
  };
  return [
    await ignored('signed 270 s ago, which is well', -270_000),
    await ignored('signed for 290 s ahead, which is well', 290_000),
    attack('signed 302 s ago', await at(-302_000), {}, 'too_old'),
    attack('signed for 480 s ahead', await at(480_000), {}, 'too_new'),
    attack('signed in 1970', await message({ at: new Date(1000) }), {}, 'too_old'),
    attack('another time than was signed', good, { 'webhook-timestamp': String(Number(seconds) - 10) }, 'mismatch'),
    time('-9223372036854775808', 'i64::MIN'),
    time('9223372036854775807', 'i64::MAX'),
    time('18446744073709551616', 'u64::MAX + 1'),
    time(`+${seconds}`, 'with a +'),
    time('+1'),
    time(`0${seconds}`, 'with a leading zero'),
    time('01'),
    time('0'),
    time('-1'),
    time(`${seconds}.0`, 'with a fraction'),
    time('1.7e9'),
    time('0x65000000'),
    time('NaN'),
    time(Buffer.from('١٦١٤٢٦٥٣٣٠').toString('latin1'), 'in Arabic digits'),
    attack('in milliseconds', good, { 'webhook-timestamp': `${seconds}000` }, 'too_new'),
  ];
}

async function signatures(): Promise<Attack[]> {
  const good = await message();
  const right = (good.headers['webhook-signature'] ?? '').slice('v1,'.length);
  const signature = (value: string, what: string, refused = 'mismatch'): Attack =>
    attack(what, good, { 'webhook-signature': value }, refused);
  const hex = Buffer.from(right, 'base64').toString('hex');
  return [
    signature(right, 'without a version', 'malformed'),
    signature(`v2,${right}`, 'an unknown version', 'malformed'),
    signature(`V1,${right}`, 'V1', 'malformed'),
    signature(`v1:${right}`, 'a colon behind the version', 'malformed'),
    signature(`v1a,${right}`, 'as v1a, where there is no public key'),
    signature('v1,', 'an empty one'),
    signature(`v1,${right.slice(0, -4)}`, 'truncated'),
    signature(`v1,${right.slice(0, 4)}`, 'three bytes of it'),
    signature(`v1,${right.replace(/=$/, '')}`, 'without its padding'),
    signature(`v1,${right}=`, 'with more padding'),
    signature(`v1,${right}${right}`, 'doubled in itself'),
    signature(`v1,${hex}`, 'in hexadecimal'),
    signature(`v1,${right.replace(/[a-z]/, (letter) => letter.toUpperCase())}`, 'one letter in upper case'),
    signature(`v1,${right}`.replace(',', ', '), 'a space behind the comma', 'malformed'),
    signature('v1,AAAA '.repeat(17).trimEnd(), '17 of them', 'too_many_signatures'),
    signature(`${'v1,AAAA '.repeat(16)}v1,${right}`, 'the right one as the 17th', 'too_many_signatures'),
    signature('v1,A '.repeat(10_000).trimEnd(), '10,000 signatures in a header', 'header_too_long'),
  ];
}

function publicKeys(): Attack[] {
  const good = v1a(EVENT);
  const signature = good.headers['webhook-signature'] ?? '';
  const attackWith = (what: string, value: string, refused = 'mismatch'): Attack => ({
    what: `v1a: ${what}`,
    source: 'attacked-public',
    body: good.body,
    headers: { ...good.headers, 'webhook-signature': value },
    refused,
  });
  const created = v1a({ type: 'user.created' });
  const zeros = Buffer.alloc(64).toString('base64');
  return [
    { what: 'v1a: as it should be', source: 'attacked-public', ...created, status: 200 },
    attackWith('the right signature as v1', signature.replace('v1a', 'v1')),
    attackWith('64 zeros', `v1a,${zeros}`),
    attackWith('truncated', signature.slice(0, -4)),
    attackWith('no base64', 'v1a,%%%%'),
    attackWith('the public key as if it were a secret', `v1,${Buffer.from(PUBLIC_KEY).toString('base64')}`),
  ];
}

async function secrets(): Promise<Attack[]> {
  const svix = await message({ secret: strangers }, 'clerk');
  return [
    attack('signed with a stranger\'s secret', await message({ secret: strangers }), {}, 'mismatch'),
    attack('signed with a stranger\'s secret, svix- headers', svix, {}, 'mismatch'),
    attack('signed with a secret of zeros',
      await message({ secret: `whsec_${Buffer.alloc(32).toString('base64')}` }), {}, 'mismatch'),
  ];
}
