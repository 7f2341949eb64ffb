// What is logged about a webhook.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import type { JsonAnswer, LogLine } from '../harness/worker.ts';
import { idOf, senderOf, signingSecret, userId } from './world.ts';
import type { Hooks } from './world.ts';

export function log(hooks: () => Hooks): void {
  const logged = async (answer: JsonAnswer): Promise<LogLine> => {
    const { 'request.id': _, duration_ms: __, ...rest } = await hooks().worker.logOf(answer);
    return rest;
  };
  const known = { message: 'request', 'request.route': 'POST /webhooks/{source}', 'webhook.source': 'standard' };

  test('a webhook that makes a removal is logged with its source as the caller, and with the removal', async () => {
    const answer = await hooks().send('standard', senderOf('standard').event(userId()));
    assert.deepEqual(await logged(answer), {
      ...known, caller: 'webhook:standard', 'response.status': 200, 'removal.id': idOf(answer),
    });
  });

  test('a webhook that no rule is for is logged with the reason', async () => {
    const answer = await hooks().send('standard', { type: 'user.created' });
    assert.deepEqual(await logged(answer), {
      ...known, caller: 'webhook:standard', 'response.status': 200, 'webhook.ignored': 'no rule of this source is for this event',
    });
  });

  test('a webhook that is not believed is logged with the reason, and without a caller', async () => {
    const event = senderOf('standard').event(userId());
    const forged = await hooks().send('standard', event, 'standard', { secret: signingSecret('the secret of a forger') });
    assert.deepEqual(await logged(forged), { ...known, 'response.status': 401, 'webhook.refused': 'mismatch' });
    const unsigned = await hooks().post('standard', JSON.stringify(event), {});
    assert.deepEqual(await logged(unsigned), { ...known, 'response.status': 401, 'webhook.refused': 'header_missing' });
  });
}
