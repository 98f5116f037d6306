import { withTraffic } from '../../src/domain/routes.ts';
import type { Marks, Snapshot, TargetState } from '../../src/domain/snapshot.ts';
import type { Route, SwitchSettings, Traffic, TrafficSettings } from '../../src/domain/traffic.ts';
import { HOME, PLAIN, PROMOTED, world, type FleetSpec, type Summary } from './worlds.ts';

/** Small worlds in which routes divide production between two groups, `one` and `two`. */

const NOW = Date.UTC(2026, 5, 1);
export const HOLD_S = 120;

/** The percent that `two` gets of a route. */
type Share = number;

interface WeightedSpec {
  readonly fleets: readonly FleetSpec[];
  /** Of each production route. */
  readonly production: readonly Share[];
  readonly test: Share;
  readonly othersWeight?: number;
  /** Names lead to production, and not rules. */
  readonly byName?: boolean | undefined;
}

function route(name: string, role: Route['role'], two: Share, othersWeight: number): Route {
  return { name, role, weights: { one: 100 - two, two }, othersWeight, stickyS: 0, url: `http://${name}/` };
}

export function weightedWorld({ fleets, production, test, othersWeight = 0, byName = false }: WeightedSpec): Snapshot {
  const routes = [
    ...production.map((share, n) => route(`shop:${n}`, 'production', share, othersWeight)),
    ...(byName ? [] : [route('shop:test', 'test', test, 0)]),
  ];
  const residual = { state: 'counted', requests: {}, withinS: 300 } as const;
  const divided = { routes, problems: [], notes: [], residual, unreadable: [] };
  const traffic: Traffic = byName
    ? {
        ...divided,
        kind: 'dns-weights',
        ttls: Object.fromEntries(routes.map(({ name }) => [name, { own: [300], fixedS: 0 }])),
        pending: false,
        passedOver: {},
        answers: { state: 'not-asked' },
      }
    : { ...divided, kind: 'listener-weights' };
  const { pools, ...rest } = world(fleets, { groups: ['one', 'two'], zones: ['a'] });
  const own = pools.filter(({ name }) => name !== 'test');
  return withTraffic({ ...rest, at: NOW, pools: own, answers: { state: 'not-asked' } }, traffic);
}

/** What the config decides in the world. */
export function settingsIn({ traffic, fleets }: Snapshot): SwitchSettings {
  if (traffic.kind === 'membership') return PLAIN;
  // Where a fleet has one instance only, TTLs are lowered for a switch.
  const isLowered = fleets[0]?.instances.length === 1;
  const lowerTtl = Object.fromEntries(
    isLowered ? traffic.routes.map(({ name }) => [name, { fromS: 300, toS: 10 }]) : [],
  );
  const divided = { steps: [100], everyS: 60, retentionS: HOLD_S, residual: { most: 10, withinS: 300 } };
  const settings: TrafficSettings =
    traffic.kind === 'listener-weights'
      ? { ...divided, kind: traffic.kind }
      : { ...divided, kind: traffic.kind, lowerTtl };
  // Every switch has to be proven.
  return { traffic: settings, verification: { by: 'marker', url: 'http://shop/', wanted: 100 } };
}

const AGO = (seconds: number): string => new Date(NOW - seconds * 1000).toISOString();

/** What two fleets are like, all of it. */
export interface Variety {
  readonly states: readonly (TargetState | '-')[];
  readonly most: 1 | 2;
  readonly home: readonly Marks[];
  readonly other: readonly Marks[];
  readonly test: readonly Share[];
  readonly byName?: true;
}

const LEFT: Marks = { ...HOME, share: `0@${AGO(10)}` };
const TEN: Marks = { ...PROMOTED, share: `10@${AGO(30)}` };

/** All that tags can say, of single instances. */
export const MARKS: Variety = {
  states: ['-', 'initial', 'healthy', 'unhealthy'],
  most: 1,
  home: [HOME, LEFT, { ...HOME, share: `0@${AGO(1000)}` }],
  other: [{}, PROMOTED, TEN, { ...PROMOTED, share: `0@${AGO(20)}` }],
  test: [0, 100],
};

/** Pairs of instances. */
export const PAIRS: Variety = {
  states: ['-', 'healthy', 'unhealthy'],
  most: 2,
  home: [LEFT],
  other: [{}, TEN],
  test: [100],
};

/** All, nothing, what a step gives, and what a crash between two routes leaves. */
const SHARES: readonly (readonly Share[])[] = [
  [0, 0],
  [100, 100],
  [10, 10],
  [0, 100],
  [100, 0],
  [0, 10],
  [30, 30],
];

/** How the instances of a fleet stand in its own group. */
function* members(group: string, { states, most }: Variety): Generator<readonly Summary[]> {
  const one = states.map((state): Summary => ({ [group]: state }));
  for (const first of one) yield [first];
  if (most < 2) return;
  for (const [n, first] of one.entries()) for (const second of one.slice(n)) yield [first, second];
}

function* fleetsIn(id: string, group: string, variety: Variety, all: readonly Marks[]): Generator<FleetSpec> {
  for (const standings of members(group, variety)) for (const marks of all) yield { id, marks, members: standings };
}

/** Every world of a home fleet in `one`, alone or beside a second one in `two`. */
export function* weightedWorlds(variety: Variety): Generator<Snapshot> {
  for (const home of fleetsIn('A', 'one', variety, variety.home)) {
    for (const production of SHARES) {
      yield weightedWorld({ fleets: [home], production, test: 100, byName: variety.byName });
      for (const other of fleetsIn('B', 'two', variety, variety.other)) {
        for (const test of variety.test)
          yield weightedWorld({ fleets: [home, other], production, test, byName: variety.byName });
      }
    }
  }
}
