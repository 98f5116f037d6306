import { defined } from '../src/domain/defined.ts';
import { isRefusal, type Goal, type GoalOf, type Refusal, type Verb } from '../src/domain/goal.ts';
import {
  allows,
  asksApproval,
  batchBack,
  countAgain,
  downtimeWhileOut,
  keepsRelease,
  minimumOfInstances,
  minimumOfProduction,
  onlyThatRelease,
  pace,
  sameWay,
  sameClone,
  sameInstances,
  sameRelease,
  sameZones,
  takesOver,
} from './amendments.ts';
import { rollsOn } from './amended-rolling.ts';
import type { OptionsByVerb } from './index.ts';
import type { TaskOptions } from './options.ts';
import type { Request } from './task.ts';

/** What an option that is given now makes of the recorded goal of its verb: the same, another one, or a refusal that names it. */
type Amendment<V extends Verb> = (
  goal: GoalOf<V>,
  request: Request<OptionsByVerb[V]>,
) => GoalOf<V> | Refusal | 'other-subject';

/** What it allows was asked for when the goal was pinned, or it is part of what another option says. */
const settled = <G>(goal: G): G => goal;

/** Every option of every verb: none is ignored where an earlier run did not end. */
const AMENDMENTS: { readonly [V in Verb]: { readonly [K in keyof OptionsByVerb[V]]-?: Amendment<V> } } = {
  adopt: {
    release: sameRelease,
    takeOver: takesOver,
    allowOwner: settled,
  },
  up: {
    release: sameRelease,
    count: countAgain,
    zone: sameZones,
    cloneFrom: sameClone,
    allowOwner: settled,
  },
  promote: {
    release: sameRelease,
    minHealthy: (goal, request) => ({ ...minimumOfProduction(goal, request), need: 'minimum' }),
    steps: pace,
    every: pace,
    to: pace,
    approve: asksApproval,
    batch: pace,
    bake: (goal, { options: { bake } }) => ({ ...goal, ...defined({ bakeS: bake }) }),
    ignoreAlarm: allows,
    allowUnknownRelease: allows,
    allowSlowStart: allows,
    allowOwner: allows,
    overrideFreeze: allows,
  },
  rollback: {
    release: sameRelease,
    minHealthy: minimumOfProduction,
    batch: batchBack,
    overrideSchema: allows,
    grow: (goal, { options: { grow = false } }) => ({ ...goal, ...(grow && { grow }) }),
  },
  cleanup: {
    release: onlyThatRelease,
    keep: keepsRelease,
    discard: (goal, { options: { discard = false } }) => ({ ...goal, discard }),
    wait: (goal, { options: { wait = false } }) => ({ ...goal, wait }),
    ignoreResidualTraffic: (goal, { options }) => ({ ...goal, early: options.ignoreResidualTraffic === true }),
    minHealthy: minimumOfProduction,
    allowSharedTargetGroup: allows,
    allowOwner: allows,
    overrideFreeze: allows,
  },
  rolling: {
    release: sameRelease,
    refresh: sameWay,
    rootVolumes: sameWay,
    force: rollsOn,
    batch: rollsOn,
    wave: rollsOn,
    minHealthy: rollsOn,
    allowDowntime: rollsOn,
    allowSlowStart: allows,
    allowOwner: allows,
    overrideFreeze: allows,
  },
  deploy: { release: sameRelease, instances: sameInstances, self: settled },
  drain: {
    instances: sameInstances,
    self: settled,
    minHealthy: minimumOfInstances,
    allowDowntime: downtimeWhileOut,
    allowOwner: allows,
  },
  join: {
    instances: sameInstances,
    self: settled,
    release: (goal, { options: { release = goal.release } }) => ({ ...goal, release }),
  },
};

/** The recorded goal with each option that was given; `other-subject` where it is about another release or other instances. */
export function amended(
  goal: Goal,
  request: Request & { readonly options: TaskOptions },
): Goal | Refusal | 'other-subject' {
  const all = Object.entries(AMENDMENTS[goal.verb] as Readonly<Record<string, Amendment<Verb>>>);
  let now = goal;
  for (const [, amend] of all.filter(([key]) => request.options[key] !== undefined)) {
    const next = (amend as (goal: Goal, request: Request) => ReturnType<Amendment<Verb>>)(now, request);
    if (next === 'other-subject' || isRefusal(next)) return next;
    now = next;
  }
  return now;
}
