// Workers that receive webhooks, and one stand-in for all of them. Each test has its own app, which identifies the
// removals that it makes and the requests that the Worker sends for it.
import assert from 'node:assert/strict';
import { randomBytes, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';

import { SENDERS } from '../../xtask/src/webhook/senders.ts';
import type { Headers, Signing } from '../../xtask/src/webhook/senders.ts';
import { secret } from '../harness/record.ts';
import { StandIn } from '../harness/stand_in.ts';
import type { Participant } from '../harness/stand_in.ts';
import { Worker } from '../harness/worker.ts';
import type { JsonAnswer, WorkerOptions } from '../harness/worker.ts';

export const ACCOUNT = '023e105f4ecef8ad9ca31a8372d0c353';
const API_TOKEN = secret('the API token of the webhooks', 'cf-api-token_Webhooks3Rk8Wq2ZnXc');
const SUPPORT = secret('the token of the webhooks\' support-desk', 'Wh8vLr5TzWm1Kp9BnYc4HsDf7GaEu3q2');

/** Returns a signing secret that every scheme accepts: `whsec_` and the base64 of 36 bytes. */
export function signingSecret(name: string): string {
  return secret(name, `whsec_${randomBytes(36).toString('base64')}`);
}

export const SECRET = signingSecret('the signing secret');
export const secondSecret = signingSecret('the second signing secret');

export interface Removal {
  id: string;
  state: string;
  source: string;
  reason: string | null;
  kick: boolean;
  not_before: string | null;
  target: Record<string, unknown> | null;
  progress: Record<string, number>;
  last_error: string | null;
}

/** `[vars.WEBHOOKS]`: it is up to the Worker to validate a source's table. */
export type Sources = Record<string, Record<string, unknown>>;

export interface HooksOptions {
  sources: Sources;
  secrets?: Record<string, string | string[]>;
  keyUrl?: string;
  /** The app of a source that does not name one. */
  defaultApp?: string;
  persistTo?: string;
}

const running = new Set<{ stop(): Promise<void> }>();
let shared: Promise<StandIn> | undefined;

/** How many times each status was returned for a webhook. */
export const statuses = new Map<number, number>();

/** All apps of these tests. */
export const APPS = Array.from({ length: 40 }, (_, number) => `hooks-${number}`);
let taken = 0;

/** Returns an app that no other test uses. */
export function app(): string {
  const own = APPS[taken];
  assert.ok(own !== undefined, 'there are more tests than apps: make APPS longer');
  taken += 1;
  return own;
}

export function standIn(): Promise<StandIn> {
  shared ??= StandIn.start({ token: API_TOKEN, account: ACCOUNT, apps: APPS }).then((started) => {
    running.add(started);
    return started;
  });
  return shared;
}

/** Stops something when all tests are over, even if its own test failed. */
export function stopAtEnd(started: { stop(): Promise<void> }): void {
  running.add(started);
}

export async function stopAll(): Promise<void> {
  await Promise.all([...running].map((started) => started.stop()));
}

/** Returns the options for a Worker with these sources. */
export async function workerOptions(options: HooksOptions): Promise<WorkerOptions> {
  const { sources, secrets = {}, keyUrl, persistTo, defaultApp = APPS[0] } = options;
  const { baseUrl } = await standIn();
  return {
    vars: {
      CLOUDFLARE_API_BASE_URL: baseUrl,
      CLOUDFLARE_ACCOUNT_ID: ACCOUNT,
      REALTIMEKIT_APP_IDS: [defaultApp, ...APPS.filter((other) => other !== defaultApp)].join(','),
      API_REQUESTS_PER_5_MINUTES: '100000',
      WEBHOOKS: sources,
      ...(keyUrl === undefined ? {} : { REALTIMEKIT_WEBHOOK_KEY_URL: keyUrl }),
    },
    secrets: {
      CLOUDFLARE_API_TOKEN: API_TOKEN,
      CALLER_TOKENS: JSON.stringify({ 'support-desk': SUPPORT }),
      WEBHOOK_SECRETS: JSON.stringify(secrets),
    },
    ...(persistTo === undefined ? {} : { persistTo }),
  };
}

/** A Worker that receives webhooks. */
export class Hooks {
  readonly standIn: StandIn;
  worker: Worker;
  readonly #options: WorkerOptions;

  private constructor(started: StandIn, worker: Worker, options: WorkerOptions) {
    this.standIn = started;
    this.worker = worker;
    this.#options = options;
    running.add(this);
  }

  static async start(options: HooksOptions): Promise<Hooks> {
    const complete = await workerOptions(options);
    const hooks = new Hooks(await standIn(), await Worker.start(complete), complete);
    hooks.worker.token = SUPPORT;
    return hooks;
  }

  /** Kills the runtime immediately, and restarts it on the same rows. `meanwhile` runs while nothing else does. */
  async crash(meanwhile: () => Promise<void> = async () => {}): Promise<void> {
    await this.worker.kill();
    await meanwhile();
    this.worker = await Worker.start(this.#options);
    this.worker.token = SUPPORT;
  }

  /** Sends `POST /webhooks/{source}`. */
  async post(source: string, body: string | Buffer, headers: Record<string, string | string[]>): Promise<JsonAnswer> {
    const answer = await this.worker.call(`/webhooks/${source}`, {
      method: 'POST',
      token: null,
      headers: { 'content-type': 'application/json', ...headers },
      body,
    });
    statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
    return answer;
  }

  /** Signs a message the way a sender does, and sends it. */
  async send(source: string, event: unknown, sender = source, signing: Partial<Signing> = {}): Promise<JsonAnswer> {
    const message = signed(event, signing);
    return this.post(source, message.body, await headersOf(sender, message));
  }

  /** Returns the removals of an app, newest first. */
  async removals(ofApp: string, query = ''): Promise<Removal[]> {
    const answer = await this.worker.call(`/removals?app_id=${ofApp}&limit=200${query}`);
    assert.equal(answer.status, 200, answer.body);
    return answer.json.result as Removal[];
  }

  /** Follows a removal until it is in a given state. */
  async follow(ofApp: string, id: string, state = 'succeeded', timeoutMs = 60_000): Promise<Removal> {
    const deadline = Date.now() + timeoutMs;
    for (;;) {
      const answer = await this.worker.call(`/removals/${id}?app_id=${ofApp}`);
      const removal = answer.json.result as Removal;
      if (removal.state === state) return removal;
      assert.ok(Date.now() < deadline, `the removal is not ${state}: ${answer.body}`);
      await sleep(100);
    }
  }

  /** Returns the Worker's requests to an app since a mark. */
  async requests(ofApp: string, since = 0): Promise<string[]> {
    const seen = await this.standIn.requests({ since, path: `/kit/${ofApp}/` });
    return seen.map(({ method, path }) => `${method} ${path}`);
  }

  /** Creates a participant in an app, in a new meeting unless one is given. */
  async participant(ofApp: string, user: string, meeting?: string): Promise<Participant> {
    const title = { app: ofApp, title: 'A meeting' };
    meeting ??= (await this.standIn.control<{ id: string }>('POST', '/meetings', title)).id;
    return this.standIn.participant(meeting, user);
  }

  async stop(): Promise<void> {
    running.delete(this);
    await this.worker.stop();
  }
}

export function userId(name = 'user'): string {
  return `${name}-${randomBytes(6).toString('hex')}`;
}

/** Returns a message with the current time and a new id. */
export function signed(event: unknown, signing: Partial<Signing> = {}): Signing {
  const body = typeof event === 'string' ? event : JSON.stringify(event);
  const id = `msg_${randomUUID().replaceAll('-', '')}`;
  return { body, id, at: new Date(), secret: SECRET, ...signing };
}

export async function headersOf(sender: string, signing: Signing): Promise<Headers> {
  return senderOf(sender).sign(signing);
}

export function senderOf(name: string): (typeof SENDERS)[string] & object {
  const sender = SENDERS[name];
  assert.ok(sender !== undefined, `there is no sender ${name}`);
  return sender;
}

/** Returns the id of the removal in a response. */
export function idOf(answer: JsonAnswer): string {
  assert.equal(answer.status, 200, answer.body);
  const { id } = answer.json.result as { id?: string };
  assert.ok(id !== undefined, answer.body);
  return id;
}

/** Processes each item of a list, up to `atATime` concurrently. */
export async function each<T>(list: readonly T[], atATime: number, act: (item: T) => Promise<void>): Promise<void> {
  const queue = list.values();
  await Promise.all(Array.from({ length: atATime }, async () => {
    for (const item of queue) await act(item);
  }));
}
