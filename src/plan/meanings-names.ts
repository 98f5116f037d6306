import { members } from '../domain/roles.ts';
import type { Fleet, Snapshot } from '../domain/snapshot.ts';
import { duration } from '../domain/text.ts';
import { dnsOf } from '../domain/routes.ts';
import type { DnsWeights } from '../domain/traffic.ts';
import { fleetById } from '../domain/queries.ts';
import type { Meaning } from './meaning.ts';
import { leftAt } from '../domain/shares.ts';
import type { StepOf } from './step.ts';

/** Steps that prepare a change of names, and that follow it: to the name servers, and out of resolvers. */

type Names = 'set-ttl' | 'note-lowered' | 'await-lowered' | 'await-synced' | 'await-names' | 'await-ttl';
type Meanings = { readonly [D in Names]: Meaning<StepOf<D>> };

/** "Generally within 60 seconds" (Route 53 API, GetChange). */
const SYNC_S = 60;

function fleetOf(snapshot: Snapshot, { fleet }: { fleet: string }): Fleet {
  return fleetById(snapshot, fleet) ?? { id: fleet, release: fleet, marks: {}, instances: [] };
}

/** The names that do not have their TTL yet, with it in seconds. A TTL below the low one is as good. */
export function openTtls({ ttls }: DnsWeights, { to, ttls: wanted }: StepOf<'set-ttl'>): ReadonlyMap<string, number> {
  const isThere = (seen: number, seconds: number): boolean => (to === 'low' ? seen <= seconds : seen === seconds);
  const open = Object.entries(wanted).filter(([name, seconds]) =>
    ttls[name]?.own.some((seen) => !isThere(seen, seconds)),
  );
  return new Map(open);
}

/** Milliseconds since the epoch from which no resolver may have the fleet; undefined as long as it is not known when it left. */
function forgottenAt(snapshot: Snapshot, step: StepOf<'await-ttl'>): number | undefined {
  const left = leftAt(snapshot, fleetOf(snapshot, step));
  return left === undefined ? undefined : Date.parse(left) + step.seconds * 1000;
}

/** Seconds that are left until no resolver may keep an answer of before the TTLs were lowered. */
function loweredInS(snapshot: Snapshot, step: StepOf<'await-lowered'>): number {
  const { lowered } = fleetOf(snapshot, step).marks;
  if (lowered === undefined) return step.seconds;
  return Math.max(0, (Date.parse(lowered) - snapshot.at) / 1000 + step.seconds);
}

export const nameMeanings: Meanings = {
  'set-ttl': {
    progress: (snapshot, step) => (openTtls(dnsOf(snapshot), step).size === 0 ? 'done' : 'todo'),
    title: (_snapshot, { to, lowS, usualS }) =>
      to === 'low'
        ? `lower the TTL of names, so that resolvers keep answers for ${duration(lowS)} and not for ${duration(usualS)}`
        : `set the TTL of names back to ${duration(usualS)}`,
    touches: () => [],
    seconds: () => 1,
  },
  'note-lowered': {
    progress: (snapshot, step) => {
      const { lowered } = fleetOf(snapshot, step).marks;
      return lowered !== undefined && lowered >= step.since ? 'done' : 'todo';
    },
    title: (snapshot, step) => `tag ${fleetOf(snapshot, step).release} with the time from which the TTL is low`,
    touches: (snapshot, step) => members(fleetOf(snapshot, step)).map(({ id }) => id),
    seconds: () => 1,
  },
  'await-lowered': {
    progress: (snapshot, step) => (loweredInS(snapshot, step) === 0 ? 'done' : 'under way'),
    title: (_snapshot, step) => `wait ${duration(step.seconds)}, until all resolvers have the low TTL`,
    touches: () => [],
    seconds: loweredInS,
  },
  'await-synced': {
    progress: (snapshot) => (dnsOf(snapshot).pending ? 'under way' : 'done'),
    title: () => 'wait until all name servers have the change',
    touches: () => [],
    seconds: () => SYNC_S,
  },
  'await-names': {
    progress: (snapshot, { pool, wanted }) => {
      const { answers } = dnsOf(snapshot);
      return answers.state === 'one-pool' && answers.pool === pool && answers.streak >= wanted ? 'done' : 'under way';
    },
    title: (snapshot, step) =>
      `ask the name servers until they answer with ${step.pool} (${fleetOf(snapshot, step).release}) only`,
    touches: () => [],
    seconds: () => 1,
    late: (snapshot) => {
      const { answers } = dnsOf(snapshot);
      return `they answer with ${answers.state === 'one-pool' ? answers.pool : 'both, or not at all'}`;
    },
  },
  'await-ttl': {
    progress: (snapshot, step) => {
      const at = forgottenAt(snapshot, step);
      return at !== undefined && snapshot.at >= at ? 'done' : 'under way';
    },
    title: (snapshot, step) =>
      `wait ${duration(step.seconds)}, until no resolver may answer with ${fleetOf(snapshot, step).release}`,
    touches: (snapshot, step) => members(fleetOf(snapshot, step)).map(({ id }) => id),
    seconds: (snapshot, step) => {
      const at = forgottenAt(snapshot, step);
      return at === undefined ? step.seconds : Math.max(0, (at - snapshot.at) / 1000);
    },
  },
};
