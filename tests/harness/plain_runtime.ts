// The built Worker under plain `workerd`, without wrangler, to count what a request costs.
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

import { inspect } from './inspector.ts';
import type { Inspected } from './inspector.ts';
import { leashed } from './leashed.ts';
import { recordLine, secret } from './record.ts';

const ROOT = resolve(import.meta.dirname, '../..');
export const BUILD = process.env['WORKER_BUILD'] ?? join(ROOT, 'build');
const ACCOUNT = '023e105f4ecef8ad9ca31a8372d0c353';
const TOKEN = secret('the caller token under plain workerd', 'Pw7Lk2XcVb9NmQ4TyUi6OpAs3DfGhJ8z');
const API_TOKEN = secret('the API token under plain workerd', 'cf-api-token_Plain4Rt6Yh8Uj0Ik2Ol');
const DELETED = JSON.stringify({
  success: true,
  data: { created_at: '2026-11-02T09:15:44.731Z', custom_participant_id: 'user-1', preset_id: 'p', updated_at: '2026-11-02T09:15:44.731Z' },
});
export const MEETING = '497f6eca-6276-4993-bfeb-53cbbbba6f08';
export const PATH = `/client/v4/accounts/${ACCOUNT}/realtime/kit/app/meetings/${MEETING}/participants/p`;

/** The participants whose delete gets a 429, and its `retry-after`. */
const RETRY_AFTER: Record<string, string> = { limited: '300', longer: '600' };

export interface PlainRuntime {
  /** Deletes a participant, of which the upstream has an unlimited number. */
  remove: () => Promise<Response>;
  /**
   * Sends the head of a request as a caller and some bytes of its body, and hangs up after `milliseconds`, with a
   * reset.
   */
  hangUp: (method: string, path: string, body: { length: number; sent: number }, milliseconds: number) => Promise<void>;
  /** Sends the same without hanging up; returns the first data received. */
  leaveOpen: (method: string, path: string, body: { length: number; sent: number }, headers?: string[]) => Promise<string>;
  /** Returns the log lines that contain this text. */
  logged: (text: string) => string[];
  /** Sends a request as a caller. */
  call: (method: string, path: string, body?: unknown) => Promise<Response>;
  /**
   * Returns how many deletes of a participant arrived. One of `slow` takes three seconds, one of `limited` and `longer` gets a 429.
   */
  deletes: (participant: string) => number;
  /**
   * Evaluates an expression in the Worker, and aborts it after `timeout` milliseconds, as the runtime aborts long runs.
   */
  evaluate: (expression: string, timeout: number) => Promise<Inspected>;
  /** Returns the size of Wasm memory in bytes, if the entry module reports it. */
  wasmMemory: () => Promise<number>;
  /** Returns the bytes in use on the JavaScript heap, after two collections. */
  heapBytes: () => Promise<number>;
  stop: () => Promise<void>;
}

/** Starts the Worker behind `entry`, a module of this directory, which must handle `/collect`. Nothing is recorded. */
export async function startPlainRuntime(entry: string, ...modules: string[]): Promise<PlainRuntime> {
  const deletes = new Map<string, number>();
  const upstream = createServer(async (request, response) => {
    request.resume();
    const participant = request.url?.split('/').at(-1) ?? '';
    if (request.method === 'DELETE') deletes.set(participant, (deletes.get(participant) ?? 0) + 1);
    if (participant === 'slow') await new Promise((done) => setTimeout(done, 3_000));
    const limit = RETRY_AFTER[participant];
    if (limit !== undefined) {
      response.writeHead(429, { 'retry-after': limit });
      response.end();
      return;
    }
    response.writeHead(200, {
      'content-type': 'application/json',
      'content-length': DELETED.length,
      'cf-ray': '9a1b2c3d4e5f6071-AMS',
      ratelimit: '"default";r=1153;t=211',
      'ratelimit-policy': '"default";q=1200;w=300',
    });
    response.end(DELETED);
  });
  await new Promise<void>((done) => upstream.listen(0, '127.0.0.1', done));
  const directory = await mkdtemp(join(tmpdir(), 'participant-remover-plain-'));
  for (const name of ['index.js', 'index_bg.wasm']) await cp(join(BUILD, name), join(directory, name));
  for (const name of [entry, ...modules]) await cp(join(import.meta.dirname, name), join(directory, name));
  await mkdir(join(directory, 'storage'));
  const port = (upstream.address() as AddressInfo).port;
  const lines: string[] = [];
  await writeFile(join(directory, 'config.capnp'), configuration([entry, ...modules, 'index.js'], port));
  const workerd = leashed('workerd', join(ROOT, 'node_modules/.bin/workerd'), [
    ...['serve', 'config.capnp', '--verbose', '--control-fd=1', '--inspector-addr=127.0.0.1:0'],
  ], {
    cwd: directory,
    onLine: (line) => {
      recordLine(line);
      lines.push(line);
    },
  });
  const [, http] = await workerd.line(/"socket":"http","port":(\d+)/, 30_000);
  const [, inspector] = await workerd.line(/"event":"listen-inspector","port":(\d+)/, 30_000);
  const call = (method: string, path: string, body?: unknown): Promise<Response> =>
    fetch(`http://127.0.0.1:${http}${path}`, {
      method,
      headers: { authorization: `Bearer ${TOKEN}` },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  const begin = (method: string, path: string, body: { length: number; sent: number }, headers: string[] = []): Socket => {
    const socket = connect(Number(http), '127.0.0.1');
    socket.on('error', () => undefined);
    const length = body.length > 0 ? [`content-length: ${body.length}`] : [];
    const head = [`${method} ${path} HTTP/1.1`, 'host: x', `authorization: Bearer ${TOKEN}`, ...length, ...headers];
    socket.write(`${head.join('\r\n')}\r\n\r\n${'x'.repeat(body.sent)}`);
    return socket;
  };
  return {
    call,
    hangUp: async (method, path, body, milliseconds) => {
      const socket = begin(method, path, body);
      await new Promise((done) => setTimeout(done, milliseconds));
      socket.resetAndDestroy();
    },
    leaveOpen: async (method, path, body, headers) => {
      const socket = begin(method, path, body, headers);
      const [answer] = await once(socket, 'data') as [Buffer];
      socket.destroy();
      return String(answer);
    },
    logged: (text) => lines.filter((line) => line.includes(text)),
    deletes: (participant) => deletes.get(participant) ?? 0,
    remove: () => call('DELETE', PATH),
    evaluate: (expression, timeout) => inspect(Number(inspector), 'Runtime.evaluate', { expression, timeout }),
    wasmMemory: async () => Number((await call('DELETE', PATH)).headers.get('wasm-memory')),
    heapBytes: async () => {
      // Garbage found by the first collection releases further objects, which the second one collects.
      for (let turn = 0; turn < 2; turn += 1) await (await fetch(`http://127.0.0.1:${http}/collect`)).arrayBuffer();
      const { result } = await inspect(Number(inspector), 'Runtime.getHeapUsage');
      return Number(result?.['usedSize']);
    },
    stop: async () => {
      await workerd.stop();
      upstream.close();
      upstream.closeAllConnections();
      await rm(directory, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}

function configuration(scripts: string[], upstream: number): string {
  const modules = [
    ...scripts.map((name) => `(name = "${name}", esModule = embed "${name}")`),
    '(name = "index_bg.wasm", wasm = embed "index_bg.wasm")',
  ];
  const texts = {
    CLOUDFLARE_API_BASE_URL: `http://127.0.0.1:${upstream}/client/v4`,
    CLOUDFLARE_ACCOUNT_ID: ACCOUNT,
    REALTIMEKIT_APP_IDS: 'app',
    CLOUDFLARE_API_TOKEN: API_TOKEN,
    CALLER_TOKENS: JSON.stringify({ test: TOKEN }),
    RECORD_SYNCHRONOUS_REMOVALS: 'false',
    WEBHOOKS: JSON.stringify({ realtimekit: { meeting_ended: true } }),
  };
  const bindings = Object.entries(texts).map(([name, text]) => `(name = "${name}", text = ${JSON.stringify(text)})`);
  bindings.push('(name = "LEDGER", durableObjectNamespace = "RemovalLedger")');
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  v8Flags = ["--expose-gc"],
  services = [
    (name = "main", worker = .worker),
    (name = "internet", network = (allow = ["private"])),
    (name = "disk", disk = (path = "storage", writable = true)),
  ],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);
const worker :Workerd.Worker = (
  compatibilityDate = "2026-11-17",
  modules = [${modules.join(', ')}],
  bindings = [${bindings.join(', ')}],
  durableObjectNamespaces = [(className = "RemovalLedger", uniqueKey = "ledger", enableSql = true)],
  durableObjectStorage = (localDisk = "disk"),
);
`;
}
