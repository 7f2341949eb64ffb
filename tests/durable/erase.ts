// The cost of erasing a user: the requests used, compared with the minimum.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Durable, userId } from './world.ts';

const ERASE_APP = 'erase-app';
export const EMPTY_APP = 'empty-app';
const MEETINGS = 2000;
const PER_MEETING = 10;
const WITH_USER = 200;
const PAGE = 100;
/** Four fifths of this is for durable work: 3,520. */
const LIMIT = 4_400;

export function erasing(world: () => Durable): void {
  test(`a user in ${WITH_USER} of ${MEETINGS} meetings is erased with few requests`, { timeout: 500_000 }, async (context) => {
    // The limit for five minutes allows hardly more requests than are needed.
    const durable = await Durable.start({ apps: [ERASE_APP], vars: { API_REQUESTS_PER_5_MINUTES: String(LIMIT) } });
    const user = userId('erased');
    const filled = await durable.fill({
      app: ERASE_APP,
      meetings: MEETINGS,
      participants_per_meeting: PER_MEETING,
      inactive: MEETINGS / 2,
      user: { custom_participant_id: user, in_meetings: WITH_USER, copies: 1 },
    });
    assert.equal(filled.participants, MEETINGS * PER_MEETING + WITH_USER);
    const inactive = new Set(filled.meetings.slice(0, MEETINGS / 2).map(({ id }) => id));
    const live = filled.user.filter(({ meeting_id: id }) => !inactive.has(id)).length;
    await durable.standIn.control('POST', '/limits', { enabled: true, requests: LIMIT, window: 'sliding' });
    const mark = await durable.standIn.mark();
    const begun = Date.now();
    const removal = await durable.remove({ app_id: ERASE_APP, custom_participant_id: user });
    const shown = await durable.follow(removal, undefined, 280_000);
    const seconds = (Date.now() - begun) / 1000;
    assert.equal(shown.state, 'succeeded', JSON.stringify(shown));
    assert.deepEqual(await durable.records(user), []);
    const { deleted, present } = await durable.participants(ERASE_APP);
    assert.deepEqual(deleted, filled.user.map(({ participant_id: id }) => id).sort());
    assert.equal(present.length, MEETINGS * PER_MEETING);

    const requests = await durable.standIn.requests({ since: mark, path: `/${ERASE_APP}/` });
    const count = (method: string, path: RegExp): number =>
      requests.filter((request) => request.method === method && path.test(request.path)).length;
    const used = {
      'pages of meetings': count('GET', /\/meetings$/),
      'pages of participants': count('GET', /\/participants$/),
      kicks: count('POST', /\/active-session\/kick/),
      deletes: count('DELETE', /\/participants\//),
    };
    // The list of meetings twice; each meeting once, and again if somebody was found or may have joined since; a kick
    // if the meeting is active; a delete for each.
    const inactiveFound = WITH_USER - live;
    const least = {
      'pages of meetings': 2 * (MEETINGS / PAGE),
      'pages of participants': MEETINGS + MEETINGS / 2 + inactiveFound,
      kicks: live,
      deletes: WITH_USER,
    };
    const sum = (parts: Record<string, number>): number => Object.values(parts).reduce((all, one) => all + one, 0);
    const limited = requests.filter(({ status }) => status === 429).length;
    context.diagnostic(`used ${requests.length} requests, least possible ${sum(least)}, ${limited} answers of 429, in ${seconds.toFixed(1)} s`);
    context.diagnostic(`used ${JSON.stringify(used)}, least ${JSON.stringify(least)}`);
    assert.equal(limited, 0);
    assert.equal(requests.length, sum(used), 'no other request is made');
    assert.equal(shown.progress.api_requests, requests.length, 'it counts what it uses');
    assert.ok(requests.length <= sum(least) * 1.02, `${requests.length} requests`);
    assert.equal(shown.progress.removed, WITH_USER);

    // Those who may be live come first.
    const order = requests.filter(({ path }) => /\/participants$/.test(path)).map(({ path }) => path.split('/').at(-2) ?? '');
    const firstInactive = order.findIndex((id) => inactive.has(id));
    assert.ok(firstInactive >= MEETINGS / 2 - PAGE, `the first inactive meeting is read as number ${firstInactive}`);
    await durable.stop();
  });

  test('a meeting of 1,000 is emptied while others are added, over pages of 20', { timeout: 400_000 }, async (context) => {
    const durable = world();
    await durable.standIn.control('POST', '/settings', { largest_page_size: 20 });
    try {
      const filled = await durable.fill({ app: EMPTY_APP, meetings: 2, participants_per_meeting: 1000 });
      const [meeting, neighbour] = filled.meetings;
      assert.ok(meeting && neighbour);
      const removal = await durable.remove({ app_id: EMPTY_APP, meeting_id: meeting.id, all: true });
      const added: string[] = [];
      for (let round = 0; round < 60; round += 1) {
        const { state, progress } = await durable.show(removal);
        if (state !== 'queued' && progress.removed > 900) break;
        added.push((await durable.standIn.participant(meeting.id, `late-${round}`)).id);
        await new Promise((done) => setTimeout(done, 100));
      }
      const shown = await durable.follow(removal, undefined, 120_000);
      const { progress } = shown;
      context.diagnostic(`${added.length} were added meanwhile; ${JSON.stringify(progress)}`);
      assert.ok(added.length > 0, 'some were added while it ran');
      assert.equal(shown.state, 'succeeded', JSON.stringify(shown));
      const { present, deleted } = await durable.participants(EMPTY_APP);
      assert.deepEqual(present, [...neighbour.participants].sort(), 'nobody else is touched');
      assert.deepEqual(deleted, [...meeting.participants, ...added].sort(), 'nobody is left');
      assert.deepEqual([progress.removed, progress.failed], [1000 + added.length, 0]);
      const items = await durable.items(shown);
      assert.equal(new Set(items.map((item) => item.participant_id)).size, items.length, 'one item for each');
      assert.equal(items.length, 1000 + added.length);
      const pages = await durable.standIn.requests({ path: `${meeting.id}/participants`, method: 'GET' });
      assert.ok(pages.length > 50, `the list is read by 20, in ${pages.length} pages`);
    } finally {
      await durable.standIn.control('POST', '/settings', { largest_page_size: 100 });
    }
  });
}
