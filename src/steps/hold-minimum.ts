import type { HeldMinimum, FleetGroup } from '../domain/scaling.ts';
import type { Snapshot } from '../domain/snapshot.ts';
import type { StepDefinition } from './definition.ts';
import { TAGS } from './presets.ts';
import { changeGroup, existingFleet, fleetOf, memberIds } from './world.ts';

/**
 * Raise the minimum of the fleet's group to what it has, so that nothing scales it in while traffic moves. Its maximum is left
 * alone: a deploy must not keep a group from scaling out.
 */
export interface HoldMinimum {
  readonly do: 'hold-minimum';
  readonly fleet: string;
  readonly run: string;
  readonly who: string;
  /** ISO time at which it was asked for. */
  readonly since: string;
}

export const holdMinimum: StepDefinition<HoldMinimum> = (step) => ({
  ...TAGS,
  title: (snapshot) => {
    const { group } = fleetOf(snapshot, step);
    return `hold ${group?.name ?? step.fleet} at a minimum of ${group?.desired ?? 0}`;
  },
  instances: (snapshot) => memberIds(snapshot, step),
  progress: (snapshot) => {
    const { group } = fleetOf(snapshot, step);
    return group === undefined || isHeld(group, step) ? 'done' : 'todo';
  },
  readsBefore: () => ({ pools: [], fleets: 'all' }),
  readsToPoll: () => ({ pools: [], fleets: [step.fleet] }),
  apply: async ({ fleet }, snapshot) => {
    const found = existingFleet(snapshot, step);
    const held = heldFor(snapshot, step);
    if (held !== undefined) await fleet.resize(found, { minimum: held.at, held });
  },
  simulate: (snapshot) => {
    const held = heldFor(snapshot, step);
    return held === undefined ? snapshot : changeGroup(snapshot, step.fleet, { minimum: held.at, held });
  },
});

/** Nothing scales it in below what it has; of a run that has seen to that, what it was scaled out to since may be scaled in again. */
function isHeld({ held, minimum, desired }: FleetGroup, { run }: HoldMinimum): boolean {
  if (held === undefined || minimum < held.at) return false;
  return held.run === run || minimum >= desired;
}

function heldFor(snapshot: Snapshot, { fleet: id, run, who, since }: HoldMinimum): HeldMinimum | undefined {
  const { group } = fleetOf(snapshot, { fleet: id });
  if (group === undefined) return undefined;
  const at = Math.max(group.minimum, group.desired);
  return { before: group.held?.before ?? group.minimum, at, run, since, who };
}
