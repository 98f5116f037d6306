import { isDeepStrictEqual } from 'node:util';
import { fleetById } from '../../domain/queries.ts';
import type { Snapshot } from '../../domain/snapshot.ts';
import type { Reads } from '../../observe/reads.ts';
import type { Effect, StepBehaviour } from '../../steps/definition.ts';
import { behaviourOf, type Step } from '../../steps/index.ts';
import { withStoreMark } from './other-store.ts';

/** What the next step looks at is read with what shows that this one is done: one wait for AWS's answers instead of two. */

/** All lists that a last sentence is written of. */
export const WHOLE: Reads = { pools: 'all', fleets: 'all', routes: true };

/** They take nothing away. Every other step looks by itself, directly before it acts. */
const LIGHT: ReadonlySet<Effect> = new Set<Effect>(['adds-capacity', 'records']);

/** What a step's guard looks at, and whose store the environment is. */
export function readsFirst(step: Step, snapshot: Snapshot): Reads {
  const behaviour = behaviourOf(step);
  return withStoreMark(snapshot, behaviour.readsBefore(snapshot), behaviour.effect(snapshot), step.fleet);
}

/** What is worth reading with the effect of a request, for the next step or the last sentence; not where a hook is run between. */
export function readsAfter({ hook }: StepBehaviour, next: Step | undefined, snapshot: Snapshot): Reads | undefined {
  if (hook !== 'none') return undefined;
  if (next === undefined) return WHOLE;
  if (fleetById(snapshot, next.fleet) === undefined) return undefined;
  const behaviour = behaviourOf(next);
  return behaviour.hook === 'none' && LIGHT.has(behaviour.effect(snapshot)) ? readsFirst(next, snapshot) : undefined;
}

/** Lists of AWS. What is asked of instances, programs or the store takes its time, and is asked for only when it is due. */
const LISTS: ReadonlySet<string> = new Set([
  'pools',
  'fleets',
  'marks',
  'routes',
  'outsideOf',
] satisfies (keyof Reads)[]);

/** Both at the same time; undefined where they cannot be, or where there is nothing more to read. */
export function inOneLook(own: Reads, next: Reads): Reads | undefined {
  const isListed = [own, next].every((reads) => Object.keys(reads).every((key) => LISTS.has(key)));
  const marks = own.marks && next.marks ? bothMarks(own.marks, next.marks) : (own.marks ?? next.marks);
  const isTold = marks !== undefined || (own.marks === undefined && next.marks === undefined);
  if (!isListed || !isTold) return undefined;
  const outsideOf = own.outsideOf || next.outsideOf ? [...(own.outsideOf ?? []), ...(next.outsideOf ?? [])] : undefined;
  return {
    pools: allOf(own.pools, next.pools),
    fleets: allOf(own.fleets, next.fleets),
    ...(marks && { marks }),
    ...((own.routes || next.routes) && { routes: true }),
    ...(outsideOf && { outsideOf }),
  };
}

/** Whether a reading of the one is a reading of the other. */
export function covers(read: Reads, wanted: Reads): boolean {
  const isListed = Object.keys(wanted).every((key) => LISTS.has(key));
  return isListed && isDeepStrictEqual(sorted(inOneLook(read, wanted)), sorted(read));
}

function allOf(some: Reads['pools'], more: Reads['pools']): Reads['pools'] {
  return some === 'all' || more === 'all' ? 'all' : [...new Set([...some, ...more])];
}

type MarksRead = NonNullable<Reads['marks']>;

function bothMarks(own: MarksRead, next: MarksRead): MarksRead | undefined {
  return own.fleet === next.fleet ? { fleet: own.fleet, marks: { ...own.marks, ...next.marks } } : undefined;
}

function sorted(reads: Reads | undefined): Reads | undefined {
  if (reads === undefined) return undefined;
  const inOrder = (list: Reads['pools']): Reads['pools'] => (list === 'all' ? list : [...new Set(list)].toSorted());
  const { pools, fleets, outsideOf } = reads;
  const others = outsideOf && { outsideOf: [...new Set(outsideOf)].toSorted() };
  return { ...reads, pools: inOrder(pools), fleets: inOrder(fleets), ...others };
}
