// The README's first steps, as a new user takes them: `cargo xtask dev` and the command that it prints, and plain
// `npx wrangler dev`, which builds the Worker by itself.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, test } from 'node:test';
import { promisify } from 'node:util';

import { eventually } from './harness/eventually.ts';
import { Program } from './harness/process.ts';
import { recordLine, secret } from './harness/record.ts';

const ROOT = resolve(import.meta.dirname, '..');
const START_MS = 120_000;

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  await new Promise((done) => server.close(done));
  return port;
}

/** Returns whether something responds on this port. */
async function answers(port: number): Promise<boolean> {
  return fetch(`http://127.0.0.1:${port}/healthz`).then(() => true, () => false);
}

/** Presses Ctrl-C, and checks that everything ends. */
async function interrupt(program: Program, ...ports: number[]): Promise<void> {
  process.kill(-(program.pid ?? 0), 'SIGINT');
  await program.wait();
  await eventually('all ports are free', async () => {
    const taken = await Promise.all(ports.map(answers));
    return !taken.includes(true);
  }, 10_000);
}

/** Returns what `cargo xtask follow` prints about a removal that starts a few seconds later. */
async function followed(origin: string, authorization: string): Promise<string> {
  const made = await fetch(`${origin}/removals`, {
    method: 'POST',
    headers: { authorization },
    body: JSON.stringify({ custom_participant_id: 'user-2', not_before: new Date(Date.now() + 4_000).toISOString() }),
  });
  const { result } = (await made.json()) as { result: { id: string } };
  const env = { ...process.env, PARTICIPANT_REMOVER_TOKEN: authorization.replace('Bearer ', '') };
  const { stdout } = await promisify(execFile)('cargo', ['xtask', 'follow', result.id, '--url', origin], { cwd: ROOT, env, timeout: 120_000 });
  return stdout;
}

describe('the first steps', { concurrency: 1 }, () => {
  test('cargo xtask dev prints a curl line that works once', { timeout: 180_000 }, async () => {
    const [port, simPort] = [await freePort(), await freePort()];
    const args = ['xtask', 'dev', '--port', String(port), '--sim-port', String(simPort)];
    const dev = new Program('cargo xtask dev', 'cargo', args, { cwd: ROOT, onLine: () => undefined });
    try {
      const [, url = '', header = ''] = await dev.line(/^curl -X DELETE '([^']+)' -H 'Authorization: ([^']+)'$/, START_MS);
      const paste = (): Promise<Response> => fetch(url, { method: 'DELETE', headers: { authorization: header } });

      const first = await paste();
      assert.equal(first.status, 200);
      const { success, data } = (await first.json()) as { success: boolean; data: { custom_participant_id: string } };
      assert.deepEqual([success, data.custom_participant_id], [true, 'user-1']);
      const second = await paste();
      assert.equal(second.status, 404);
      const { errors } = (await second.json()) as { errors: { message: string }[] };
      assert.match(errors[0]?.message ?? '', /No user found with id/);
      assert.match(await followed(new URL(url).origin, header), /^succeeded, .*found 1, removed 1, /m);
      await interrupt(dev, port, simPort);
    } finally {
      await dev.kill();
    }
  });

  test('plain wrangler dev builds the Worker and serves it', { timeout: 180_000 }, async () => {
    const port = await freePort();
    const directory = await mkdtemp(join(tmpdir(), 'participant-remover-wrangler-'));
    const variables = {
      CLOUDFLARE_ACCOUNT_ID: '023e105f4ecef8ad9ca31a8372d0c353',
      REALTIMEKIT_APP_IDS: 'an-app',
      CLOUDFLARE_API_TOKEN: secret('the API token under plain wrangler', 'cf-api-token_Wrangler5Zx7Cv9Bn1'),
      CALLER_TOKENS: JSON.stringify({ backend: secret('the caller token under plain wrangler', 'Wr8Gt2Hy6Ju0Ki4Lo9PzXcVb3Nm7Qw5E') }),
    };
    const vars = Object.entries(variables).flatMap(([name, value]) => ['--var', `${name}:${value}`]);
    const args = ['dev', '--ip', '127.0.0.1', '--port', String(port), '--inspector-port', '0', '--persist-to', directory, ...vars];
    const wrangler = new Program('wrangler dev', join(ROOT, 'node_modules/.bin/wrangler'), args, {
      cwd: ROOT,
      env: { WRANGLER_SEND_METRICS: 'false', CLOUDFLARE_CF_FETCH_ENABLED: 'false', WRANGLER_REGISTRY_PATH: directory, NODE_OPTIONS: '' },
      onLine: recordLine,
    });
    try {
      await wrangler.line(/the Worker is (built|unchanged)/, START_MS);
      await wrangler.line(/Ready on/, START_MS);
      const health = await fetch(`http://127.0.0.1:${port}/healthz`);
      assert.equal(health.status, 200, await health.text());
      await interrupt(wrangler, port);
    } finally {
      await wrangler.kill();
    }
    await rm(directory, { recursive: true, force: true });
  });
});
