import { refusal, type Allowed, type Refusal } from '../domain/goal.ts';
import {
  atOtherAddress,
  foreignRoutes,
  isStarved,
  launchesForOthers,
  lossText,
  sharedPools,
  type SharedPool,
} from '../domain/outside.ts';
import { isIn, isRegistered, liveFleets, members, poolsOf } from '../domain/roles.ts';
import type { Fleet, Instance, Pool, Snapshot } from '../domain/snapshot.ts';
import { ownerNotes } from './owners.ts';
import type { Outside, Surroundings } from '../domain/traffic.ts';
import { count, list, sentences } from '../domain/text.ts';
import { shiftTexts } from '../domain/zonal-shift.ts';

/** What others have here, for plans: why a fleet must not end, and what is worth knowing. */

/** Clients of others reach servers of the fleet, and nothing says that they may lose them. */
export function sharedProblem(
  snapshot: Snapshot,
  fleet: Fleet,
  { sharedGroups = [] }: Allowed = {},
): Refusal | undefined {
  const unknown = unreadProblem(snapshot);
  if (unknown !== undefined) return unknown;
  const harmed = sharedPools(snapshot, members(fleet)).filter(
    (one) => !sharedGroups.includes(one.pool.name) && isHarmed(one),
  );
  if (harmed.length === 0) return attachedProblem(snapshot, fleet, sharedGroups);
  const groups = harmed.map(({ pool }) => pool.name);
  return refusal(
    'shared-target-group',
    `${list(harmed.map((one) => heldText(one, fleet)))}, where clients get them by other ways than those of the config. ${harmed.map(lossText).join(' ')}`,
    `Register other servers with ${list(groups)} first, and take those of ${fleet.release} out; or delete what leads there.`,
    `\`${groups.map((name) => `--allow-shared-target-group ${name}`).join(' ')}\` takes them out of it, and terminates them all the same.`,
  );
}

/** A group that stays attached until it ends may have nothing there now, and something in a moment. */
function attachedProblem(snapshot: Snapshot, fleet: Fleet, allowed: readonly string[]): Refusal | undefined {
  const found = fleet.group === undefined || fleet.group.moves ? [] : launchesForOthers(snapshot, fleet, allowed);
  if (found.length === 0) return undefined;
  return refusal(
    'shared-target-group',
    found.map(({ why }) => why).join(' '),
    'Let that lead to another target group first.',
    `\`${found.map(({ pool }) => `--allow-shared-target-group ${pool}`).join(' ')}\` ends the group all the same.`,
  );
}

/** Where the config names the group, what stays in it takes over. */
function isHarmed(shared: SharedPool): boolean {
  return shared.pool.role === 'other' ? shared.targets.some(isRegistered) : isStarved(shared);
}

/** Nothing is taken away while it is not known who else would lose it. */
export function unreadProblem({ outside }: Snapshot): Refusal | undefined {
  return outside.state === 'unreadable' ? unreadable(outside) : undefined;
}

/** What is taken out in place is put back. */
export function addressProblem(snapshot: Snapshot, instances: readonly Instance[]): Refusal | undefined {
  const why = atOtherAddress(
    snapshot,
    instances.map(({ id }) => id),
  );
  return why === undefined
    ? undefined
    : refusal(
        'other-address',
        why,
        'Take that target out with `aws elbv2 deregister-targets`, run this again, and register it again afterwards.',
        'Or register the instance there by its own private address.',
      );
}

function unreadable({ why, next }: Extract<Outside, { state: 'unreadable' }>): Refusal {
  return refusal(
    'outside-unreadable',
    `It could not be read which other target groups and rules lead to these servers: ${why}`,
    ...next,
  );
}

/** What else there is of others, for plans that take nothing away from them. */
export function outsideNotes(snapshot: Snapshot): readonly string[] {
  const { outside } = snapshot;
  if (outside.state === 'unreadable') return [unreadable(outside).message, ...shiftTexts(snapshot)];
  const shared = liveFleets(snapshot).flatMap((fleet) =>
    sharedPools(snapshot, members(fleet)).map((one) => {
      const lead = one.routes.length === 1 ? 'leads' : 'lead';
      return `${heldText(one, fleet)}, and ${list(one.routes, 3)} ${lead} there: this does not move those clients.`;
    }),
  );
  const unsearched = outside.state === 'seen' ? unsearchedNotes(outside) : [];
  return [...shared, ...ownerNotes(snapshot), ...unsearched, ...surroundingTexts(snapshot), ...shiftTexts(snapshot)];
}

/** What others have here, as it is: for those that only want to know. */
export function outsideFacts(snapshot: Snapshot): readonly string[] {
  const { outside } = snapshot;
  if (outside.state === 'not-asked') return [];
  if (outside.state === 'unreadable') return [unreadable(outside).message];
  const leading = snapshot.pools.flatMap((pool) => {
    const routes = foreignRoutes(snapshot, pool);
    const lead = routes.length === 1 ? 'leads' : 'lead';
    return routes.length === 0
      ? []
      : [`${list(routes, 3)} ${lead} to ${pool.name} too, and the config does not name that.`];
  });
  return [
    ...leading,
    ...ownerNotes(snapshot),
    ...unsearchedNotes(outside),
    ...surroundingTexts(snapshot),
    ...shiftTexts(snapshot),
  ];
}

/** Names that the config does not name, and servers that EC2 calls impaired. */
function surroundingTexts(snapshot: Snapshot): readonly string[] {
  const { outside } = snapshot;
  const { names = [], unread = [] } = (outside.state === 'seen' && outside.surroundings) || {};
  return [
    ...names.map(nameText),
    ...elasticTexts(snapshot, 'its clients stay there in a switch'),
    ...impairedTexts(snapshot, liveFleets(snapshot)),
    ...unread,
  ];
}

function nameText({ name, pool }: Surroundings['names'][number]): string {
  return `${name} leads to the load balancer of ${pool} too, and the config does not name it: its clients stay there in a switch.`;
}

/** Servers that ELB may still call healthy. */
export function impairedTexts({ outside }: Snapshot, fleets: readonly Fleet[]): readonly string[] {
  const { impaired = {} } = (outside.state === 'seen' && outside.surroundings) || {};
  return fleets.flatMap((fleet) =>
    members(fleet).flatMap(({ id }) => {
      const what = impaired[id];
      return what === undefined ? [] : [`${id} of ${fleet.release} fails the ${what} status check of EC2.`];
    }),
  );
}

/** Who comes by such an address comes past every target group. */
function elasticTexts(snapshot: Snapshot, then: string, fleets = liveFleets(snapshot)): readonly string[] {
  return fleets.flatMap((fleet) =>
    members(fleet).flatMap(({ id, elasticIps = [] }) =>
      elasticIps.map((ip) => `${id} of ${fleet.release} has the Elastic IP address ${ip}: ${then}.`),
    ),
  );
}

/** Names and addresses that lead to nothing once the fleet has ended. */
export function lostNameTexts(snapshot: Snapshot, fleet: Fleet): readonly string[] {
  const { outside, pools } = snapshot;
  const { names = [] } = (outside.state === 'seen' && outside.surroundings) || {};
  const own = new Set(pools.filter((pool) => isIn(pool, fleet)).map(({ name }) => name));
  const lost = names
    .filter(({ pool }) => own.has(pool))
    .map(
      ({ name, pool }) =>
        `${name} leads to the load balancer of ${pool}, where nothing of ${fleet.release} will be left.`,
    );
  return [...lost, ...elasticTexts(snapshot, 'nothing will answer there', [fleet])];
}

function unsearchedNotes({ unsearched, tagsUnread }: Extract<Outside, { state: 'seen' }>): readonly string[] {
  const rest = `${unsearched} other target groups were not searched for these servers, since that takes long; \`turnout cleanup\` does.`;
  const unread = `It could not be read who made these groups and rules: ${tagsUnread}`;
  return sentences(unsearched > 0 && rest, tagsUnread !== undefined && unread);
}

/** Where servers move between groups: others lead to a test group, which a switch takes the fleet out of. */
export function sharedTestNotes(snapshot: Snapshot): readonly string[] {
  return poolsOf(snapshot, 'test').flatMap((pool) => {
    const routes = foreignRoutes(snapshot, pool);
    const lead = routes.length === 1 ? 'leads' : 'lead';
    return routes.length === 0
      ? []
      : [`${list(routes, 3)} ${lead} to ${pool.name} too: servers leave it only once something else is healthy there.`];
  });
}

/** Where others lead to what a new fleet is tried in: their clients get it untried. */
export function untriedNotes(pools: readonly Pool[], snapshot: Snapshot, release: string): readonly string[] {
  return pools.flatMap((pool) => {
    const routes = foreignRoutes(snapshot, pool);
    const lead = routes.length === 1 ? 'leads' : 'lead';
    return routes.length === 0
      ? []
      : [
          `${list(routes, 3)} ${lead} to ${pool.name}: clients get ${release} there as soon as it is healthy, before it is promoted.`,
        ];
  });
}

/** After a switch: the fleet could not leave, in a sentence with a space before it. */
export function stayedText(snapshot: Snapshot, to: Fleet | undefined): string {
  const stayed = to === undefined ? [] : sharedTests(snapshot, to);
  return stayed.map((one) => ` ${to!.release} stays in ${one.pool.name} too: without it, ${lossText(one)}`).join('');
}

/** Test groups with targets of the fleet, to which others lead. */
function sharedTests(snapshot: Snapshot, fleet: Fleet): readonly SharedPool[] {
  return sharedPools(snapshot, members(fleet)).filter(
    ({ pool, targets }) => pool.role === 'test' && targets.some(isRegistered),
  );
}

/** `shop-admin has 3 targets of 41`. */
function heldText({ pool, targets }: SharedPool, { release }: Fleet): string {
  return `${pool.name} has ${count(targets.length, 'target')} of ${release}`;
}
