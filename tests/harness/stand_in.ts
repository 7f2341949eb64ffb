// Starting and steering the stand-in for the RealtimeKit API. See sim/README.md for what it does.
import { Program } from './process.ts';

/** A request that arrived at the stand-in. */
export interface SeenRequest {
  n: number;
  at_ms: number;
  method: string;
  path: string;
  query: string | null;
  headers: Record<string, string>;
  body: string;
  status: number | null;
  token_ok: boolean;
}

export interface FaultRule {
  match?: { method?: string; path?: string; after?: number };
  times?: number;
  delay_ms?: number;
  fault: { kind: string } & Record<string, unknown>;
}

export interface StandInOptions {
  token: string;
  account: string;
  apps: string[];
}

/** A participant in a separate meeting, so that concurrent tests do not interfere. */
export interface Participant {
  meeting: string;
  id: string;
  token: string;
  /** The custom id of the user. */
  user: string;
  /** The path `/meetings/{meeting}/participants/{id}`. */
  path: string;
}

export class StandIn {
  readonly origin: string;
  readonly options: StandInOptions;
  readonly #program: Program;

  private constructor(origin: string, options: StandInOptions, program: Program) {
    this.origin = origin;
    this.options = options;
    this.#program = program;
  }

  static async start(options: StandInOptions): Promise<StandIn> {
    const binary = process.env['REALTIMEKIT_SIM'] ?? 'target/debug/realtimekit-sim';
    const args = ['--port', '0', '--exit-with-stdin', '--token', options.token, '--account', options.account];
    for (const app of options.apps) args.push('--app', app);
    // Its output is not the Worker's: it is only used in the error message of a failed start.
    const program = new Program('the stand-in', binary, args, { onLine: () => {} });
    const [, origin = ''] = await program.line(/^listening on (http:\S+)/, 60_000);
    const standIn = new StandIn(origin, options, program);
    await standIn.control('POST', '/limits', { enabled: false });
    return standIn;
  }

  /** The API base URL for the Worker's configuration. */
  get baseUrl(): string {
    return `${this.origin}/client/v4`;
  }

  /** Calls one of the `/sim` routes. */
  async control<T = Record<string, unknown>>(method: string, route: string, body?: unknown): Promise<T> {
    const answer = await fetch(`${this.origin}/sim${route}`, {
      method,
      ...(body === undefined
        ? {}
        : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`the stand-in answered ${answer.status} to ${method} ${route}: ${text}`);
    return JSON.parse(text === '' ? 'null' : text) as T;
  }

  /** Calls the API directly, with the API token, as a caller without the Worker would. */
  api(method: string, path: string, body?: unknown): Promise<Response> {
    const { account, apps, token } = this.options;
    return fetch(`${this.baseUrl}/accounts/${account}/realtime/kit/${apps[0]}${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  }

  async meeting(title = 'A meeting'): Promise<string> {
    return (await this.control<{ id: string }>('POST', '/meetings', { title })).id;
  }

  async participant(meeting?: string, user = 'user-1'): Promise<Participant> {
    meeting ??= await this.meeting();
    const { id, token } = await this.control<{ id: string; token: string }>(
      'POST',
      `/meetings/${meeting}/participants`,
      { custom_participant_id: user },
    );
    return { meeting, id, token, user, path: `/meetings/${meeting}/participants/${id}` };
  }

  /** Returns whether the participant's record exists. */
  async has(participant: Participant): Promise<boolean> {
    const state = await this.control<{ records: { meeting_id: string; participant_id: string }[] }>(
      'GET',
      `/state?custom_participant_id=${encodeURIComponent(participant.user)}`,
    );
    return state.records.some(
      (record) => record.meeting_id === participant.meeting && record.participant_id === participant.id,
    );
  }

  /** Returns the peers in a meeting's live session. */
  async peers(meeting: string): Promise<string[]> {
    interface Shown {
      id: string;
      session: { peers: { peer_id: string }[] } | null;
    }
    const { apps } = await this.control<{ apps: Record<string, Shown[]> }>('GET', '/state?full=true');
    const shown = Object.values(apps).flat().find(({ id }) => id === meeting);
    return shown?.session?.peers.map(({ peer_id }) => peer_id) ?? [];
  }

  async join(participant: Participant): Promise<string> {
    const { peer_id } = await this.control<{ peer_id: string }>(
      'POST',
      `/meetings/${participant.meeting}/join`,
      { participant_id: participant.id },
    );
    return peer_id;
  }

  async fault(...rules: FaultRule[]): Promise<void> {
    await this.control('POST', '/faults', rules);
  }

  /** Returns a mark such that `requests` since it shows only later ones. */
  async mark(): Promise<number> {
    const { next } = await this.control<{ next: number }>('GET', '/requests?method=NONE');
    return next;
  }

  /** Returns the requests that arrived, optionally filtered by path and method. */
  async requests({ since = 0, path = '', method = '' } = {}): Promise<SeenRequest[]> {
    const query = new URLSearchParams({ since: String(since) });
    if (path !== '') query.set('path', path);
    if (method !== '') query.set('method', method);
    return (await this.control<{ requests: SeenRequest[] }>('GET', `/requests?${query}`)).requests;
  }

  async stop(): Promise<void> {
    await this.#program.stop();
  }
}
