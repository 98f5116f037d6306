import type { Places } from '../domain/in-place.ts';
import type { RouteRole, Ttl } from '../domain/snapshot.ts';
import type { Keep, LaunchSpec, ZoneFloor } from '../domain/goal.ts';

/**
 * A step is data: it can be shown, counted, compared and kept. Steps that move a fleet name it and a pool, never a list of
 * instances, so that they stay true when an instance dies under them; those of a deploy in place are about one batch of
 * instances, and name it. `meanings.ts` and `meanings-in-place.ts` say what each one means.
 */
export type Step =
  /** Boot the fleet's instances, one request a zone. */
  | {
      readonly do: 'launch';
      readonly fleet: string;
      readonly release: string;
      readonly run: string;
      readonly spec: LaunchSpec;
    }
  /** Wait until every instance of the fleet runs. */
  | { readonly do: 'await-running'; readonly fleet: string }
  /** Register the fleet's instances with the pool: all of them, or in batches so many of them in all. */
  | { readonly do: 'register'; readonly pool: string; readonly fleet: string; readonly upTo?: number }
  /**
   * Wait until the fleet's healthy targets reach the floor; with `need: 'all'`, until every instance of it is healthy too;
   * in batches with `upTo`, so many of it.
   */
  | {
      readonly do: 'await-healthy';
      readonly pool: string;
      readonly fleet: string;
      readonly floor: ZoneFloor;
      readonly need: 'all' | 'floor';
      readonly upTo?: number;
    }
  /** Take the fleet's targets out of the pool, or in batches all but so many; done when each is draining or gone. */
  | {
      readonly do: 'deregister';
      readonly pool: string;
      readonly fleet: string;
      readonly floor: ZoneFloor;
      readonly downTo?: number;
    }
  /** Wait until none of the fleet's targets is registered in or draining from the pool. */
  | { readonly do: 'await-released'; readonly pool: string; readonly fleet: string }
  /** Give the pool, in which the fleet is, so many percent of what all routes with the role bring; one request a route. */
  | {
      readonly do: 'shift';
      readonly role: RouteRole;
      readonly pool: string;
      readonly fleet: string;
      readonly percent: number;
      /** What it had before, where other weights than these two mean that somebody else is at work. */
      readonly from?: number;
      readonly floor: ZoneFloor;
    }
  /** Note on the fleet's tags that it has so many percent now; `since` is when that was asked for. */
  | { readonly do: 'note-share'; readonly fleet: string; readonly percent: number; readonly since: string }
  /** Let so many seconds pass from when the share was noted, while the checks hold. */
  | {
      readonly do: 'watch';
      readonly pool: string;
      readonly fleet: string;
      readonly percent: number;
      readonly seconds: number;
      readonly since: string;
      readonly floor: ZoneFloor;
    }
  /** Give the names their low TTL for the switch to the fleet, or their usual one after it; one request a zone. */
  | { readonly do: 'set-ttl'; readonly fleet: string; readonly to: Ttl }
  /** Note on the fleet's tags that the TTLs have been lowered for it by now; `since` is when that was asked for. */
  | { readonly do: 'note-lowered'; readonly fleet: string; readonly since: string }
  /** Wait until no resolver may keep an answer with the usual TTL. */
  | { readonly do: 'await-lowered'; readonly fleet: string; readonly seconds: number }
  /** Wait until all name servers have the change of names by which the pool was given its share. */
  | { readonly do: 'await-synced'; readonly pool: string; readonly fleet: string }
  /** Ask the zones' own name servers, until so many answers in a row as are wanted lead to the pool alone. */
  | { readonly do: 'await-names'; readonly pool: string; readonly fleet: string }
  /** Wait until no resolver may keep an answer that leads to the fleet, which has lost its share. */
  | { readonly do: 'await-ttl'; readonly fleet: string; readonly seconds: number }
  /** Ask production, over fresh connections, until so many answers in a row as are wanted come from the fleet's release. */
  | { readonly do: 'prove'; readonly fleet: string; readonly release: string }
  /** Wait until the fleet may go after production has left it. */
  | { readonly do: 'await-held'; readonly fleet: string }
  /** Wait until hardly anybody comes to the fleet any more by a name that was looked up before. */
  | { readonly do: 'await-tail'; readonly fleet: string }
  /** Write the ownership tags on instances that serve already. */
  | {
      readonly do: 'claim';
      readonly fleet: string;
      readonly release: string;
      readonly instances: readonly string[];
      readonly at: string;
    }
  /** Note a fact about the fleet's past on its tags. */
  | { readonly do: 'mark'; readonly fleet: string; readonly mark: 'current' | 'promoted'; readonly at: string }
  /** Terminate the fleet's instances; `early` is without waiting for those who may still be on their way to them. */
  | { readonly do: 'terminate'; readonly fleet: string; readonly early?: boolean }
  /** Delete what held the fleet's instances, once they have ended. */
  | { readonly do: 'remove'; readonly fleet: string }
  | StepInPlace;

/** A step of a deploy in place. */
export type StepInPlace =
  /** Migrate the database, by way of one instance, once in a rollout, and note that it is done. */
  | {
      readonly do: 'migrate';
      readonly fleet: string;
      readonly instances: readonly string[];
      readonly release: string;
      readonly run: string;
      readonly since: string;
    }
  /** Note on the instances where they are registered, take them out of all of it, and wait until they are released. */
  | {
      readonly do: 'leave';
      readonly fleet: string;
      readonly instances: readonly string[];
      readonly places: Places;
      readonly keep?: Keep;
    }
  /** Deliver the release, and note that it is done. */
  | {
      readonly do: 'deploy';
      readonly fleet: string;
      readonly instances: readonly string[];
      readonly release: string;
      readonly run: string;
      readonly since: string;
      readonly number: number;
      readonly migrate: boolean;
      readonly words: string;
    }
  /** Ask each instance itself until it answers as it should. */
  | { readonly do: 'check'; readonly fleet: string; readonly instances: readonly string[] }
  /** Register the instances where they were, and wait until they are healthy in all of it. */
  | { readonly do: 'rejoin'; readonly fleet: string; readonly instances: readonly string[]; readonly places: Places }
  /** Write on their tags that they are back, and what they carry. */
  | {
      readonly do: 'sign';
      readonly fleet: string;
      readonly instances: readonly string[];
      readonly release?: string;
      readonly run: string;
    };

export type StepOf<D extends Step['do']> = Extract<Step, { do: D }>;

/** `todo`: its effect is yet to be asked for. `under way`: asked for, AWS is at it. `done`: seen to be so. */
export type Progress = 'todo' | 'under way' | 'done';

export interface Plan {
  readonly steps: readonly Step[];
  /** Sentences worth reading before saying yes. */
  readonly notes: readonly string[];
}
