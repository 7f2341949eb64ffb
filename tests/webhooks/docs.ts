// README.md and docs/webhooks.md, tried as a new user would: every configuration table in them is used as it stands, in
// one Worker.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { before, test } from 'node:test';

import wrangler from 'wrangler';

import { eventOf, sendEvent } from './realtimekit_events.ts';
import { Hooks, SECRET, app, idOf, senderOf, standIn, userId } from './world.ts';
import type { Sources } from './world.ts';

const DOCUMENTS = ['README.md', 'docs/webhooks.md'].map((name) => readFileSync(resolve(import.meta.dirname, '../..', name), 'utf8'));

interface Section {
  title: string;
  tables: Sources;
  /** The object that the section puts into `WEBHOOK_SECRETS`. */
  secrets: Record<string, string>;
}

function sections(): Section[] {
  return DOCUMENTS.flatMap((document) => document.split(/^##+ /m).slice(1)).flatMap((section) => {
    const toml = /^```toml\n(.*?)^```$/ms.exec(section)?.[1];
    if (toml === undefined) return [];
    const secrets = /wrangler secret put WEBHOOK_SECRETS +# (\{.*\})$/m.exec(section)?.[1] ?? '{}';
    return [{ title: section.split('\n')[0] ?? '', tables: tablesOf(toml), secrets: JSON.parse(secrets) as Record<string, string> }];
  });
}

/** Parses a piece of wrangler.toml the way wrangler does. */
function tablesOf(toml: string): Sources {
  const directory = mkdtempSync(join(tmpdir(), 'participant-remover-docs-'));
  const config = join(directory, 'wrangler.toml');
  writeFileSync(config, toml);
  const { vars } = wrangler.unstable_readConfig({ config }, { hideWarnings: true });
  rmSync(directory, { recursive: true });
  return (vars as { WEBHOOKS: Sources }).WEBHOOKS;
}

export function docs(): void {
  const all = sections();
  const sources = Object.assign({}, ...all.map(({ tables }) => tables)) as Sources;
  const ofApp = app();
  let hooks: Hooks;

  before(async () => {
    const named = all.flatMap(({ secrets }) => Object.keys(secrets));
    const { origin } = await standIn();
    hooks = await Hooks.start({
      sources,
      secrets: Object.fromEntries(named.map((name) => [name, SECRET])),
      keyUrl: `${origin}/.well-known/webhooks.json`,
      defaultApp: ofApp,
    });
  });

  test('what the document says is a complete configuration', async () => {
    assert.equal(all.length, 10, all.map(({ title }) => title).join(', '));
    const answer = await hooks.worker.call('/healthz', { token: null });
    assert.equal(answer.status, 200, answer.body);
  });

  for (const { title, tables, secrets } of all) {
    for (const name of Object.keys(tables).filter((table) => table !== 'realtimekit')) {
      test(`${title}: a user who is gone there is removed from every meeting`, async () => {
        assert.deepEqual(Object.keys(secrets), [name]);
        const one = await hooks.participant(ofApp, userId());
        const other = await hooks.participant(ofApp, one.user);
        const answer = await hooks.send(name, senderOf(name).event(one.user));
        await hooks.follow(ofApp, idOf(answer));
        assert.deepEqual([await hooks.standIn.has(one), await hooks.standIn.has(other)], [false, false]);
      });
    }
  }

  test('RealtimeKit: a meeting that ended loses everyone, and whoever left is scheduled', async () => {
    const one = await hooks.participant(ofApp, userId());
    const left = idOf(await sendEvent(hooks, eventOf('meeting.participantLeft', one.meeting, one.user)));
    await hooks.follow(ofApp, left, 'scheduled');
    await hooks.follow(ofApp, idOf(await sendEvent(hooks, eventOf('meeting.ended', one.meeting))));
    assert.equal(await hooks.standIn.has(one), false);
  });

  test('Any sender of Standard Webhooks: the second rule is about one meeting', async () => {
    const one = await hooks.participant(ofApp, userId());
    const event = { type: 'booking.refunded', data: { user_id: one.user, meeting_id: one.meeting } };
    const removal = await hooks.follow(ofApp, idOf(await hooks.send('standard', event)), 'scheduled');
    assert.deepEqual(removal.target, { meeting_id: one.meeting, custom_participant_id: one.user });
  });
}
