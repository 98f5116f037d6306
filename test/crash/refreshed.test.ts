import { afterAll, describe, expect, test } from 'vitest';
import { ATTACHED, SCALED, type Kind } from '../support/little/kinds.ts';
import { MINIMUM, withOwnImages } from '../support/little/scene-scaling.ts';
import { stillHeld } from '../support/little/scaling-rules.ts';
import { isHealthyIn, scalingOf } from '../support/little/scaling-state.ts';
import type { Calls } from '../support/little/process.ts';
import { Site, type Run } from '../support/little/site.ts';
import { STORE_FAULTS } from '../support/little/store.ts';
import { tellRun } from '../support/little/story.ts';
import { FAULTS } from '../support/little/wire.ts';
import { isChange } from '../support/little/api.ts';
import { sampled } from '../support/sampled.ts';
import { codeOf } from './outcome.ts';

/**
 * The matrices of instance refreshes, which go on in AWS whatever becomes of the run that has started them: it is killed at its calls, meets
 * faults, and is asked to stop; then it is resumed, asked again, led back, or given up.
 */

const SIZE = 3;
const REFRESHES = ['refresh', 'rootVolumes'] as const;
type Refresh = (typeof REFRESHES)[number];

const WAYS = [
  'resume',
  'same verb',
  'the release before',
  'abandon, then the same verb',
  'abandon, then back',
] as const;
type Way = (typeof WAYS)[number];

interface Row {
  readonly kind: Kind;
  readonly refresh: Refresh;
}

const rows: readonly Row[] = [SCALED[0], ATTACHED].flatMap((kind) => REFRESHES.map((refresh) => ({ kind, refresh })));

const counted = { crashes: 0, faults: 0, signals: 0 };
afterAll(
  () =>
    void process.stdout.write(
      `instance refreshes: ${counted.crashes} crashes, ${counted.faults} faults, ${counted.signals} signals\n`,
    ),
);

describe.each(rows)('rolling --$refresh, $kind.traffic', (row) => {
  test('reaches its goal, and keeps what must stay in service', async () => {
    const site = open(row);
    const run = await site.run('rolling', wishOf(row, '42'));
    expect(codeOf(run), tellRun(run)).toBe('done');
    expect(missingOf(site, '42', row)).toBeUndefined();
    expect([...site.watch.broken, ...stillHeld(site.cloud.state, MINIMUM)]).toEqual([]);
    const { fleets } = (await site.status()).snapshot;
    const shown = fleets.map(({ release, instances }) => [release, ...instances.map((one) => one.release)].join(' '));
    expect(shown).toEqual(['42 42 42 42']);
  });

  test('is killed at its calls', async () => {
    const { calls } = (await open(row).run('rolling', wishOf(row, '42'))).process;
    const points = calls.flatMap(({ n, name }, index): Calls['kill'][] => {
      const before = isNew({ name }, index, calls) ? [{ n, when: 'before' as const }] : [];
      return writes(name) ? [...before, { n, when: 'after' }, { n, when: 'late' }] : before;
    });
    expect(points.length).toBeGreaterThan(30);
    const wrong: string[] = [];
    for (const [index, kill] of sampled([...points.entries()], 10)) {
      const way = WAYS[index % WAYS.length]!;
      wrong.push(...(await tried(row, { kill: kill! }, way, wrong.length === 0)));
      counted.crashes += 1;
    }
    expect(wrong).toEqual([]);
  }, 300_000);

  test.each(WAYS)('is killed while its end is written, then: %s', async (way) => {
    const { calls } = (await open(row).run('rolling', wishOf(row, '42'))).process;
    const written = calls.filter(({ name }) => name.endsWith('Tags')).slice(1);
    expect(written.length).toBeGreaterThan(3);
    for (const { n } of written) expect(await tried(row, { kill: { n, when: 'after' } }, way, true)).toEqual([]);
  });

  test('meets faults', async () => {
    const { calls } = (await open(row).run('rolling', wishOf(row, '42'))).process;
    const points = calls
      .filter(isNew)
      .flatMap(({ n, name }) =>
        (name.startsWith('store ') ? STORE_FAULTS : FAULTS).map((kind: string) => ({ n, kind })),
      );
    const wrong: string[] = [];
    for (const [index, fault] of sampled([...points.entries()], 20)) {
      wrong.push(...(await tried(row, { fault }, WAYS[index % WAYS.length]!, wrong.length === 0)));
      counted.faults += 1;
    }
    expect(wrong).toEqual([]);
  }, 300_000);

  test('is asked to stop', async () => {
    const { calls } = (await open(row).run('rolling', wishOf(row, '42'))).process;
    const wrong: string[] = [];
    for (const [index, { n }] of sampled([...calls.entries()], 20)) {
      wrong.push(...(await tried(row, { interrupt: { n } }, WAYS[index % WAYS.length]!, wrong.length === 0)));
      counted.signals += 1;
    }
    expect(wrong).toEqual([]);
  }, 300_000);
});

/** Looking again and again at the same thing is one moment: a look of a wait has three readings. */
function isNew(
  { name }: { readonly name: string },
  index: number,
  calls: readonly { readonly name: string }[],
): boolean {
  return writes(name) || calls.slice(Math.max(0, index - LOOK), index).every((one) => one.name !== name);
}

const LOOK = 8;

function writes(name: string): boolean {
  return isChange(name) || /^store (acquire|putGoal|clearGoal|log|release)$/.test(name);
}

function open({ kind, refresh }: Row): Site {
  const stage: Kind['stage'] =
    refresh === 'rootVolumes' ? (scene) => withOwnImages(kind.stage(scene)) : (scene) => kind.stage(scene);
  const site = new Site({ start: 'blue', groups: 1, size: SIZE }, { kind: { ...kind, stage } });
  // Which zone is empty for a while is a matter of chance; how many there are in all is watched below.
  site.watch.acceptedMinimum = 0;
  return site;
}

function wishOf({ refresh }: Row, release: string) {
  return { release, [refresh]: true };
}

/** The fewest of the group that were healthy at a time. */
function watchLeast(site: Site): () => number {
  let least = Infinity;
  site.cloud.reactions.push(() => {
    const group = scalingOf(site.cloud.state).groups.get('shop-a')!;
    least = Math.min(least, [...group.members.keys()].filter((id) => isHealthyIn(site.cloud.state, group, id)).length);
  });
  return () => least;
}

async function tried(row: Row, calls: Calls, way: Way, isTold: boolean): Promise<readonly string[]> {
  const site = open(row);
  const least = watchLeast(site);
  const runs: Run[] = [await site.run('rolling', wishOf(row, '42'), calls)];
  const [first] = runs as [Run];
  await fineWeather(site);
  const release = way === 'the release before' || way === 'abandon, then back' ? '41' : '42';
  if (way.startsWith('abandon')) runs.push(await site.run('abandon'));
  const hadGoal = site.store.goal !== undefined;
  const last = await site.run(way === 'resume' ? 'resume' : 'rolling', way === 'resume' ? {} : wishOf(row, release));
  runs.push(last);
  const isNothing = way === 'resume' && !hadGoal && codeOf(last) === 'nothing-to-resume';
  // Before anything was recorded there was nothing to go on with; afterwards it was done.
  const missing =
    isNothing && codeOf(first) !== 'done' && first.changes === 0 ? undefined : missingOf(site, release, row);
  const fewest = row.refresh === 'refresh' ? SIZE : SIZE - 1;
  const found = [
    ...(first.ended.how === 'fault' ? [`it ended with a fault of ours: ${String(first.ended.error)}`] : []),
    ...(codeOf(last) === 'done' || isNothing ? [] : [`${way} ended with ${codeOf(last)}`]),
    ...(missing === undefined ? [] : [`after ${way}, ${missing}`]),
    ...site.watch.broken,
    ...stillHeld(site.cloud.state, MINIMUM),
    ...(least() < fewest ? [`only ${least()} were healthy at a time`] : []),
  ];
  const title = `${JSON.stringify(calls)}; then ${way}`;
  const story = found.length > 0 && isTold ? [[title, ...runs.map(tellRun)].join('\n\n')] : [];
  return [...found.map((what) => `${title}: ${what}`), ...story];
}

/** A lease runs out, and what is delayed has happened. */
async function fineWeather(site: Site): Promise<void> {
  site.store.isDead = false;
  site.weather.throttledUntil = 0;
  site.weather.staleUntil = 0;
  await site.clock.pass(60_000);
}

/** All of the group are of that release, by its tags and by what it launches, and nothing is recorded any more. */
function missingOf({ cloud: { state } }: Site, release: string, { refresh }: Row): string | undefined {
  const { tags, members, version, ownImage } = scalingOf(state).groups.get('shop-a')!;
  const image = `ami-${release}`;
  const other = [...members.keys()].find((id) => state.boxes.get(id)?.image !== image);
  if (other !== undefined) return `${other} is of ${state.boxes.get(other)?.image}`;
  if (members.size !== SIZE) return `there are ${members.size} instances`;
  if (tags['turnout:release']?.value !== release) return `the group is tagged as ${tags['turnout:release']?.value}`;
  if (tags['turnout:refresh'] !== undefined) return `there is a record: ${tags['turnout:refresh'].value}`;
  const launches = ownImage ?? scalingOf(state).versions[version - 1]?.image;
  if (launches !== image) return `the group launches ${launches}`;
  const isKept = [...members.keys()].every((id) => id.startsWith('i-blue-'));
  if (isKept !== (refresh === 'rootVolumes') && release === '42')
    return `the instances are ${isKept ? '' : 'not '}the same`;
  return undefined;
}
