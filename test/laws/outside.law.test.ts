import { describe, expect, test } from 'vitest';
import { isRefusal } from '../../src/domain/goal.ts';
import type { Snapshot } from '../../src/domain/snapshot.ts';
import * as membership from '../support/invariants.ts';
import { isKeptForOthers, OUTSIDERS, takenFromOthers, withOutsiders } from '../support/outside-worlds.ts';
import { sampled } from '../support/sampled.ts';
import * as weighted from '../support/weighted-invariants.ts';
import { PAIRS, weightedWorlds } from '../support/weighted-worlds.ts';
import { FULL, PROMOTED, twoFleetWorlds } from '../support/worlds.ts';
import { badAdvice } from './advice.ts';
import { holdLaws, planFor, WISHES, type Invariants, type Wishes } from './check.ts';

/** Others have something in the small worlds too: target groups that hold our servers, rules to our groups, owners of our servers. */

const SINGLE = { ...PAIRS, most: 1 } as const;

const WORLDS: readonly (readonly [name: string, worlds: () => Iterable<Snapshot>, invariants: Invariants])[] = [
  ['of fleets that move between groups', () => withOutsiders(twoFleetWorlds(1, FULL, PROMOTED)), membership],
  ['where rules divide production', () => withOutsiders(weightedWorlds(SINGLE)), weighted],
  ['where names do', () => withOutsiders(weightedWorlds({ ...SINGLE, byName: true })), weighted],
];

const SMALL = { ...FULL, production: ['-', 'healthy', 'unhealthy', 'draining'], test: ['-', 'healthy'] } as const;

/** Larger fleets: every so manieth of their worlds, and each of them in `npm run test:whole`. */
const LARGER: typeof WORLDS = [
  ['of two that move', () => withOutsiders(sampled(twoFleetWorlds(2, FULL, PROMOTED, 3), 90)), membership],
  ['of three that move', () => withOutsiders(sampled(twoFleetWorlds(3, SMALL), 300)), membership],
  ['of two between which rules divide production', () => withOutsiders(sampled(weightedWorlds(PAIRS), 12)), weighted],
  [
    'of two between which names do',
    () => withOutsiders(sampled(weightedWorlds({ ...PAIRS, byName: true }), 12)),
    weighted,
  ],
];

/** The world's own invariants, and that others lose nothing; what they need may stay where it is. */
function sparingOthers(invariants: Invariants): Invariants {
  return {
    ...invariants,
    broken: (before, step, after, minimum) =>
      takenFromOthers(before, step, after) ?? invariants.broken(before, step, after, minimum),
    fallsShort: (world, goal) =>
      'fleet' in goal && isKeptForOthers(world, goal.fleet) ? undefined : invariants.fallsShort(world, goal),
  };
}

test.each(LARGER)(
  'in larger fleets %s, no plan takes from clients of others what they reach',
  async (_name, worlds, invariants) => {
    const tally = await holdLaws(worlds(), [...WISHES, ...ALLOWING], sparingOthers(invariants));
    expect(tally.worlds).toBeGreaterThan(100);
    expect(tally.reached).toBeGreaterThan(tally.worlds / 10);
  },
  600_000,
);

const ALLOWING: Wishes = [
  ['cleanup', { allowOwner: ['web'] }],
  ['cleanup', { wait: true, allowSharedTargetGroup: ['other'] }],
];

describe.each(WORLDS)('in every small world %s, with something of others', (_name, worlds, invariants) => {
  test('no plan takes from clients of others what they reach, nor leaves them nothing healthy', async () => {
    const tally = await holdLaws(worlds(), [...WISHES, ...ALLOWING], sparingOthers(invariants));
    expect(tally.worlds).toBeGreaterThan(200);
    expect(tally.reached).toBeGreaterThan(tally.worlds / 10);
  }, 120_000);

  test('every advised command is accepted in the same world, or says what is missing', async () => {
    // Where others are in every way, each verb says what allows it, and that another one is in the way.
    const isBad = (what: string): boolean => !what.startsWith('nothing that helps');
    let seen = 0;
    const known = new Set<string>();
    for (const snapshot of worlds()) {
      seen += 1;
      for (const asked of WISHES) {
        const bad = (await badAdvice(snapshot, asked, known)).filter(isBad);
        if (bad.length > 0)
          throw new Error(`${JSON.stringify(asked)}: ${bad.join('; ')} in ${JSON.stringify(snapshot)}`);
      }
    }
    expect(seen).toBeGreaterThan(200);
  }, 120_000);

  test('what is refused for the sake of others names them', async () => {
    const seen = new Set<string>();
    for (const snapshot of worlds()) {
      for (const [verb, wish] of WISHES) {
        const planned = await planFor(snapshot, verb, wish);
        const name = isRefusal(planned) ? OUTSIDERS[planned.refused] : undefined;
        if (!isRefusal(planned) || name === undefined) continue;
        seen.add(planned.refused);
        expect(planned.message).toMatch(name);
      }
    }
    expect([...seen].toSorted()).toEqual(Object.keys(OUTSIDERS).toSorted());
  }, 120_000);
});
