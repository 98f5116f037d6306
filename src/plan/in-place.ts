import type { AfterFailure, Failure } from './plan.ts';
import { members, poolsOf } from '../domain/roles.ts';
import type { Fleet, Snapshot } from '../domain/snapshot.ts';
import { count, list, sentences, targetWords } from '../domain/text.ts';
import { isHealthy, total } from '../domain/minimum-healthy.ts';
import type { GoalOf, MinimumHealthy } from '../domain/goal.ts';
import { behaviourOf, type Step } from '../steps/index.ts';
import { isFine } from '../steps/places.ts';
import {
  drainingFrom,
  healthyByZone,
  homeOf,
  instanceById,
  placesOf,
  registeredAt,
  running,
  serves,
} from '../domain/in-place.ts';

/** Sentences about deploys in place, and what to do when one stops half-way. */

/** The releases that its instances carry, with how many do, the most common first. */
export function releasesOf(fleet: Fleet): readonly (readonly [release: string, count: number])[] {
  const groups = Map.groupBy(members(fleet), ({ release }) => release ?? fleet.release);
  return [...groups].map(([release, some]) => [release, some.length] as const).toSorted((a, b) => b[1] - a[1]);
}

/** What a fleet of several releases carries; undefined for one of a single release. */
export function mixedNote(fleet: Fleet): string | undefined {
  const releases = releasesOf(fleet);
  if (releases.length < 2) return undefined;
  return `The fleet is mixed: ${list(releases.map(([release, n]) => `${n} of ${release}`))}.`;
}

/** What is kept while a batch is out, and which zones have no instance meanwhile. */
export function minimumNotes(
  snapshot: Snapshot,
  minimum: MinimumHealthy | undefined,
  batches: readonly (readonly string[])[],
): readonly string[] {
  const size = Math.max(0, ...batches.map((batch) => batch.length));
  if (size === 0) return [];
  if (minimum === undefined) {
    return [
      'Downtime is allowed: instances leave even where nothing healthy is left, and requests fail until they are back.',
    ];
  }
  const pools = snapshot.pools.flatMap((pool) => {
    const rule = minimum[pool.name];
    return rule === undefined ? [] : [{ name: pool.name, rule, now: healthyByZone(snapshot, pool) }];
  });
  const kept = pools.map(({ name, rule, now }) => `${name} ${rule.total} of ${total(now)}`);
  const empty = pools.flatMap(({ rule, now }) =>
    Object.keys(rule.zones).filter((z) => rule.zones[z] === 0 && now[z] === 1),
  );
  const zones = [...new Set(empty)].toSorted();
  return sentences(
    kept.length > 0 &&
      `Minimum healthy while ${count(size, 'instance')} ${size === 1 ? 'is' : 'are'} out: ${list(kept)}.`,
    zones.length > 0 &&
      `${list(zones)} ${zones.length === 1 ? 'has' : 'have'} one instance${zones.length === 1 ? '' : ' each'}: while it is out, other zones serve its clients.`,
  );
}

/** It is not registered everywhere where it belongs. */
function isAway(snapshot: Snapshot, id: string): boolean {
  return homeOf(snapshot, id).some((place) => registeredAt(snapshot, id, place) === undefined);
}

/**
 * What has left and was not deployed to goes back where it was; whatever a deploy has started on stays out of traffic. It can
 * be left like that for as long as production keeps what it must.
 */
export function afterInPlace(
  snapshot: Snapshot,
  goal: GoalOf<'rolling' | 'drain'>,
  { step }: Failure,
  { ids, next, again }: { readonly ids: readonly string[]; readonly next: readonly string[]; readonly again: string },
): AfterFailure {
  const away = ids.filter((id) => isAway(snapshot, id) && running(snapshot, [id]).length === 1);
  const started = away.filter((id) => instanceById(snapshot, id)?.deploy?.run === goal.run);
  if (started.length === 0 && away.length > 0) {
    const { run, who, since, fleet } = goal;
    const undo = { run, who, since, verb: 'join', fleet, release: '', instances: away, check: false } as const;
    return { undo, next: [`\`turnout ${again}\` tries again`] };
  }
  const stay = started.length === 1 ? 'is out of traffic and stays so' : 'are out of traffic and stay so';
  const why = isAfterDeploy(snapshot, step)
    ? 'since what was deployed there was not seen healthy'
    : 'since a deploy has started there';
  const out = started.length === 0 ? '' : `${list(started, 5)} ${stay}, ${why}. `;
  const short = minimumProblem(snapshot, goal.minimumHealthy);
  if (short !== undefined) return { leave: 'needs-attention', message: `${out}${short}`, next };
  return { leave: 'safe', message: `${out}Nothing else was touched. ${servingNow(snapshot)}`, next };
}

/** What production answers from, where it has what it must keep. */
export function servingNow(snapshot: Snapshot): string {
  const releaseOf = new Map(
    snapshot.fleets.flatMap((fleet) =>
      fleet.instances.map(({ id, release }) => [id, release ?? fleet.release] as const),
    ),
  );
  const counts = snapshot.pools
    .filter(({ role }) => role === 'production')
    .map((pool) => {
      const ids = pool.targets.filter(isHealthy).map(({ id }) => id);
      const releases = Map.groupBy(ids, (id) => releaseOf.get(id) ?? 'unknown');
      return `${ids.length} healthy in ${pool.name} (${list([...releases].map(([release, some]) => `${some.length} of ${release}`))})`;
    });
  return `Production has what it must keep: ${list(counts)}.`;
}

/** Everything was deployed, and what was deployed did not answer as it should. */
function isAfterDeploy(snapshot: Snapshot, step: Step | undefined): boolean {
  const effect = step && behaviourOf(step).effect(snapshot);
  return effect === 'waits' || effect === 'adds-capacity';
}

/** Why it is not true that these instances run, are registered wherever they belong, and are healthy there; undefined when it is. */
export function notBackProblem(snapshot: Snapshot, ids: readonly string[]): string | undefined {
  const away = ids.filter((id) => isAway(snapshot, id) || placesOf(snapshot, id).length === 0);
  const sick = ids.flatMap((id) =>
    placesOf(snapshot, id).flatMap(({ pool, target }) =>
      isFine(target) ? [] : [`${id} is not healthy in ${pool.name} (${targetWords(target, pool)})`],
    ),
  );
  if (away.length === 0 && sick.length > 0) return `${list(sick, 3)}.`;
  const where = away.length === 1 ? 'is not registered where it was' : 'are not registered where they were';
  return notRunningProblem(snapshot, ids) ?? (away.length === 0 ? undefined : `${list(away, 5)} ${where}.`);
}

export function notRunningProblem(snapshot: Snapshot, ids: readonly string[]): string | undefined {
  const gone = ids.filter((id) => running(snapshot, [id]).length === 0);
  return gone.length === 0 ? undefined : `${list(gone, 5)} ${gone.length === 1 ? 'does' : 'do'} not run any more.`;
}

/** Of a fleet that is said to serve, in a sentence with a space before it: not all of it carries its release. */
export function mixedText(fleet: Fleet | undefined): string {
  const note = fleet && mixedNote(fleet);
  return note === undefined ? '' : ` ${note}`;
}

/** What production lacks; a pool with nothing healthy lacks too, whatever was allowed. */
export function minimumProblem(snapshot: Snapshot, minimum: MinimumHealthy = {}): string | undefined {
  if (poolsOf(snapshot, 'production').length === 0) return 'No target group has a share of production.';
  const pools = snapshot.pools.filter(
    (pool) => serves(snapshot, pool) && (pool.role === 'production' || pool.name in minimum),
  );
  const counts = pools.map((pool) => ({
    name: pool.name,
    healthy: total(healthyByZone(snapshot, pool)),
    wanted: Math.max(1, minimum[pool.name]?.total ?? 1),
  }));
  const short = counts.find(({ healthy, wanted }) => healthy < wanted);
  return short && `${short.name} has ${short.healthy} healthy, and should have at least ${short.wanted}.`;
}

/** In traffic, or not yet out of it. */
export function isInTraffic(snapshot: Snapshot, id: string): boolean {
  const places = [...placesOf(snapshot, id), ...drainingFrom(snapshot, id)];
  return places.some(({ pool }) => serves(snapshot, pool));
}
