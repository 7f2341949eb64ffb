// Repeated messages: one removal, whatever else differs. A different message with the same id is a conflict.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { eventually } from '../harness/eventually.ts';
import { linesWith } from '../harness/record.ts';
import { APP_OF, PRESETS, SCHEMES } from './sources.ts';
import { headersOf, idOf, senderOf, signed, userId } from './world.ts';
import type { Hooks } from './world.ts';

const TIMES = 100;

export function repeats(hooks: () => Hooks): void {
  for (const name of ['clerk', 'github']) {
    test(`${name}: the same signed body ${TIMES} times at once makes one removal`, async () => {
      const app = APP_OF[name] ?? '';
      const participant = await hooks().participant(app, userId());
      const message = signed(senderOf(name).event(participant.user));
      const headers = await headersOf(name, message);
      const sent = Array.from({ length: TIMES }, () => hooks().post(name, message.body, headers));
      const answers = await Promise.all(sent);
      const [id = '', ...others] = new Set(answers.map(idOf));
      assert.deepEqual(others, [], 'one removal');
      const first = answers.filter((answer) => answer.headers['idempotent-replayed'] === undefined);
      assert.equal(first.length, 1, 'the others are told that they repeat it');
      await hooks().follow(app, id);
      assert.equal(await hooks().standIn.has(participant), false);
      const deletes = await hooks().standIn.requests({ method: 'DELETE', path: participant.id });
      assert.equal(deletes.length, 1);
      const theirs = (await hooks().removals(app)).filter(({ target }) => target?.['custom_participant_id'] === participant.user);
      assert.deepEqual(theirs.map((removal) => removal.id), [id]);
    });
  }

  for (const name of [...PRESETS, ...Object.keys(SCHEMES)]) {
    test(`${name}: a message sent again, signed anew, is the first one`, async () => {
      const message = signed(senderOf(name).event(userId()));
      const first = idOf(await hooks().post(name, message.body, await headersOf(name, message)));
      const later = { ...message, at: new Date(Date.now() + 5000) };
      const again = await hooks().post(name, message.body, await headersOf(name, later));
      assert.equal(idOf(again), first);
      assert.equal(again.headers['idempotent-replayed'], 'true');
      const other = signed(senderOf(name).event(userId()));
      assert.notEqual(idOf(await hooks().post(name, other.body, await headersOf(name, other))), first);
    });
  }

  for (const name of ['clerk', 'stytch', 'standard', 'workos', 'auth0', 'stripe', 'token']) {
    test(`${name}: a message id again with another user is a conflict`, async () => {
      const app = APP_OF[name] ?? '';
      const event = senderOf(name).event('user_1') as Record<string, unknown>;
      const message = signed(event);
      idOf(await hooks().post(name, message.body, await headersOf(name, message)));
      const before = await hooks().removals(app);
      const body = message.body.replace('"user_1"', '"user_2"');
      assert.notEqual(body, message.body);
      const answer = await hooks().post(name, body, await headersOf(name, { ...message, body }));
      assert.equal(answer.status, 409, answer.body);
      assert.equal(answer.json.errors?.[0]?.code, 1106);
      assert.equal(answer.headers['x-should-retry'], 'false');
      const ids = (removals: typeof before): string[] => removals.map(({ id }) => id);
      assert.deepEqual(ids(await hooks().removals(app)).filter((id) => !ids(before).includes(id)), []);
      const said = '"webhook.bad_event":"its id was already used for a different event"';
      const told = (): boolean => linesWith(answer.headers['x-request-id'] ?? '-').some((line) => line.includes(said));
      await eventually('the log says why', async () => told());
    });
  }

  test('stripe: an event delivered again with another count of pending webhooks is the same', async () => {
    const event = senderOf('stripe').event(userId()) as Record<string, unknown>;
    const first = idOf(await hooks().send('stripe', event));
    assert.equal(idOf(await hooks().send('stripe', { ...event, pending_webhooks: 0 })), first);
  });
}
