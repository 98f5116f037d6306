import { describe, expect, test } from 'vitest';
import { isRefusal } from '../../src/domain/goal.ts';
import type { Fleet, Snapshot, Target } from '../../src/domain/snapshot.ts';
import { behaviourOf } from '../../src/steps/index.ts';
import { attachedWorlds } from '../support/attached-worlds.ts';
import { scaledWorlds } from '../support/scaled-worlds.ts';
import { sampled } from '../support/sampled.ts';
import { MARKS, PAIRS, weightedWorlds } from '../support/weighted-worlds.ts';
import { FULL, PROMOTED, twoFleetWorlds } from '../support/worlds.ts';
import { badAdvice, isAlive, isUndecided } from './advice.ts';
import { planFor, WISHES, type Wishes } from './check.ts';
import type { Command } from './commands.ts';

/** Of what a refusal or a last sentence advises, and of what is left to do in any world. */

/** Some with an option that no refusal here is about: advice has to keep it. */
const ALL: readonly Command[] = [
  ...WISHES.map(([verb, wish]): Command => [verb, verb === 'cleanup' ? { ...wish, overrideFreeze: 'urgent' } : wish]),
  ['adopt', { release: '41' }],
  ['promote', { minHealthy: { count: 5 }, overrideFreeze: 'urgent' }],
];

/** Of the many worlds every so manieth; `npm run test:whole` looks at each. */
const WORLDS: readonly (readonly [name: string, worlds: () => Iterable<Snapshot>])[] = [
  ['of fleets that move between groups', () => sampled(twoFleetWorlds(2, FULL, PROMOTED, 3), 4)],
  ['of fleets that were never promoted', () => twoFleetWorlds(2, { ...FULL, test: ['-', 'healthy'] }, {}, 3)],
  ['where rules divide production', () => sampled(weightedWorlds(MARKS), 2)],
  ['where names do', () => weightedWorlds({ ...PAIRS, byName: true })],
  ['of Auto Scaling groups', () => sampled(scaledWorlds(), 4)],
  ['of such that move between target groups', () => sampled(attachedWorlds(), 6)],
];

describe.each(WORLDS)('in every small world %s', (_name, worlds) => {
  test('every advised command is accepted in the same world, or says what is missing', async () => {
    let seen = 0;
    const known = new Set<string>();
    for (const snapshot of worlds()) {
      seen += 1;
      for (const asked of ALL) {
        const found = await badAdvice(snapshot, asked, known);
        if (found.length > 0)
          throw new Error(`${JSON.stringify(asked)}: ${found.join('; ')} in ${JSON.stringify(snapshot)}`);
      }
    }
    expect(seen).toBeGreaterThan(100);
  }, 600_000);

  test('with a fleet that is alive not every verb refuses, wherever a task was stopped', async () => {
    let seen = 0;
    const known = new Set<string>();
    for (const start of worlds()) {
      for (const snapshot of isAlive(start) ? turnsOf(await stopsOf(start), known) : []) {
        const refusals = isAlive(snapshot) && !isUndecided(snapshot) ? await deadEnd(snapshot) : undefined;
        if (refusals !== undefined) throw new Error(`${refusals} in ${JSON.stringify(snapshot)}`);
        seen += 1;
      }
    }
    expect(seen).toBeGreaterThan(100);
  }, 600_000);
});

const WAYS: Wishes = [
  ['up', { release: 'C' }],
  ['promote', {}],
  ['promote', { minHealthy: { count: 1 } }],
  ['promote', { to: 100 }],
  ['promote', { to: 100, minHealthy: { count: 1 } }],
  ['rollback', {}],
  ['cleanup', { wait: true, discard: true }],
  ['adopt', { release: '41' }],
];

/** Whether every verb refuses; what each one says, then. */
async function deadEnd(snapshot: Snapshot): Promise<string | undefined> {
  const refusals: string[] = [];
  for (const [verb, wish] of WAYS) {
    const planned = await planFor(snapshot, verb, wish);
    if (!isRefusal(planned)) return undefined;
    refusals.push(`${verb}: ${planned.refused}`);
  }
  return refusals.join(', ');
}

/** Each world, and how it turns out if one of its fleets gets sick everywhere; none that is known already. */
function* turnsOf(stops: readonly Snapshot[], known: Set<string>): Generator<Snapshot> {
  for (const stop of stops) {
    for (const snapshot of [stop, ...stop.fleets.map((fleet) => withSick(stop, fleet))]) {
      const key = JSON.stringify(snapshot);
      if (!known.has(key)) yield snapshot;
      known.add(key);
    }
  }
}

function withSick(snapshot: Snapshot, { instances }: Fleet): Snapshot {
  const ids = new Set(instances.map(({ id }) => id));
  const sick = (target: Target): Target =>
    ids.has(target.id) && target.state === 'healthy'
      ? { ...target, state: 'unhealthy', reason: 'Target.ResponseCodeMismatch' }
      : target;
  return { ...snapshot, pools: snapshot.pools.map((pool) => ({ ...pool, targets: pool.targets.map(sick) })) };
}

/** The worlds that a task leaves when it is stopped after any step, as by a denied request. */
async function stopsOf(snapshot: Snapshot): Promise<readonly Snapshot[]> {
  const worlds = [snapshot];
  for (const [verb, wish] of WAYS) {
    const planned = await planFor(snapshot, verb, wish);
    let seen = snapshot;
    for (const step of isRefusal(planned) ? [] : planned.plan.steps) {
      seen = behaviourOf(step).simulate(seen);
      worlds.push(seen);
    }
  }
  return worlds;
}
