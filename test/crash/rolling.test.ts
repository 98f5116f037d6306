import { afterAll, describe, expect, test } from 'vitest';
import { defined } from '../../src/domain/defined.ts';
import type { Deploys } from '../support/little/deployer.ts';
import type { Scene } from '../support/little/scene.ts';
import { Site, type Run } from '../support/little/site.ts';
import type { State } from '../support/little/state.ts';
import { tellRun } from '../support/little/story.ts';
import { codeOf } from './outcome.ts';

/**
 * The crash matrix of deploys in place: a rolling deploy is killed before every call to the outside whose moment differs, and
 * after those that change something; then it is resumed, or undone.
 */

const WAYS = ['resume', 'same verb', 'the release before', 'abandon, then the same verb'] as const;
type Way = (typeof WAYS)[number];

interface Row {
  readonly deploys: Deploys;
  readonly scene: Scene;
  /** Right after the crash, readings are 10 s old for 10 s. */
  readonly stale?: true;
  /** In waves. */
  readonly wave?: readonly number[];
}

const ROWS: readonly Row[] = [
  { deploys: 'lasting', scene: { start: 'blue', groups: 2, size: 3 } },
  { deploys: 'local', scene: { start: 'blue', groups: 1, size: 3 } },
  { deploys: 'local', scene: { start: 'blue', groups: 2, size: 2, sick: true } },
  { deploys: 'lasting', scene: { start: 'blue', groups: 1, size: 2 }, stale: true },
  { deploys: 'pulling', scene: { start: 'blue', groups: 1, size: 3 }, wave: [34, 67, 100] },
];

interface Point {
  readonly n: number;
  readonly when: 'before' | 'after';
  readonly name: string;
}

const counted = { crashes: 0 };
afterAll(() => void process.stdout.write(`crash matrix of rolling: ${counted.crashes} crashes\n`));

describe('a rolling deploy that is killed anywhere', () => {
  test.each(ROWS)(
    '$deploys deploys, $scene.groups groups, $scene.size instances, sick: $scene.sick, stale: $stale',
    async (row) => {
      const points = await pointsOf(row);
      expect(points.length).toBeGreaterThan(row.wave ? 15 : 30);
      const wrong: string[] = [];
      for (const [index, point] of points.entries()) {
        // By turns: each way on is taken many times, from moments of every kind.
        const way = WAYS[index % WAYS.length] as Way;
        const { found, story } = await tryOne(row, point, way);
        counted.crashes += 1;
        if (found.length > 0) wrong.push(...found, ...(wrong.length === 0 ? [story] : []));
      }
      expect(wrong).toEqual([]);
    },
    300_000,
  );
});

test('trap 4: an error in the middle of leaving several groups puts the instance back into those that it left', async () => {
  const scene: Scene = { start: 'blue', groups: 2, size: 3 };
  const { calls } = (await open(scene, 'lasting').run('rolling', { release: '42' })).process;
  const [, second] = calls.filter(({ name }) => name === 'DeregisterTargets');
  const site = open(scene, 'lasting');
  const before = site.cloud.state.groups;
  const run = await site.run('rolling', { release: '42' }, { fault: { n: second?.n ?? 0, kind: 'denied' } });
  expect(codeOf(run)).toBe('undone');
  const standings = (groups: State['groups']): string =>
    [...groups]
      .map(
        ([name, { members }]) =>
          `${name}: ${[...members]
            .map(([id, one]) => `${id} ${one.health}`)
            .toSorted()
            .join(', ')}`,
      )
      .join('; ');
  expect(standings(site.cloud.state.groups)).toBe(standings(before));
  expect(site.deployer?.begun).toEqual([]);
  const noted = [...site.cloud.state.boxes.values()].filter(({ tags }) => tags['turnout:left'] !== undefined);
  expect(noted).toEqual([]);
  expect(site.watch.broken).toEqual([]);
});

/** Every moment at which it can die with another outcome: looking again and again at the same thing is one. */
async function pointsOf({ deploys, scene, wave }: Row): Promise<readonly Point[]> {
  const { process } = await open(scene, deploys).run('rolling', { release: '42', ...defined({ wave }) });
  return process.calls.flatMap(({ n, name }, index): Point[] => {
    const changes = /^(Create|Delete|Register|Deregister|deployer (start|points)|store (put|clear|log))/.test(name);
    const isAgain = process.calls[index - 1]?.name === name && process.calls[index - 2]?.name === name;
    if (isAgain && !changes) return [];
    const before: Point = { n, name, when: 'before' };
    return changes ? [before, { n, name, when: 'after' }] : [before];
  });
}

function open(scene: Scene, deploys: Deploys): Site {
  const site = new Site(scene, { deploys });
  // Which zone is empty for a while is a matter of chance; how many there are in all is watched below.
  site.watch.acceptedMinimum = 0;
  return site;
}

/** The fewest healthy targets that a group has from now on, after something was taken away. */
function watchLeast(site: Site): () => number {
  let least = Infinity;
  site.cloud.onChange = (before, after) => {
    for (const [name, group] of after.groups) {
      if (group.role !== 'production') continue;
      const [had, has] = [before.groups.get(name) ?? group, group].map(
        ({ members }) => [...members.values()].filter(({ health }) => health === 'healthy').length,
      ) as [number, number];
      if (has < had) least = Math.min(least, has);
    }
  };
  return () => least;
}

async function tryOne(row: Row, point: Point, way: Way): Promise<{ found: readonly string[]; story: string }> {
  const site = open(row.scene, row.deploys);
  const least = watchLeast(site);
  const minimum = row.scene.size - 1 - (row.scene.sick ? 1 : 0);
  const waves = defined({ wave: row.wave });
  const runs: Run[] = [await site.run('rolling', { release: '42', ...waves }, { kill: point })];
  if (row.stale) site.weather.staleUntil = site.clock.now + site.weather.staleMs;
  const release = way === 'the release before' ? '41' : '42';
  if (way === 'abandon, then the same verb') runs.push(await site.run('abandon'));
  const hadGoal = site.store.goal !== undefined;
  const last = await site.run(way === 'resume' ? 'resume' : 'rolling', way === 'resume' ? {} : { release, ...waves });
  runs.push(last);
  const isOver = way === 'resume' && !hadGoal && codeOf(last) === 'nothing-to-resume';
  const missing = isOver ? undefined : missingOf(site.cloud.state, release);
  const found = [
    ...(codeOf(last) === 'done' || isOver ? [] : [`${way} ended with ${codeOf(last)}`]),
    ...(missing === undefined ? [] : [`after ${way}, ${missing}`]),
    ...site.watch.broken,
    ...(least() < Math.max(1, minimum) ? [`only ${least()} were healthy at a time`] : []),
    ...(site.deployer?.broken ?? []),
    ...(row.wave && !isOver && site.deployer?.pointsTo !== release ? [`new ones boot ${site.deployer?.pointsTo}`] : []),
    ...migratedTwice(site),
  ];
  const title = `killed ${point.when} call ${point.n}, ${point.name}; then ${way}`;
  return { found: found.map((what) => `${title}: ${what}`), story: [title, ...runs.map(tellRun)].join('\n\n') };
}

/** Everybody is back in every group, carries the release, and nothing is noted any more. */
function missingOf({ boxes, groups }: State, release: string): string | undefined {
  const own = [...boxes.values()].filter((box) => box.tags['turnout:environment'] === 'shop');
  for (const { id, image, tags, fit } of own) {
    if (image !== `ami-${release}` || tags['turnout:release'] !== release) return `${id} carries ${image}`;
    if (tags['turnout:left'] !== undefined) return `${id} is still noted to be out`;
    for (const group of [...groups.values()].filter(({ role }) => role === 'production')) {
      const health = group.members.get(id)?.health;
      if (health !== 'healthy' && fit) return `${id} is ${health ?? 'not'} in ${group.name}`;
    }
  }
  return undefined;
}

/** One release is migrated to once; a local program that was killed with its process may have to run again. */
function migratedTwice(site: Site): readonly string[] {
  const migrations = (site.deployer?.begun ?? []).filter((line) => line.endsWith('migrates'));
  const twice = migrations.filter((line, n) => migrations.indexOf(line) !== n);
  return site.deployer?.begun.length !== undefined && twice.length > 1 ? [`migrated ${migrations.length} times`] : [];
}
