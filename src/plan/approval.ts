import type { ApprovalTerms } from '../domain/approval.ts';
import type { Goal, GoalOf } from '../domain/goal.ts';
import { fleetById } from '../domain/queries.ts';
import type { Snapshot } from '../domain/snapshot.ts';
import { behaviourOf, type Step } from '../steps/index.ts';
import type { Plan } from './plan.ts';
import { trafficModel } from './traffic/index.ts';

/**
 * The plan with a wait for approval before green gets production, or each share that the terms name. The first one comes before
 * all else, so that whatever is checked is checked after it; each is spent once green is seen to have that share.
 */
export function withApproval(snapshot: Snapshot, goal: Goal, plan: Plan): Plan {
  const terms = goal.verb === 'promote' ? goal.settings.approval : undefined;
  if (goal.verb !== 'promote' || terms === undefined) return plan;
  let world = snapshot;
  let have = shareIn(world, goal.fleet);
  const steps: Step[] = [...spentAlready(snapshot, goal, have)];
  const atStart = steps.length;
  for (const step of plan.steps) {
    world = behaviourOf(step).simulate(world);
    const before = have;
    have = shareIn(world, goal.fleet);
    if (!isAskedFor(terms, before, have)) {
      steps.push(step);
      continue;
    }
    // What was approved before a crash is not waited for again.
    const asked = [awaitStep(goal, terms, have)].filter((one) => isOpen(snapshot, one));
    steps.splice(before === 0 ? atStart : steps.length, 0, ...asked);
    steps.push(step, { do: 'spend-approval', fleet: goal.fleet, run: goal.run, share: have });
  }
  return { ...plan, steps };
}

function isOpen(snapshot: Snapshot, step: Step): boolean {
  return behaviourOf(step).progress(snapshot) !== 'done';
}

/** A run that was killed directly after the move has not noted it. */
function spentAlready(snapshot: Snapshot, { fleet, run }: GoalOf<'promote'>, have: number): readonly Step[] {
  const { approval } = snapshot;
  if (approval === undefined || approval.run !== run || approval.share > have) return [];
  const spend: Step = { do: 'spend-approval', fleet, run, share: approval.share };
  return isOpen(snapshot, spend) ? [spend] : [];
}

function awaitStep(goal: GoalOf<'promote'>, terms: ApprovalTerms, share: number): Step {
  const { fleet, run, release, who: requestedBy } = goal;
  const { limitS, onTimeout, from } = terms;
  return { do: 'await-approval', fleet, run, release, share, requestedBy, limitS, onTimeout, from };
}

function isAskedFor({ shares }: ApprovalTerms, before: number, after: number): boolean {
  if (shares.length === 0) return before === 0 && after > 0;
  return shares.some((share) => before < share && share <= after);
}

/** What green has of production, in whole percent; where fleets move between target groups, all once one of it is in. */
export function shareIn(snapshot: Snapshot, id: string): number {
  const fleet = fleetById(snapshot, id);
  return fleet === undefined ? 0 : trafficModel(snapshot).shareOf(fleet);
}
