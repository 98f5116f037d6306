import type { Snapshot } from '../domain/snapshot.ts';
import { endedInStandby, standbys } from '../domain/standby.ts';
import { list } from '../domain/text.ts';
import type { StepDefinition } from './definition.ts';
import { TAGS } from './presets.ts';
import { changePrepared, existingFleet, fleetOf, idsOf, memberIds, replaceEnded } from './world.ts';

/** Put back what a deploy in place has changed of the fleet's group, and only that. */
export interface RestoreGroup {
  readonly do: 'restore-group';
  readonly fleet: string;
}

export const restoreGroup: StepDefinition<RestoreGroup> = (step) => ({
  ...TAGS,
  title: (snapshot) => {
    const fleet = fleetOf(snapshot, step);
    const { name = step.fleet, prepared } = fleet.group ?? {};
    const resumed = prepared === undefined || prepared.paused.length === 0 ? '' : `, and its ${list(prepared.paused)}`;
    const ended = idsOf(endedInStandby(fleet));
    const replaced = ended.length === 0 ? '' : `; it then replaces ${list(ended, 3)}, which ended in Standby`;
    return `put the minimum of ${name} back to ${prepared?.before ?? 'what it was'}${resumed}${replaced}`;
  },
  instances: (snapshot) => memberIds(snapshot, step),
  progress: (snapshot) => (fleetOf(snapshot, step).group?.prepared === undefined ? 'done' : 'todo'),
  guard: (snapshot) => wouldLaunch(snapshot, step),
  readsBefore: () => ({ pools: [], fleets: 'all' }),
  readsToPoll: () => ({ pools: [], fleets: [step.fleet] }),
  apply: async ({ fleet }, snapshot) => fleet.restore(existingFleet(snapshot, step)),
  simulate: (snapshot) => changePrepared(replaceEnded(snapshot, step.fleet), step.fleet, undefined),
});

/** The desired capacity follows the minimum (API reference, UpdateAutoScalingGroup): it would launch for what is in Standby. */
function wouldLaunch(snapshot: Snapshot, step: RestoreGroup): string | undefined {
  const fleet = fleetOf(snapshot, step);
  const out = standbys(fleet);
  const { name, prepared, desired = 0, minimum } = fleet.group ?? {};
  if (prepared === undefined || out.length === 0 || minimum !== prepared.at || prepared.before <= desired)
    return undefined;
  return `${list(idsOf(out), 3)} of ${name} ${out.length === 1 ? 'is' : 'are'} in Standby: with a minimum of ${prepared.before} it would launch others for ${out.length === 1 ? 'it' : 'them'}.`;
}
