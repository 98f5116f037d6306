import type { MinimumHealthy, PoolMinimum, RequestedBy } from '../../domain/goal.ts';
import { defined } from '../../domain/defined.ts';
import { NO_MINIMUM } from '../../domain/minimum-healthy.ts';
import { sharedPools } from '../../domain/outside.ts';
import { isAttached, liveFleets, members, poolsOf, servingFleets } from '../../domain/roles.ts';
import { isScaled } from '../../domain/scaled.ts';
import type { Fleet, Pool, Snapshot } from '../../domain/snapshot.ts';
import type { Step, StepOf } from '../../steps/index.ts';
import type { Ending, PaceOptions, Switch } from './model.ts';

/** Steps and questions that all ways of moving traffic share. */

export function namesOf(pools: readonly Pool[]): readonly string[] {
  return pools.map(({ name }) => name);
}

/** The other fleets that still have instances. */
export function othersThan(snapshot: Snapshot, to: Fleet): readonly Fleet[] {
  return liveFleets(snapshot).filter((fleet) => fleet !== to);
}

/** A group registers and deregisters its instances by itself, nobody else does: it is attached where it is to do so. */
export function registerSteps(fleet: Fleet, pools: readonly string[]): readonly Step[] {
  if (isScaled(fleet) && fleet.group.moves === undefined) return [];
  return pools.map((pool) => ({ do: isScaled(fleet) ? 'attach' : 'register', pool, fleet: fleet.id }));
}

/** The fleet of the switch enters the pool, which has to have that many healthy then. */
export function enterStep(
  { to, unlessSick, prepares }: Switch,
  pool: string,
  atLeast: PoolMinimum,
): StepOf<'register'> | StepOf<'attach'> {
  const enters = { pool, fleet: to.id, ...(unlessSick && { atLeast }) };
  return isScaled(to) ? { do: 'attach', ...enters, ...(prepares && { takes: true }) } : { do: 'register', ...enters };
}

/** Absent: nothing is asked. */
type LeavingFacts = Pick<StepOf<'deregister'>, 'allowedOwners' | 'residual' | 'outsiders'>;

/**
 * What others have registered with a pool that is not the fleet's: a group takes its instances out of no pool to which it is not attached.
 * Absent facts: nothing is asked.
 */
export function takeOutSteps(
  fleet: Fleet,
  pool: Pool,
  minimum: PoolMinimum,
  facts: LeavingFacts,
): readonly (StepOf<'deregister'> | StepOf<'detach'>)[] {
  const { name } = pool;
  if (!isScaled(fleet) || isAttached(fleet, pool)) return deregisterSteps(fleet, [name], { [name]: minimum }, facts);
  return [{ do: 'deregister', pool: name, fleet: fleet.id, minimumHealthy: minimum, ...facts }];
}

/** A group is detached as a whole, whatever `downTo` says. */
export function deregisterSteps(
  fleet: Fleet,
  pools: readonly string[],
  minimum: MinimumHealthy = {},
  { downTo, ...facts }: LeavingFacts & Pick<StepOf<'deregister'>, 'downTo'> = {},
): readonly (StepOf<'deregister'> | StepOf<'detach'>)[] {
  if (isScaled(fleet) && fleet.group.moves === undefined) return [];
  return pools.map((pool) => {
    const leaves = { pool, fleet: fleet.id, minimumHealthy: minimum[pool] ?? NO_MINIMUM, ...facts };
    if (isScaled(fleet)) return { do: 'detach', ...leaves };
    return { do: 'deregister', ...leaves, ...defined({ downTo }) };
  });
}

type Asked = Pick<RequestedBy, 'run' | 'who' | 'since'>;

/** Others still have something of production. */
function sharesWithOthers(snapshot: Snapshot, to: Fleet): boolean {
  return servingFleets(snapshot).some((fleet) => fleet !== to);
}

/** While traffic moves, and as long as there is a way back, no group is scaled in. */
export function holdSteps(
  snapshot: Snapshot,
  { to, run, who, since }: Asked & { readonly to: Fleet },
): readonly Step[] {
  if (!sharesWithOthers(snapshot, to)) return [];
  return liveFleets(snapshot)
    .filter(isScaled)
    .flatMap(({ id: fleet }) => [
      { do: 'restore-group', fleet },
      { do: 'hold-minimum', fleet, run, who, since },
    ]);
}

/** The group is as large as what serves beside it, directly before it gets traffic of that. */
function matchSteps(
  snapshot: Snapshot,
  { to, run, who, since }: Asked & { readonly to: Fleet },
  pool: string,
): readonly Step[] {
  return isScaled(to) && sharesWithOthers(snapshot, to)
    ? [{ do: 'match-size', fleet: to.id, pool, run, who, since }]
    : [];
}

/** Not on the way back, unless it was asked for: that must not wait for instances that boot. */
export function growSteps(snapshot: Snapshot, change: Switch, pool: string): readonly Step[] {
  const grows = change.grow ?? (change.prepares && change.need === 'all');
  return grows ? matchSteps(snapshot, change, pool) : [];
}

/** On the way back something else serves already: what may be replaced is no reason to stop. */
export function allowedOwnersIn({ prepares, allowed }: Switch): Pick<StepOf<'deregister'>, 'allowedOwners'> {
  return prepares ? defined({ allowedOwners: allowed?.owners }) : { allowedOwners: 'any' };
}

/** Production itself is asked which release serves. */
export function releaseSteps({ to, settings: { verification } }: Switch): readonly Step[] {
  if (verification.by === 'nothing') return [];
  const { url, wanted } = verification;
  return [{ do: 'verify-release', fleet: to.id, release: to.release, url, wanted }];
}

/** The fleet leaves what it is tried in, and what others share with it, is waited for where it drains, and goes. */
export function endSteps(
  snapshot: Snapshot,
  leaving: Fleet,
  retentionS: number,
  { keeps, before, residual, allowed: { sharedGroups = [], owners: allowedOwners } }: Ending,
): readonly Step[] {
  const { id: fleet, holder } = leaving;
  const shared = sharedPools(snapshot, members(leaving)).map(({ pool }) => pool);
  const others = shared.filter(({ role, name }) => role === 'other' && sharedGroups.includes(name));
  const facts = defined({ allowedOwners, residual });
  const all = [...poolsOf(snapshot, 'production'), ...shared];
  const drained = new Set(namesOf(all.filter((pool) => !staysAttached(leaving, pool))));
  return [
    ...[
      ...deregisterSteps(leaving, namesOf(poolsOf(snapshot, 'test')), {}, facts),
      ...others.flatMap((pool) => takeOutSteps(leaving, pool, NO_MINIMUM, facts)),
    ].map((step): Step => {
      return { ...step, atEnd: true, outsiders: sharedGroups.includes(step.pool) ? 'allowed' : 'spared' };
    }),
    ...[...drained].map((pool): Step => ({ do: 'await-drained', pool, fleet })),
    // What closes the way back comes directly before what ends it.
    ...before,
    { do: 'terminate', fleet, retentionS, keeps, ...facts, ...(isScaled(leaving) && { sharedGroups }) },
    ...(holder === undefined ? [] : [{ do: 'remove', fleet } as const]),
  ];
}

/** Until the group ends, and takes out by itself what it ends. */
function staysAttached(fleet: Fleet, pool: Pool): boolean {
  return isScaled(fleet) && fleet.group.moves === undefined && isAttached(fleet, pool);
}

export function wantsStages({ steps, every, to }: PaceOptions): boolean {
  return (steps ?? every ?? to) !== undefined;
}
