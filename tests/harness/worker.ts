// The Worker under `wrangler dev`, from the bundle that is already built.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

import wrangler from 'wrangler';

import { leashed } from './leashed.ts';
import type { Program } from './process.ts';
import { recordAnswer, recordLine } from './record.ts';
import type { Answer } from './record.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const BUILD = process.env['WORKER_BUILD'] ?? join(ROOT, 'build');
/** Starting takes seconds, or some minutes on a machine that starts many at once. */
const START_MS = 180_000;

/** A parsed log line of the Worker. */
export type LogLine = Record<string, unknown>;

export interface WorkerOptions {
  /** Variables for `[vars]` in the configuration. wrangler prints them when it starts. */
  vars?: Record<string, unknown>;
  /** Variables for `.dev.vars`, where `wrangler dev` looks for secrets. */
  secrets?: Record<string, string>;
  /** Where Durable Objects store their rows. If given, it is kept when the Worker stops; otherwise it is temporary. */
  persistTo?: string;
}

export interface CallOptions {
  method?: string;
  /** The caller token; `null` for none. */
  token?: string | null;
  headers?: Record<string, string | string[]>;
  body?: string | Buffer;
  timeoutMs?: number;
}

/** A response with its JSON body. */
export interface JsonAnswer extends Answer {
  json: Envelope;
}

/** The v4 envelope, including the fields of RealtimeKit's own success. */
export interface Envelope {
  success: boolean;
  errors?: { code: number; message: string; source?: { pointer: string } }[];
  messages?: { code: number; message: string }[];
  result?: unknown;
  data?: Record<string, unknown>;
}

export class Worker {
  readonly port: number;
  readonly logs: LogLine[];
  /** The caller token that `call` sends by default. */
  token: string | undefined;
  readonly #program: Program;
  readonly #directory: string;
  readonly #agent = new Agent({ keepAlive: true });

  private constructor(port: number, logs: LogLine[], program: Program, directory: string) {
    this.port = port;
    this.logs = logs;
    this.#program = program;
    this.#directory = directory;
  }

  static async start(options: WorkerOptions = {}): Promise<Worker> {
    const directory = await mkdtemp(join(tmpdir(), 'participant-remover-'));
    await writeConfiguration(directory, options);
    const logs: LogLine[] = [];
    let ready = false;
    const program = leashed('wrangler dev', process.execPath, [
      ...[join(ROOT, 'node_modules/wrangler/bin/wrangler.js'), 'dev'],
      ...['--config', 'wrangler.json', '--ip', '127.0.0.1', '--port', '0', '--inspector-port', '0'],
      ...['--persist-to', options.persistTo ?? 'state', '--show-interactive-dev-session=false'],
    ], {
      cwd: directory,
      env: environment(directory),
      onLine: (line) => {
        // Until it is ready, wrangler prints its [vars]. It treats only .dev.vars as secret.
        ready ||= line.includes('Ready on');
        if (ready || options.vars === undefined) recordLine(line);
        if (line.startsWith('{')) {
          const parsed = parseLine(line);
          if (parsed) logs.push(parsed);
        }
      },
    });
    const [, port] = await program.line(/Ready on http:\/\/127\.0\.0\.1:(\d+)/, START_MS).catch(async (error: unknown) => {
      await program.kill();
      throw error;
    });
    return new Worker(Number(port), logs, program, directory);
  }

  get origin(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** The process group of wrangler and the runtime below it. */
  get group(): number | undefined {
    return this.#program.pid;
  }

  /** Sends a request. The path is sent as given. */
  call(path: string, options: CallOptions = {}): Promise<JsonAnswer> {
    const { method = 'GET', token = this.token, headers = {}, body, timeoutMs = 60_000 } = options;
    return new Promise((resolvePromise, reject) => {
      // Only requests that change nothing go over a reused connection: they may be sent twice.
      const reads = method === 'GET';
      const outgoing = request({
        agent: reads ? this.#agent : false,
        host: '127.0.0.1',
        port: this.port,
        method,
        path,
        headers: {
          ...(token == null ? {} : { authorization: `Bearer ${token}` }),
          ...(body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }),
          ...headers,
        },
      });
      outgoing.setTimeout(timeoutMs, () => {
        outgoing.destroy(new Error(`${method} ${path} had no answer within ${timeoutMs} ms`));
      });
      outgoing.on('error', (error: NodeJS.ErrnoException) => {
        // The server closed an idle connection just as it was being reused.
        if (reads && outgoing.reusedSocket && error.code === 'ECONNRESET') resolvePromise(this.call(path, options));
        else reject(error);
      });
      outgoing.on('response', (incoming) => {
        const pieces: Buffer[] = [];
        incoming.on('data', (piece: Buffer) => pieces.push(piece));
        incoming.on('error', reject);
        incoming.on('end', () => {
          const answered = Object.entries(incoming.headers).map(([name, value]) => [name, String(value)]);
          const answer = recordAnswer({
            status: incoming.statusCode ?? 0,
            headers: Object.fromEntries(answered) as Record<string, string>,
            body: Buffer.concat(pieces).toString(),
          });
          resolvePromise({ ...answer, json: parseBody(answer.body) });
        });
      });
      outgoing.end(body);
    });
  }

  delete(path: string, options: CallOptions = {}): Promise<JsonAnswer> {
    return this.call(path, { ...options, method: 'DELETE' });
  }

  /** Returns the line that the Worker logged for a response. */
  async logOf(answer: Answer): Promise<LogLine> {
    const id = answer.headers['x-request-id'];
    const deadline = Date.now() + 10_000;
    for (;;) {
      const line = this.logs.find((log) => log['message'] === 'request' && log['request.id'] === id);
      if (line) return line;
      if (Date.now() > deadline) throw new Error(`no log line has request.id ${id}`);
      await new Promise((done) => setTimeout(done, 20));
    }
  }

  /** Kills the runtime immediately. With `persistTo`, another Worker can continue where this one stopped. */
  async kill(): Promise<void> {
    await this.#program.kill();
    await this.#clear();
  }

  async stop(): Promise<void> {
    await this.#program.stop();
    await this.#clear();
  }

  async #clear(): Promise<void> {
    this.#agent.destroy();
    await rm(this.#directory, { recursive: true, force: true, maxRetries: 3 });
  }
}

/** The parts of wrangler.toml that tests take over. Its variables and its build command are not for tests. */
const DEPLOYED = ['compatibility_date', 'compatibility_flags', 'durable_objects', 'migrations', 'ratelimits'] as const;

let deployed: Record<string, unknown> | undefined;

function deployedConfiguration(): Record<string, unknown> {
  if (deployed === undefined) {
    const config = wrangler.unstable_readConfig({ config: join(ROOT, 'wrangler.toml') }, { hideWarnings: true });
    deployed = Object.fromEntries(DEPLOYED.map((key) => [key, config[key]]));
  }
  return deployed;
}

async function writeConfiguration(directory: string, options: WorkerOptions): Promise<void> {
  const configuration = {
    name: 'participant-remover',
    main: join(BUILD, 'index.js'),
    ...deployedConfiguration(),
    vars: options.vars ?? {},
  };
  await mkdir(join(directory, 'state'));
  await writeFile(join(directory, 'wrangler.json'), JSON.stringify(configuration));
  const secrets = Object.entries(options.secrets ?? {});
  await writeFile(join(directory, '.dev.vars'), secrets.map(([name, value]) => `${name}='${value}'\n`).join(''));
}

/** Turns off reporting, fetching and sharing with other instances. */
function environment(directory: string): Record<string, string> {
  return {
    WRANGLER_SEND_METRICS: 'false',
    WRANGLER_SEND_ERROR_REPORTS: 'false',
    WRANGLER_HIDE_BANNER: 'true',
    CLOUDFLARE_CF_FETCH_ENABLED: 'false',
    WRANGLER_LOG_PATH: join(directory, 'logs'),
    WRANGLER_REGISTRY_PATH: join(directory, 'registry'),
    FORCE_COLOR: '0',
    NODE_OPTIONS: '',
  };
}

function parseLine(line: string): LogLine | undefined {
  try {
    return JSON.parse(line) as LogLine;
  } catch {
    return undefined;
  }
}

function parseBody(body: string): Envelope {
  try {
    return JSON.parse(body) as Envelope;
  } catch {
    // The body of a HEAD is empty, and a test that expects JSON notices that it is missing.
    return { success: false };
  }
}
