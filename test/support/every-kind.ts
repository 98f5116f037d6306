import type { Marks, Snapshot, Target, TargetState } from '../../src/domain/snapshot.ts';
import type { Traffic } from '../../src/domain/traffic.ts';
import { attachedWorld } from './attached-worlds.ts';
import { weightedWorld } from './weighted-worlds.ts';
import { HOME, PROMOTED, world, type FleetSpec } from './worlds.ts';

/** The same small world in every kind of fleet, and every kind of traffic: what is true of one has to be true of all. */

export interface KindOfWorld {
  readonly fleet: 'ec2' | 'auto-scaling' | 'opsworks';
  readonly traffic: Traffic['kind'];
}

const FLEETS = ['ec2', 'auto-scaling', 'opsworks'] as const;
const TRAFFIC = ['membership', 'listener-weights', 'dns-weights'] as const;

export const EVERY_KIND: readonly KindOfWorld[] = FLEETS.flatMap((fleet) =>
  TRAFFIC.map((traffic) => ({ fleet, traffic })),
);

interface Both {
  /** Of the fleet `A`, which serves; of `B`, which was promoted, where that serves. */
  readonly blue: readonly TargetState[];
  readonly green?: readonly TargetState[];
  readonly serves?: 'A' | 'B';
  readonly zones?: readonly string[];
  readonly ports?: readonly number[];
}

const LEFT: Marks = { ...HOME, share: '0@2026-01-03T00:00:00.000Z' };

/** `A` alone, or beside `B`. Where fleets move, production is the group `prod`; with weights that of the one that serves. */
export function worldOf({ fleet, traffic }: KindOfWorld, both: Both): Snapshot {
  const { blue, green, serves = 'A', zones = ['a'], ports = [8080] } = both;
  const isMoved = traffic === 'membership';
  const groups = isMoved && serves === 'A' ? ['prod', 'test'] : isMoved ? ['test', 'prod'] : ['one', 'two'];
  const spec = (id: string, marks: Marks, states: readonly TargetState[], group = ''): FleetSpec => {
    return { id, marks, members: states.map((state) => ({ [group]: state })) };
  };
  const fleets = [
    spec('A', serves === 'B' && !isMoved ? LEFT : HOME, blue, groups[0]),
    ...(green === undefined ? [] : [spec('B', serves === 'B' ? PROMOTED : {}, green, groups[1])]),
  ];
  const bare = isMoved
    ? world(fleets, { groups: ['prod'], zones })
    : weightedWorld({ fleets, production: [serves === 'A' ? 0 : 100], test: 100, byName: traffic === 'dns-weights' });
  const ofKind = KINDS[fleet](inZones(withPorts(bare, ports), zones), isMoved, zones);
  return ofKind;
}

const KINDS: Readonly<
  Record<KindOfWorld['fleet'], (snapshot: Snapshot, isMoved: boolean, zones: readonly string[]) => Snapshot>
> = {
  ec2: (snapshot) => snapshot,
  opsworks: (snapshot) => ({
    ...snapshot,
    fleets: snapshot.fleets.map((one) => ({ ...one, holder: `layer ${one.id}` })),
  }),
  'auto-scaling': (snapshot, isMoved, zones) => {
    const { fleets, ...rest } = attachedWorld(snapshot, { zones });
    const stays = fleets.map(({ group, ...one }) => {
      const { moves: _, ...permanent } = group!;
      return { ...one, group: isMoved ? group! : permanent };
    });
    return { ...rest, fleets: stays };
  },
};

function inZones(snapshot: Snapshot, zones: readonly string[]): Snapshot {
  const fleets = snapshot.fleets.map((fleet) => ({
    ...fleet,
    instances: fleet.instances.map((one, n) => ({ ...one, zone: zones[n % zones.length]! })),
  }));
  return { ...snapshot, fleets };
}

/** Every target at these ports as well. */
function withPorts(snapshot: Snapshot, ports: readonly number[]): Snapshot {
  const more = (target: Target): readonly Target[] => ports.map((port) => ({ ...target, port }));
  return { ...snapshot, pools: snapshot.pools.map((pool) => ({ ...pool, targets: pool.targets.flatMap(more) })) };
}
