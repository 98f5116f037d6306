import { IS_WHOLE } from '../support/sampled.ts';
import type { AnyOptions } from '../../tasks/index.ts';
import type { Verb } from '../../src/domain/goal.ts';
import { KINDS, type Kind } from '../support/little/kinds.ts';
import type { Scene, Start } from '../support/little/scene.ts';

/** A task in a world where it makes sense. */
export interface Case {
  readonly start: Start;
  readonly ask: Verb;
  readonly wish: AnyOptions;
  /** The verb that leads the other way. */
  readonly opposite?: { readonly ask: Verb; readonly wish: AnyOptions };
  /** `draining`: the task begins while the fleet before still drains from production, or is held after it. */
  readonly draining?: true;
  /** Only where weights move traffic. */
  readonly weights?: true;
  /** Only where servers move. */
  readonly membership?: true;
}

export const CASES: readonly Case[] = [
  { start: 'unadopted', ask: 'adopt', wish: { release: '41' } },
  { start: 'blue', ask: 'up', wish: { release: '42' }, opposite: { ask: 'cleanup', wish: { discard: true } } },
  { start: 'green', ask: 'promote', wish: {}, opposite: { ask: 'rollback', wish: {} } },
  { start: 'rejected', ask: 'promote', wish: {}, opposite: { ask: 'rollback', wish: {} } },
  { start: 'promoted', ask: 'rollback', wish: {}, opposite: { ask: 'promote', wish: {} } },
  { start: 'promoted', ask: 'cleanup', wish: {}, opposite: { ask: 'rollback', wish: {} } },
  { start: 'promoted', ask: 'cleanup', wish: { wait: true }, draining: true },
  { start: 'rejected', ask: 'cleanup', wish: {} },
  { start: 'green', ask: 'cleanup', wish: { discard: true } },
  {
    start: 'green',
    ask: 'promote',
    wish: { steps: [10, 100], every: 3, bake: 3 },
    opposite: { ask: 'rollback', wish: {} },
    weights: true,
  },
  {
    start: 'green',
    ask: 'promote',
    wish: { batch: { count: 2 }, bake: 3 },
    opposite: { ask: 'rollback', wish: {} },
    membership: true,
  },
  { start: 'in part', ask: 'promote', wish: {}, opposite: { ask: 'rollback', wish: {} }, weights: true },
  { start: 'in part', ask: 'rollback', wish: {}, opposite: { ask: 'promote', wish: {} }, weights: true },
];

export type Topology = Omit<Scene, 'start'>;

/** One and two production groups, fleets of one and three, and one of three being sick. */
export const TOPOLOGIES: readonly Topology[] = [
  { groups: 1, size: 1 },
  { groups: 1, size: 3 },
  { groups: 2, size: 1 },
  { groups: 2, size: 3 },
  { groups: 2, size: 3, sick: true },
];

function describeCase({ start, ask, wish, draining }: Case): string {
  const options = Object.entries(wish).map(([key, value]) =>
    value === true ? ` --${key}` : ` --${key} ${wordOf(value)}`,
  );
  return `${ask}${options.join('')} in the world "${start}"${draining ? ', draining' : ''}`;
}

function wordOf(value: unknown): string {
  return typeof value === 'object' && value !== null && 'count' in value ? String(value.count) : JSON.stringify(value);
}

export function describeTopology({ groups, size, sick }: Topology): string {
  return `${groups} production group${groups > 1 ? 's' : ''}, fleets of ${size}${sick ? ', one sick' : ''}`;
}

/** The tasks that make sense with such fleets, and where traffic is moved that way. A group is attached as a whole: there are no batches. */
export function possibleOn({ fleet, traffic }: Kind): readonly Case[] {
  const isMembership = traffic === 'target-groups';
  const isInBatches = isMembership && fleet !== 'auto-scaling';
  return CASES.filter(({ weights, membership }) => (isInBatches || !membership) && !(isMembership && weights));
}

/** Of those that are the same everywhere, the ones that move traffic. */
export function casesOf(kind: Kind): readonly { readonly name: string; readonly one: Case }[] {
  return possibleOn(kind)
    .filter((one) => kind.traffic === 'target-groups' || IS_WHOLE || movesTraffic(one))
    .map((one) => ({ name: describeCase(one), one }));
}

function movesTraffic({ weights, draining, ask, start }: Case): boolean {
  return (weights ?? draining ?? false) || `${ask} ${start}` === 'promote green' || ask === 'rollback';
}

/** The tasks are the same ones for every kind, so that fewer rows are enough for those after the first. */
export function rowsOf<T>(kind: Kind, all: readonly T[], some: readonly T[], few = some): readonly T[] {
  if (IS_WHOLE) return all;
  return kind === KINDS[0] ? some : few;
}
