import type { Membership } from '../observe/snapshot.ts';
import type { Keep, LaunchSpec, ZoneFloor } from './goal.ts';

/** Where each instance is registered when nobody has taken it out, by id. */
export type Places = Readonly<Record<string, readonly Membership[]>>;

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
  /** Register the fleet's instances with the pool. */
  | { readonly do: 'register'; readonly pool: string; readonly fleet: string }
  /** Wait until the fleet's healthy targets reach the floor; with `need: 'all'`, until every instance of it is healthy too. */
  | {
      readonly do: 'await-healthy';
      readonly pool: string;
      readonly fleet: string;
      readonly floor: ZoneFloor;
      readonly need: 'all' | 'floor';
    }
  /** Take the fleet's targets out of the pool; done when each is draining or gone. */
  | { readonly do: 'deregister'; readonly pool: string; readonly fleet: string; readonly floor: ZoneFloor }
  /** Wait until none of the fleet's targets is registered in or draining from the pool. */
  | { readonly do: 'await-released'; readonly pool: string; readonly fleet: string }
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
  /** Terminate the fleet's instances. */
  | { readonly do: 'terminate'; readonly fleet: string }
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
