import type { DeployNote, Instance, Membership, Snapshot, Target } from '../../src/domain/snapshot.ts';
import { HOME, world } from './worlds.ts';

/** Small worlds for deploys in place: all ways in which a run, or its end at any moment, leaves one instance. */

export const OLD = 'A';
export const NEW = 'C';

/** How one instance stands: its state in each group, what it carries, and what its tags note. */
export interface Stand {
  readonly name: string;
  /** By group. `-` is not there. */
  readonly in: readonly (Target['state'] | '-')[];
  readonly release?: string;
  /** Its tags note that it was taken out of every group. */
  readonly left?: true;
  readonly deploy?: DeployNote;
}

const note = (state: DeployNote['state'], run: string): DeployNote => ({ release: NEW, run, state });

/** `r1` is the run that is asked again, `r0` an earlier one. */
export const STANDS: readonly Stand[] = [
  { name: 'serves', in: ['healthy'] },
  { name: 'serves with the new release', in: ['healthy'], release: NEW, deploy: note('done', 'r0') },
  { name: 'is sick', in: ['unhealthy'] },
  { name: 'is new', in: ['initial'] },
  { name: 'is noted, not yet out', in: ['healthy'], left: true },
  { name: 'drains', in: ['draining'], left: true },
  { name: 'is out', in: ['-'], left: true },
  { name: 'is deployed to', in: ['-'], left: true, deploy: note('started', 'r1') },
  { name: 'had a deploy that failed', in: ['-'], left: true, deploy: note('started', 'r0') },
  { name: 'is deployed', in: ['-'], left: true, deploy: note('done', 'r1') },
  { name: 'comes back', in: ['initial'], left: true, deploy: note('done', 'r1') },
  { name: 'is back', in: ['healthy'], left: true, deploy: note('done', 'r1') },
  { name: 'was never in traffic', in: ['-'] },
];

/** The same with two groups: a crash between two requests leaves them different. */
export const STANDS_IN_TWO: readonly Stand[] = [
  ...STANDS.map((stand) => ({ ...stand, in: [stand.in[0] ?? '-', stand.in[0] ?? '-'] }) as const),
  { name: 'has left one of two', in: ['draining', 'healthy'], left: true },
  { name: 'is released from one of two', in: ['-', 'healthy'], left: true },
  { name: 'is back in one of two', in: ['healthy', '-'], left: true, deploy: note('done', 'r1') },
  { name: 'is healthy in one of two', in: ['healthy', 'unhealthy'] },
  { name: 'is in one of two only', in: ['healthy', '-'] },
];

const GROUPS = ['http', 'admin'];

/** A world of these instances, by turns in these zones. The ports of the groups differ. */
function inPlaceWorld(stands: readonly Stand[], zones: readonly string[]): Snapshot {
  const groups = GROUPS.slice(0, stands[0]?.in.length ?? 1);
  const members = stands.map((stand) => Object.fromEntries(groups.map((group, n) => [group, stand.in[n] ?? '-'])));
  const bare = world([{ id: OLD, marks: HOME, members }], { groups, zones });
  const places = groups.map((pool, n): Membership => ({ pool, port: 8080 + n }));
  const instances = (bare.fleets[0]?.instances ?? []).map((instance, n): Instance => {
    const { left, deploy, release = OLD } = stands[n] as Stand;
    return { ...instance, release, ...(left ? { left: places } : {}), ...(deploy ? { deploy } : {}) };
  });
  const atPort = (name: string, target: Target): Target => ({ ...target, port: portOf(places, name) });
  return {
    ...bare,
    fleets: bare.fleets.map((fleet) => ({ ...fleet, instances })),
    pools: bare.pools.map((pool) => ({ ...pool, targets: pool.targets.map((target) => atPort(pool.name, target)) })),
  };
}

function portOf(places: readonly Membership[], name: string): number {
  return places.find(({ pool }) => pool === name)?.port ?? 8080;
}

/** All multisets of up to `most` stands, by turns in these zones. */
export function* inPlaceWorlds(stands: readonly Stand[], most: number, zones = ['a', 'b']): Generator<Snapshot> {
  for (let size = 1; size <= most; size += 1) {
    for (const some of choose(stands, size)) yield inPlaceWorld(some, zones);
  }
}

function* choose<T>(items: readonly T[], size: number, from = 0): Generator<readonly T[]> {
  if (size === 0) {
    yield [];
    return;
  }
  for (let i = from; i < items.length; i += 1) {
    for (const rest of choose(items, size - 1, i)) yield [items[i] as T, ...rest];
  }
}
