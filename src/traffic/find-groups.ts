import type { Elbv2, TargetGroup } from '../aws/elbv2.ts';
import type { TargetGroupConfig } from '../config/config.ts';
import type { PoolRole } from '../domain/snapshot.ts';
import { list } from '../domain/text.ts';
import { OperatorError } from '../errors.ts';
import { isReadable, isUnreadable, orUnreadable } from './traffic.ts';
import type { Unreadable } from '../domain/unreadable.ts';

/** A target group that is a pool. */
export interface PoolGroup {
  readonly name: string;
  readonly arn: string;
  readonly role: PoolRole;
  /** At which instances are registered. */
  readonly port: number;
  readonly group: TargetGroup;
}

/** A group as the config names it, by name or ARN. */
export interface WantedGroup extends TargetGroupConfig {
  readonly role: PoolRole;
}

/** Finds the groups that the config names; one that production can do without may be unreadable. */
export async function findGroups(
  elbv2: Elbv2,
  wanted: readonly WantedGroup[],
  dispensable: PoolRole | undefined,
): Promise<readonly (PoolGroup | Unreadable)[]> {
  const keys = wanted.map(({ targetGroup }) => targetGroup);
  const together = await orUnreadable('', find(elbv2, keys));
  // ELB says "one or more not found", and not which: then each one is asked for on its own.
  const groupsFor = async (key: string) => (isReadable(together) ? together : find(elbv2, [key]));
  const all = await Promise.all(
    wanted.map(async (one) =>
      orUnreadable(
        one.targetGroup,
        groupsFor(one.targetGroup).then((found) => toMember(found, one)),
      ),
    ),
  );
  const isNeeded = (_: unknown, n: number): boolean => wanted[n]?.role !== dispensable;
  if (all.filter(isNeeded).some(isUnreadable)) throw missingError(all.filter(isUnreadable));
  return all;
}

async function find(elbv2: Elbv2, keys: readonly string[]): Promise<readonly TargetGroup[]> {
  const asked = { names: keys.filter((key) => !isArn(key)), arns: keys.filter(isArn) };
  return elbv2.targetGroups(asked).catch((error: unknown) => {
    throw error instanceof OperatorError && error.code === NOT_FOUND ? notFound(keys) : error;
  });
}

function isArn(key: string): boolean {
  return key.startsWith('arn:');
}

function toMember(found: readonly TargetGroup[], { targetGroup: key, port, role }: WantedGroup): PoolGroup {
  const group = found.find(({ TargetGroupName: name, TargetGroupArn: arn }) => name === key || arn === key);
  if (group === undefined) throw notFound([key]);
  if ((group.TargetType ?? 'instance') !== 'instance') throw noInstances(group);
  return toPoolGroup(group, role, port);
}

export function toPoolGroup(group: TargetGroup, role: PoolRole, port = group.Port ?? 0): PoolGroup {
  return { name: group.TargetGroupName as string, arn: group.TargetGroupArn as string, role, port, group };
}

const NOT_FOUND = 'target-group-not-found';

function missingError(missing: readonly Unreadable[]): OperatorError {
  const [{ code, why, next }] = missing as [Unreadable, ...Unreadable[]];
  const allUnknown = missing.every((one) => one.code === NOT_FOUND);
  return allUnknown ? notFound(missing.map(({ name }) => name)) : new OperatorError(code, why, { next });
}

function notFound(keys: readonly string[]): OperatorError {
  const what = `target group${keys.length === 1 ? '' : 's'} ${list(keys)}`;
  return new OperatorError(NOT_FOUND, `AWS has no ${what}.`, {
    next: ['Check the names under `traffic` in the config, the region and the account.'],
  });
}

function noInstances({ TargetGroupName: name, TargetType: type }: TargetGroup): OperatorError {
  return new OperatorError(
    'not-for-instances',
    `The target group ${name} is for targets of the type ${type}, and a fleet is registered by the ids of its instances.`,
    { next: ['Name a target group of the type instance under `traffic` in the config.'] },
  );
}
