import type {
  CreateTargetGroupInput,
  DeleteTargetGroupInput,
  DescribeTargetGroupAttributesInput,
  DescribeTargetGroupsInput,
  ModifyTargetGroupAttributesInput,
  ModifyTargetGroupInput,
  TargetGroup as Shown,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import { Members } from '../balancer/members.ts';
import { ApiError, type Call, type Operation } from '../service.ts';
import { createTimeline } from '../timeline.ts';
import {
  changedAttributes,
  GROUP_ATTRIBUTES,
  msOf,
  shownAttributes,
  shownSeconds,
  usualAttributes,
} from './attributes.ts';
import { checkedCheck, USUAL_CHECK } from './check-settings.ts';
import { entries, entryOf, named, ownedBy, shapes, tagList, type Entry } from './catalogue.ts';
import { inUse, elbInvalid, elbUnsupported } from './errors.ts';
import { drop } from './lifecycle.ts';
import type { TargetGroup } from './model.ts';
import { elbPage } from './paging.ts';
import { arnOf, checkedName, groupOf, newElbId, tagsFrom, type ElbWorld } from './world.ts';

export function targetGroupOperations(world: ElbWorld): Record<string, Operation> {
  return {
    CreateTargetGroup: (input: CreateTargetGroupInput) => ({ TargetGroups: [show(create(world, input))] }),
    DescribeTargetGroups: (input: DescribeTargetGroupsInput, call?: Call) => describe(world, input, call),
    ModifyTargetGroup: (input: ModifyTargetGroupInput) => {
      const group = groupOf(world, input.TargetGroupArn);
      group.check = checkedCheck(group.check, input);
      return { TargetGroups: [show(group)] };
    },
    DeleteTargetGroup: (input: DeleteTargetGroupInput) => remove(world, input),
    DescribeTargetGroupAttributes: (input: DescribeTargetGroupAttributesInput, call?: Call) => ({
      Attributes: entryOf(world.catalogue, 'targetgroup', input.TargetGroupArn, call).attributes,
    }),
    ModifyTargetGroupAttributes: (input: ModifyTargetGroupAttributesInput) => {
      const group = groupOf(world, input.TargetGroupArn);
      modifyAttributes(group, input.Attributes);
      return { Attributes: shownAttributes(group.attributes) };
    },
  };
}

function create(world: ElbWorld, input: CreateTargetGroupInput): TargetGroup {
  const name = checkedName(input.Name, 'Target group');
  const vpcId = checkKind(input);
  const check = checkedCheck(USUAL_CHECK, input);
  const port = input.Port ?? 0;
  const known = [...world.groups.values()].find((group) => group.name === name);
  if (known) return sameOrDuplicate(known, { port, vpcId, check });
  if (world.groups.size >= world.quotas.groups) {
    throw new ApiError('TooManyTargetGroups', 'The maximum number of target groups has been reached');
  }
  const arn = arnOf(world, `targetgroup/${name}/${newElbId()}`);
  const group: TargetGroup = {
    kind: 'targetgroup',
    arn,
    name,
    port,
    vpcId,
    check,
    attributes: usualAttributes(GROUP_ATTRIBUTES),
    tags: tagsFrom(input.Tags),
    targets: new Map(),
    shown: createTimeline(world.clock),
    members: new Members(),
    user: undefined,
    slowDrainMs: 0,
  };
  world.groups.set(arn, group);
  return group;
}

/** Only HTTP to instances; returns the VPC. */
function checkKind(input: CreateTargetGroupInput): string {
  const { Protocol: protocol, ProtocolVersion: version = 'HTTP1', TargetType: type = 'instance', Port: port } = input;
  if (type !== 'instance') throw elbUnsupported(`targets of the type '${type}'`);
  if (protocol === undefined) throw elbInvalid('A protocol must be specified');
  if (protocol !== 'HTTP') throw elbUnsupported(`target groups with the protocol '${protocol}'`);
  if (version !== 'HTTP1') throw elbUnsupported(`target groups with the protocol version '${version}'`);
  if (port === undefined) throw elbInvalid('A port must be specified');
  if (!Number.isInteger(port) || port < 1 || port > 65_535)
    throw elbInvalid(`Port '${port}' must be between 1 and 65535`);
  if (input.VpcId === undefined) throw elbInvalid('A VPC ID must be specified');
  return input.VpcId;
}

/** Idempotent for identical settings (CreateTargetGroup, API reference). */
function sameOrDuplicate(known: TargetGroup, wanted: Pick<TargetGroup, 'port' | 'vpcId' | 'check'>): TargetGroup {
  const { port, vpcId, check } = known;
  if (JSON.stringify({ port, vpcId, check }) === JSON.stringify(wanted)) return known;
  throw new ApiError(
    'DuplicateTargetGroupName',
    `A target group with the same name '${known.name}' exists, but with different settings`,
  );
}

function describe(world: ElbWorld, input: DescribeTargetGroupsInput, call: Call | undefined): object {
  const { TargetGroupArns: arns = [], Names: names = [], LoadBalancerArn: user } = input;
  const filters = [arns.length > 0, names.length > 0, user !== undefined].filter(Boolean).length;
  if (filters > 1) throw elbInvalid('Only one of load balancer ARN, target group ARNs and names can be specified');
  const all = entries(world.catalogue, 'targetgroup', call);
  if (arns.length > 0) return { TargetGroups: shapes(named(all, 'arn', arns, 'targetgroup')) };
  if (names.length > 0) return { TargetGroups: shapes(named(all, 'name', names, 'targetgroup')) };
  const chosen = user === undefined ? all : ownedBy(all, entryOf(world.catalogue, 'loadbalancer', user, call));
  const { items, next } = elbPage(chosen, input, world.pageSize);
  return { TargetGroups: shapes(items), ...next };
}

/** What describes will say of it. */
export function groupEntry(group: TargetGroup): Entry {
  const { kind, arn, name, user, attributes, tags } = group;
  const shape = show(group);
  return { kind, arn, name, owner: user?.arn, shape, attributes: shownAttributes(attributes), tags: tagList(tags) };
}

/** Deleting what is gone already succeeds: the model of the operation has no not-found error. */
function remove(world: ElbWorld, input: DeleteTargetGroupInput): object {
  const group = world.groups.get(input.TargetGroupArn ?? '');
  if (group?.user) throw inUse(group.arn);
  for (const target of group?.targets.values() ?? []) if (group) drop(world, group, target);
  world.groups.delete(input.TargetGroupArn ?? '');
  return {};
}

/** Changes attributes, and how the data plane spreads requests. Throws before anything is changed. */
export function modifyAttributes(group: TargetGroup, changes: ModifyTargetGroupAttributesInput['Attributes']): void {
  const next = changedAttributes(GROUP_ATTRIBUTES, group.attributes, changes);
  const algorithm = next.get('load_balancing.algorithm.type') as 'round_robin' | 'least_outstanding_requests';
  const slowStartMs = msOf(next, 'slow_start.duration_seconds');
  if (slowStartMs > 0 && algorithm === 'least_outstanding_requests') {
    throw new ApiError('InvalidConfigurationRequest', 'Slow start cannot be used with least outstanding requests');
  }
  const sticky = next.get('stickiness.enabled') === 'true';
  const stickyMs = sticky ? msOf(next, 'stickiness.lb_cookie.duration_seconds') : 0;
  group.members.balancing = { algorithm, slowStartMs, stickyMs };
  for (const [key, value] of next) group.attributes.set(key, value);
}

function show(group: TargetGroup): Shown {
  const { check } = group;
  return {
    TargetGroupArn: group.arn,
    TargetGroupName: group.name,
    Protocol: 'HTTP',
    ProtocolVersion: 'HTTP1',
    Port: group.port,
    VpcId: group.vpcId,
    HealthCheckProtocol: 'HTTP',
    HealthCheckPort: check.port,
    HealthCheckEnabled: true,
    HealthCheckIntervalSeconds: shownSeconds(check.intervalMs),
    HealthCheckTimeoutSeconds: shownSeconds(check.timeoutMs),
    HealthyThresholdCount: check.thresholds.healthy,
    UnhealthyThresholdCount: check.thresholds.unhealthy,
    HealthCheckPath: check.path,
    Matcher: { HttpCode: check.matcher },
    LoadBalancerArns: group.user ? [group.user.arn] : [],
    TargetType: 'instance',
    IpAddressType: 'ipv4',
  };
}
