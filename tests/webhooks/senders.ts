// Messages signed by the senders' own packages are accepted and take effect; with any single bit flipped, none is.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { APP_OF, PRESETS, SCHEMES } from './sources.ts';
import { each, headersOf, idOf, secondSecret, senderOf, signed, userId } from './world.ts';
import type { Hooks } from './world.ts';

/** The number of concurrent requests. */
const AT_ONCE = 24;

export function senders(hooks: () => Hooks): void {
  for (const name of [...PRESETS, ...Object.keys(SCHEMES)]) {
    const by = senderOf(name).signedBy;
    const app = APP_OF[name] ?? '';
    test(`${name}: what ${by ?? 'its token'} vouches for removes the user from every meeting`, async () => {
      const { participants, other } = await populate(hooks(), app);
      const answer = await hooks().send(name, senderOf(name).event(participants[0]?.user ?? ''));
      const removal = await hooks().follow(app, idOf(answer));
      assert.equal(removal.source, `webhook:${name}`);
      assert.deepEqual(removal.target, { custom_participant_id: participants[0]?.user });
      assert.match(removal.reason ?? '', new RegExp(`^webhook ${name}: `));
      assert.equal(removal.progress['removed'], 3);
      for (const participant of participants) assert.equal(await hooks().standIn.has(participant), false);
      assert.equal(await hooks().standIn.has(other), true, 'nobody else is touched');
    });

    test(`${name}: the second secret of the list is as good as the first`, async () => {
      const answer = await hooks().send(name, senderOf(name).event(userId()), name, { secret: secondSecret });
      assert.ok(idOf(answer));
    });
  }

  for (const [name, event] of FLIPPED) {
    test(`${name}: with one bit of body, id, time or signature flipped nothing is accepted`, async (context) => {
      const sent = await flipAll(hooks(), name, event);
      context.diagnostic(`${sent} messages with one bit flipped, each answered 401`);
    });
  }
}

/** Creates a user in three meetings, and somebody else. */
async function populate(hooks: Hooks, app: string) {
  const user = userId();
  const first = await hooks.participant(app, user);
  const participants = [first, await hooks.participant(app, user), await hooks.participant(app, user, first.meeting)];
  return { participants, other: await hooks.participant(app, userId(), first.meeting) };
}

/** A minimal event for each sender. */
const FLIPPED: [name: string, event: unknown][] = [
  ['clerk', { type: 'user.deleted', data: { id: 'user_1' } }],
  ['standard', { type: 'user.deleted', data: { id: 'user_1' } }],
  ['stripe', { type: 'customer.subscription.deleted', data: { object: { customer: 'u' } } }],
  ['workos', { event: 'user.deleted', data: { id: 'user_1' } }],
  ['github', { action: 'member_removed', membership: { user: { login: 'u' } } }],
];

interface Flipped {
  what: string;
  body: Buffer;
  headers: Record<string, string>;
}

async function flipAll(hooks: Hooks, name: string, event: unknown): Promise<number> {
  const source = `flipped-${name}`;
  const app = APP_OF[source] ?? '';
  const message = signed(event);
  const body = Buffer.from(message.body);
  const headers = await headersOf(name, message);
  const mark = await hooks.standIn.mark();
  const flipped = [...flips(body, headers)];
  const positions = (body.length + Object.values(headers).join('').length) * 8;
  // Control characters cannot be sent in a header: that excludes an eighth of the bits, and a few more.
  assert.ok(flipped.length > positions * 0.7, `${flipped.length} of ${positions}`);
  await each(flipped, AT_ONCE, async ({ what, body, headers }) => {
    const answer = await hooks.post(source, body, headers);
    assert.equal(answer.status, 401, `${what}: ${answer.body}`);
  });
  assert.deepEqual(await hooks.removals(app), []);
  assert.deepEqual(await hooks.requests(app, mark), []);
  // Nothing else was wrong with them: unchanged, the message is still accepted.
  await hooks.follow(app, idOf(await hooks.post(source, body, headers)));
  return flipped.length;
}

function* flips(body: Buffer, headers: Record<string, string>): Generator<Flipped> {
  for (let at = 0; at < body.length * 8; at += 1) {
    yield { what: `bit ${at} of the body`, body: flip(body, at), headers };
  }
  for (const [name, value] of Object.entries(headers)) {
    const bytes = Buffer.from(value, 'latin1');
    for (let at = 0; at < bytes.length * 8; at += 1) {
      const changed = flip(bytes, at).toString('latin1');
      // RFC 9110 §5.5: what a header value may contain.
      if (!/^[\t\x20-\x7e\x80-\xff]*$/.test(changed)) continue;
      yield { what: `bit ${at} of ${name}`, body, headers: { ...headers, [name]: changed } };
    }
  }
}

function flip(bytes: Buffer, bit: number): Buffer {
  const flipped = Buffer.from(bytes);
  const at = Math.floor(bit / 8);
  flipped[at] = (flipped[at] ?? 0) ^ (1 << (bit % 8));
  return flipped;
}
