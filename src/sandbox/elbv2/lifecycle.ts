import type { TargetHealth } from '@aws-sdk/client-elastic-load-balancing-v2';
import { checkOnce } from '../balancer/probe.ts';
import type { Standing } from '../balancer/members.ts';
import { Upstream } from '../balancer/upstream.ts';
import type { Machine } from '../service.ts';
import {
  afterCheck,
  CHECKING,
  DRAINING,
  invalidState,
  NOT_IN_USE,
  REGISTERING,
  shown,
  ZONE_NOT_ENABLED,
  type Health,
} from './health.ts';
import { accepts } from './matcher.ts';
import type { ElbTarget, TargetGroup } from './model.ts';
import { msOf } from './attributes.ts';
import type { ElbWorld } from './world.ts';

/** First checks of targets that were registered together are this far apart, so that a thousand are not checked in one tick. */
const SPREAD_MS = 0.5;

/** Adds a target to a group and starts its checks when the group is in use. `place` is its place in the request. */
export function enroll(world: ElbWorld, group: TargetGroup, machine: Machine, port: number, place: number): void {
  const key = `${machine.id}:${port}`;
  const known = group.targets.get(key);
  if (known && !known.drain) return;
  known?.drain?.();
  const target: ElbTarget = {
    key,
    id: machine.id,
    port,
    health: REGISTERING,
    member: memberOf(world, group, machine, port, known),
    checks: undefined,
    drain: undefined,
  };
  group.targets.set(key, target);
  reconcile(world, group, target, place);
}

/** A draining target that the data plane still knows keeps its connections when it is registered again. */
function memberOf(world: ElbWorld, group: TargetGroup, machine: Machine, port: number, known: ElbTarget | undefined) {
  if (known && group.members.has(known.member)) {
    group.members.stand(known.member, 'out', world.clock.now());
    return known.member;
  }
  const upstream = new Upstream(machine.address, port);
  const { id } = machine;
  const member = { key: `${id}:${port}`, id, port, upstream, release: () => world.machines.find(id)?.release ?? '' };
  world.upstreams.set(upstream, { targetGroup: group.name, id, port });
  group.members.add(member);
  return member;
}

/**
 * Deregisters. The API shows draining until the deregistration delay is over; the data plane hears of it after the
 * propagation time, and gives requests in flight the whole delay from then on.
 */
export function drainTarget(world: ElbWorld, group: TargetGroup, target: ElbTarget): void {
  if (target.drain) return;
  target.checks?.abort();
  target.checks = undefined;
  const { propagationMs } = world.times;
  const delayMs =
    msOf(group.attributes, 'deregistration_delay.timeout_seconds') + group.slowDrainMs + world.faults.slowDrainMs;
  const callOffs: (() => void)[] = [];
  const later = (ms: number, task: () => void): void => {
    callOffs.push(world.scheduler.after(ms, task));
  };
  target.drain = () => callOffs.forEach((callOff) => callOff());
  publish(world, group, target);
  later(delayMs, () => forget(world, group, target));
  later(propagationMs, () => {
    leaveDataPlane(world, group, target);
    later(delayMs, () => cut(world, target));
  });
}

function leaveDataPlane(world: ElbWorld, group: TargetGroup, target: ElbTarget): void {
  group.members.remove(target.member);
  target.member.upstream.retire();
  sweepUpstreams(world);
}

function cut(world: ElbWorld, { member }: ElbTarget): void {
  member.upstream.cut();
  world.upstreams.delete(member.upstream);
}

/** The API lists the target no longer. */
function forget(world: ElbWorld, group: TargetGroup, target: ElbTarget): void {
  if (group.targets.get(target.key) !== target) return;
  group.targets.delete(target.key);
  publish(world, group, target);
}

/** Removes a target whose instance EC2 has forgotten, or whose group is deleted. */
export function drop(world: ElbWorld, group: TargetGroup, target: ElbTarget): void {
  target.checks?.abort();
  target.drain?.();
  leaveDataPlane(world, group, target);
  forget(world, group, target);
}

/** Retired upstreams without anything in flight are done. */
function sweepUpstreams(world: ElbWorld): void {
  for (const upstream of world.upstreams.keys()) {
    if (upstream.done) world.upstreams.delete(upstream);
  }
}

/** Why a registered target gets no traffic and no checks; nothing when it does. */
function unusedReason(world: ElbWorld, group: TargetGroup, target: ElbTarget): TargetHealth | undefined {
  if (!group.user) return NOT_IN_USE;
  const machine = world.machines.find(target.id);
  if (!machine || !isUp(machine)) return invalidState(machine?.state ?? 'terminated');
  const zones = group.user.subnets.map((subnet) => world.subnet?.(subnet)?.zone).filter((zone) => zone !== undefined);
  return zones.length > 0 && !zones.includes(machine.zone) ? ZONE_NOT_ENABLED : undefined;
}

/** An instance that shuts down is still checked, and fails. */
function isUp(machine: Machine): boolean {
  return machine.state === 'running' || machine.state === 'stopping' || machine.state === 'shutting-down';
}

/** Starts or ends a target's checks after its group, its instance or its registration has changed. */
export function reconcile(world: ElbWorld, group: TargetGroup, target: ElbTarget, place = 0): void {
  if (target.drain) return;
  const reason = unusedReason(world, group, target);
  if (reason && target.checks) {
    target.checks.abort();
    target.checks = undefined;
  }
  if (reason?.Reason === 'Target.InvalidState') group.members.stand(target.member, 'out', world.clock.now());
  if (!reason && !target.checks) startChecks(world, group, target, place);
  publish(world, group, target);
}

function startChecks(world: ElbWorld, group: TargetGroup, target: ElbTarget, place: number): void {
  const checks = new AbortController();
  target.checks = checks;
  setHealth(world, group, target, REGISTERING);
  const { scheduler, times } = world;
  scheduler.after(times.registrationMs, () => {
    if (checks.signal.aborted) return;
    setHealth(world, group, target, CHECKING);
    const spread = Math.min(place * SPREAD_MS, group.check.intervalMs);
    scheduler.after(spread, () => check(world, group, target, checks.signal, world.clock.monotonic()));
  });
}

/** Checks a target until `signal` is aborted, every interval however long a check takes (ALB user guide). */
async function check(world: ElbWorld, group: TargetGroup, target: ElbTarget, signal: AbortSignal, due: number) {
  if (signal.aborted) return;
  const { clock, scheduler, probe } = world;
  const settings = group.check;
  const port = settings.port === 'traffic-port' ? target.port : Number(settings.port);
  const terms = { timeoutMs: settings.timeoutMs, accepts: accepts(settings.matcher) };
  const request = { host: target.member.upstream.host, port, path: settings.path };
  const result = await checkOnce(probe, request, terms, { clock, scheduler, signal });
  if (signal.aborted) return;
  setHealth(world, group, target, afterCheck(target.health, result, settings.thresholds));
  const next = Math.max(due + settings.intervalMs, clock.monotonic());
  scheduler.after(next - clock.monotonic(), () => check(world, group, target, signal, next));
}

const STANDINGS: Readonly<Record<Health['state'], Standing>> = {
  registering: 'out',
  checking: 'failing',
  unhealthy: 'failing',
  healthy: 'passing',
};

function setHealth(world: ElbWorld, group: TargetGroup, target: ElbTarget, health: Health): void {
  if (health === target.health && health.state !== 'registering') return;
  target.health = health;
  group.members.stand(target.member, STANDINGS[health.state], world.clock.now());
  publish(world, group, target);
}

/** What DescribeTargetHealth will say of the target. */
function publish(world: ElbWorld, group: TargetGroup, target: ElbTarget): void {
  const gone = group.targets.get(target.key) !== target;
  const health = target.drain ? DRAINING : (unusedReason(world, group, target) ?? shown(target.health));
  group.shown.set(target.key, gone ? undefined : described(group, target, health));
}

/** A target's health as the API shapes it. */
export function described(group: TargetGroup, target: Pick<ElbTarget, 'id' | 'port'>, health: TargetHealth) {
  const port = group.check.port === 'traffic-port' ? String(target.port) : group.check.port;
  return { Target: { Id: target.id, Port: target.port }, HealthCheckPort: port, TargetHealth: health };
}
