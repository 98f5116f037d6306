import type { Amount } from '../src/domain/amount.ts';
import { batchesOf, sizeOf } from '../src/domain/batches.ts';
import { refusal, type GoalOf, type Refusal } from '../src/domain/goal.ts';
import { minimumWhileOut, running } from '../src/domain/in-place.ts';
import { fleetById } from '../src/domain/queries.ts';
import { members } from '../src/domain/roles.ts';
import type { Instance } from '../src/domain/snapshot.ts';
import { isRolled } from '../src/plan/rolling.ts';
import { wavesProblem } from '../src/plan/waves.ts';
import { withoutMinimum, type Given } from './amendments.ts';

/** What options make of the goal of a rolling deploy that did not end: see the table in recorded-goal.ts. */

interface RollOptions {
  readonly force?: boolean;
  readonly batch?: Amount;
  readonly wave?: readonly number[];
  readonly minHealthy?: Amount;
  readonly allowDowntime?: boolean;
}

/** Batches anew of what is not done; the recorded minimum holds unless another one is asked for. */
export function rollsOn(
  goal: GoalOf<'rolling'>,
  { snapshot, options }: Given<RollOptions>,
): GoalOf<'rolling'> | Refusal {
  const fleet = fleetById(snapshot, goal.fleet);
  const { force = goal.force, batch, wave, minHealthy } = options;
  if (fleet === undefined) return goal;
  const cannot = wave && wavesProblem(goal.delivery, fleet);
  if (cannot !== undefined) return cannot;
  if (goal.force && !force) {
    return refusal(
      'other-steps',
      `An earlier rolling of ${goal.release} by ${goal.who} did not end: it deploys also where the release is, and --no-force would leave instances half-way.`,
      `\`turnout rolling --release ${goal.release}\` goes on with it.`,
    );
  }
  // A deploy is known by the number of its batch: those that are done, or have begun, stay as they are.
  const open = goal.batches.findIndex((some) =>
    running(snapshot, some).some((one) => !isBegun(one, { ...goal, force })),
  );
  const kept = goal.batches.slice(0, open < 0 ? goal.batches.length : open);
  const ids = force === goal.force ? goal.batches.flat() : members(fleet).map(({ id }) => id);
  const todo = running(snapshot, ids).filter(
    (one) => !isRolled(one, { ...goal, force }) && !kept.flat().includes(one.id),
  );
  // A batch is another way than waves; what is left of these is divided as all of it was.
  const waves = batch === undefined ? (wave ?? goal.waves) : undefined;
  const how = waves === undefined ? { batch: batch ?? { count: sizeOf(goal.batches) } } : { wave: waves };
  const batches = [...kept, ...batchesOf(snapshot, todo, how, members(fleet).length)];
  const [all, size] = [batches.flat(), sizeOf(batches)];
  const { waves: _, ...rest } = goal;
  const rolled = { ...rest, force, batches, ...(waves && { waves }) };
  if (minHealthy !== undefined)
    return { ...rolled, minHealthy, minimumHealthy: minimumWhileOut(snapshot, all, size, minHealthy) };
  return options.allowDowntime === true ? withoutMinimum(rolled) : rolled;
}

function isBegun(instance: Instance, goal: GoalOf<'rolling'>): boolean {
  return instance.deploy?.run === goal.run || isRolled(instance, goal);
}
