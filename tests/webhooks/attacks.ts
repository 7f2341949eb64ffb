// Attacks on webhooks: each with its response and the reason for refusal in the log, and with no effect on the ledger
// or RealtimeKit. The tables are in the files next to this one; here they are executed, one row after another.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import type { JsonAnswer } from '../harness/worker.ts';
import { bodyAttacks } from './attacks_bodies.ts';
import { pinnedAttacks } from './attacks_realtimekit.ts';
import { standardAttacks } from './attacks_standard.ts';
import { timedAttacks } from './attacks_timed.ts';
import { ATTACKED_APP } from './sources.ts';
import type { Hooks } from './world.ts';

/** One attack. */
export interface Attack {
  what: string;
  source: string;
  body: string | Buffer;
  headers: Record<string, string | string[]>;
  /** Defaults to 401. */
  status?: number;
  /** The value of `webhook.refused` in the log. */
  refused?: string;
  /** For a 400: the location in the body. */
  pointer?: string;
  says?: RegExp;
}

const ERROR_CODES: Record<number, number> = { 400: 1101, 401: 1102, 404: 1104, 413: 1107, 503: 1111 };

/** The same message for everything that is not trusted, whatever was wrong with it. */
const REFUSAL =
  'the webhook\'s signature or token is invalid: check that the sender\'s secret matches the one in WEBHOOK_SECRETS, ' +
  'and that nothing modifies the body in transit';

export function attacks(hooks: () => Hooks): void {
  test('a table of attacks leaves the ledger and RealtimeKit alone', { timeout: 300_000 }, async (context) => {
    const table = [
      ...(await standardAttacks()),
      ...(await timedAttacks()),
      ...(await bodyAttacks()),
      ...(await pinnedAttacks(hooks())),
    ];
    assert.ok(table.length >= 60, `${table.length} rows`);
    const ledger = await hooks().removals(ATTACKED_APP);
    const [rows, wrong]: [string[], string[]] = [[], []];
    for (const attack of table) {
      const mark = await hooks().standIn.mark();
      const answer = await hooks().post(attack.source, attack.body, attack.headers);
      try {
        await check(hooks(), attack, answer);
        assert.deepEqual(await hooks().removals(ATTACKED_APP), ledger, `${attack.what}: the ledger has seen it`);
        assert.deepEqual(await hooks().requests(ATTACKED_APP, mark), [], `${attack.what}: RealtimeKit was asked`);
      } catch (error) {
        wrong.push((error as Error).message);
      }
      rows.push(`${answer.status} ${attack.refused ?? ''}`.trim());
    }
    assert.deepEqual(wrong, [], 'every row of the table holds');
    const counts = Map.groupBy(rows, (row) => row);
    const summary = [...counts].map(([row, those]) => `${those.length} × ${row}`).join(', ');
    context.diagnostic(`${table.length} attacks: ${summary}; nothing in the ledger, no request`);
  });
}

async function check(hooks: Hooks, attack: Attack, answer: JsonAnswer): Promise<void> {
  const { what, status = 401 } = attack;
  assert.equal(answer.status, status, `${what}: ${answer.body}`);
  if (status === 200) {
    assert.equal((answer.json.result as { status?: string }).status, 'ignored', `${what}: ${answer.body}`);
    return;
  }
  const [error] = answer.json.errors ?? [];
  assert.equal(error?.code, ERROR_CODES[status], what);
  assert.equal(error?.source?.pointer, attack.pointer, `${what}: ${answer.body}`);
  if (attack.says) assert.match(error?.message ?? '', attack.says, what);
  if (status !== 401) return;
  assert.equal(error?.message, REFUSAL, what);
  assert.equal(answer.headers['x-should-retry'], 'false', what);
  const line = await hooks.worker.logOf(answer);
  assert.equal(line['webhook.refused'], attack.refused, `${what}: ${JSON.stringify(line)}`);
}
