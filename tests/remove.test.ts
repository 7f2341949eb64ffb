// The operation itself.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { longPath, standIn, worker } from './harness/world.ts';

for (const [name, path] of [
  ['the short path', (path: string) => path],
  ['the API\'s own path', (path: string) => longPath(path)],
] as const) {
  test(`a participant is removed over ${name}, and is absent after that`, async () => {
    const participant = await standIn.participant();
    const removed = await worker.delete(path(participant.path));
    assert.equal(removed.status, 200, removed.body);
    assert.equal(removed.json.success, true);
    assert.equal(removed.json.data?.['custom_participant_id'], 'user-1');
    assert.equal(removed.headers['participant-removal-outcome'], 'removed');
    assert.equal(await standIn.has(participant), false);

    const again = await worker.delete(path(participant.path));
    assert.equal(again.status, 404);
    assert.equal(again.headers['participant-removal-outcome'], 'already_absent');
    assert.match(again.json.errors?.[0]?.message ?? '', new RegExp(participant.id));
  });
}
