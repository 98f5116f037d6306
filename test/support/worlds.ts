import type {
  Fleet,
  Instance,
  Marks,
  Pool,
  PoolRole,
  Snapshot,
  Target,
  TargetState,
} from '../../src/observe/snapshot.ts';

/** Small worlds, all of them: fleets of up to three instances with every membership and health. */

/** How one instance stands: in production and in the test group; `-` is not there. */
export interface Standing {
  readonly production: TargetState | '-';
  readonly test: TargetState | '-';
}

export const PRODUCTION_STATES = ['-', 'initial', 'healthy', 'unhealthy', 'draining'] as const;
export const TEST_STATES = ['-', 'initial', 'healthy', 'unhealthy'] as const;

export function standings(tests: readonly Standing['test'][] = TEST_STATES): readonly Standing[] {
  return PRODUCTION_STATES.flatMap((production) => tests.map((test) => ({ production, test })));
}

/** All multisets of `size` items: instances of a fleet are interchangeable, so their order does not matter. */
export function* multisets<T>(items: readonly T[], size: number, from = 0): Generator<readonly T[]> {
  if (size === 0) {
    yield [];
    return;
  }
  for (let i = from; i < items.length; i += 1) {
    for (const rest of multisets(items, size - 1, i)) yield [items[i] as T, ...rest];
  }
}

export interface FleetSpec {
  readonly id: string;
  readonly marks: Marks;
  readonly members: readonly Standing[];
  /** Zones by index, in turn. */
  readonly zones?: readonly string[];
}

const REASONS: Partial<Record<TargetState, string>> = {
  initial: 'Elb.InitialHealthChecking',
  unhealthy: 'Target.ResponseCodeMismatch',
  draining: 'Target.DeregistrationInProgress',
};

export function target(id: string, state: TargetState): Target {
  const reason = REASONS[state];
  return reason === undefined ? { id, port: 8080, state } : { id, port: 8080, state, reason };
}

export function pool(name: string, role: PoolRole, targets: readonly Target[]): Pool {
  return {
    name,
    arn: `arn:${name}`,
    role,
    port: 8080,
    intervalS: 5,
    timeoutS: 2,
    healthyThreshold: 2,
    unhealthyThreshold: 2,
    deregistrationDelayS: 30,
    urls: [],
    targets,
  };
}

export function instance(id: string, zone: string, state: Instance['state'] = 'running'): Instance {
  return { id, zone, state, launchedAt: 0 };
}

/** A snapshot of these fleets behind one or more production groups (in the same state) and one test group. */
export function world(specs: readonly FleetSpec[], productionGroups: readonly string[] = ['prod']): Snapshot {
  const fleets = specs.map(({ id, marks, members, zones = ['a'] }): Fleet => ({
    id,
    release: id,
    marks,
    instances: members.map((_, n) => instance(`${id}-${n}`, zones[n % zones.length] as string)),
  }));
  const targets = (role: PoolRole): readonly Target[] =>
    specs.flatMap(({ id, members }) =>
      members.flatMap((member, n) => (member[role] === '-' ? [] : [target(`${id}-${n}`, member[role])])),
    );
  return {
    at: 0,
    fleets,
    strangers: [],
    pools: [
      ...productionGroups.map((name) => pool(name, 'production', targets('production'))),
      pool('test', 'test', targets('test')),
    ],
  };
}

export const HOME: Marks = { current: '2026-01-01T00:00:00.000Z' };
export const PROMOTED: Marks = { promoted: '2026-01-02T00:00:00.000Z' };

/** Every world of a home fleet of 1 to `most` instances and a second one of 0 to `most`, never or once promoted. */
export function* twoFleetWorlds(
  most: number,
  states: readonly Standing[],
  zones: readonly string[] = ['a'],
): Generator<Snapshot> {
  for (let homeSize = 1; homeSize <= most; homeSize += 1) {
    for (const home of multisets(states, homeSize)) {
      yield world([{ id: 'A', marks: HOME, members: home, zones }]);
      for (let size = 1; size <= most; size += 1) {
        for (const other of multisets(states, size)) {
          yield world([
            { id: 'A', marks: HOME, members: home, zones },
            { id: 'B', marks: PROMOTED, members: other, zones },
          ]);
        }
      }
    }
  }
}
