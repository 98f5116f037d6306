import type { LaunchBatch, LaunchSpec } from '../domain/goal.ts';
import { defined } from '../domain/defined.ts';
import type { Instance, Marks, Snapshot } from '../domain/snapshot.ts';
import { sizeText } from '../domain/size.ts';
import { storeMarkOf } from '../domain/store-mark.ts';
import { countByZone, type ByZone } from '../domain/minimum-healthy.ts';
import { fleetById } from '../domain/queries.ts';
import { liveFleets, members, roleOf } from '../domain/roles.ts';
import { count } from '../domain/text.ts';
import type { StepDefinition } from './definition.ts';
import { REQUEST } from './presets.ts';
import { CALL_S } from './timing.ts';
import { existingFleet, fleetOf } from './world.ts';
import { NOTHING } from '../observe/reads.ts';

/** Boot the fleet's instances, one request a zone. */
export interface Launch {
  readonly do: 'launch';
  readonly fleet: string;
  readonly release: string;
  readonly run: string;
  readonly spec: LaunchSpec;
}

export const launch: StepDefinition<Launch> = (step) => ({
  ...REQUEST,
  title: (snapshot) => {
    const zones = step.spec.batches.map((batch) => `${batch.count} in ${batch.zone}`).join(', ');
    const all = missing(snapshot, step) || fleetOf(snapshot, step).instances.length;
    return `launch ${count(all, 'instance')} of ${step.release} (${zones})`;
  },
  instances: () => [],
  estimateS: () => 2 * CALL_S,
  progress: (snapshot) => (missing(snapshot, step) === 0 && !hasOtherSize(snapshot, step) ? 'done' : 'todo'),
  guard: (snapshot) => notAlone(snapshot, step) ?? tooMany(snapshot, step),
  cannotSucceed: (snapshot) => notAlone(snapshot, step) ?? tooMany(snapshot, step),
  readsBefore: () => ({ ...NOTHING, pools: 'all', fleets: 'all' }),
  readsToPoll: () => ({ pools: [], fleets: [step.fleet] }),
  effect: () => 'launches',
  apply: async ({ fleet }, snapshot) => {
    const batches = batchesLeft(snapshot, step);
    const marks = marksFor(snapshot, step);
    if (hasOtherSize(snapshot, step)) await fleet.mark(existingFleet(snapshot, step), { size: marks.size });
    if (batches.length > 0) await fleet.launch({ ...step, spec: { ...step.spec, batches }, marks });
  },
  simulate: (snapshot) => {
    const wanted = marksFor(snapshot, step);
    const marks = { ...wanted, ...fleetById(snapshot, step.fleet)?.marks, size: wanted.size };
    const others = snapshot.fleets.filter(({ id }) => id !== step.fleet);
    const fleet = { id: step.fleet, release: step.release, marks, instances: booting(snapshot, step) };
    return { ...snapshot, fleets: [...others, fleet] };
  },
});

/** The same store as that of the others. */
function marksFor(snapshot: Snapshot, { spec }: Launch): Marks & { readonly size: string } {
  const size = sizeText(Object.fromEntries(spec.batches.map(({ zone, count: n }) => [zone, n])));
  return { size, ...defined({ store: storeMarkOf(snapshot)?.text }) };
}

function missing(snapshot: Snapshot, step: Launch): number {
  const have = started(snapshot, step);
  return step.spec.batches.reduce((sum, batch) => sum + Math.max(0, batch.count - (have[batch.zone] ?? 0)), 0);
}

/** A zone that is complete is not asked for again: its request would be another one by now, with other marks. */
function batchesLeft(snapshot: Snapshot, step: Launch): readonly LaunchBatch[] {
  const have = started(snapshot, step);
  return step.spec.batches.filter((batch) => batch.count > (have[batch.zone] ?? 0));
}

function started(snapshot: Snapshot, step: Launch): ByZone {
  return countByZone(fleetOf(snapshot, step).instances.filter(({ unstarted }) => unstarted !== true));
}

/** One candidate at a time: two would share the test groups, and it would be unclear which one was tried. */
function notAlone(snapshot: Snapshot, step: Launch): string | undefined {
  const green = liveFleets(snapshot).find((fleet) => fleet.id !== step.fleet && roleOf(snapshot, fleet) === 'green');
  return (
    green &&
    `${count(members(green).length, 'instance')} of ${green.release} (fleet ${green.id}) are beside production now: another run has launched them.`
  );
}

/** Instances that nobody asked for: another request than those of this goal was at work. */
function tooMany(snapshot: Snapshot, step: Launch): string | undefined {
  const have = countByZone(members(fleetOf(snapshot, step)).filter(({ unstarted }) => unstarted !== true));
  const asked = new Map(step.spec.batches.map((batch) => [batch.zone, batch.count]));
  const [zone] = Object.keys(have).filter((one) => (have[one] ?? 0) > (asked.get(one) ?? 0));
  return zone && `${step.release} has ${have[zone]} in ${zone}, and ${asked.get(zone) ?? 0} were asked for.`;
}

/** A part was launched when another number was wanted. */
function hasOtherSize(snapshot: Snapshot, step: Launch): boolean {
  const { size } = fleetOf(snapshot, step).marks;
  return size !== undefined && size !== marksFor(snapshot, step).size;
}

function booting({ at }: Snapshot, { spec }: Launch): readonly Instance[] {
  return spec.batches.flatMap((batch) =>
    Array.from({ length: batch.count }, (_, n): Instance => ({
      id: `new-${batch.zone}-${n + 1}`,
      zone: batch.zone,
      state: 'pending',
      launchedAt: at,
    })),
  );
}
