// The size of what is deployed: start-up time and the limit of Workers both count it.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';

const BUILD = process.env['WORKER_BUILD'] ?? resolve(import.meta.dirname, '../build');
const LIMIT = 120_000;

test('the bundle has at most 120 KB gzipped, index.js and Wasm together', (context) => {
  const sizes = ['index.js', 'index_bg.wasm'].map((name) => gzipSync(readFileSync(join(BUILD, name)), { level: 9 }).length);
  const total = sizes.reduce((sum, size) => sum + size, 0);
  context.diagnostic(`index.js ${sizes[0]} bytes and Wasm ${sizes[1]} bytes gzipped: ${total} of ${LIMIT}`);
  assert.ok(total <= LIMIT, `${total} bytes`);
});
