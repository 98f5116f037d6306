import type {
  CreateTargetGroupInput,
  DeleteTargetGroupInput,
  DescribeTargetGroupAttributesInput,
  DescribeTargetGroupsInput,
  ModifyTargetGroupAttributesInput,
  ModifyTargetGroupInput,
  TargetGroup as Shown,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import { TargetPool } from '../balancer/target-pool.ts';
import { ApiError, type Call, type Operation } from '../service.ts';
import { createTimeline } from '../timeline.ts';
import {
  updatedAttributes,
  GROUP_ATTRIBUTES,
  msOf,
  attributeShapes,
  CROSS_ZONE,
  wholeSeconds,
  defaultAttributes,
} from './attributes.ts';
import { stickyBehindRule } from './actions.ts';
import { updatedCheckSettings, DEFAULT_CHECK } from './check-settings.ts';
import {
  entriesOfKind,
  entryOf,
  entriesNamed,
  ownedBy,
  entryShapes,
  elbTagList,
  type CatalogueEntry,
} from './catalogue.ts';
import { inUse, validationError, elbv2Unsupported } from './errors.ts';
import { removeTarget } from './lifecycle.ts';
import type { TargetGroup } from './model.ts';
import { pageByMarker } from './paging.ts';
import { arnOf, checkedName, groupOf, newHexId, tagsFrom, type Elbv2State } from './state.ts';

export function targetGroupOperations(state: Elbv2State): Record<string, Operation> {
  return {
    CreateTargetGroup: (input: CreateTargetGroupInput) => ({ TargetGroups: [targetGroupShape(create(state, input))] }),
    DescribeTargetGroups: (input: DescribeTargetGroupsInput, call?: Call) => describe(state, input, call),
    ModifyTargetGroup: (input: ModifyTargetGroupInput) => {
      const group = groupOf(state, input.TargetGroupArn);
      group.check = updatedCheckSettings(group.check, input);
      return { TargetGroups: [targetGroupShape(group)] };
    },
    DeleteTargetGroup: (input: DeleteTargetGroupInput) => remove(state, input),
    DescribeAccountLimits: () => ({
      Limits: [
        { Name: 'targets-per-application-load-balancer', Max: String(state.quotas.targetsPerLoadBalancer) },
        { Name: 'target-groups', Max: String(state.quotas.groups) },
      ],
    }),
    DescribeTargetGroupAttributes: (input: DescribeTargetGroupAttributesInput, call?: Call) => ({
      Attributes: entryOf(state.catalogue, 'targetgroup', input.TargetGroupArn, call).attributes,
    }),
    ModifyTargetGroupAttributes: (input: ModifyTargetGroupAttributesInput) => {
      const group = groupOf(state, input.TargetGroupArn);
      modifyAttributes(group, input.Attributes, isBesideOthers(state, group));
      return { Attributes: attributeShapes(group.attributes) };
    },
  };
}

function create(state: Elbv2State, input: CreateTargetGroupInput): TargetGroup {
  const name = checkedName(input.Name, 'Target group');
  const vpcId = checkedVpcId(state, input);
  const protocol = input.Protocol === 'TCP' ? 'TCP' : 'HTTP';
  const targetType = input.TargetType === 'ip' ? 'ip' : 'instance';
  const check = updatedCheckSettings(DEFAULT_CHECK, input);
  const port = input.Port ?? 0;
  const known = [...state.groups.values()].find((group) => group.name === name);
  if (known) return sameOrDuplicate(known, { protocol, targetType, port, vpcId, check });
  if (state.groups.size >= state.quotas.groups) {
    throw new ApiError('TooManyTargetGroups', 'The maximum number of target groups has been reached');
  }
  const arn = arnOf(state, `targetgroup/${name}/${newHexId()}`);
  const group: TargetGroup = {
    kind: 'targetgroup',
    arn,
    name,
    protocol,
    targetType,
    port,
    vpcId,
    check,
    attributes: defaultAttributes(GROUP_ATTRIBUTES),
    tags: tagsFrom(input.Tags),
    targets: new Map(),
    healthHistory: createTimeline(state.clock),
    pool: new TargetPool(),
    loadBalancer: undefined,
    slowDrainMs: 0,
  };
  state.groups.set(arn, group);
  return group;
}

/** Checks that the group is one for HTTP or TCP to instances, with health checks by HTTP; returns its VPC. */
function checkedVpcId({ vpc }: Elbv2State, input: CreateTargetGroupInput): string {
  const { Protocol: protocol, ProtocolVersion: version = 'HTTP1', TargetType: type = 'instance', Port: port } = input;
  if (type !== 'instance' && type !== 'ip') throw elbv2Unsupported(`targets of the type '${type}'`);
  if (protocol === undefined) throw validationError('A protocol must be specified');
  if (protocol !== 'HTTP' && protocol !== 'TCP')
    throw elbv2Unsupported(`target groups with the protocol '${protocol}'`);
  if (protocol === 'TCP' && input.HealthCheckProtocol !== 'HTTP')
    throw elbv2Unsupported(`health checks with the protocol '${input.HealthCheckProtocol ?? 'TCP'}'`);
  if (version !== 'HTTP1') throw elbv2Unsupported(`target groups with the protocol version '${version}'`);
  if (port === undefined) throw validationError('A port must be specified');
  if (!Number.isInteger(port) || port < 1 || port > 65_535)
    throw validationError(`Port '${port}' must be between 1 and 65535`);
  if (input.VpcId === undefined) throw validationError('A VPC ID must be specified');
  if (vpc !== undefined && input.VpcId !== vpc) throw validationError(`The VPC ID '${input.VpcId}' is not found`);
  return input.VpcId;
}

/** Idempotent for identical settings (ELBv2 API, CreateTargetGroup). */
function sameOrDuplicate(
  known: TargetGroup,
  wanted: Pick<TargetGroup, 'protocol' | 'targetType' | 'port' | 'vpcId' | 'check'>,
): TargetGroup {
  const { protocol, targetType, port, vpcId, check } = known;
  if (JSON.stringify({ protocol, targetType, port, vpcId, check }) === JSON.stringify(wanted)) return known;
  throw new ApiError(
    'DuplicateTargetGroupName',
    `A target group with the same name '${known.name}' exists, but with different settings`,
  );
}

function describe(state: Elbv2State, input: DescribeTargetGroupsInput, call: Call | undefined): object {
  const { TargetGroupArns: arns = [], Names: names = [], LoadBalancerArn: user } = input;
  const filters = [arns.length > 0, names.length > 0, user !== undefined].filter(Boolean).length;
  if (filters > 1) throw validationError('Only one of load balancer ARN, target group ARNs and names can be specified');
  const all = entriesOfKind(state.catalogue, 'targetgroup', call);
  if (arns.length > 0) return { TargetGroups: entryShapes(entriesNamed(all, 'arn', arns, 'targetgroup')) };
  if (names.length > 0) return { TargetGroups: entryShapes(entriesNamed(all, 'name', names, 'targetgroup')) };
  const chosen = user === undefined ? all : ownedBy(all, entryOf(state.catalogue, 'loadbalancer', user, call));
  const { items, next } = pageByMarker(chosen, input, state.pageSize);
  return { TargetGroups: entryShapes(items), ...next };
}

/** The catalogue entry of a target group. */
export function groupEntry(group: TargetGroup): CatalogueEntry {
  const { kind, arn, name, loadBalancer, attributes, tags } = group;
  const shape = targetGroupShape(group);
  return {
    kind,
    arn,
    name,
    owner: loadBalancer?.arn,
    shape,
    attributes: attributeShapes(attributes),
    tags: elbTagList(tags),
  };
}

/** Deleting a group that does not exist succeeds: the operation's service model has no not-found error. */
function remove(state: Elbv2State, input: DeleteTargetGroupInput): object {
  const group = state.groups.get(input.TargetGroupArn ?? '');
  if (group?.loadBalancer) throw inUse(group.arn);
  for (const target of group?.targets.values() ?? []) if (group) removeTarget(state, group, target);
  state.groups.delete(input.TargetGroupArn ?? '');
  return {};
}

/** A rule without stickiness forwards to it and to others. */
function isBesideOthers(state: Elbv2State, group: TargetGroup): boolean {
  const configs = [...state.rules.values()].flatMap(({ actions }) => actions.map(({ ForwardConfig }) => ForwardConfig));
  return configs.some(
    (config) =>
      (config?.TargetGroups ?? []).length > 1 &&
      config?.TargetGroupStickinessConfig?.Enabled !== true &&
      config?.TargetGroups?.some(({ TargetGroupArn: arn }) => arn === group.arn),
  );
}

/** Changes the attributes and the load balancing of a group. Throws before any change. */
export function modifyAttributes(
  group: TargetGroup,
  changes: ModifyTargetGroupAttributesInput['Attributes'],
  besideOthers = false,
): void {
  const next = updatedAttributes(GROUP_ATTRIBUTES, group.attributes, changes);
  const algorithm = next.get('load_balancing.algorithm.type') as 'round_robin' | 'least_outstanding_requests';
  const slowStartMs = msOf(next, 'slow_start.duration_seconds');
  if (slowStartMs > 0 && algorithm === 'least_outstanding_requests') {
    throw new ApiError('InvalidConfigurationRequest', 'Slow start cannot be used with least outstanding requests');
  }
  const sticky = next.get('stickiness.enabled') === 'true';
  if (sticky && besideOthers) throw stickyBehindRule();
  if (sticky && next.get(CROSS_ZONE) === 'false')
    throw new ApiError(
      'InvalidConfigurationRequest',
      'Stickiness is not supported when cross-zone load balancing is off',
    );
  const stickyMs = sticky ? msOf(next, 'stickiness.lb_cookie.duration_seconds') : 0;
  const [count, percent] = ['count', 'percentage'].map((what) =>
    Number(next.get(`target_group_health.unhealthy_state_routing.minimum_healthy_targets.${what}`)),
  ) as [number, number];
  // `off` is no number.
  group.pool.balancing = { algorithm, slowStartMs, stickyMs, minimumPassing: { count, percent: percent || 0 } };
  for (const [key, value] of next) group.attributes.set(key, value);
}

function targetGroupShape(group: TargetGroup): Shown {
  const { check } = group;
  return {
    TargetGroupArn: group.arn,
    TargetGroupName: group.name,
    Protocol: group.protocol,
    ...(group.protocol === 'HTTP' && { ProtocolVersion: 'HTTP1' }),
    Port: group.port,
    VpcId: group.vpcId,
    HealthCheckProtocol: 'HTTP',
    HealthCheckPort: check.port,
    HealthCheckEnabled: true,
    HealthCheckIntervalSeconds: wholeSeconds(check.intervalMs),
    HealthCheckTimeoutSeconds: wholeSeconds(check.timeoutMs),
    HealthyThresholdCount: check.thresholds.healthy,
    UnhealthyThresholdCount: check.thresholds.unhealthy,
    HealthCheckPath: check.path,
    Matcher: { HttpCode: check.matcher },
    LoadBalancerArns: group.loadBalancer ? [group.loadBalancer.arn] : [],
    TargetType: group.targetType,
    IpAddressType: 'ipv4',
  };
}
