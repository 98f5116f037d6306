import { expect, test } from 'vitest';
import { isRefusal } from '../../src/domain/goal.ts';
import type { Preview } from '../../src/domain/preview.ts';
import { isIn } from '../../src/domain/roles.ts';
import type { Pool, Snapshot } from '../../src/domain/snapshot.ts';
import { withPreview } from '../../src/plan/preview.ts';
import { movesProduction } from '../../src/steps/definition.ts';
import { behaviourOf, type Step } from '../../src/steps/index.ts';
import { sampled } from '../support/sampled.ts';
import { MARKS, weightedWorlds } from '../support/weighted-worlds.ts';
import { FULL, twoFleetWorlds } from '../support/worlds.ts';
import { planFor, WISHES } from './check.ts';

/**
 * In every small world in which a preview rule stands, whoever left it there: what ends a deploy, or turns it, deletes the rule, and
 * nothing moves or ends what people are led to before. In one without, `up` makes one, of its own fleet, and as its last step.
 */
const BALANCER = 'arn:shop';
const ABOVE = 'arn:80';

type Rule = Extract<Preview, { state: 'seen' }>['rules'][number];

function previewed(snapshot: Snapshot, rules: readonly Rule[]): Snapshot {
  const pools = snapshot.pools.map((pool): Pool => ({ ...pool, loadBalancers: [BALANCER] }));
  const place = { arn: ABOVE, name: 'shop:80', url: 'http://shop/', balancer: BALANCER, priority: 49_000 };
  return { ...snapshot, pools, preview: { state: 'seen', by: 'header x-preview: 42', rules, places: [place] } };
}

/** What people are led to, and by whose rule, after each step. */
function rulesIn({ preview }: Snapshot): readonly Rule[] {
  return preview?.state === 'seen' ? preview.rules : [];
}

/** Whether something else than the fleet that the rule was made for stands where it leads. */
function misleads({ pools, fleets }: Snapshot, { fleet, group }: Rule): boolean {
  const pool = pools.find(({ arn }) => arn === group);
  return pool !== undefined && fleets.some((one) => one.id !== fleet && isIn(pool, one));
}

function walk(start: Snapshot, steps: readonly Step[]): readonly { readonly before: Snapshot; readonly step: Step }[] {
  let world = start;
  return steps.map((step) => {
    const before = world;
    world = behaviourOf(step).simulate(before);
    return { before, step };
  });
}

function endOf(start: Snapshot, steps: readonly Step[]): Snapshot {
  return steps.reduce((world, step) => behaviourOf(step).simulate(world), start);
}

/** What is wrong of an `up`: its last step makes the one rule, of its own fleet. */
function untidyUp(start: Snapshot, steps: readonly Step[], fleet: string): readonly string[] {
  const of = rulesIn(endOf(start, steps)).map((one) => one.fleet);
  return [
    ...(of.length === 1 && of[0] === fleet ? [] : [`the rules are of ${of.join(' and ') || 'nobody'}`]),
    ...(steps.at(-1)?.do === 'create-preview' ? [] : ['the rule is not made last']),
  ];
}

/** What is wrong of any other verb: the rule goes, and before anything that it shows moves or ends; on the way back at last. */
function untidy(start: Snapshot, steps: readonly Step[], verb: string, rule: Rule): readonly string[] {
  const left = rulesIn(endOf(start, steps)).map(({ name }) => `${name} is left`);
  if (verb === 'rollback') return left;
  const early = walk(start, steps).filter(({ before }) => rulesIn(before).length > 0);
  return [
    ...left,
    ...early.flatMap(({ before, step }) => {
      const effect = behaviourOf(step).effect(before);
      const isMoved = movesProduction(effect) || effect === 'destroys';
      const isMisled = !misleads(start, rule) && rulesIn(before).some((one) => misleads(before, one));
      return [
        ...(isMoved ? [`${step.do} comes before it goes`] : []),
        ...(isMisled ? [`it misleads at ${step.do}`] : []),
      ];
    }),
  ];
}

/** @returns how many plans there were with a rule */
async function holdPreview(worlds: Iterable<Snapshot>): Promise<number> {
  let plans = 0;
  for (const bare of worlds) {
    const [, green] = bare.fleets;
    const [pool] = bare.pools.filter(({ role }) => role === 'test');
    if (pool === undefined) continue;
    const fleet = green?.id ?? 'gone';
    const rule = {
      arn: 'arn:rule',
      name: 'shop:80 priority 49000',
      fleet,
      release: '42',
      above: ABOVE,
      group: pool.arn,
    };
    // `up` of a release that is up makes the rule that is lacking, or is not as it would be now.
    const again = green === undefined ? [] : [['up', { release: green.release }] as const];
    for (const [verb, wish] of [...WISHES, ...again]) {
      for (const rules of verb === 'up' ? [[], [rule], [{ ...rule, isOutdated: true as const }]] : [[rule]]) {
        const snapshot = previewed(bare, rules);
        const planned = await planFor(snapshot, verb, wish);
        const plan = isRefusal(planned) ? planned : withPreview(snapshot, planned.goal, planned.plan);
        if (isRefusal(planned) || isRefusal(plan)) continue;
        plans += 1;
        const wrong =
          verb === 'up' ? untidyUp(snapshot, plan.steps, planned.goal.fleet) : untidy(snapshot, plan.steps, verb, rule);
        expect(wrong, JSON.stringify({ verb, snapshot })).toEqual([]);
      }
    }
  }
  return plans;
}

const SHAPE = { ...FULL, test: ['-', 'healthy'], production: ['-', 'healthy', 'draining'] } as const;

test.each([
  ['where servers move', () => twoFleetWorlds(2, SHAPE, {}, 4)],
  ['where weights do', () => sampled(weightedWorlds(MARKS), 7)],
])(
  'no preview rule outlives what it shows, %s',
  async (_what, worlds) => {
    expect(await holdPreview(worlds())).toBeGreaterThan(100);
  },
  120_000,
);
