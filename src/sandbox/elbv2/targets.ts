import type {
  DeregisterTargetsInput,
  DescribeTargetHealthInput,
  RegisterTargetsInput,
  TargetDescription,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import { ApiError, type Machine, type Operation, type Call } from '../service.ts';
import { entryOf } from './catalogue.ts';
import { validationError } from './errors.ts';
import { NOT_REGISTERED } from './health.ts';
import { healthDescription, deregisterTarget, removeTarget, registerTarget } from './lifecycle.ts';
import type { TargetGroup } from './model.ts';
import { groupOf, type Elbv2State } from './state.ts';

export function targetOperations(state: Elbv2State): Record<string, Operation> {
  return {
    RegisterTargets: (input: RegisterTargetsInput) => register(state, input),
    DeregisterTargets: (input: DeregisterTargetsInput) => deregister(state, input),
    DescribeTargetHealth: (input: DescribeTargetHealthInput, call?: Call) => describeHealth(state, input, call),
  };
}

interface RequestedTarget {
  readonly id: string;
  readonly port: number;
}

/** The targets of a request; the default port is the group's. A target with another port must be deregistered with that port. */
function requestedTargets(group: TargetGroup, targets: readonly TargetDescription[] | undefined): RequestedTarget[] {
  return (targets ?? []).map(({ Id: id, Port: port = group.port }) => {
    if (!id) throw validationError('A target must have an ID');
    if (!Number.isInteger(port) || port < 1 || port > 65_535)
      throw validationError(`Port '${port}' must be between 1 and 65535`);
    return { id, port };
  });
}

/** Registers all targets or none. */
function register(state: Elbv2State, input: RegisterTargetsInput): object {
  const group = groupOf(state, input.TargetGroupArn);
  removeForgottenInstances(state, group);
  const targets = requestedTargets(group, input.Targets);
  if (targets.length === 0) throw validationError('At least one target must be specified');
  const machines = runningMachines(state, group, targets);
  checkQuota(state, group, targets);
  targets.forEach((target, place) => {
    const machine = machines.get(target.id);
    if (machine) registerTarget(state, group, machine, target, place);
  });
  return {};
}

function runningMachines(
  { machines: all }: Elbv2State,
  { targetType }: TargetGroup,
  targets: readonly RequestedTarget[],
): Map<string, Machine> {
  const machines = new Map(targets.map(({ id }) => [id, targetType === 'ip' ? all.at(id) : all.find(id)]));
  const idsOf = (test: (machine: Machine | undefined) => boolean): string =>
    [...machines]
      .filter(([, machine]) => test(machine))
      .map(([id]) => `'${id}'`)
      .join(', ');
  const unknown = idsOf((machine) => machine === undefined);
  if (unknown !== '') throw new ApiError('InvalidTarget', `The following targets do not exist: ${unknown}`);
  const idle = idsOf((machine) => machine?.state !== 'running');
  if (idle !== '') {
    const message = `The following targets are not in a running state and cannot be registered: ${idle}`;
    throw new ApiError('InvalidTarget', message);
  }
  return machines as Map<string, Machine>;
}

function checkQuota(state: Elbv2State, group: TargetGroup, targets: readonly RequestedTarget[]): void {
  const keys = new Set([...group.targets.values()].filter((target) => !target.drain).map((target) => target.key));
  for (const { id, port } of targets) keys.add(`${id}:${port}`);
  const { targetsPerGroup, targetsPerLoadBalancer } = state.quotas;
  const others = [...state.groups.values()].filter((one) => one !== group && one.loadBalancer === group.loadBalancer);
  const all = others.reduce(
    (sum, { targets: own }) => sum + own.size,
    new Set([...group.targets.keys(), ...keys]).size,
  );
  checkRegistrations(state, others, targets, keys);
  if (group.loadBalancer && all > targetsPerLoadBalancer)
    throw new ApiError('TooManyTargets', `The maximum number of targets (${targetsPerLoadBalancer}) has been reached`);
  if (keys.size > targetsPerGroup) {
    throw new ApiError('TooManyTargets', `The maximum number of targets (${targetsPerGroup}) has been reached`);
  }
}

/** A target counts once for each port and group (ALB user guide, "Quotas"). */
function checkRegistrations(
  { quotas: { registrationsPerTarget: most } }: Elbv2State,
  others: readonly TargetGroup[],
  targets: readonly RequestedTarget[],
  keys: ReadonlySet<string>,
): void {
  const elsewhere = others.flatMap(({ targets: own }) => [...own.keys()]);
  const all = [...keys, ...elsewhere].map((key) => key.replace(/:\d+$/, ''));
  const crowded = targets.find(({ id }) => all.filter((one) => one === id).length > most);
  if (crowded !== undefined)
    throw new ApiError(
      'TooManyRegistrationsForTargetId',
      `The maximum number of registrations (${most}) of the target ${crowded.id} has been reached`,
    );
}

/** Ignores targets that are not registered (ELBv2 API, DeregisterTargets). */
function deregister(state: Elbv2State, input: DeregisterTargetsInput): object {
  const group = groupOf(state, input.TargetGroupArn);
  const targets = requestedTargets(group, input.Targets);
  if (targets.length === 0) throw validationError('At least one target must be specified');
  for (const { id, port } of targets) {
    const target = group.targets.get(`${id}:${port}`);
    if (target) deregisterTarget(state, group, target);
  }
  return {};
}

/** Without targets it returns registered and draining ones; not paged. */
function describeHealth(state: Elbv2State, input: DescribeTargetHealthInput, call?: Call): object {
  const group = groupOf(state, entryOf(state.catalogue, 'targetgroup', input.TargetGroupArn, call).arn);
  removeForgottenInstances(state, group);
  const targets = requestedTargets(group, input.Targets);
  if (targets.length === 0) return { TargetHealthDescriptions: group.healthHistory.values(call?.lagMs) };
  const TargetHealthDescriptions = targets.map(
    (target) =>
      group.healthHistory.get(`${target.id}:${target.port}`, call?.lagMs) ??
      healthDescription(group, target, NOT_REGISTERED),
  );
  return { TargetHealthDescriptions };
}

/** Removes targets whose instances no longer exist in EC2. */
function removeForgottenInstances(state: Elbv2State, group: TargetGroup): void {
  for (const target of group.targets.values()) {
    if (!target.drain && group.targetType === 'instance' && !state.machines.find(target.machine))
      removeTarget(state, group, target);
  }
}
