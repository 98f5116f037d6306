import { explainInstance, sentence } from '../domain/explain.ts';
import { hookTexts } from '../domain/group-problems.ts';
import { isLive, members } from '../domain/roles.ts';
import { isScaled } from '../domain/scaled.ts';
import type { Fleet } from '../domain/snapshot.ts';
import type { StepDefinition } from './definition.ts';
import { WAITS } from './presets.ts';
import { byTimeWaited, limit } from './timing.ts';
import { changeGroup, fleetOf, memberIds, withState } from './world.ts';

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
    const { instances, group } = fleetOf(snapshot, step);
    const all = instances.length > 0 && instances.every(({ state }) => state === 'running');
    return all && (group === undefined || group.capacity >= group.desired) ? 'done' : 'under way';
  },
  cannotSucceed: (snapshot) => {
    const fleet = fleetOf(snapshot, step);
    // A group replaces what it loses, and tries again what has failed.
    return fleet.group === undefined ? (lostInstances(fleet) ?? failedInstances(fleet)) : undefined;
  },
  count: (snapshot) => {
    const { instances, group } = fleetOf(snapshot, step);
    const waiting = instances
      .filter(({ state }) => state !== 'running')
      .map((instance) => ({ id: instance.id, why: explainInstance(instance) }));
    const have = instances.length - waiting.length;
    if (group === undefined) return { have, want: instances.length, word: 'running', waiting };
    const failed = group.failures.slice(0, 1).map((why) => ({ id: group.name, why }));
    const { capacity, desired: want } = group;
    return { have: Math.min(capacity, want), want, word: 'in service', waiting: [...failed, ...waiting] };
  },
  lastSeen: (snapshot) => {
    const fleet = fleetOf(snapshot, step);
    return isScaled(fleet) ? (fleet.group.failures[0] ?? hookTexts(fleet)[0]?.replace(/\.$/, '')) : undefined;
  },
  readsToPoll: () => ({ pools: [], fleets: [step.fleet] }),
  timeLimitMs: limit('bootMs'),
  pollEveryMs: byTimeWaited,
  simulate: (snapshot) => {
    const { group } = fleetOf(snapshot, step);
    const running = withState(snapshot, step.fleet, 'running');
    return group === undefined
      ? running
      : changeGroup(running, step.fleet, { capacity: group.desired, held: group.held });
  },
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
