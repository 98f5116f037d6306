import { defined } from '../../domain/defined.ts';
import { duration } from '../../domain/text.ts';
import type { Connection } from '../../aws/session.ts';
import { locationOf } from '../../domain/location.ts';
import type { Snapshot } from '../../domain/snapshot.ts';
import { healthyCounts, minimumNow, minimumTotals } from '../../domain/minimum-healthy.ts';
import { poolsOf } from '../../domain/roles.ts';
import type { Goal } from '../../domain/goal.ts';
import type { Task } from '../../../tasks/task.ts';
import { behaviourOf, type Step } from '../../steps/index.ts';
import type { Plan } from '../../plan/plan.ts';
import { trafficModel } from '../../plan/traffic/index.ts';
import type { RunEvent, PlannedStep } from '../event.ts';

/** The plan as people see it before it is run: each step on the world that the steps before it leave. */
export function preview(
  task: Task,
  snapshot: Snapshot,
  goal: Goal,
  plan: Plan,
  { endpoint, credentialsEndAt }: Connection = {},
): Extract<RunEvent, { type: 'planned' }> {
  let world = snapshot;
  const steps = plan.steps.map((step) => {
    const shown = viewOf(world, step);
    world = behaviourOf(step).simulate(world);
    return { ...shown, healthyAfter: healthyCounts(trafficModel(world).capacityGroups()) };
  });
  const seconds = steps.reduce((sum, step) => sum + step.seconds, 0);
  return {
    type: 'planned',
    steps,
    notes: [...plan.notes, ...credentialNotes(snapshot.at, seconds, credentialsEndAt)],
    healthyNow: healthyCounts(trafficModel(snapshot).capacityGroups()),
    minimumHealthy: minimumOf(task, snapshot, goal),
    seconds,
    ...defined({ location: locationOf(snapshot, endpoint) }),
  };
}

/** A run that loses its credentials stops where it is, and that may be in the middle of a switch. */
function credentialNotes(now: number, seconds: number, endAt = Infinity): readonly string[] {
  if (seconds === 0 || now + seconds * 1000 < endAt) return [];
  const left = endAt <= now ? 'have ended' : `end in ${duration((endAt - now) / 1000)}`;
  return [`These credentials ${left}, and this takes about ${duration(seconds)}. Log in again first.`];
}

/** The fewest healthy targets in production, by what its health is counted by; 0 where downtime is allowed. */
function minimumOf(task: Task, snapshot: Snapshot, goal: Goal): Readonly<Record<string, number>> {
  const minimum = task.minimumHealthy(goal);
  if (minimum === 'as-now') return minimumTotals(minimumNow(snapshot, trafficModel(snapshot).capacityGroups()));
  if (task.movesProduction) return minimumTotals(minimum);
  const production = poolsOf(snapshot, 'production');
  return Object.fromEntries(production.map(({ name }) => [name, minimum[name]?.total ?? 0]));
}

function viewOf(world: Snapshot, step: Step): Omit<PlannedStep, 'healthyAfter'> {
  const behaviour = behaviourOf(step);
  return {
    do: step.do,
    title: behaviour.title(world),
    fleet: step.fleet,
    ...('pool' in step ? { pool: step.pool } : {}),
    // In one order, so that the same instances read the same in every step.
    instances: behaviour.instances(world).toSorted(),
    asks: behaviour.effect(world) === 'asks',
    seconds: behaviour.estimateS(world),
  };
}
