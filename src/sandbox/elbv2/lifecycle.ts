import type { TargetHealth } from '@aws-sdk/client-elastic-load-balancing-v2';
import { checkOnce } from '../balancer/probe.ts';
import type { Eligibility } from '../balancer/target-pool.ts';
import { Upstream } from '../balancer/upstream.ts';
import { afterAwake } from '../scheduler.ts';
import type { Machine } from '../service.ts';
import {
  afterCheck,
  CHECKING,
  DRAINING,
  invalidState,
  NOT_IN_USE,
  REGISTERING,
  targetHealthShape,
  ZONE_NOT_ENABLED,
  type Health,
} from './health.ts';
import { statusMatcher } from './matcher.ts';
import type { ElbTarget, TargetGroup } from './model.ts';
import { msOf } from './attributes.ts';
import { zonesOf, type Elbv2State } from './state.ts';

/** Interval between the first checks of targets that were registered together, so that a thousand are not checked at once. */
const SPREAD_MS = 0.5;

/** Adds a target to a group and starts its checks if the group is in use. `place` is its index in the request. */
export function registerTarget(
  state: Elbv2State,
  group: TargetGroup,
  machine: Machine,
  { id, port }: { readonly id: string; readonly port: number },
  place: number,
): void {
  const key = `${id}:${port}`;
  const known = group.targets.get(key);
  if (known && !known.drain) return;
  known?.drain?.();
  const target: ElbTarget = {
    key,
    id,
    port,
    machine: machine.id,
    health: REGISTERING,
    poolTarget: poolTargetOf(state, group, machine, port, known),
    checks: undefined,
    drain: undefined,
  };
  group.targets.set(key, target);
  reconcile(state, group, target, place);
}

/** A draining target that is still in the data plane keeps its connections when it is registered again. */
function poolTargetOf(
  state: Elbv2State,
  group: TargetGroup,
  machine: Machine,
  port: number,
  known: ElbTarget | undefined,
) {
  if (known && group.pool.has(known.poolTarget)) {
    group.pool.setEligibility(known.poolTarget, 'out', state.clock.now());
    return known.poolTarget;
  }
  const upstream = new Upstream(machine.address, port);
  const { id } = machine;
  const poolTarget = {
    key: `${id}:${port}`,
    id,
    port,
    zone: machine.zone,
    upstream,
    release: () => state.machines.find(id)?.release ?? '',
  };
  state.upstreams.set(upstream, { targetGroup: group.name, id, port });
  group.pool.add(poolTarget);
  return poolTarget;
}

/**
 * Deregisters a target. The API returns `draining` for the deregistration delay. The data plane applies the change after
 * the propagation time and then gives requests in flight the whole delay, in which it can read their responses.
 */
export function deregisterTarget(state: Elbv2State, group: TargetGroup, target: ElbTarget): void {
  if (target.drain) return;
  target.checks?.abort();
  target.checks = undefined;
  const { propagationMs } = state.times;
  const delayMs =
    msOf(group.attributes, 'deregistration_delay.timeout_seconds') + group.slowDrainMs + state.faults.slowDrainMs;
  const cancellations: (() => void)[] = [];
  const later = (ms: number, task: () => void): void => {
    cancellations.push(state.scheduler.after(ms, task));
  };
  target.drain = () => cancellations.forEach((cancel) => cancel());
  publishHealth(state, group, target);
  later(delayMs, () => removeFromHistory(state, group, target));
  later(propagationMs, () => {
    leaveDataPlane(state, group, target);
    cancellations.push(afterAwake(state, delayMs, () => abortInFlight(state, target)));
  });
}

function leaveDataPlane(state: Elbv2State, group: TargetGroup, target: ElbTarget): void {
  group.pool.remove(target.poolTarget);
  target.poolTarget.upstream.retire();
  sweepUpstreams(state);
}

function abortInFlight(state: Elbv2State, { poolTarget }: ElbTarget): void {
  poolTarget.upstream.abortInFlight();
  state.upstreams.delete(poolTarget.upstream);
}

/** Removes the target from the API. */
function removeFromHistory(state: Elbv2State, group: TargetGroup, target: ElbTarget): void {
  if (group.targets.get(target.key) !== target) return;
  group.targets.delete(target.key);
  publishHealth(state, group, target);
}

/** Removes a target whose instance no longer exists, or whose group is deleted. */
export function removeTarget(state: Elbv2State, group: TargetGroup, target: ElbTarget): void {
  target.checks?.abort();
  target.drain?.();
  leaveDataPlane(state, group, target);
  removeFromHistory(state, group, target);
}

/** Removes retired upstreams without requests in flight. */
function sweepUpstreams(state: Elbv2State): void {
  for (const upstream of state.upstreams.keys()) {
    if (upstream.done) state.upstreams.delete(upstream);
  }
}

/** Why a registered target gets no traffic and no checks; undefined if it does. */
function unusedReason(state: Elbv2State, group: TargetGroup, target: ElbTarget): TargetHealth | undefined {
  if (!group.loadBalancer) return NOT_IN_USE;
  // Of an address, ELB does not know which instance has it.
  if (group.targetType === 'ip') return undefined;
  const machine = state.machines.find(target.machine);
  if (!machine || !isUp(machine)) return invalidState(machine?.state ?? 'terminated');
  const zones = zonesOf(state, group.loadBalancer);
  return zones.length > 0 && !zones.includes(machine.zone) ? ZONE_NOT_ENABLED : undefined;
}

/** An instance that is shutting down is still checked, and fails. */
function isUp(machine: Machine): boolean {
  return machine.state === 'running' || machine.state === 'stopping' || machine.state === 'shutting-down';
}

/** Starts or stops a target's checks after a change of its group, its instance or its registration. */
export function reconcile(state: Elbv2State, group: TargetGroup, target: ElbTarget, place = 0): void {
  if (target.drain) return;
  const reason = unusedReason(state, group, target);
  if (reason && target.checks) {
    target.checks.abort();
    target.checks = undefined;
  }
  if (reason?.Reason === 'Target.InvalidState') group.pool.setEligibility(target.poolTarget, 'out', state.clock.now());
  if (!reason && !target.checks) startChecks(state, group, target, place);
  publishHealth(state, group, target);
}

function startChecks(state: Elbv2State, group: TargetGroup, target: ElbTarget, place: number): void {
  const checks = new AbortController();
  target.checks = checks;
  setHealth(state, group, target, REGISTERING);
  const { scheduler, times } = state;
  scheduler.after(times.registrationMs, () => {
    if (checks.signal.aborted) return;
    setHealth(state, group, target, CHECKING);
    const spread = Math.min(place * SPREAD_MS, group.check.intervalMs);
    scheduler.after(spread, () => check(state, group, target, checks.signal, state.clock.monotonic()));
  });
}

/** Checks a target at each interval, however long a check takes, until `signal` is aborted (ALB user guide, "Health checks"). */
async function check(state: Elbv2State, group: TargetGroup, target: ElbTarget, signal: AbortSignal, due: number) {
  if (signal.aborted) return;
  const { clock, scheduler, probe } = state;
  const settings = group.check;
  const port = settings.port === 'traffic-port' ? target.port : Number(settings.port);
  const limits = { timeoutMs: settings.timeoutMs, accepts: statusMatcher(settings.matcher) };
  const request = { host: target.poolTarget.upstream.host, port, path: settings.path };
  const result = await checkOnce(probe, request, limits, { clock, scheduler, signal });
  if (signal.aborted) return;
  setHealth(state, group, target, afterCheck(target.health, result, settings.thresholds));
  const next = Math.max(due + settings.intervalMs, clock.monotonic());
  scheduler.after(next - clock.monotonic(), () => check(state, group, target, signal, next));
}

const ELIGIBILITY: Readonly<Record<Health['state'], Eligibility>> = {
  registering: 'out',
  checking: 'failing',
  unhealthy: 'failing',
  healthy: 'passing',
};

function setHealth(state: Elbv2State, group: TargetGroup, target: ElbTarget, health: Health): void {
  if (health === target.health && health.state !== 'registering') return;
  target.health = health;
  group.pool.setEligibility(target.poolTarget, ELIGIBILITY[health.state], state.clock.now());
  publishHealth(state, group, target);
}

/** Adds the target's health to the history that DescribeTargetHealth reads. */
function publishHealth(state: Elbv2State, group: TargetGroup, target: ElbTarget): void {
  const gone = group.targets.get(target.key) !== target;
  const health = target.drain ? DRAINING : (unusedReason(state, group, target) ?? targetHealthShape(target.health));
  group.healthHistory.set(target.key, gone ? undefined : healthDescription(group, target, health));
}

/** A target's health in the SDK's shape. */
export function healthDescription(group: TargetGroup, target: Pick<ElbTarget, 'id' | 'port'>, health: TargetHealth) {
  const port = group.check.port === 'traffic-port' ? String(target.port) : group.check.port;
  return { Target: { Id: target.id, Port: target.port }, HealthCheckPort: port, TargetHealth: health };
}
