// Attacks on RealtimeKit's webhooks with a pinned key: an invalid signature gets an immediate 401, and nothing is
// fetched.
import { constants, createHmac, generateKeyPairSync, privateEncrypt, sign } from 'node:crypto';

import type { Attack } from './attacks.ts';
import { realtimeKitEvent, signByStandIn } from './realtimekit_events.ts';
import type { Hooks } from './world.ts';

export async function pinnedAttacks(hooks: Hooks): Promise<Attack[]> {
  const event = await realtimeKitEvent(hooks, 'meeting.ended');
  const body = JSON.stringify(event);
  const right = await signByStandIn(hooks, body);
  const attack = (what: string, signature: string | string[] | undefined, refused = 'malformed', sent = body): Attack => ({
    what: `realtimekit: ${what}`,
    source: 'realtimekit',
    body: sent,
    headers: signature === undefined ? {} : { 'rtk-signature': signature, 'rtk-uuid': 'a-new-one' },
    refused,
  });
  const signedAs = async (what: string, changed: unknown): Promise<Attack> => {
    const text = JSON.stringify(changed);
    return attack(what, await signByStandIn(hooks, text), 'other_organization', text);
  };
  const { organizedBy: _, ...nobodys } = event.meeting;
  return [
    attack('no signature', undefined, 'header_missing'),
    attack('an empty signature', '', 'header_missing'),
    attack('the signature twice', [right, right]),
    attack('truncated', right.slice(0, -8)),
    attack('three letters', 'AAA='),
    attack('without padding', right.replace(/=+$/, '')),
    attack('in the URL\'s base64', right.replaceAll('+', '-').replaceAll('/', '_').replace(/^../, '-_')),
    attack('in hexadecimal', Buffer.from(right, 'base64').toString('hex').slice(0, 511)),
    attack('10,000 signatures', 'AAAA '.repeat(10_000).trimEnd(), 'header_too_long'),
    attack('zeros', Buffer.alloc(256).toString('base64'), 'mismatch'),
    attack('the body re-serialised', right, 'mismatch', JSON.stringify(event, null, 1)),
    attack('another meeting\'s body', right, 'mismatch',
      JSON.stringify({ ...event, meeting: { ...event.meeting, id: crypto.randomUUID() } })),
    ...forged(body).map(([what, signature]) => attack(what, signature.toString('base64'), 'mismatch')),
    await signedAs('another organization\'s event', {
      ...event, meeting: { ...event.meeting, organizedBy: { id: crypto.randomUUID(), name: 'Others' } },
    }),
    await signedAs('an organization whose name is ours', {
      ...event, meeting: { ...event.meeting, organizedBy: { id: 'Others', name: event.meeting.organizedBy.id } },
    }),
    await signedAs('no organization', { ...event, meeting: nobodys }),
  ];
}

/** Signatures with a key that is not RealtimeKit's, and of other kinds. */
function forged(body: string): [what: string, signature: Buffer][] {
  const data = Buffer.from(body);
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const pss = { key: privateKey, padding: constants.RSA_PKCS1_PSS_PADDING };
  return [
    ['signed under another key', sign('sha256', data, privateKey)],
    ['RSA-PSS under another key', sign('sha256', data, pss)],
    ['SHA-1 under another key', sign('sha1', data, privateKey)],
    ['the bare body encrypted under another key', privateEncrypt(privateKey, data.subarray(0, 32))],
    ['an HMAC, repeated to the length of a signature', Buffer.concat(
      Array.from({ length: 8 }, () => createHmac('sha256', 'rtk').update(data).digest()),
    )],
  ];
}
