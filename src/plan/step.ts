import type { LaunchSpec, ZoneFloor } from './goal.ts';

/**
 * A step is data: it can be shown, counted, compared and kept. It names a fleet and a pool, never a list of instances,
 * so that it stays true when an instance dies under it. `meanings.ts` says what each one means.
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
  | { readonly do: 'remove'; readonly fleet: string };

export type StepOf<D extends Step['do']> = Extract<Step, { do: D }>;

/** `todo`: its effect is yet to be asked for. `under way`: asked for, AWS is at it. `done`: seen to be so. */
export type Progress = 'todo' | 'under way' | 'done';

export interface Plan {
  readonly steps: readonly Step[];
  /** Sentences worth reading before saying yes. */
  readonly notes: readonly string[];
}
