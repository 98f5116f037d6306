import { defined } from '../domain/defined.ts';
import { closedText } from '../domain/freeze.ts';
import { refusal, type Goal, type Refusal } from '../domain/goal.ts';
import type { Snapshot } from '../domain/snapshot.ts';
import { duration } from '../domain/text.ts';
import { movesProduction, type Effect } from '../steps/definition.ts';
import { behaviourOf } from '../steps/index.ts';
import { effectsOf } from './effects.ts';
import type { Plan } from './plan.ts';

/**
 * The plan as closed times allow it: refused in one; otherwise its first change of what serves, and each one of weights, asks
 * again. A switch between target groups, or a rolling deploy, that has begun goes on to its end: half of it is worse.
 */
export function heedFreeze(snapshot: Snapshot, goal: Goal, plan: Plan): Plan | Refusal {
  const { freeze } = snapshot;
  if (freeze === undefined || freeze.state === 'none' || overrideOf(goal) !== undefined) return plan;
  const effects = effectsOf(snapshot, plan);
  const first = effects.findIndex(acts);
  if (first < 0) return plan;
  const closed = closedText(freeze);
  if (closed !== undefined) return closedTime(goal, closed);
  const steps = plan.steps.map((step, n) =>
    n === first || effects[n] === 'shifts-traffic' ? { ...step, heedsFreeze: true as const } : step,
  );
  return { steps, notes: [...plan.notes, ...soonNotes(snapshot, plan)] };
}

/** What the operator has overridden, and why. */
export function overridesOf(goal: Goal): { readonly overrideFreeze?: string; readonly overrideSchema?: string } {
  const { freeze, schema } = ('allowed' in goal && goal.allowed) || {};
  return defined({ overrideFreeze: freeze, overrideSchema: schema });
}

/** Why closed times do not count for the goal, as its operator said. */
function overrideOf(goal: Goal): string | undefined {
  return 'allowed' in goal ? goal.allowed?.freeze : undefined;
}

function acts(effect: Effect): boolean {
  return movesProduction(effect) || effect === 'deploys' || effect === 'destroys';
}

function closedTime({ verb }: Goal, closed: string): Refusal {
  return refusal(
    'closed-time',
    `${closed} No ${verb} begins in it.`,
    'Run this again when it is over. `turnout rollback` is possible at any time.',
    '`--override-freeze REASON` does it all the same; who did and why is recorded.',
  );
}

/** A closed time begins before this is expected to be over. */
function soonNotes({ freeze, at, ...rest }: Snapshot, { steps }: Plan): readonly string[] {
  if (freeze?.state !== 'open' || freeze.closes === undefined) return [];
  let world: Snapshot = { ...rest, at };
  let seconds = 0;
  for (const step of steps) {
    const behaviour = behaviourOf(step);
    seconds += behaviour.estimateS(world);
    world = behaviour.simulate(world);
  }
  const leftS = (freeze.closes.at - at) / 1000;
  if (leftS > seconds) return [];
  return [
    `A closed time begins in ${duration(leftS)}, on ${freeze.closes.words}, and this takes about ${duration(seconds)}: weights that have not moved by then do not, and all goes back.`,
  ];
}
