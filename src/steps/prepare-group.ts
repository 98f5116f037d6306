import type { PreparedGroup } from '../domain/prepared.ts';
import type { FleetGroup } from '../domain/scaling.ts';
import type { Snapshot } from '../domain/snapshot.ts';
import { servingIn, weightIn } from '../domain/standby.ts';
import { list } from '../domain/text.ts';
import type { StepDefinition } from './definition.ts';
import { TAGS } from './presets.ts';
import { changePrepared, existingFleet, fleetOf } from './world.ts';

/**
 * Set the minimum of the fleet's group to what stays in service while a batch is out, so that the batch can leave and nothing
 * else does, and suspend what would make up for it. The maximum and the alarms are left alone.
 */
export interface PrepareGroup {
  readonly do: 'prepare-group';
  readonly fleet: string;
  /** Those that are to leave. */
  readonly instances: readonly string[];
  readonly run: string;
  readonly who: string;
  /** ISO time at which it was asked for. */
  readonly since: string;
}

/** It would launch for a zone that lacks what is out, of the release before (User guide, "Temporarily remove instances"). */
const PAUSED = ['AZRebalance'];

export const prepareGroup: StepDefinition<PrepareGroup> = (step) => ({
  ...TAGS,
  title: (snapshot) => {
    const { name = step.fleet } = fleetOf(snapshot, step).group ?? {};
    const { at = 0, paused = [] } = wanted(snapshot, step) ?? {};
    const held = paused.length === 0 ? '' : `, and hold its ${list(paused)}`;
    return `set the minimum of ${name} to ${at}${held}`;
  },
  instances: () => step.instances,
  progress: (snapshot) => (isPrepared(snapshot, step) ? 'done' : 'todo'),
  readsBefore: () => ({ pools: [], fleets: 'all' }),
  readsToPoll: () => ({ pools: [], fleets: [step.fleet] }),
  isDispensable: false,
  isAfterSwitch: false,
  apply: async ({ fleet }, snapshot) => {
    const prepared = wanted(snapshot, step);
    if (prepared !== undefined) await fleet.prepare(existingFleet(snapshot, step), prepared);
  },
  simulate: (snapshot) => {
    const prepared = wanted(snapshot, step);
    return prepared === undefined ? snapshot : changePrepared(snapshot, step.fleet, prepared);
  },
});

/** What the group's minimum has to be so that exactly these can leave. */
function roomFor(snapshot: Snapshot, { instances }: PrepareGroup, { desired }: FleetGroup): number {
  return Math.max(0, desired - weightIn(servingIn(snapshot, instances)));
}

function isPrepared(snapshot: Snapshot, step: PrepareGroup): boolean {
  const { group } = fleetOf(snapshot, step);
  if (group === undefined) return true;
  const { prepared, minimum, suspended } = group;
  if (prepared === undefined || !prepared.paused.every((one) => suspended.includes(one))) return false;
  return minimum <= roomFor(snapshot, step, group);
}

/** A minimum that others have set since is what it is put back to. */
function wanted(snapshot: Snapshot, step: PrepareGroup): PreparedGroup | undefined {
  const { group } = fleetOf(snapshot, step);
  if (group === undefined) return undefined;
  const { run, who, since } = step;
  const { prepared: before, minimum, suspended } = group;
  return {
    before: before !== undefined && minimum === before.at ? before.before : minimum,
    at: roomFor(snapshot, step, group),
    paused: before?.paused ?? PAUSED.filter((one) => !suspended.includes(one)),
    run,
    since,
    who,
  };
}
