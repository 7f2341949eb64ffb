// Webhooks under `wrangler dev`. What waits runs beside what works, to keep the run short.
import { after, before, describe } from 'node:test';

import { MISCONFIGURED, SOURCES, secretsOf } from './sources.ts';
import { senders } from './senders.ts';
import { Hooks, stopAll } from './world.ts';

let shared: Hooks;
const hooks = (): Hooks => shared;

describe('webhooks', { concurrency: 3 }, () => {
  before(async () => {
    const wrong = Object.entries(MISCONFIGURED).map(([name, [table]]) => [name, table] as const);
    shared = await Hooks.start({ sources: { ...SOURCES, ...Object.fromEntries(wrong) }, secrets: secretsOf('whpk_' + Buffer.alloc(32).toString('base64')) });
  });
  after(stopAll);

  describe('of real senders', { concurrency: 2 }, () => senders(hooks));
});
