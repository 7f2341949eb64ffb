// The stand-in and the Worker shared by all tests. They start before the first test and end after the last.
//
// Tests run in one process (`--test-isolation=none`), one after another. Each uses its own meetings, and faults that
// match only these, so that nothing is left over for the next.
import { after, before } from 'node:test';

import { secret } from './record.ts';
import { StandIn } from './stand_in.ts';
import { Worker } from './worker.ts';
import type { WorkerOptions } from './worker.ts';

export const ACCOUNT = '023e105f4ecef8ad9ca31a8372d0c353';
/** The apps that the Worker serves; the stand-in has one more that it does not. */
export const APPS = ['14a396e7-ca44-4937-bf1f-050a69118543', 'app_two'] as const;
export const OTHER_APP = 'app-of-others';

export const API_TOKEN = secret('the API token', 'cf-api-token_Zt4qWm81xLr9eBv2KsPd');
export const CALLERS = {
  'support-desk': secret('the token of support-desk', 'q8Jx2vLr5TzWm1Kp9BnYc4HsDf7GaEu3'),
  'meeting-backend': secret('the token of meeting-backend', 'M3nb7VcX9zLk1JhG5fDs8Aq2WeR4tYu6'),
} as const;

/** Returns the configuration of the shared Worker: secrets and plain variables. */
export function configuration(baseUrl: string): Required<Pick<WorkerOptions, 'vars' | 'secrets'>> {
  return {
    vars: {
      CLOUDFLARE_API_BASE_URL: baseUrl,
      CLOUDFLARE_ACCOUNT_ID: ACCOUNT,
      REALTIMEKIT_APP_IDS: APPS.join(','),
    },
    secrets: {
      CLOUDFLARE_API_TOKEN: API_TOKEN,
      CALLER_TOKENS: JSON.stringify(CALLERS),
    },
  };
}

export let standIn: StandIn;
export let worker: Worker;
const others = new Set<{ stop(): Promise<void> }>();

/** Starts another Worker beside the shared one, for a test that needs a different configuration. */
export async function startWorker(options: WorkerOptions): Promise<Worker> {
  const other = await Worker.start(options);
  others.add(other);
  return other;
}

/** Returns the long path of the operation, as sent by the official SDKs. */
export function longPath(participantPath: string, app: string = APPS[0], account = ACCOUNT): string {
  return `/client/v4/accounts/${account}/realtime/kit/${app}${participantPath}`;
}

before(async () => {
  standIn = await StandIn.start({ token: API_TOKEN, account: ACCOUNT, apps: [...APPS, OTHER_APP] });
  others.add(standIn);
  worker = await startWorker(configuration(standIn.baseUrl));
  worker.token = CALLERS['support-desk'];
});

after(async () => {
  await Promise.all([...others].map((other) => other.stop()));
});
