import { describe, expect, test } from 'vitest';
import { isRefusal, type Refusal } from '../../src/domain/goal.ts';
import type { Snapshot } from '../../src/domain/snapshot.ts';
import type { Plan } from '../../src/plan/plan.ts';
import { checkedAdvice } from '../../src/run/task/advice.ts';
import { tasks, type AnyOptions } from '../../tasks/index.ts';
import { rememberOutside } from '../../src/commands/outside-memory.ts';
import { statusData } from '../../src/views/status-json.ts';
import { statusText } from '../../src/views/status-text.ts';
import { VirtualClock } from '../support/virtual-clock.ts';
import { report } from './views.samples.ts';
import { planFor } from '../laws/check.ts';
import { blueAndGreen } from '../support/fake-world.ts';
import { withRule, withShared } from '../support/hands.ts';
import { OWN_STORE } from '../support/own-store.ts';
import { settingsIn, weightedWorld } from '../support/weighted-worlds.ts';
import { ALONE, HOME, PROMOTED, world } from '../support/worlds.ts';

/** What others have in this environment's servers and groups: what plans say of it, and what they refuse for its sake. */

const SERVES = { prod: 'healthy', test: '-' } as const;
const PARKED = { prod: '-', test: 'healthy' } as const;

/** 42 (`B`) serves, and 41 (`A`) is parked. */
const PROMOTED_WORLD = world([
  { id: 'A', marks: HOME, members: [PARKED, PARKED] },
  { id: 'B', marks: PROMOTED, members: [SERVES, SERVES] },
]);

async function planned(snapshot: Snapshot, verb: keyof typeof tasks, wish: AnyOptions = {}): Promise<Plan> {
  const answer = await planFor(snapshot, verb, wish);
  if (isRefusal(answer)) throw new Error(`${answer.refused}: ${answer.message}`);
  return answer.plan;
}

async function refused(snapshot: Snapshot, verb: keyof typeof tasks, wish: AnyOptions = {}): Promise<Refusal> {
  const answer = await planFor(snapshot, verb, wish);
  if (!isRefusal(answer)) throw new Error(`It is not refused: ${JSON.stringify(answer.plan.steps)}`);
  return answer;
}

function kindsIn({ steps }: Plan): readonly string[] {
  return steps.map((step) => ('pool' in step ? `${step.do} ${step.pool}` : step.do));
}

describe('a target group of others that holds a fleet', () => {
  const shared = withShared(PROMOTED_WORLD, 'admin', ['A-0', 'A-1']);

  test('keeps it from being ended, with the name of the group and of what leads there', async () => {
    const { refused: code, message, next } = await refused(shared, 'cleanup');
    expect(code).toBe('shared-target-group');
    expect(message).toContain('admin has 2 targets of A');
    expect(message).toContain('lb:admin leads to admin, which would have nothing healthy left.');
    expect(next.join(' ')).toContain('--allow-shared-target-group admin');
  });

  test('also where others of it stay: what others reach is not terminated', async () => {
    const { message } = await refused(withShared(PROMOTED_WORLD, 'admin', ['A-0', 'i-other']), 'cleanup');
    expect(message).toContain('which would have 1 of 2 healthy left.');
  });

  test('does not where nothing leads to it', async () => {
    const { outside } = shared;
    const unled = { ...shared, outside: { ...outside, routes: [] } } as Snapshot;
    expect(kindsIn(await planned(unled, 'cleanup'))).toContain('terminate');
  });

  test('is left and waited for first where that is allowed by its name, and by no other', async () => {
    const wish = { allowSharedTargetGroup: ['admin'] };
    expect(kindsIn(await planned(shared, 'cleanup', wish))).toEqual([
      'deregister test',
      'deregister admin',
      'await-drained admin',
      'mark',
      'terminate',
    ]);
    expect((await refused(shared, 'cleanup', { allowSharedTargetGroup: ['other'] })).refused).toBe(
      'shared-target-group',
    );
  });

  test('is a note where nothing is taken away', async () => {
    const before = withShared(blueAndGreen().now, 'admin', ['A-0', 'A-1']);
    const { notes } = await planned(before, 'promote');
    expect(notes.join(' ')).toContain('admin has 2 targets of A, and lb:admin leads there');
  });

  test('does not make a fleet fit for production by being healthy there', async () => {
    const sick = world([
      { id: 'A', marks: HOME, members: [SERVES] },
      { id: 'B', marks: {}, members: [{ prod: '-', test: 'unhealthy' }] },
    ]);
    expect((await refused(withShared(sick, 'admin', ['B-0']), 'promote')).refused).toBe('not-healthy');
  });
});

describe('a rule of others that leads to a group of the config', () => {
  const weighted = weightedWorld({
    fleets: [
      { id: 'A', marks: { ...HOME, share: '0@2026-01-01T00:00:00.000Z' }, members: [{ one: 'healthy' }] },
      { id: 'B', marks: PROMOTED, members: [{ two: 'healthy' }] },
    ],
    production: [100],
    test: 0,
  });

  test('keeps the last healthy one there', async () => {
    const { refused: code, message } = await refused(withRule(weighted, { one: 100 }), 'cleanup');
    expect(code).toBe('shared-target-group');
    expect(message).toContain('lb:443 priority 7 leads to one, which would have nothing healthy left.');
  });

  test('takes nothing from anybody without a weight, or at a group that stays', async () => {
    for (const weights of [{ one: 0 }, { two: 1 }] as const)
      expect(kindsIn(await planned(withRule(weighted, weights), 'cleanup'))).toContain('terminate');
  });

  test('keeps it also without a weight, for as long as cookies may lead there', async () => {
    const { refused: code, message } = await refused(withRule(weighted, { one: 0, two: 100 }, 3600), 'cleanup');
    expect(code).toBe('shared-target-group');
    expect(message).toContain('lb:443 priority 7 (without a weight, by cookies of 1 h) leads to one, which would');
  });

  test('is no matter where it was allowed', async () => {
    const plan = await planned(withRule(weighted, { one: 100 }), 'cleanup', { allowSharedTargetGroup: ['one'] });
    expect(kindsIn(plan)).toEqual(['deregister one', 'await-drained one', 'mark', 'terminate']);
  });

  test('where fleets move between groups, all that leads to a group is its own', async () => {
    expect(kindsIn(await planned(withRule(PROMOTED_WORLD, { test: 1 }), 'cleanup'))).toContain('terminate');
  });

  test('but not a share of production that goes to a test group', async () => {
    const mixed = withRule(PROMOTED_WORLD, { prod: 90, test: 10 });
    expect((await refused(mixed, 'cleanup')).refused).toBe('shared-target-group');
  });
});

describe('what is only worth knowing', () => {
  const known = (snapshot: Snapshot): Snapshot => {
    const surroundings = {
      names: [{ name: 'old.shop.test (A)', pool: 'test' }],
      impaired: { 'A-0': 'system', 'B-1': 'instance', 'i-other': 'system' },
      volumes: [],
      unread: ['It could not be read.'],
    } as const;
    return { ...snapshot, outside: { ...ALONE, surroundings } };
  };
  const failing = [
    'A-0 of A fails the system status check of EC2.',
    'B-1 of B fails the instance status check of EC2.',
  ];

  test('is in plans, which are made all the same', async () => {
    expect((await planned(known(blueAndGreen().now), 'promote')).notes).toEqual([
      'old.shop.test (A) leads to the load balancer of test too, and the config does not name it: its clients stay there in a switch.',
      ...failing,
      'It could not be read.',
    ]);
  });

  test('at the end of a fleet: what stays and is impaired, and names that would lead to nothing', async () => {
    expect((await planned(known(PROMOTED_WORLD), 'cleanup')).notes).toEqual([
      failing[1],
      'old.shop.test (A) leads to the load balancer of test, where nothing of A will be left.',
    ]);
  });

  test('is in `status`', () => {
    const { text, data } = shown(known(PROMOTED_WORLD), 48);
    for (const line of ['Others: old.shop.test (A) leads', `Others: ${failing[0]}`, 'Others: This was seen 48 s ago.'])
      expect(text).toContain(line);
    expect(data.outside).toMatchObject({
      ageS: 48,
      names: [{ name: 'old.shop.test (A)', pool: 'test' }],
      impaired: [
        { id: 'A-0', check: 'system' },
        { id: 'B-1', check: 'instance' },
      ],
    });
    expect(shown(PROMOTED_WORLD, 48).text).not.toContain('48 s ago');
  });
});

function shown(snapshot: Snapshot, outsideAgeS: number) {
  const all = { ...report(), snapshot, outsideAgeS };
  return { text: statusText(all, 300), data: statusData(all) };
}

test('`status --watch` looks for it once a minute', async () => {
  const clock = new VirtualClock();
  const memory = rememberOutside(clock);
  expect(memory.wanted()).toBe('some');
  memory.saw(ALONE);
  await clock.advance(59_000);
  expect([memory.wanted(), memory.ageS()]).toEqual([ALONE, 59]);
  memory.saw(ALONE);
  await clock.advance(1000);
  expect(memory.wanted()).toBe('some');
  memory.saw({ ...ALONE });
  expect([memory.wanted(), memory.ageS()]).toEqual([ALONE, 0]);
});

describe('what could not be read', () => {
  const blind: Snapshot = {
    ...PROMOTED_WORLD,
    outside: { state: 'unreadable', why: 'Not allowed.', next: ['Allow it.'] },
  };

  test('keeps a fleet from being ended', async () => {
    expect(await refused(blind, 'cleanup')).toMatchObject({
      refused: 'outside-unreadable',
      message: expect.stringContaining('Not allowed.'),
    });
  });

  test('keeps servers in traffic, where others may reach them', async () => {
    expect(await refused(blind, 'drain', { instances: ['B-0'] })).toMatchObject({
      refused: 'outside-unreadable',
      next: ['Allow it.'],
    });
  });

  test('is a note where nothing is taken away, and the way back is open', async () => {
    expect((await planned(blind, 'rollback')).notes.join(' ')).toContain('Not allowed.');
  });

  test('so are groups that were too many to be searched', async () => {
    const many: Snapshot = {
      ...blueAndGreen().now,
      outside: { ...ALONE, unsearched: 900 },
    };
    expect((await planned(many, 'promote')).notes.join(' ')).toContain('900 other target groups were not searched');
  });
});

test('what a refusal allows is accepted in the same world', async () => {
  const snapshot = withShared(PROMOTED_WORLD, 'admin', ['A-0']);
  const { next } = await refused(snapshot, 'cleanup');
  const seen = { tasks, snapshot, settings: settingsIn(snapshot), store: OWN_STORE, recorded: undefined };
  const [first = ''] = (await checkedAdvice(seen, next, { isRefused: true })).filter((text) => text.startsWith('`--'));
  const [, allowed = ''] = /--allow-shared-target-group (\S+)`/.exec(first) ?? [];
  expect(kindsIn(await planned(snapshot, 'cleanup', { allowSharedTargetGroup: [allowed] }))).toContain('terminate');
});

test('what programs say is asked for again after 10 s, however often status is drawn', async () => {
  const clock = new VirtualClock();
  const memory = rememberOutside(clock);
  let asked = 0;
  const read = async () => ({ work: { state: 'seen', owner: '42', epoch: (asked += 1), idle: [] } }) as const;
  const looking = (async () => {
    const epochs: number[] = [];
    for (let n = 0; n < 12; n += 1) {
      const { work } = await memory.beside(read);
      if (work?.state === 'seen') epochs.push(work.epoch);
      await clock.sleep(1000);
    }
    return epochs;
  })();
  await clock.advance(20_000);
  expect(await looking).toEqual([1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 2]);
});
