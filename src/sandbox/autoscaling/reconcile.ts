import { followAlarms } from './alarms.ts';
import { unhealthyTargets, updateSources } from './balancer.ts';
import { launchMember } from './launch.ts';
import { enterService, removeMember, terminateMember } from './members.ts';
import { capacity, counts, inService, type Member, type ScalingGroup } from './model.ts';
import { emptiest, subnetsOf, whenIn } from './places.ts';
import { refreshStep, surplus } from './refresh.ts';
import { isSuspended, publish, type AutoScalingState } from './state.ts';
import { keepWarm, takeWarm } from './warm-members.ts';

/** Compares a group with what it should be, again and again, until it is deleted. */
export function startLoop(state: AutoScalingState, group: ScalingGroup): void {
  const again = () => {
    const cancel = state.scheduler.after(state.pollMs, async () => {
      await reconcile(state, group).catch(state.onError);
      if (state.groups.get(group.name) === group) again();
    });
    state.loops.set(group.name, cancel);
  };
  again();
}

async function reconcile(state: AutoScalingState, group: ScalingGroup): Promise<void> {
  await updateSources(state, group);
  await checkHealth(state, group);
  await refreshStep(state, group);
  followAlarms(state, group);
  const wanted = group.desired + surplus(group);
  if (capacity(group) < wanted) await scaleOut(state, group, wanted);
  else if (capacity(group) > wanted) scaleIn(state, group, wanted);
  else await rebalance(state, group);
  await keepWarm(state, group);
}

/** Marks and replaces what does not run, and what a load balancer calls unhealthy after the grace period. */
async function checkHealth(state: AutoScalingState, group: ScalingGroup): Promise<void> {
  if (isSuspended(group, 'HealthCheck')) return;
  const types = (group.settings.HealthCheckType ?? 'EC2').split(',');
  const sick = types.includes('ELB') ? await unhealthyTargets(state, group) : new Set<string>();
  const graceMs = (group.settings.HealthCheckGracePeriod ?? 0) * 1_000;
  for (const member of group.members.values()) {
    if (member.state === 'Standby') continue;
    const machine = state.instances.find(member.id);
    const isGone = !machine || machine.state === 'terminated';
    const isKept = member.state === 'InService' && isSuspended(group, 'ReplaceUnhealthy');
    if (isGone && !isKept) {
      await removeMember(state, group, member);
      continue;
    }
    if (member.state !== 'InService') continue;
    const served = state.clock.now() - (member.inServiceAt ?? 0);
    if (machine?.state !== 'running' || (sick.has(member.id) && served >= graceMs)) member.health = 'Unhealthy';
    if (member.health === 'Healthy' || isSuspended(group, 'ReplaceUnhealthy')) continue;
    start(
      state,
      terminateMember(state, group, member, 'an instance was taken out of service in response to a health check'),
    );
  }
}

/** Runs beside the comparison: draining and hooks take their time. */
function start(state: AutoScalingState, work: Promise<void>): void {
  void work.catch(state.onError);
}

async function scaleOut(state: AutoScalingState, group: ScalingGroup, wanted: number): Promise<void> {
  if (isSuspended(group, 'Launch') || state.clock.now() < group.retryAt) return;
  while (capacity(group) < wanted) {
    const cause = `an instance was started in response to a difference between desired and actual capacity, ${capacity(group)} to ${wanted}`;
    if (!(await launchInto(state, group, cause))) return;
  }
}

async function launchInto(state: AutoScalingState, group: ScalingGroup, cause: string): Promise<boolean> {
  const subnets = await subnetsOf(state, group);
  const counted = [...group.members.values()].filter(counts);
  const member =
    (await takeWarm(state, group, counted, cause)) ??
    (await launchMember(state, group, emptiest(subnets, counted), cause));
  if (!member) return false;
  whenIn(state, member, 'running', () => {
    if (member.state === 'Pending') start(state, enterService(state, group, member));
  });
  return true;
}

/** The zone with the most instances first, of these the oldest one that is not protected (User guide, default termination policy). */
function scaleIn(state: AutoScalingState, group: ScalingGroup, wanted: number): void {
  if (isSuspended(group, 'Terminate')) return;
  while (capacity(group) > wanted) {
    const victim = victimOf(group);
    if (!victim || capacity(group) - victim.weight < wanted) return;
    const cause = `an instance was taken out of service in response to a difference between desired and actual capacity, shrinking the capacity from ${capacity(group)} to ${capacity(group) - victim.weight}`;
    start(state, terminateMember(state, group, victim, cause));
  }
}

function victimOf(group: ScalingGroup): Member | undefined {
  const all = [...group.members.values()].filter(counts);
  const size = (zone: string) => all.filter((one) => one.zone === zone).length;
  return all
    .filter(({ isProtected }) => !isProtected)
    .toSorted((a, b) => size(b.zone) - size(a.zone) || a.launchedAt - b.launchedAt)[0];
}

/** Launches in the zone with the fewest before an instance of the zone with the most is terminated, by scaling in. */
async function rebalance(state: AutoScalingState, group: ScalingGroup): Promise<void> {
  if (['AZRebalance', 'Launch', 'Terminate'].some((process) => isSuspended(group, process))) return;
  const served = inService(group);
  if (served.length < group.desired || group.isDeleting || state.clock.now() < group.retryAt) return;
  const zones = [...new Set((await subnetsOf(state, group)).map(({ zone }) => zone))];
  const sizes = zones.map((zone) => served.filter((one) => one.zone === zone).length);
  if (sizes.length < 2 || Math.max(...sizes) - Math.min(...sizes) < 2) return;
  await launchInto(state, group, 'instances were launched to balance instances in zones');
  publish(state, group);
}
