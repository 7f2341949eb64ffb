// Signs a webhook the way its sender does, and sends it. `cargo xtask webhook` runs this, with the secret in
// WEBHOOK_SECRET.
import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';

import { SENDERS } from './senders.ts';
import type { Headers, Sender } from './senders.ts';

interface Message {
  body: string;
  headers: Headers;
  signedBy: string;
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    user: { type: 'string' },
    meeting: { type: 'string' },
    body: { type: 'string' },
    url: { type: 'string', default: '' },
    'stand-in': { type: 'string', default: '' },
  },
});
const [source = ''] = positionals;

/** Fetches a URL; `option` is the command-line option that sets its address. */
async function reach(option: string, url: string, request: RequestInit): Promise<Response> {
  try {
    return await fetch(url, request);
  } catch (error) {
    const { cause } = error as Error;
    throw new Error(`${url} cannot be reached: is \`cargo xtask dev\` running, and there? ${option} names another address`, { cause });
  }
}

function senderOf(): Sender {
  const sender = Object.hasOwn(SENDERS, source) ? SENDERS[source] : undefined;
  if (sender === undefined) throw new Error(`no such source: ${source} (${['realtimekit', ...Object.keys(SENDERS)].join(', ')})`);
  return sender;
}

/** Has the message signed by the sender's package. */
async function fromSender(body: string): Promise<Message> {
  const sender = senderOf();
  const secret = process.env['WEBHOOK_SECRET'] ?? '';
  const id = `msg_${randomUUID().replaceAll('-', '')}`;
  let headers: Headers;
  try {
    headers = await sender.sign({ secret, body, id, at: new Date() });
  } catch (error) {
    throw new Error(`${sender.signedBy} cannot sign with this secret: take the one that the sender shows`, { cause: error });
  }
  return { body, headers, signedBy: sender.signedBy ?? 'nobody: the sender sends a token' };
}

/** Returns the event of a meeting's end, or of a user leaving it. */
function realtimeKitEvent(meeting: string, user: string | undefined): string {
  const now = new Date().toISOString();
  const event = user === undefined ? 'meeting.ended' : 'meeting.participantLeft';
  return JSON.stringify({
    event,
    meeting: { id: meeting, sessionId: randomUUID(), endedAt: now },
    ...(user === undefined
      ? { reason: 'HOST_ENDED_MEETING' }
      : { participant: { peerId: randomUUID(), customParticipantId: user, leftAt: now } }),
  });
}

/** Has the message signed by the stand-in, which alone has the key. */
async function fromRealtimeKit(body: string): Promise<Message> {
  const answer = await reach('--sim-url', `${values['stand-in']}/sim/webhooks/sign`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ body }),
  });
  if (!answer.ok) throw new Error(`the stand-in does not sign: ${answer.status} ${await answer.text()}`);
  const { signature } = (await answer.json()) as { signature: string };
  const headers = { 'rtk-signature': signature, 'rtk-uuid': randomUUID() };
  return { body, headers, signedBy: 'the stand-in for RealtimeKit' };
}

async function read(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new Error(`--body names a file that cannot be read: "${file}"`, { cause: error });
  }
}

async function message(): Promise<Message> {
  const { user, meeting } = values;
  if (values.body !== undefined) {
    if (user !== undefined || meeting !== undefined) throw new Error('--body is the whole event: neither --user nor --meeting goes with it');
    const body = await read(values.body);
    return source === 'realtimekit' ? fromRealtimeKit(body) : fromSender(body);
  }
  if (source === 'realtimekit') {
    if (meeting === undefined) throw new Error('realtimekit needs --meeting ID: with --user they left it, without it ended');
    return fromRealtimeKit(realtimeKitEvent(meeting, user));
  }
  if (user === undefined) throw new Error(`${source} needs --user ID, the custom_participant_id of whoever is gone, or --body FILE`);
  if (meeting !== undefined) throw new Error('--meeting is for realtimekit: the other events name a user only');
  return fromSender(JSON.stringify(senderOf().event(user)));
}

async function send(): Promise<void> {
  const { body, headers, signedBy } = await message();
  const url = `${values.url}/webhooks/${source}`;
  console.log(`POST ${url}\n${body}\n(signed by ${signedBy})\n`);
  const answer = await reach('--url', url, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body });
  console.log(`${answer.status} ${await answer.text()}`);
  process.exitCode = answer.ok ? 0 : 1;
}

// What is printed may go nowhere; the webhook is sent all the same.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);

try {
  await send();
} catch (error) {
  const { message: what, cause } = error as Error;
  console.error(`error: ${what}${cause instanceof Error ? ` (${cause.message || String(cause)})` : ''}`);
  process.exitCode = 1;
}
