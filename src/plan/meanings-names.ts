import { members } from '../observe/roles.ts';
import type { Fleet, Snapshot } from '../observe/snapshot.ts';
import { duration } from '../observe/words.ts';
import { fleetById } from './look.ts';
import type { Meaning } from './meaning.ts';
import { leftAt } from './shares.ts';
import type { StepOf } from './step.ts';

/** Steps that follow a change of names: to the name servers, and out of resolvers. */

type Meanings = { readonly [D in 'await-synced' | 'await-names' | 'await-ttl']: Meaning<StepOf<D>> };

/** "Generally within 60 seconds" (Route 53 API, GetChange). */
const SYNC_S = 60;

function fleetOf(snapshot: Snapshot, { fleet }: { fleet: string }): Fleet {
  return fleetById(snapshot, fleet) ?? { id: fleet, release: fleet, marks: {}, instances: [] };
}

/** Milliseconds since the epoch from which no resolver may have the fleet; undefined as long as it is not known when it left. */
function forgottenAt(snapshot: Snapshot, step: StepOf<'await-ttl'>): number | undefined {
  const left = leftAt(snapshot, fleetOf(snapshot, step));
  return left === undefined ? undefined : Date.parse(left) + step.seconds * 1000;
}

export const nameMeanings: Meanings = {
  'await-synced': {
    progress: ({ routing }) => (routing?.names?.pending === true ? 'under way' : 'done'),
    title: () => 'wait until all name servers have the change',
    touches: () => [],
    seconds: () => SYNC_S,
  },
  'await-names': {
    progress: ({ routing }, { pool }) => {
      const { names } = routing ?? {};
      if (names === undefined) return 'done';
      return names.pool === pool && names.streak >= names.wanted ? 'done' : 'under way';
    },
    title: (snapshot, step) =>
      `ask the name servers until they answer with ${step.pool} (${fleetOf(snapshot, step).release}) only`,
    touches: () => [],
    seconds: () => 1,
    late: ({ routing }) => `they answer with ${routing?.names?.pool ?? 'both, or not at all'}`,
  },
  'await-ttl': {
    progress: (snapshot, step) => {
      if (snapshot.routing?.names === undefined) return 'done';
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
