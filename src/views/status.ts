import type { Approval } from '../domain/approval.ts';
import type { Location } from '../domain/location.ts';
import type { PullState } from '../domain/following.ts';
import { isRegistered, liveFleets, roleOf, type Role } from '../domain/roles.ts';
import { routesOf } from '../domain/routes.ts';
import { aboutConfig } from '../domain/shell.ts';
import type { Fleet, Instance, Pool, Snapshot, Target } from '../domain/snapshot.ts';
import type { Route } from '../domain/traffic.ts';
import type { RollbackReadiness, VerbStatus } from '../run/task/verbs.ts';
import type { JournalEntry, Lease, RecordedGoal } from '../stores/store.ts';
import { ago, count } from '../domain/text.ts';

/** What `status` shows. */
export interface StatusReport {
  readonly environment: string;
  /** The config file as it was named: what is advised is about it. */
  readonly config?: string;
  readonly snapshot: Snapshot;
  /** Absent when no ARN says it. */
  readonly location?: Location;
  /** Seconds since it was looked for what the config does not name. */
  readonly outsideAgeS?: number;
  /** The lease that is held now. */
  readonly lease?: Lease;
  /** What is recorded as unfinished or in progress. */
  readonly goal?: RecordedGoal;
  /** What it waits for, or what was decided on it. */
  readonly approval?: Approval;
  /** The commands that continue or end it. */
  readonly choices?: readonly string[];
  /** What could not be read, and why, as sentences; all else of AWS is shown. */
  readonly unreadable: readonly string[];
  /** Why lease, goal and journal could not be read. */
  readonly trouble?: string;
  /** Another store keeps the environment: a sentence. */
  readonly otherStore?: string;
  /** Who runs what, where instances fetch their releases by themselves. */
  readonly pull?: PullState;
  readonly verbs: readonly VerbStatus[];
  readonly rollback: RollbackReadiness;
  /** What others have changed of production since the last run that was about it: a sentence. */
  readonly movedByOthers?: string;
  /** The newest entry of the journal. */
  readonly last?: JournalEntry;
  /** The newest entry of a run that moved production. */
  readonly moved?: JournalEntry;
}

/** Advice that can be pasted. */
export function advisedIn({ config }: Pick<StatusReport, 'config'>, text: string): string {
  return config === undefined ? text : aboutConfig(text, config);
}

/**
 * Whether answers of production proved the last switch, and how many; undefined when there was none. If it was undone, the proof
 * is of the release that serves now.
 */
export function proofOf({ snapshot, moved }: StatusReport): { proven: boolean; why: string } | undefined {
  if (moved === undefined) return undefined;
  const { verb, release, proven, until = moved.since } = moved;
  const when = ago((snapshot.at - Date.parse(until)) / 1000);
  if (proven !== undefined) return { proven: true, why: `${count(proven, 'answer')} in a row, ${when}` };
  const why =
    snapshot.answers.state === 'no-marker'
      ? 'the config has no release.marker'
      : `no answers show the ${verb} of ${release ?? ''} ${when}`;
  return { proven: false, why };
}

/** A target, with its instance as far as it is known. */
export interface Row {
  readonly target: Target;
  readonly instance?: Instance;
  readonly fleet?: Fleet;
  readonly role?: Role;
}

/** The pool's targets in order of fleet and zone; unmanaged instances come last. */
export function rowsOf(pool: Pool, snapshot: Snapshot): Row[] {
  const known: readonly (Omit<Row, 'target'> & { readonly instance: Instance })[] = [
    ...snapshot.fleets.flatMap((fleet) => {
      const role = roleOf(snapshot, fleet);
      return fleet.instances.toSorted(byZone).map((instance) => ({ instance, fleet, role }));
    }),
    ...snapshot.unmanaged.map((instance) => ({ instance })),
  ];
  const targets = Map.groupBy(pool.targets, ({ id }) => id);
  const ids = new Set(known.map(({ instance }) => instance.id));
  return [
    ...known.flatMap((row) => (targets.get(row.instance.id) ?? []).map((target) => ({ ...row, target }))),
    ...pool.targets.filter(({ id }) => !ids.has(id)).map((target) => ({ target })),
  ];
}

function byZone(a: Instance, b: Instance): number {
  return a.zone < b.zone ? -1 : Number(a.zone > b.zone);
}

/** `2 running, 1 pending`. */
export function countByState(those: readonly { readonly state: string }[]): string {
  const states = Map.groupBy(those, ({ state }) => state);
  return [...states].map(([state, { length }]) => `${length} ${state}`).join(', ');
}

/** Counts registered targets: those that drain get no new requests and do not count. */
export function healthOf(targets: readonly Target[]): { readonly healthy: number; readonly registered: number } {
  const registered = targets.filter(isRegistered);
  return { healthy: registered.filter((target) => target.state === 'healthy').length, registered: registered.length };
}

/** Fleets with instances that exist, those that serve first. */
export function fleetsByRole(snapshot: Snapshot): { readonly fleet: Fleet; readonly role: Role }[] {
  const order: readonly Role[] = ['blue', 'green', 'parked', 'rejected', 'retired'];
  return liveFleets(snapshot)
    .map((fleet) => ({ fleet, role: roleOf(snapshot, fleet) }))
    .toSorted((a, b) => order.indexOf(a.role) - order.indexOf(b.role));
}

/** Routes that divide traffic by weight, production's first; none when membership moves traffic. */
export function routesByRole(snapshot: Snapshot): readonly Route[] {
  return [...routesOf(snapshot, 'production'), ...routesOf(snapshot, 'test')];
}
