import { bakeState } from '../src/domain/bake.ts';
import type { GoalOf } from '../src/domain/goal.ts';
import { countByZone, highestMinimum, shortfall } from '../src/domain/minimum-healthy.ts';
import { verified } from '../src/domain/queries.ts';
import { members, stableFleet } from '../src/domain/roles.ts';
import { percentText } from '../src/domain/shares.ts';
import type { Snapshot } from '../src/domain/snapshot.ts';
import type { AfterFailure } from '../src/plan/plan.ts';
import { behaviourOf, type StepOf } from '../src/steps/index.ts';

/** What becomes of a promote whose release has failed, or was not judged, while it baked. */

/**
 * `undo`: production goes back to blue, which is whole and healthy. Undefined where others have moved production: that is for the usual
 * answer.
 * @param seen the world in which the bake ended
 */
export function afterBake(
  snapshot: Snapshot,
  goal: GoalOf<'promote'>,
  step: StepOf<'bake'>,
  seen: Snapshot = snapshot,
): AfterFailure | 'undo' | undefined {
  if (behaviourOf(step).conflict(seen) !== undefined) return undefined;
  const said = bakeState(seen, step);
  if (said.state === 'inconclusive' && step.onInconclusive === 'hold')
    return {
      leave: 'held',
      message: `${goal.release} keeps ${percentText(step.percent)} of production.`,
      next: HELD,
    };
  const problem = blueProblem(snapshot, goal);
  if (problem === undefined) return 'undo';
  return { leave: 'needs-attention', message: `Production was not moved back: ${problem}` };
}

const HELD = [
  '`turnout resume` judges again, and goes on',
  '`turnout rollback` moves production back',
  '`turnout abandon` leaves things as they are and forgets it',
];

/** Why production must not be led back without anybody's asking: what served before is not what it was. */
function blueProblem(snapshot: Snapshot, { minimumHealthy }: GoalOf<'promote'>): string | undefined {
  const blue = stableFleet(snapshot);
  if (blue === undefined || members(blue).length === 0) return 'there is no fleet to move back to.';
  const healthy = verified(snapshot, blue);
  const all = members(blue).length;
  if (healthy.length < all) return `${healthy.length} of ${all} instances of ${blue.release} are healthy.`;
  const short = shortfall(countByZone(healthy), highestMinimum(minimumHealthy));
  return short === undefined ? undefined : `${blue.release} has ${all} instances: ${short}.`;
}

/** The same switch, as if nothing followed it. */
export function withoutBake(goal: GoalOf<'promote'>): GoalOf<'promote'> {
  const { bakeS: _, settings, ...rest } = goal;
  const { gating: _gating, ...kept } = settings;
  return { ...rest, settings: kept };
}
