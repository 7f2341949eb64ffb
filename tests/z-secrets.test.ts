// Runs last, since its name sorts last: everything that the run has shown is searched for every secret.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { findSecrets, searchRecord } from './harness/record.ts';
import { API_TOKEN } from './harness/world.ts';

test('the search finds a planted secret, as it is and encoded', () => {
  for (const planted of [
    API_TOKEN,
    `Bearer ${API_TOKEN}"`,
    Buffer.from(API_TOKEN).toString('base64'),
    Buffer.from(API_TOKEN).toString('hex'),
  ]) {
    assert.deepEqual(findSecrets(`{"x":"${planted}"}`, 'here'), [{ secret: 'the API token', where: 'here' }]);
  }
});

test('no answer and no log line of the whole run holds a secret', (context) => {
  const { secrets, lines, answers, finds } = searchRecord();
  context.diagnostic(
    `searched ${answers} answers and ${lines} log lines for ${secrets} secrets: ${finds.length} finds`,
  );
  assert.ok(answers > 0 && lines > 0 && secrets > 0);
  assert.deepEqual(finds, []);
});
