// The stand-in and the Worker for durable removals, separate from those of the other tests, since a removal of a user
// reads every meeting of an app, and a 429 stops everything. Each test uses a different app.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { eventually } from '../harness/eventually.ts';
import { secret } from '../harness/record.ts';
import { StandIn } from '../harness/stand_in.ts';
import { Worker } from '../harness/worker.ts';
import type { CallOptions, JsonAnswer, LogLine, WorkerOptions } from '../harness/worker.ts';

export const ACCOUNT = '023e105f4ecef8ad9ca31a8372d0c353';
const API_TOKEN = secret('the API token of the durable removals', 'cf-api-token_Durable7Yh2Kq9LmXv4TbN');
const SUPPORT = secret('the durable token of support-desk', 'Dx8vLr5TzWm1Kp9BnYc4HsDf7GaEu3q2');
const BILLING = secret('the durable token of billing', 'Db3XcVb7LkJhG5fDs8Aq2WeR4tYu6N1m');

/** A removal as returned by the Worker. */
export interface Removal {
  id: string;
  state: string;
  app_id: string;
  source: string;
  caller: string | null;
  reason: string | null;
  kick: boolean;
  dry_run: boolean;
  target: Record<string, unknown> | null;
  targets: number;
  not_before: string | null;
  created_at: string;
  started_at: string | null;
  finished_at: string | null;
  progress: Record<
    | 'meetings_total' | 'meetings_scanned' | 'participants_found' | 'removed' | 'already_absent'
    | 'absent_after_ambiguous' | 'failed' | 'api_requests',
    number
  >;
  estimated_seconds_left: number | null;
  paused: { reason: string; since: string; until: string } | null;
  last_error: string | null;
  kick_error: string | null;
  cancelled_by: string | null;
  retried_by: string | null;
  items?: Item[];
}

export interface Item {
  meeting_id: string;
  participant_id: string;
  target: number | null;
  state: string;
  outcome: string | null;
  attempts: number;
  last_error: string | null;
  kick_error: string | null;
}

export interface Filled {
  meetings: { id: string; participants: string[] }[];
  user: { meeting_id: string; participant_id: string }[];
  participants: number;
}

export interface DurableOptions {
  apps: string[];
  /** Additional variables, such as `API_REQUESTS_PER_5_MINUTES`. */
  vars?: Record<string, string>;
}

/** A `not_before` that is not reached during the tests. */
export const LATER = new Date(Date.now() + 30 * 24 * 3_600_000).toISOString();

const FINAL = ['succeeded', 'partially_failed', 'failed', 'cancelled', 'quarantined'];
const running = new Set<Durable>();

/** Stops everything started by `Durable.start`. */
export async function stopAll(): Promise<void> {
  await Promise.all([...running].map((durable) => durable.stop()));
}

/** A stand-in with a Worker that keeps its rows when killed. */
export class Durable {
  readonly standIn: StandIn;
  worker: Worker;
  readonly #options: WorkerOptions;
  readonly #directory: string;

  private constructor(standIn: StandIn, worker: Worker, options: WorkerOptions, directory: string) {
    this.standIn = standIn;
    this.worker = worker;
    this.#options = options;
    this.#directory = directory;
    running.add(this);
  }

  static async start({ apps, vars = {} }: DurableOptions): Promise<Durable> {
    const standIn = await StandIn.start({ token: API_TOKEN, account: ACCOUNT, apps });
    const directory = await mkdtemp(join(tmpdir(), 'participant-remover-ledger-'));
    const options = {
      vars: {
        CLOUDFLARE_API_BASE_URL: standIn.baseUrl,
        CLOUDFLARE_ACCOUNT_ID: ACCOUNT,
        REALTIMEKIT_APP_IDS: apps.join(','),
        API_REQUESTS_PER_5_MINUTES: '100000',
        ...vars,
      },
      secrets: {
        CLOUDFLARE_API_TOKEN: API_TOKEN,
        CALLER_TOKENS: JSON.stringify({ 'support-desk': SUPPORT, billing: BILLING }),
      },
      persistTo: directory,
    };
    const worker = await Worker.start(options).catch(async (error: unknown) => {
      // Nobody else stops it, and it would keep the test process alive.
      await standIn.stop();
      throw error;
    });
    const durable = new Durable(standIn, worker, options, directory);
    durable.worker.token = SUPPORT;
    return durable;
  }

  /** Restarts the Worker after `worker.kill()` with the same rows, and with changed variables if given. */
  async restart(vars: Record<string, string> = {}): Promise<void> {
    this.worker = await Worker.start({ ...this.#options, vars: { ...this.#options.vars, ...vars } });
    this.worker.token = SUPPORT;
  }

  /** Sends `POST /removals`. */
  post(body: unknown, headers: Record<string, string> = {}, options: CallOptions = {}): Promise<JsonAnswer> {
    const text = typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body);
    return this.worker.call('/removals', {
      ...options,
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: text,
    });
  }

  /** Creates a removal and returns it. */
  async remove(body: Record<string, unknown>): Promise<Removal> {
    const answer = await this.post(body);
    assert.equal(answer.status, 202, answer.body);
    return answer.json.result as Removal;
  }

  async show(removal: Pick<Removal, 'id' | 'app_id'>, query = ''): Promise<Removal> {
    const answer = await this.worker.call(`/removals/${removal.id}?app_id=${removal.app_id}${query}`);
    assert.equal(answer.status, 200, answer.body);
    return answer.json.result as Removal;
  }

  /** Follows a removal until it satisfies `until`, by default until it is final. */
  async follow(
    removal: Pick<Removal, 'id' | 'app_id'>,
    until = (shown: Removal): boolean => FINAL.includes(shown.state),
    timeoutMs = 90_000,
  ): Promise<Removal> {
    const deadline = Date.now() + timeoutMs;
    for (;;) {
      const shown = await this.show(removal, '&wait=5');
      if (until(shown)) return shown;
      if (Date.now() > deadline) throw new Error(`the removal did not come so far: ${JSON.stringify(shown)}`);
      await sleep(50);
    }
  }

  /** Returns the log line about the end of a removal. */
  async logOfEnd({ id }: Pick<Removal, 'id'>): Promise<LogLine> {
    const lines = (): LogLine[] => this.worker.logs.filter((line) => line['message'] === 'removal' && line['removal.id'] === id);
    await eventually('the end is logged', async () => lines().length > 0, 60_000);
    assert.equal(lines().length, 1);
    return lines()[0] ?? {};
  }

  /** Returns all items of a removal, over all pages. */
  async items(removal: Pick<Removal, 'id' | 'app_id'>, limit = 200): Promise<Item[]> {
    const items: Item[] = [];
    for (let cursor = ''; ; ) {
      const answer = await this.worker.call(
        `/removals/${removal.id}?app_id=${removal.app_id}&limit=${limit}${cursor}`,
      );
      const page = (answer.json.result as Removal).items ?? [];
      assert.ok(page.length <= limit);
      items.push(...page);
      const next = resultInfo(answer).cursor;
      if (next === undefined) return items;
      cursor = `&cursor=${next}`;
    }
  }

  /** Returns removals, newest first. */
  async list(query: string): Promise<Removal[]> {
    const answer = await this.worker.call(`/removals?${query}`);
    assert.equal(answer.status, 200, answer.body);
    return answer.json.result as Removal[];
  }

  /** Creates meetings and participants in bulk: see sim/README.md. */
  fill(body: Record<string, unknown>): Promise<Filled> {
    return this.standIn.control<Filled>('POST', '/fill', body);
  }

  /** Returns the ids of an app's participants, both present and deleted. */
  async participants(app: string): Promise<{ present: string[]; deleted: string[] }> {
    interface Shown { participants: { id: string }[]; deleted_participants: { id: string }[] }
    const { apps } = await this.standIn.control<{ apps: Record<string, Shown[]> }>('GET', '/state?full=true');
    const ids = (of: (shown: Shown) => { id: string }[]): string[] =>
      (apps[app] ?? []).flatMap(of).map(({ id }) => id).sort();
    return { present: ids((shown) => shown.participants), deleted: ids((shown) => shown.deleted_participants) };
  }

  /** Returns a user's records in all apps. */
  async records(user: string): Promise<unknown[]> {
    const route = `/state?custom_participant_id=${encodeURIComponent(user)}`;
    return (await this.standIn.control<{ records: unknown[] }>('GET', route)).records;
  }

  async stop(): Promise<void> {
    running.delete(this);
    await Promise.all([this.worker.stop(), this.standIn.stop()]);
    await rm(this.#directory, { recursive: true, force: true, maxRetries: 3 });
  }
}

export const BILLING_TOKEN = BILLING;

/** The custom ids of the users created by tests: no log line may contain one. */
export const userIds = new Set<string>();

/** Returns a new one. */
export function userId(name: string): string {
  const id = `${name}-user-${randomBytes(4).toString('hex')}`;
  userIds.add(id);
  return id;
}

/** Returns the `result_info` of a page. */
export function resultInfo(answer: JsonAnswer): { count: number; cursor?: string } {
  const { result_info: info } = JSON.parse(answer.body) as { result_info: { count: number; cursor?: string | null } };
  return info.cursor == null ? { count: info.count } : { count: info.count, cursor: info.cursor };
}
