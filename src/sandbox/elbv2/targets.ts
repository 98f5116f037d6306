import type {
  DeregisterTargetsInput,
  DescribeTargetHealthInput,
  RegisterTargetsInput,
  TargetDescription,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import { ApiError, type Machine, type Operation, type Call } from '../service.ts';
import { entryOf } from './catalogue.ts';
import { elbInvalid } from './errors.ts';
import { NOT_REGISTERED } from './health.ts';
import { described, drainTarget, drop, enroll } from './lifecycle.ts';
import type { TargetGroup } from './model.ts';
import { groupOf, type ElbWorld } from './world.ts';

export function targetOperations(world: ElbWorld): Record<string, Operation> {
  return {
    RegisterTargets: (input: RegisterTargetsInput) => register(world, input),
    DeregisterTargets: (input: DeregisterTargetsInput) => deregister(world, input),
    DescribeTargetHealth: (input: DescribeTargetHealthInput, call?: Call) => describeHealth(world, input, call),
  };
}

interface Wanted {
  readonly id: string;
  readonly port: number;
}

/** Targets as they were asked for; without a port it is the group's (a port override has to be named again to deregister). */
function wanted(group: TargetGroup, targets: readonly TargetDescription[] | undefined): Wanted[] {
  return (targets ?? []).map(({ Id: id, Port: port = group.port }) => {
    if (!id) throw elbInvalid('A target must have an ID');
    if (!Number.isInteger(port) || port < 1 || port > 65_535)
      throw elbInvalid(`Port '${port}' must be between 1 and 65535`);
    return { id, port };
  });
}

/** All or none. */
function register(world: ElbWorld, input: RegisterTargetsInput): object {
  const group = groupOf(world, input.TargetGroupArn);
  forgetGone(world, group);
  const targets = wanted(group, input.Targets);
  if (targets.length === 0) throw elbInvalid('At least one target must be specified');
  const machines = runningMachines(world, targets);
  checkQuota(world, group, targets);
  targets.forEach(({ id, port }, place) => {
    const machine = machines.get(id);
    if (machine) enroll(world, group, machine, port, place);
  });
  return {};
}

function runningMachines(world: ElbWorld, targets: readonly Wanted[]): Map<string, Machine> {
  const machines = new Map(targets.map(({ id }) => [id, world.machines.find(id)]));
  const bad = (test: (machine: Machine | undefined) => boolean): string =>
    [...machines]
      .filter(([, machine]) => test(machine))
      .map(([id]) => `'${id}'`)
      .join(', ');
  const unknown = bad((machine) => machine === undefined);
  if (unknown !== '') throw new ApiError('InvalidTarget', `The following targets do not exist: ${unknown}`);
  const idle = bad((machine) => machine?.state !== 'running');
  if (idle !== '') {
    const message = `The following targets are not in a running state and cannot be registered: ${idle}`;
    throw new ApiError('InvalidTarget', message);
  }
  return machines as Map<string, Machine>;
}

function checkQuota(world: ElbWorld, group: TargetGroup, targets: readonly Wanted[]): void {
  const keys = new Set([...group.targets.values()].filter((target) => !target.drain).map((target) => target.key));
  for (const { id, port } of targets) keys.add(`${id}:${port}`);
  const { targetsPerGroup } = world.quotas;
  if (keys.size > targetsPerGroup) {
    throw new ApiError('TooManyTargets', `The maximum number of targets (${targetsPerGroup}) has been reached`);
  }
}

/** Targets that are not registered are passed over in silence (DeregisterTargets, API reference). */
function deregister(world: ElbWorld, input: DeregisterTargetsInput): object {
  const group = groupOf(world, input.TargetGroupArn);
  const targets = wanted(group, input.Targets);
  if (targets.length === 0) throw elbInvalid('At least one target must be specified');
  for (const { id, port } of targets) {
    const target = group.targets.get(`${id}:${port}`);
    if (target) drainTarget(world, group, target);
  }
  return {};
}

/** Without targets it lists registered and draining ones; not paged. */
function describeHealth(world: ElbWorld, input: DescribeTargetHealthInput, call?: Call): object {
  const group = groupOf(world, entryOf(world.catalogue, 'targetgroup', input.TargetGroupArn, call).arn);
  forgetGone(world, group);
  const targets = wanted(group, input.Targets);
  if (targets.length === 0) return { TargetHealthDescriptions: group.shown.values(call?.lagMs) };
  const TargetHealthDescriptions = targets.map(
    (target) => group.shown.get(`${target.id}:${target.port}`, call?.lagMs) ?? described(group, target, NOT_REGISTERED),
  );
  return { TargetHealthDescriptions };
}

/** Targets whose instances EC2 lists no longer leave the group. */
function forgetGone(world: ElbWorld, group: TargetGroup): void {
  for (const target of group.targets.values()) {
    if (!target.drain && !world.machines.find(target.id)) drop(world, group, target);
  }
}
