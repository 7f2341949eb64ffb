// Webhooks under `wrangler dev`. Tests that wait run alongside those that work, to keep the run short.
import { after, before, describe } from 'node:test';

import { attacks } from './attacks.ts';
import { PUBLIC_KEY } from './attacks_standard.ts';
import { docs } from './docs.ts';
import { keys } from './keys.ts';
import { log } from './log.ts';
import { clean, misconfigured, quarantine } from './quarantine.ts';
import { realtimeKit } from './realtimekit.ts';
import { ORGANIZATION, publicKey } from './realtimekit_events.ts';
import { repeats } from './repeats.ts';
import { senders } from './senders.ts';
import { storage } from './storage.ts';
import { ATTACKED_APP, MISCONFIGURED, SOURCES, secretsOf } from './sources.ts';
import { Hooks, standIn, stopAll } from './world.ts';

let shared: Hooks;
const hooks = (): Hooks => shared;

describe('webhooks', { concurrency: 3 }, () => {
  before(async () => {
    const wrong = Object.entries(MISCONFIGURED).map(([name, [table]]) => [name, table] as const);
    const realtimekit = {
      app_id: ATTACKED_APP,
      organization_id: ORGANIZATION,
      public_key: await publicKey(await standIn()),
      meeting_ended: true,
      participant_left: true,
    };
    const sources = { ...SOURCES, ...Object.fromEntries(wrong), realtimekit };
    shared = await Hooks.start({ sources, secrets: secretsOf(PUBLIC_KEY) });
  });
  after(stopAll);

  describe('under a key that changes', { concurrency: 3 }, () => keys(hooks));
  describe('of RealtimeKit', { concurrency: 2 }, realtimeKit);
  describe('of attackers', { concurrency: 1 }, () => {
    attacks(hooks);
    quarantine(hooks);
    misconfigured(hooks);
  });
  describe('of real senders', { concurrency: 2 }, () => senders(hooks));
  describe('as README.md and docs/webhooks.md have them', { concurrency: 2 }, docs);
  describe('that cannot be stored', storage);
  describe('in the log', { concurrency: 1 }, () => log(hooks));
  describe('that come again', { concurrency: 2 }, () => repeats(hooks));
});

describe('after all webhooks', clean);
