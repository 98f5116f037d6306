import { defined } from '../domain/defined.ts';
import type { GoalOf } from '../domain/goal.ts';
import { carries, homesOf, isDeployed, isMigrated, isPointed, poolNames, running } from '../domain/in-place.ts';
import type { Instance, Snapshot } from '../domain/snapshot.ts';
import type { Step } from '../steps/index.ts';
import { backStep, leaveSteps, restoreSteps } from './standby.ts';
import { waveSteps } from './waves.ts';

/** What a rolling deploy does. */

/** It needs no deploy any more. */
export function isRolled(instance: Instance, { release, force, run }: GoalOf<'rolling'>): boolean {
  return carries(instance, release) && (!force || isDeployed(instance, release, run));
}

/** That run has deployed to all of the batch: it is on its way back. */
function isDelivered(snapshot: Snapshot, { release, run }: GoalOf<'rolling'>, batch: readonly string[]): boolean {
  return running(snapshot, batch).every((instance) => isDeployed(instance, release, run));
}

/** What is left of the batches: ids of instances that still run, without batches that are done. */
export function todoOf(snapshot: Snapshot, goal: GoalOf<'rolling'>): readonly (readonly string[])[] {
  return goal.batches.map((batch) => {
    const left = running(snapshot, batch);
    return left.every((instance) => isRolled(instance, goal)) ? [] : left.map(({ id }) => id);
  });
}

/** All steps of the deploy, batch by batch. */
export function rollingSteps(snapshot: Snapshot, goal: GoalOf<'rolling'>): readonly Step[] {
  const todo = todoOf(snapshot, goal);
  const [first] = todo.flat();
  const { fleet, release, run, since, delivery } = goal;
  const after = [...restoreSteps(snapshot, goal, todo.flat()), ...pointerSteps(snapshot, goal)];
  if (first === undefined) return after;
  const isDue = delivery.migrate !== 'no' && !isMigrated(snapshot, fleet, release, goal.force ? run : undefined);
  const isAlone = isDue && delivery.migrate === 'alone';
  const migrator = isDue && !isAlone ? todo.findIndex((batch) => !isDelivered(snapshot, goal, batch)) : -1;
  const before: readonly Step[] = isAlone ? [{ do: 'migrate', fleet, instances: [first], release, run, since }] : [];
  const last = todo.findLastIndex((batch) => batch.length > 0);
  const steps = todo.map((batch, n) =>
    batch.length === 0
      ? []
      : goal.waves !== undefined
        ? waveSteps(snapshot, goal, batch, n)
        : [
            ...batchSteps(snapshot, goal, batch, n, n === migrator),
            // Nothing leaves after the last one.
            ...(n === last ? [] : slowStartSteps(snapshot, goal, batch)),
          ],
  );
  return [...before, ...steps.flat(), ...after];
}

/** Only once all that is there runs it: until then an instance that is launched boots what has proven itself. */
function pointerSteps(
  snapshot: Snapshot,
  { fleet, release, run, batches, delivery }: GoalOf<'rolling'>,
): readonly Step[] {
  if (delivery.movesPointer === undefined || isPointed(snapshot, fleet, release, run)) return [];
  const instances = running(snapshot, batches.flat()).map(({ id }) => id);
  return [{ do: 'move-pointer', fleet, instances, release, run }];
}

/** Until what has come back takes its whole share of the requests, the next ones stay. */
function slowStartSteps(
  snapshot: Snapshot,
  { fleet, allowed }: GoalOf<'rolling'>,
  instances: readonly string[],
): readonly Step[] {
  const names = allowed?.slowStart === true ? [] : poolNames(homesOf(snapshot, instances));
  return snapshot.pools.flatMap(({ name: pool, slowStartS: seconds }): readonly Step[] =>
    seconds === undefined || !names.includes(pool) ? [] : [{ do: 'await-slow-start', pool, fleet, instances, seconds }],
  );
}

function batchSteps(
  snapshot: Snapshot,
  goal: GoalOf<'rolling'>,
  instances: readonly string[],
  n: number,
  migrate: boolean,
): readonly Step[] {
  const { fleet, release, run, since, minimumHealthy, delivery, allowed } = goal;
  const places = homesOf(snapshot, instances);
  const { words } = delivery;
  const leaving = { instances, places, ...defined({ minimumHealthy, allowedOwners: allowed?.owners }) };
  const deploy: Step = {
    do: 'deploy',
    fleet,
    instances,
    release,
    run,
    since,
    number: n + 1,
    migrate,
    words,
    offline: true,
  };
  return [
    // On its way back it must not be taken out again.
    ...(isDelivered(snapshot, goal, instances) ? [] : [...leaveSteps(snapshot, goal, leaving), deploy]),
    ...(delivery.check ? [{ do: 'check-instances', fleet, instances } as const] : []),
    backStep(snapshot, goal, { instances, places }),
    { do: 'tag-release', fleet, instances, release, run },
  ];
}
