// Attacks with bodies: content that a signature does not cover, and content that it covers but that cannot be
// understood.
import { createHmac } from 'node:crypto';

import type { Attack } from './attacks.ts';
import { SECRET, headersOf, signed } from './world.ts';
import type { Signing } from '../../xtask/src/webhook/senders.ts';

const KIB = 1024;

export async function bodyAttacks(): Promise<Attack[]> {
  return [...(await changed()), ...(await unreadable()), ...(await misplaced()), ...(await large())];
}

async function signedBody(body: string, source = 'standard', changes: Partial<Signing> = {}) {
  const message = signed(body, changes);
  return { source: `attacked-${source}`, body, headers: await headersOf(source === 'meeting' ? 'standard' : source, message) };
}

/** Messages whose body is not the one that was signed. */
async function changed(): Promise<Attack[]> {
  const body = '{"type": "user.deleted", "data": {"id": "user_1", "n": 1.0}}';
  const good = await signedBody(body);
  const other = await signedBody('{"type":"user.deleted","data":{"id":"user_2"}}');
  const attack = (what: string, sent: string | Buffer): Attack => ({ ...good, what, body: sent, refused: 'mismatch' });
  return [
    attack('a body re-serialised', JSON.stringify(JSON.parse(body))),
    attack('a body with a BOM that was not signed', `\ufeff${body}`),
    attack('a body with a line break at its end', `${body}\n`),
    attack('an empty body', ''),
    attack('a body in UTF-16', Buffer.from(body, 'utf16le')),
    attack('another tenant\'s body under this message\'s headers', other.body),
    { ...good, what: 'this message under another one\'s headers', headers: other.headers, refused: 'mismatch' },
    { ...good, what: 'a message for another source\'s scheme', source: 'attacked-github', refused: 'header_missing' },
  ];
}

/** Validly signed, but not JSON, or more than one JSON document. */
async function unreadable(): Promise<Attack[]> {
  const attack = async (what: string, body: string, says: RegExp): Promise<Attack> => ({
    ...(await signedBody(body)), what, status: 400, pointer: '', says,
  });
  const github = (what: string, bytes: Buffer, says: RegExp): Attack => {
    const mac = createHmac('sha256', SECRET).update(bytes).digest('hex');
    const headers = { 'x-hub-signature-256': `sha256=${mac}` };
    return { what, source: 'attacked-github', body: bytes, headers, status: 400, pointer: '', says };
  };
  const event = '{"action":"member_removed","membership":{"user":{"login":"u"}}}';
  return [
    await attack('nothing but text', 'user.deleted', /not JSON/),
    await attack('an empty signed body', '', /not JSON/),
    await attack('nested 100,000 deep', '['.repeat(100_000) + ']'.repeat(100_000), /recursion limit/),
    await attack('nested 129 deep', '['.repeat(129) + ']'.repeat(129), /recursion limit/),
    await attack('cut off', '{"type":"user.deleted","data":{"id":"u"', /not JSON/),
    await attack('two documents', '{"type":"user.deleted","data":{"id":"u"}}{}', /trailing characters/),
    await attack('a name twice', '{"type":"user.created","type":"user.deleted","data":{"id":"u"}}', /a name twice/),
    await attack('half a surrogate pair', '{"type":"user.deleted","data":{"id":"\\ud800"}}', /not JSON/),
    await attack('a number beyond all numbers', '{"type":"user.deleted","data":{"id":1e999}}', /not JSON/),
    github('a signed BOM', Buffer.from(`\ufeff${event}`), /byte order mark/),
    github('not UTF-8', Buffer.concat([Buffer.from(event.slice(0, -4)), Buffer.from([0xff]), Buffer.from('"}}}')]), /not UTF-8/),
    github('UTF-16', Buffer.from(event, 'utf16le'), /not (JSON|UTF-8)/),
  ];
}

/** Validly signed JSON that does not name a valid target. */
async function misplaced(): Promise<Attack[]> {
  const attack = async (what: string, data: unknown, pointer = '/data/id', source = 'standard'): Promise<Attack> => ({
    ...(await signedBody(JSON.stringify({ type: 'user.deleted', data }), source)), what, status: 400, pointer,
  });
  const ignored = async (what: string, event: unknown): Promise<Attack> => ({
    ...(await signedBody(JSON.stringify(event))), what, status: 200,
  });
  return [
    await attack('no user', {}),
    await attack('a user that is null', { id: null }),
    await attack('an empty user', { id: '' }),
    await attack('a list of users', { id: ['u'] }),
    await attack('a user with a control character', { id: 'u\u0000' }),
    await attack('a user of 257 letters', { id: 'u'.repeat(257) }),
    await attack('a user with a fraction', { id: 1.5 }),
    await attack('a meeting that is a path', { id: 'u', meeting: '../../meetings' }, '/data/meeting', 'meeting'),
    await attack('no meeting', { id: 'u' }, '/data/meeting', 'meeting'),
    await ignored('another event', { type: 'user.created', data: { id: 'u' } }),
    await ignored('the event in a list', { type: ['user.deleted'], data: { id: 'u' } }),
    await ignored('a list of events', [{ type: 'user.deleted', data: { id: 'u' } }]),
    await ignored('null', null),
  ];
}

async function large(): Promise<Attack[]> {
  const padded = (bytes: number): string => {
    const event = JSON.stringify({ type: 'user.created', data: { id: 'u' } });
    return event + ' '.repeat(bytes - event.length);
  };
  const over = await signedBody(padded(257 * KIB));
  const { headers: _, ...unsigned } = over;
  return [
    { ...over, what: 'a signed body of 257 KiB', status: 413 },
    { ...unsigned, headers: {}, what: 'an unsigned body of 257 KiB, which is not looked at', refused: 'header_missing' },
    { ...over, headers: { ...over.headers, 'transfer-encoding': 'chunked' }, what: '257 KiB in chunks', status: 413 },
    { ...(await signedBody(padded(256 * KIB))), what: 'a signed body of 256 KiB, which is read', status: 200 },
    { ...over, what: 'a source that there is not', source: 'clerkk', status: 404, body: '{}' },
    { ...over, what: 'a source that every object has', source: '__proto__', status: 404, body: '{}' },
  ];
}
