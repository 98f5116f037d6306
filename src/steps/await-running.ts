import { explainInstance, sentence } from '../domain/explain.ts';
import { isLive, members } from '../domain/roles.ts';
import type { Fleet } from '../domain/snapshot.ts';
import { never, type StepDefinition } from './definition.ts';
import { WAITS } from './presets.ts';
import { byTimeWaited, limit } from './timing.ts';
import { fleetOf, memberIds, withState } from './world.ts';

/** Wait until every instance of the fleet runs. */
export interface AwaitRunning {
  readonly do: 'await-running';
  readonly fleet: string;
}

/** EC2 says "a few minutes at most"; this is the common case of a small Linux image. */
const BOOT_S = 60;

export const awaitRunning: StepDefinition<AwaitRunning> = (step) => ({
  ...WAITS,
  title: () => 'wait until every instance runs',
  instances: (snapshot) => memberIds(snapshot, step),
  estimateS: () => BOOT_S,
  progress: (snapshot) => {
    const { instances } = fleetOf(snapshot, step);
    return instances.length > 0 && instances.every(({ state }) => state === 'running') ? 'done' : 'under way';
  },
  cannotSucceed: (snapshot) => lostInstances(fleetOf(snapshot, step)) ?? failedInstances(fleetOf(snapshot, step)),
  count: (snapshot) => {
    const { instances } = fleetOf(snapshot, step);
    const waiting = instances
      .filter(({ state }) => state !== 'running')
      .map((instance) => ({ id: instance.id, why: explainInstance(instance) }));
    return { have: instances.length - waiting.length, want: instances.length, word: 'running', waiting };
  },
  lastSeen: never,
  readsToPoll: () => ({ pools: [], fleets: [step.fleet] }),
  timeLimitMs: limit('bootMs'),
  pollEveryMs: byTimeWaited,
  simulate: (snapshot) => withState(snapshot, step.fleet, 'running'),
});

function failedInstances(fleet: Fleet): string | undefined {
  const failed = members(fleet).flatMap(({ id, failed: why }) => (why === undefined ? [] : [{ id, why }]));
  if (failed.length === 0) return undefined;
  return `${failed.length} of ${fleet.instances.length} instances failed. ${sentence(failed)}.`;
}

/** Which instances of the fleet are gone, and why. */
export function lostInstances(fleet: Fleet): string | undefined {
  const gone = fleet.instances
    .filter((instance) => !isLive(instance))
    .map((instance) => ({ id: instance.id, why: explainInstance(instance) }));
  if (gone.length === 0) return undefined;
  return `${gone.length} of ${fleet.instances.length} instances went away. ${sentence(gone)}.`.replace(/\.\.$/, '.');
}
