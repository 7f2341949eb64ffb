// The official TypeScript SDK against the stand-in: its requests are understood, and the responses fit its types.
//
//   cargo build -p realtimekit-sim && npx node --test sim/tests/official-sdk.test.ts

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { after, before, beforeEach, test } from 'node:test';
import Cloudflare from 'cloudflare';

const binary = process.env['REALTIMEKIT_SIM'] ?? 'target/debug/realtimekit-sim';
const app = { account_id: '023e105f4ecef8ad9ca31a8372d0c353', app_id: 'sim-app' };
const apiToken = 'sim-api-token-0123456789abcdef';

let origin: string;
let stop: () => Promise<unknown>;

before(async () => {
  const child = spawn(binary, ['--port', '0', '--exit-with-stdin'], { stdio: ['pipe', 'pipe', 'inherit'] });
  const [line] = await once(createInterface({ input: child.stdout }), 'line');
  origin = line.replace('listening on ', '');
  stop = () => {
    child.stdin.end();
    return once(child, 'exit');
  };
});

after(() => stop());

beforeEach(() => sim('POST', '/reset'));

async function sim<T>(method: string, path: string, body?: unknown): Promise<T> {
  const answer = await fetch(`${origin}/sim${path}`, { method, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
  assert.equal(answer.status, 200, `${method} ${path}`);
  return (await answer.json()) as T;
}

/** Creates one meeting with participants, and returns their ids. */
async function fill(body: Record<string, unknown>): Promise<{ id: string; participants: string[]; first: string }> {
  const { meetings: [meeting] } = await sim<{ meetings: { id: string; participants: string[] }[] }>('POST', '/fill', body);
  const [first] = meeting?.participants ?? [];
  assert.ok(meeting && first);
  return { ...meeting, first };
}

function client(options = {}) {
  return new Cloudflare({ baseURL: `${origin}/client/v4`, apiToken, maxRetries: 0, ...options });
}

async function failure(promise: Promise<unknown>) {
  return promise.then(
    () => assert.fail('this call must fail'),
    (error) => error,
  );
}

test('a meeting and its participants are created, listed, read and deleted', async () => {
  const { meetings } = client().realtimeKit;
  const meeting = (await meetings.create(app.app_id, { account_id: app.account_id, title: 'Standup' })).data!;
  const listed = await meetings.get(app.app_id, { account_id: app.account_id, page_no: 1, per_page: 10 });
  assert.deepEqual(listed.data.map(({ id, title, status }) => [id, title, status]), [[meeting.id, 'Standup', 'ACTIVE']]);

  const ids: string[] = [];
  for (const user of ['ann', 'bob', 'cem']) {
    const added = await meetings.addParticipant(meeting.id, { ...app, custom_participant_id: user, preset_name: 'host' });
    assert.ok(added.data!.token);
    ids.push(added.data!.id);
  }
  const page = await meetings.getMeetingParticipants(meeting.id, { ...app, page_no: 2, per_page: 2 });
  assert.deepEqual(page.data.map((row) => row.custom_participant_id), ['ann']);
  assert.deepEqual(page.paging, { start_offset: 3, end_offset: 3, total_count: 3 });

  const one = { ...app, meeting_id: meeting.id };
  const [, bob = ''] = ids;
  const read = await meetings.getMeetingParticipant(bob, one);
  assert.equal(read.data!.custom_participant_id, 'bob');
  assert.ok((await meetings.refreshParticipantToken(bob, one)).data.token);

  const deleted = await meetings.deleteMeetingParticipant(bob, one);
  assert.equal(deleted.success, true);
  assert.deepEqual(Object.keys(deleted.data!).sort(), [
    'created_at',
    'custom_participant_id',
    'preset_id',
    'updated_at',
  ]);
  assert.ok(!Number.isNaN(Date.parse(deleted.data!.created_at)));
  assert.equal((await meetings.getMeetingParticipants(meeting.id, app)).paging.total_count, 2);
});

test("RealtimeKit's own errors reach the SDK without errors, the gateway's with them", async () => {
  const { id: meeting_id, first } = await fill({ participants_per_meeting: 1 });
  const { meetings } = client().realtimeKit;
  await meetings.deleteMeetingParticipant(first, { ...app, meeting_id });
  const again = await failure(meetings.deleteMeetingParticipant(first, { ...app, meeting_id }));
  assert.ok(again instanceof Cloudflare.NotFoundError);
  assert.deepEqual(again.errors ?? [], []);
  assert.equal((again.error as any).error.message, `No user found with id ${first}`);

  const stranger = client({ apiToken: 'another-token' }).realtimeKit.meetings;
  const refused = await failure(stranger.getMeetingParticipants(meeting_id, app));
  assert.ok(refused instanceof Cloudflare.AuthenticationError);
  assert.deepEqual(refused.errors.map(({ code, message }) => [code, message]), [[10000, 'Authentication error']]);
});

test('live sessions are read and emptied', async () => {
  const { id, first } = await fill({ participants_per_meeting: 3, live: true });
  const { activeSession } = client().realtimeKit;
  const session = await activeSession.getActiveSession(id, app);
  assert.deepEqual([session.data!.status, session.data!.live_participants], ['LIVE', 3]);
  const targets = { participant_ids: [first], custom_participant_ids: [] };
  const kicked = await activeSession.kickParticipants(id, { ...app, ...targets });
  assert.deepEqual(kicked.data!.participants!.map((participant) => participant.id), [first]);
  assert.ok((await failure(activeSession.kickParticipants(id, { ...app, ...targets }))) instanceof Cloudflare.NotFoundError);
  assert.equal((await activeSession.kickAllParticipants(id, app)).data!.kicked_participants_count, 2);
  assert.ok((await failure(activeSession.getActiveSession(id, app))) instanceof Cloudflare.NotFoundError);
});

test("the SDK's retries meet faults in their order", async () => {
  const { id: meeting_id, first } = await fill({ participants_per_meeting: 1 });
  await sim('POST', '/faults', [
    { match: { method: 'DELETE' }, fault: { kind: 'status', status: 503 } },
    { match: { method: 'DELETE' }, fault: { kind: 'drop_after' } },
  ]);
  const { meetings } = client({ maxRetries: 2 }).realtimeKit;
  const error = await failure(meetings.deleteMeetingParticipant(first, { ...app, meeting_id }));
  assert.ok(error instanceof Cloudflare.NotFoundError, 'the lost answer was a success');
  interface Seen { status: number | null; token_ok: boolean; headers: Record<string, string> }
  const { requests } = await sim<{ requests: Seen[] }>('GET', '/requests?method=DELETE');
  assert.deepEqual(requests.map(({ status }) => status), [503, null, 404]);
  assert.ok(requests.every((request) => request.token_ok && request.headers['authorization'] === `Bearer ${apiToken}`));
});

test('the limit is told as the SDK expects it', async () => {
  await sim('POST', '/limits', { requests: 1, window_seconds: 60, block_seconds: 60 });
  const { meetings } = client().realtimeKit;
  await meetings.get(app.app_id, { account_id: app.account_id });
  const error = await failure(meetings.get(app.app_id, { account_id: app.account_id }));
  assert.ok(error instanceof Cloudflare.RateLimitError);
  assert.equal(error.headers.get('retry-after'), '60');
  assert.equal(error.headers.get('ratelimit-policy'), '"default";q=1;w=60');
  assert.equal(error.errors[0]?.code, 10429);
});
