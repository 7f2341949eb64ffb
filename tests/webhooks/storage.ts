// A ledger that cannot store: the sender is asked to retry, and nothing is lost.
import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';

import { assertError } from '../harness/expect.ts';
import { Hooks, SECRET, app, headersOf, idOf, senderOf, signed, userId } from './world.ts';

/** Changes the ledgers' databases in a Worker's state, while nothing is running. */
async function change(directory: string, statement: string): Promise<void> {
  const files = (await readdir(directory, { recursive: true })).filter((file) => /RemovalLedger.*[0-9a-f]{64}\.sqlite$/.test(file));
  assert.equal(files.length, 1, files.join());
  for (const file of files) {
    const database = new DatabaseSync(join(directory, file));
    database.exec(statement);
    database.close();
  }
}

export function storage(): void {
  test('a message that cannot be stored is answered 503, and stored when it comes again', { timeout: 300_000 }, async () => {
    const ofApp = app();
    const persistTo = await mkdtemp(join(tmpdir(), 'participant-remover-storage-'));
    const hooks = await Hooks.start({ sources: { clerk: { preset: 'clerk' } }, secrets: { clerk: SECRET }, persistTo, defaultApp: ofApp });
    const first = await hooks.participant(ofApp, userId());
    await hooks.follow(ofApp, idOf(await hooks.send('clerk', senderOf('clerk').event(first.user))));

    await hooks.crash(() => change(persistTo, 'ALTER TABLE removals RENAME TO away'));
    const second = await hooks.participant(ofApp, userId());
    const message = signed(senderOf('clerk').event(second.user));
    const post = async () => hooks.post('clerk', message.body, await headersOf('clerk', message));
    const refused = await post();
    assertError(refused, { status: 503, code: 1111, retry: true });
    assert.ok(await hooks.standIn.has(second));

    await hooks.crash(() => change(persistTo, 'ALTER TABLE away RENAME TO removals'));
    await hooks.follow(ofApp, idOf(await post()));
    assert.equal(await hooks.standIn.has(second), false);
    await hooks.stop();
    await rm(persistTo, { recursive: true, force: true, maxRetries: 3 });
  });
}
