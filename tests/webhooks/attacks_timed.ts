// Attacks on the schemes of Stripe, WorkOS and GitHub, and on static tokens.
import { createHmac } from 'node:crypto';

import type { Attack } from './attacks.ts';
import { SECRET, headersOf, senderOf, signed, signingSecret } from './world.ts';
import type { Signing } from '../../xtask/src/webhook/senders.ts';

const strangers = signingSecret('another stranger\'s signing secret');
const SECOND = 1000;

export async function timedAttacks(): Promise<Attack[]> {
  return [...(await stripe()), ...(await workos()), ...(await github()), ...tokens()];
}

async function message(name: string, header: string, changes: Partial<Signing> = {}) {
  const signing = signed(senderOf(name).event('user_1'), changes);
  const value = (await headersOf(name, signing))[header] ?? '';
  return (what: string, refused: string, change: (value: string) => string | string[] = (same) => same): Attack => ({
    what: `${name}: ${what}`,
    source: `attacked-${name}`,
    body: signing.body,
    headers: { [header]: change(value) },
    refused,
  });
}

const ago = (ms: number): Partial<Signing> => ({ at: new Date(Date.now() - ms) });

async function stripe(): Promise<Attack[]> {
  const of = (changes?: Partial<Signing>) => message('stripe', 'stripe-signature', changes);
  const good = await of();
  const time = (value: string) => (header: string): string => header.replace(/t=\d+/, `t=${value}`);
  return [
    good('an empty header', 'header_missing', () => ''),
    good('no time', 'malformed', (value) => value.replace(/t=\d+,/, '')),
    good('no signature', 'malformed', (value) => value.replace(/,v1=.*/, '')),
    good('v0 for v1', 'malformed', (value) => value.replace('v1=', 'v0=')),
    good('two times', 'malformed', (value) => `t=1,${value}`),
    good('the header twice', 'malformed', (value) => [value, value]),
    good('truncated', 'mismatch', (value) => value.slice(0, -2)),
    good('in upper case', 'mismatch', (value) => value.replace(/v1=.*/, (digits) => `v1=${digits.slice(3).toUpperCase()}`)),
    good('17 signatures', 'too_many_signatures', (value) => `${value}${',v1=aa'.repeat(16)}`),
    good('i64::MIN', 'malformed', time('-9223372036854775808')),
    good('+1', 'malformed', time('+1')),
    good('01', 'malformed', time('01')),
    good('another time than was signed', 'mismatch', time(String(Math.floor(Date.now() / SECOND) - 9))),
    (await of(ago(302 * SECOND)))('signed 302 s ago', 'too_old'),
    (await of(ago(-480 * SECOND)))('signed for 480 s ahead', 'too_new'),
    (await of({ secret: strangers }))('signed with a stranger\'s secret', 'mismatch'),
    // Stripe's secret is text: decoding it first, as Standard Webhooks does, gives a different key.
    (await of({ secret: Buffer.from(SECRET.slice(6), 'base64').toString('latin1') }))('signed with the decoded secret', 'mismatch'),
  ];
}

async function workos(): Promise<Attack[]> {
  const of = (changes?: Partial<Signing>) => message('workos', 'workos-signature', changes);
  const good = await of();
  return [
    good('the signature twice', 'malformed', (value) => `${value}, v1=aa`),
    good('the header twice', 'malformed', (value) => [value, value]),
    good('semicolons', 'malformed', (value) => value.replace(',', ';')),
    good('a time in seconds', 'too_old', (value) => value.replace(/t=(\d+)\d{3}/, 't=$1')),
    good('Arabic digits', 'malformed', (value) => value.replace(/t=\d+/, `t=${Buffer.from('١٦١').toString('latin1')}`)),
    (await of(ago(182 * SECOND)))('signed 182 s ago', 'too_old'),
    (await of(ago(-360 * SECOND)))('signed for 360 s ahead', 'too_new'),
    (await of({ secret: strangers }))('signed with a stranger\'s secret', 'mismatch'),
  ];
}

async function github(): Promise<Attack[]> {
  const good = await message('github', 'x-hub-signature-256');
  const { body } = good('', '');
  const sha1 = createHmac('sha1', SECRET).update(body).digest('hex');
  return [
    good('no prefix', 'malformed', (value) => value.slice('sha256='.length)),
    good('SHA256=', 'malformed', (value) => value.replace('sha256', 'SHA256')),
    good('sha1=', 'malformed', () => `sha1=${sha1}`),
    good('sha1 under the name of sha256', 'mismatch', () => `sha256=${sha1}`),
    good('an empty signature', 'mismatch', () => 'sha256='),
    good('truncated', 'mismatch', (value) => value.slice(0, 20)),
    good('twice', 'mismatch', (value) => [value, value]),
    { ...good('in the header of another scheme', 'header_missing'), headers: { 'x-hub-signature': `sha1=${sha1}` } },
  ];
}

function tokens(): Attack[] {
  const attack = (what: string, authorization: string | string[] | undefined, refused = 'mismatch'): Attack => ({
    what: `token: ${what}`,
    source: 'attacked-auth0',
    body: JSON.stringify(senderOf('auth0').event('user_1')),
    headers: authorization === undefined ? {} : { authorization },
    refused,
  });
  return [
    attack('none', undefined, 'header_missing'),
    attack('Bearer alone', 'Bearer '),
    attack('truncated', `Bearer ${SECRET.slice(0, -1)}`),
    attack('one letter more', `Bearer ${SECRET}A`),
    attack('in lower case', `Bearer ${SECRET.toLowerCase()}`),
    attack('a stranger\'s', `Bearer ${strangers}`),
    attack('another scheme before it', `Basic ${SECRET}`),
    attack('two behind each other', `Bearer ${SECRET}, Bearer ${SECRET}`),
  ];
}
