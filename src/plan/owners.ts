import { shell } from '../domain/shell.ts';
import { refusal, type Allowed, type Refusal } from '../domain/goal.ts';
import { belongText, byOwner, wouldBeReplaced, type Owned } from '../domain/owned.ts';
import type { Owner } from '../domain/owners.ts';
import { isHealthy } from '../domain/minimum-healthy.ts';
import { configuredPools, isRegistered, liveFleets, members } from '../domain/roles.ts';
import { routesOf } from '../domain/routes.ts';
import type { Instance, Snapshot } from '../domain/snapshot.ts';

/** What plans say of things that belong to something else, and what they refuse for that. */

/** Groups and routes of the config that something else has made. */
function ownedInConfig(snapshot: Snapshot): readonly Owned[] {
  const { outside } = snapshot;
  if (outside.state !== 'seen') return [];
  const routes = [...routesOf(snapshot, 'production'), ...routesOf(snapshot, 'test')];
  const named = new Set([...configuredPools(snapshot), ...routes].map(({ name }) => name));
  return outside.owned.filter(({ id }) => named.has(id));
}

/** Something would replace the instances that are taken away, or set groups and rules back. */
export function ownersProblem(
  snapshot: Snapshot,
  instances: readonly Instance[],
  { owners: allowed = [] }: Allowed = {},
): Refusal | undefined {
  const owned = [...instances, ...ownedInConfig(snapshot)];
  const why = wouldBeReplaced(owned, allowed);
  if (why === undefined) return undefined;
  const owners = byOwner(owned, 'fights-back', allowed).map(([owner]) => owner);
  const names = [...new Set(owners.map(({ name }) => name))];
  return refusal(
    'owned-by-others',
    why,
    ...owners.flatMap(({ kind, name }) => PAUSES[kind]?.(name) ?? []),
    ...(owners.some(({ kind }) => kind === 'Auto Scaling group') ? [AS_FLEETS] : []),
    `\`${names.map((name) => shell`--allow-owner ${name}`).join(' ')}\` does it all the same, for when it is suspended, or has let go of them.`,
  );
}

const AS_FLEETS =
  '`fleet.kind: auto-scaling` in the config makes two such groups the fleets, which take turns: see docs/auto-scaling.md.';

/** How the owner is kept from acting, where that takes one command and stops nothing. */
const PAUSES: Readonly<Record<Owner['kind'], (name: string) => string>> = {
  'Auto Scaling group': (name) =>
    `\`${shell`aws autoscaling suspend-processes --auto-scaling-group-name ${name}`}\` keeps the group from launching and terminating.`,
  'EC2 Fleet': (name) =>
    `\`aws ec2 delete-fleets --fleet-ids ${name} --no-terminate-instances\` ends it and leaves its instances.`,
  'Spot Fleet': (name) =>
    `\`aws ec2 cancel-spot-fleet-requests --spot-fleet-request-ids ${name} --no-terminate-instances\` ends it and leaves its instances.`,
};

/** What the servers, groups and routes belong to, where that is only worth knowing. */
export function ownerNotes(snapshot: Snapshot): readonly string[] {
  const instances = liveFleets(snapshot).flatMap(members);
  const owned = [...instances, ...ownedInConfig(snapshot)];
  return [
    ...byOwner(owned, 'fights-back').map((one) => `${belongText(one)}, which may replace it, or set it back.`),
    ...byOwner(owned, 'template').map((one) => `${belongText(one)}: its next update may change them back.`),
  ];
}

/** Another environment's servers are in the groups of the config, or its tags are on these: a group belongs to one environment. */
export function otherEnvironment(snapshot: Snapshot): Refusal | undefined {
  const registered = new Set(
    configuredPools(snapshot).flatMap(({ targets }) => targets.filter(isRegistered).map(({ id }) => id)),
  );
  const instances = snapshot.unmanaged.filter(({ id }) => registered.has(id));
  const [first] = byOwner([...instances, ...ownedInConfig(snapshot)], 'environment');
  if (first === undefined) return undefined;
  return refusal(
    'other-environment',
    `${belongText(first)}, and a target group serves one environment.`,
    'Check `environment` and `traffic` in the config: it may be a copy of that of the other one.',
    ...takesOut(
      snapshot,
      first[1].map(({ id }) => id),
    ),
    '`turnout adopt --release R --take-over` makes what production serves part of this environment, and takes it from the other one.',
  );
}

/** Where this environment has something healthy beside them, its clients lose nothing when they leave. */
function takesOut(snapshot: Snapshot, ids: readonly string[]): readonly string[] {
  const own = new Set(liveFleets(snapshot).flatMap((fleet) => members(fleet).map(({ id }) => id)));
  return configuredPools(snapshot).flatMap(({ name, arn, targets }) => {
    const theirs = targets.filter((target) => isRegistered(target) && ids.includes(target.id));
    if (theirs.length === 0 || !targets.some((target) => isHealthy(target) && own.has(target.id))) return [];
    const all = theirs.map(({ id, port }) => `Id=${id},Port=${port}`).join(' ');
    return [
      `What is not to serve here: \`aws elbv2 deregister-targets --target-group-arn ${arn} --targets ${all}\` takes it out of ${name}.`,
    ];
  });
}

/** Whose the unmanaged instances are, as further sentences: ` i-1 belongs to the Auto Scaling group web.` */
export function ownersOf({ unmanaged }: Snapshot, ids: readonly string[]): string {
  const known = unmanaged.filter(({ id }) => ids.includes(id));
  const owners = byOwner(known, 'fights-back');
  return owners.map((one) => ` ${belongText(one)}.`).join('');
}
