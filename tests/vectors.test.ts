// The published vectors for every kind of signature, run through the Worker's own checks, in the runtime. The checks
// are compiled into a separate Worker (tests/vectors-worker), which is never deployed.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join, resolve } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';

import { leashed } from './harness/leashed.ts';
import type { Program } from './harness/process.ts';

interface Vector {
  algorithm: string;
  /** The required verdict; `null` if the vectors leave it open. */
  expected: boolean | null;
}

const ROOT = resolve(import.meta.dirname, '..');
const FOLDER = join(ROOT, 'tests/vectors-worker');
const BUILD_MS = 600_000;
const AT_ONCE = 100;

const run = promisify(execFile);
const cargo = (...args: string[]): Promise<{ stdout: string }> =>
  run('cargo', args, { cwd: ROOT, maxBuffer: 64 * 1024 * 1024, timeout: BUILD_MS });

let worker: Program;
let origin: string;
let vectors: Vector[];

describe('published vectors', () => {
  before(async () => {
    await cargo('build', '--quiet', '--package', 'vectors-worker', '--target', 'wasm32-unknown-unknown');
    const module = join(process.env['CARGO_TARGET_DIR'] ?? join(ROOT, 'target'), 'wasm32-unknown-unknown/debug/vectors_worker.wasm');
    const bind = process.env['WASM_BINDGEN'] ?? 'wasm-bindgen';
    await run(bind, ['--target', 'web', '--no-typescript', '--out-dir', join(FOLDER, 'pkg'), module], { timeout: BUILD_MS });
    vectors = JSON.parse((await cargo('run', '--quiet', '--package', 'vectors-worker', '--example', 'vectors')).stdout) as Vector[];
    worker = leashed('wrangler dev', process.execPath, [
      ...[join(ROOT, 'node_modules/wrangler/bin/wrangler.js'), 'dev', '--ip', '127.0.0.1', '--port', '0'],
      ...['--inspector-port', '0', '--show-interactive-dev-session=false'],
    ], { cwd: FOLDER, onLine: () => undefined });
    const [, port] = await worker.line(/Ready on http:\/\/127\.0\.0\.1:(\d+)/, 60_000);
    origin = `http://127.0.0.1:${port}`;
  }, { timeout: 2 * BUILD_MS });
  after(() => worker?.stop());

  for (const [algorithm, least] of [['HMAC-SHA256', 174], ['RSA', 770], ['Ed25519', 150]] as const) {
    test(`every Wycheproof vector for ${algorithm} is judged as it has to be`, async (context) => {
      const own = vectors.filter((vector) => vector.algorithm === algorithm);
      const wrong: string[] = [];
      for (let at = 0; at < own.length; at += AT_ONCE) {
        const part = own.slice(at, at + AT_ONCE);
        const answer = await fetch(origin, { method: 'POST', body: JSON.stringify(part) });
        assert.equal(answer.status, 200);
        const judged = await answer.json() as unknown[];
        assert.equal(judged.length, part.length);
        part.forEach(({ expected }, index) => {
          const found = judged[index];
          if (expected !== null && found !== expected) wrong.push(`vector ${at + index}: ${String(found)}`);
        });
      }
      context.diagnostic(`${own.length} vectors for ${algorithm}, ${wrong.length} mismatches`);
      assert.ok(own.length >= least, `only ${own.length} vectors`);
      assert.deepEqual(wrong, []);
    });
  }
});
