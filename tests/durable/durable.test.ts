// Durable removals under `wrangler dev`. Tests that wait run alongside those that work, to keep the run short.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { linesWith } from '../harness/record.ts';
import { BAD_APP, badInput } from './bad_input.ts';
import { BATCH_APP, KEY_APP, batches } from './batch.ts';
import { crashes } from './crash.ts';
import { EMPTY_APP, erasing } from './erase.ts';
import { KICK_APP, kicks } from './kicks.ts';
import { LIST_APP, WAIT_APP, listing } from './listing.ts';
import { notServed } from './not_served.ts';
import { pace } from './pace.ts';
import { STATES_APP, states } from './states.ts';
import { RECORD_APP, synchronous } from './synchronous.ts';
import { refusedToken } from './token.ts';
import { Durable, stopAll, userIds } from './world.ts';

const APPS = [EMPTY_APP, KICK_APP, BATCH_APP, KEY_APP, BAD_APP, STATES_APP, LIST_APP, WAIT_APP, RECORD_APP];
let durable: Durable;
const world = (): Durable => durable;

describe('durable removals', { concurrency: 3 }, () => {
  before(async () => {
    durable = await Durable.start({ apps: ['default-app', ...APPS] });
  });
  after(stopAll);

  describe('through crashes', crashes);
  describe('at the pace of the API', { concurrency: 4 }, pace);
  describe('from state to state', { concurrency: 3 }, () => states(world));
  describe('of people who are live', { concurrency: 2 }, () => kicks(world));
  describe('with a refused API token', refusedToken);
  describe('of an app that is not served any more', notServed);
  describe('in lists', { concurrency: 1 }, () => listing(world));
  describe('of many targets', { concurrency: 1 }, () => batches(world));
  describe('that are refused', { concurrency: 4 }, () => badInput(world));
  describe('beside synchronous ones', { concurrency: 1 }, () => synchronous(world));
  describe('in large meetings', { concurrency: 1 }, () => erasing(world));
});

test('no log line holds a custom participant id', (context) => {
  assert.ok(userIds.size > 0);
  const finds = [...userIds].flatMap(linesWith);
  context.diagnostic(`searched for ${userIds.size} custom participant ids: ${finds.length} finds`);
  assert.deepEqual(finds, []);
});
