import { NO_FREEZE } from '../../src/freeze/freeze.ts';
import { NO_APPROVALS } from '../../src/record/approvals.ts';
import { NO_SCHEMA } from '../../src/way-back/way-back.ts';
import { NO_PREVIEW } from '../../src/traffic/preview.ts';
import { NO_WORK } from '../../src/work-owner/work.ts';
import { NO_GATES } from '../../src/gates/gates.ts';
import { NO_CHECKS } from '../../src/production/green.ts';
import { NO_MARKER } from '../../src/production/production.ts';
import type { Fleet, Instance, Marks, Pool, Snapshot, Target, TargetState } from '../../src/domain/snapshot.ts';
import type { Ownership } from '../../src/domain/owners.ts';
import type { ClaimRequest, Notes } from '../../src/fleets/fleet.ts';
import type { Outside, SwitchSettings } from '../../src/domain/traffic.ts';
import type { OutsidePort } from '../../src/traffic/discover.ts';

/** Small worlds, all of them: fleets of up to three instances with every membership and health. */

type Membership = TargetState | '-';

/** How one instance stands in each group, by the group's name; `-` is not there. */
export type Summary = Readonly<Record<string, Membership>>;

const PRODUCTION = ['-', 'initial', 'healthy', 'unhealthy', 'draining'] as const;
const TEST = ['-', 'initial', 'healthy', 'unhealthy'] as const;

interface Shape {
  /** Names of the production groups; each instance may stand differently in each. */
  readonly groups: readonly string[];
  readonly production: readonly Membership[];
  readonly test: readonly Membership[];
  readonly zones: readonly string[];
}

export const FULL: Shape = { groups: ['prod'], production: PRODUCTION, test: TEST, zones: ['a'] };

/** Every way in which one instance can stand. */
function standings({ groups, production, test }: Shape): readonly Summary[] {
  let all: readonly Summary[] = test.map((state) => ({ test: state }));
  for (const group of groups) all = all.flatMap((one) => production.map((state) => ({ ...one, [group]: state })));
  return all;
}

/** All multisets of `size` items: instances of a fleet are interchangeable, so their order does not matter. */
function* multisets<T>(items: readonly T[], size: number, from = 0): Generator<readonly T[]> {
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
  readonly members: readonly Summary[];
}

const REASONS: Partial<Record<TargetState, string>> = {
  initial: 'Elb.InitialHealthChecking',
  unhealthy: 'Target.ResponseCodeMismatch',
  draining: 'Target.DeregistrationInProgress',
};

function target(id: string, state: TargetState): Target {
  const reason = REASONS[state];
  return reason === undefined ? { id, port: 8080, state } : { id, port: 8080, state, reason };
}

const CHECKS = {
  port: 8080,
  intervalS: 5,
  timeoutS: 2,
  healthyThreshold: 2,
  unhealthyThreshold: 2,
  deregistrationDelayS: 30,
  urls: [],
};

/** What a config without weights and without a marker decides. */
export const PLAIN: SwitchSettings = { traffic: { kind: 'membership' }, verification: { by: 'nothing' } };

/** It was looked, and there is nothing beside what the config names. */
export const ALONE = { state: 'seen', groups: [], routes: [], owned: [], unsearched: 0 } as const satisfies Outside;

/** Of this environment. */
export const OWNER: Ownership = { environment: 'shop', tagPrefix: 'turnout' };

/** The config says nothing of what production and green answer. */
export const NOTHING_TOLD = {
  production: NO_MARKER,
  green: NO_CHECKS,
  freeze: NO_FREEZE,
  approvals: NO_APPROVALS,
  work: NO_WORK,
  preview: NO_PREVIEW,
  gates: NO_GATES,
  wayBack: NO_SCHEMA,
};

export const NOTHING_OUTSIDE: OutsidePort = {
  look: async () => ALONE,
  lookAround: async () => ({ names: [], impaired: {}, volumes: [], unread: [] }),
};

/** A snapshot of these fleets behind the production groups and one test group. */
export function world(
  specs: readonly FleetSpec[],
  { groups, zones }: Pick<Shape, 'groups' | 'zones'> = FULL,
): Snapshot {
  const fleets = specs.map(({ id, marks, members }): Fleet => {
    const zoneOf = (n: number): string => zones[n % zones.length] as string;
    const instances = members.map((_, n): Instance => ({
      id: `${id}-${n}`,
      zone: zoneOf(n),
      state: 'running',
      launchedAt: 0,
    }));
    return { id, release: id, marks, instances };
  });
  const targets = (group: string): readonly Target[] =>
    specs.flatMap(({ id, members }) =>
      members.flatMap((member, n) => {
        const state = member[group] ?? '-';
        return state === '-' ? [] : [target(`${id}-${n}`, state)];
      }),
    );
  const pool = (name: string, role: Pool['role']): Pool => ({
    ...CHECKS,
    name,
    arn: `arn:${name}`,
    role,
    targets: targets(name),
  });
  return {
    at: 0,
    fleets,
    unmanaged: [],
    unreadable: [],
    traffic: { kind: 'membership' },
    outside: ALONE,
    answers: { state: 'no-marker' },
    pools: [...groups.map((name) => pool(name, 'production')), pool('test', 'test')],
  };
}

export const HOME: Marks = { current: '2026-01-01T00:00:00.000Z' };
export const PROMOTED: Marks = { promoted: '2026-01-02T00:00:00.000Z' };

/** Every world of a home fleet of 1 to `most` instances, alone or beside a second one of 1 to `most`; of both at most `total`. */
export function* twoFleetWorlds(
  most: number,
  shape: Shape,
  marks: Marks = PROMOTED,
  total = 2 * most,
): Generator<Snapshot> {
  const all = standings(shape);
  const sizes = Array.from({ length: most }, (_, n) => n + 1);
  const others = [undefined, ...sizes.flatMap((size) => [...multisets(all, size)])];
  for (const size of sizes) {
    for (const home of multisets(all, size)) {
      for (const other of others) {
        if (size + (other?.length ?? 0) > total) continue;
        const second = other === undefined ? [] : [{ id: 'B', marks, members: other }];
        yield world([{ id: 'A', marks: HOME, members: home }, ...second], shape);
      }
    }
  }
}

/** These instances are a fleet from now on. */
export function claimed(snapshot: Snapshot, { fleet: id, release, instances, marks }: ClaimRequest): Snapshot {
  const mine = snapshot.unmanaged.filter((one) => instances.includes(one.id));
  const unmanaged = snapshot.unmanaged.filter((one) => !mine.includes(one));
  return { ...snapshot, fleets: [...snapshot.fleets, { id, release, marks, instances: mine }], unmanaged };
}

/** These instances have the notes from now on. */
export function noted(snapshot: Snapshot, instances: readonly Instance[], { left, ...notes }: Notes): Snapshot {
  const ids = new Set(instances.map(({ id }) => id));
  const withNotes = ({ left: before, ...instance }: Instance): Instance => {
    const places = left ?? before ?? [];
    return { ...instance, ...notes, ...(places.length === 0 ? {} : { left: places }) };
  };
  const fleets = snapshot.fleets.map((fleet) => ({
    ...fleet,
    instances: fleet.instances.map((one) => (ids.has(one.id) ? withNotes(one) : one)),
  }));
  return { ...snapshot, fleets };
}
