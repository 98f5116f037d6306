/** Instances that come while others are deployed to, or after that, and fetch the current release by themselves. */
import { describe, expect, test } from 'vitest';
import { tasks } from '../../tasks/index.ts';
import { fetchedReleases, withReleases, type Following } from '../../src/domain/following.ts';
import { isRefusal, type Delivery, type GoalOf } from '../../src/domain/goal.ts';
import { OperatorError } from '../../src/errors.ts';
import type { Instance, Snapshot } from '../../src/domain/snapshot.ts';
import { withFetchedReleases, type DetailReaders } from '../../src/observe/details.ts';
import { scaledWorld } from '../support/scaled-worlds.ts';
import { HOME, PLAIN, world } from '../support/worlds.ts';

const IN = { prod: 'healthy', test: '-' } as const;
const STANDS = world([{ id: 'A', marks: HOME, members: [IN, IN, IN] }], { groups: ['prod'], zones: ['a'] });
const SINCE = '2026-06-01T00:00:00.000Z';
const DONE = { release: '42', run: 'r0', state: 'done' } as const;
const PULL: Delivery = { words: 'permits', check: true, migrate: 'no', movesPointer: true };

/** Each of the three, changed. */
function having(...changes: readonly Partial<Instance>[]): Snapshot {
  const [fleet] = STANDS.fleets;
  const instances = fleet!.instances.map((one, n) => ({ ...one, release: '41', launchedAt: 0, ...changes[n] }));
  return { ...STANDS, fleets: [{ ...fleet!, release: '41', instances }] };
}

/** What they say that they run, and answer as. */
function readers(said: Readonly<Record<string, string>>, answers: Readonly<Record<string, string>>) {
  const asked: string[] = [];
  const port: DetailReaders = {
    deploys: {
      look: async () => undefined,
      fetched: async (ids) => (asked.push(...ids), said),
    },
    probe: {
      drains: false,
      check: async ({ id }, release) => (answers[id] === release ? 'ok' : `answered without ${release}`),
      isIdle: async () => true,
    },
  };
  return { asked, port };
}

const releasesIn = ({ fleets: [fleet] }: Snapshot) => fleet!.instances.map(({ release }) => release);

async function goalIn(snapshot: Snapshot, wave?: readonly number[]): Promise<GoalOf<'rolling'>> {
  const goal = await tasks.rolling.pinGoal({
    snapshot,
    options: { release: '42', ...(wave && { wave }) },
    requestedBy: { run: 'r1', who: 'ann', since: SINCE },
    settings: PLAIN,
    delivery: wave === undefined ? PULL : { ...PULL, converges: { pollS: 1, downloadS: 1, restartS: 1 } },
    resolve: async () => Promise.reject(new Error('nothing is launched')),
  });
  if (isRefusal(goal) || goal.verb !== 'rolling') throw new Error('no goal');
  return goal;
}

describe('what an instance has fetched by itself counts', () => {
  test('once it answers as that; of one that was deployed to the record counts', async () => {
    const { asked, port } = readers({ 'A-1': '42', 'A-2': '42' }, { 'A-1': '42', 'A-2': '41' });
    const snapshot = await withFetchedReleases(port, having({ deploy: DONE, release: '42' }));
    expect(asked).toEqual(['A-1', 'A-2']);
    expect(releasesIn(snapshot)).toEqual(['42', '42', '41']);
    expect(snapshot.fleets[0]?.release, 'that of most').toBe('42');
  });

  test('and where the bucket cannot be read, its tags do', async () => {
    const { port } = readers({}, {});
    const fetched = async () => {
      throw new OperatorError('no-bucket', 'The bucket does not exist.', { next: [] });
    };
    const broken = { ...port, deploys: { ...port.deploys, fetched } };
    expect(releasesIn(await withFetchedReleases(broken, having()))).toEqual(['41', '41', '41']);
  });

  test('for `status`, by the reports that it has read and the answers that it got', () => {
    const follows = (id: string, answer: string): Following => ({ id, runs: '42', answer });
    const instances = [follows('A-0', 'ok'), follows('A-1', 'ok'), follows('A-2', 'answered 503')];
    const snapshot = having({ deploy: { ...DONE, release: '41' } });
    expect(fetchedReleases(snapshot, { instances })).toEqual({ 'A-1': '42' });
    expect(releasesIn(withReleases(snapshot, { 'A-1': '42' }))).toEqual(['41', '42', '41']);
  });
});

test.each([
  ['by permits', undefined],
  ['in waves', [100]],
] as const)('a rolling deploy %s leaves out what has fetched the release already', async (_, wave) => {
  const { port } = readers({ 'A-1': '42' }, { 'A-1': '42' });
  const goal = await goalIn(await withFetchedReleases(port, having()), wave);
  expect(goal.batches.flat().toSorted()).toEqual(['A-0', 'A-2']);
  expect(tasks.rolling.readsAlso(STANDS, PLAIN)).toMatchObject({ fetched: true });
});

test.each([
  ['boots it, too', '42', 'Every instance that was there carries 42. A-2 came later and does, too.', 0],
  ['has booted the one before', '41', 'Every instance that was there carries 42. A-2 came later and does not.', 1],
])('at the end of a run, one that came meanwhile and %s is counted', async (_, runs, says, advised) => {
  const goal = { ...(await goalIn(having())), batches: [['A-0'], ['A-1']] };
  const done = { release: '42', deploy: { ...DONE, run: 'r1' } };
  const { port } = readers({ 'A-2': runs }, { 'A-2': runs });
  const seen = having(done, done, { launchedAt: Date.parse(SINCE) + 60_000 });
  const last = await withFetchedReleases(port, seen);
  const { message, next } = tasks.rolling.standing(last, goal);
  expect(message).toBe(says);
  expect(next.filter((text) => text === '`turnout rolling --release 42` deploys to what came later')).toHaveLength(
    advised,
  );
});

describe('an instance refresh', () => {
  const group = (pointed?: string): Snapshot => {
    const scaled = scaledWorld([{ id: 'A', size: 3 }]);
    const marked = scaled.fleets.map((fleet) => ({ ...fleet, marks: { ...fleet.marks, ...(pointed && { pointed }) } }));
    return { ...scaled, fleets: marked };
  };
  const refresh = async (snapshot: Snapshot, delivery: Delivery) =>
    tasks.rolling.pinGoal({
      snapshot,
      options: { release: '42', refresh: true },
      requestedBy: { run: 'r1', who: 'ann', since: SINCE },
      settings: PLAIN,
      delivery,
      resolve: async () => ({ kind: 'x', summary: [], batches: [], request: {} }),
    });

  test.each([
    ['41 r0', 'boot 41, not 42.'],
    [undefined, 'boot what the pointer names, not 42.'],
  ])('of a pull deploy is refused where new instances boot another release (%s)', async (pointed, says) => {
    const no = await refresh(group(pointed), PULL);
    expect(no).toMatchObject({ refused: 'not-pointed', message: expect.stringContaining(says) });
  });

  test('is not, where they boot that one, or what their image has', async () => {
    const pushed: Delivery = { words: './deploy.sh', check: true, migrate: 'no' };
    for (const goal of [await refresh(group('42 r0'), PULL), await refresh(group(), pushed)])
      expect(goal).toMatchObject({ verb: 'rolling', release: '42' });
  });
});
