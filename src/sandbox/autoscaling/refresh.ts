import type { InstanceRefresh, RefreshPreferences, RefreshStrategy } from '@aws-sdk/client-auto-scaling';
import { matches, type Launched } from './launch.ts';
import { terminateMember } from './members.ts';
import { inService, type Member, type Refresh, type ScalingGroup } from './model.ts';
import { hasRootOf, replaceRoot } from './root-volumes.ts';
import { publish, type AutoScalingState } from './state.ts';

/** Instance refreshes (User guide, "Use an instance refresh to update instances in an Auto Scaling group"). */

const ACTIVE: ReadonlySet<string> = new Set(['Pending', 'InProgress', 'Baking', 'Cancelling', 'RollbackInProgress']);

export function activeRefresh(group: ScalingGroup): Refresh | undefined {
  return group.refreshes.find(({ shape }) => ACTIVE.has(shape.Status ?? ''));
}

const DEFAULT_MIN_PERCENT = 90;

/** How many instances more than desired are launched first: MaxHealthyPercentage above 100. */
export function surplus(group: ScalingGroup): number {
  const refresh = activeRefresh(group);
  if (!refresh || !isReplacing(refresh) || keepsInstances(refresh)) return 0;
  const most = refresh.shape.Preferences?.MaxHealthyPercentage ?? 100;
  return Math.min(Math.floor((group.desired * (most - 100)) / 100), refresh.left.size);
}

/** Of the strategy ReplaceRootVolume. */
function keepsInstances({ shape }: Refresh): boolean {
  return shape.Strategy === 'ReplaceRootVolume';
}

/** Whether a refresh of that strategy would leave the instance as it is. */
export async function isOf(
  state: AutoScalingState,
  strategy: RefreshStrategy | undefined,
  member: Member,
  from: Launched,
): Promise<boolean> {
  return strategy === 'ReplaceRootVolume' ? hasRootOf(from, member) : matches(state, member, from);
}

function isReplacing({ shape }: Refresh): boolean {
  return shape.Status === 'InProgress' || shape.Status === 'RollbackInProgress';
}

/** Takes a refresh as far as it can go now. */
export async function refreshStep(state: AutoScalingState, group: ScalingGroup): Promise<void> {
  const refresh = activeRefresh(group);
  if (!refresh) return;
  const { shape } = refresh;
  if (shape.Status === 'Pending') shape.Status = 'InProgress';
  if (shape.Status === 'Cancelling') return end(state, refresh, isQuiet(group) ? 'Cancelled' : undefined);
  if (shape.Status === 'RollbackInProgress' && keepsInstances(refresh)) findLate(group, refresh);
  for (const id of refresh.left) if (!isToReplace(group.members.get(id))) refresh.left.delete(id);
  progress(state, group, refresh);
  if (isReplacing(refresh)) replaceNext(state, group, refresh);
  if (refresh.left.size === 0 && isQuiet(group) && isWarm(state, group, shape.Preferences))
    finish(state, group, refresh);
}

/** What was at it when the rollback began has the new root volume only now. */
function findLate(group: ScalingGroup, { before, left }: Refresh): void {
  for (const member of group.members.values())
    if (member.state === 'InService' && !hasRootOf(before, member)) left.add(member.id);
}

function isToReplace(member: Member | undefined): boolean {
  return member !== undefined && !member.state.startsWith('Terminating');
}

function replaceNext(state: AutoScalingState, group: ScalingGroup, refresh: Refresh): void {
  const preferences = refresh.shape.Preferences ?? {};
  if (isAtCheckpoint(state, refresh, preferences)) return;
  const least = Math.ceil((group.desired * (preferences.MinHealthyPercentage ?? DEFAULT_MIN_PERCENT)) / 100);
  // One at least is replaced at a time, and terminated before its replacement is launched: that of a group of one, too.
  const mayLeave = surplus(group) > 0 ? least : Math.min(least, group.desired - 1);
  for (const id of refresh.left) {
    const member = group.members.get(id);
    if (warm(state, group, refresh) <= mayLeave || !member) return;
    if (member.state !== 'InService' || member.isProtected) continue;
    if (keepsInstances(refresh)) {
      refresh.left.delete(id);
      void replaceRoot(state, group, member).catch(state.onError);
      continue;
    }
    void terminateMember(
      state,
      group,
      member,
      'an instance was taken out of service in response to an instance refresh',
    ).catch(state.onError);
  }
}

const CHECKPOINT_DELAY_S = 3_600;

function isAtCheckpoint(state: AutoScalingState, refresh: Refresh, preferences: RefreshPreferences): boolean {
  const done = refresh.shape.PercentageComplete ?? 0;
  if (refresh.shape.Status === 'RollbackInProgress') return false;
  const passed = (preferences.CheckpointPercentages ?? []).filter((percent) => percent <= done && percent < 100).length;
  if (passed === 0) return false;
  refresh.checkpoints[passed - 1] ??= state.clock.now();
  const delayMs = (preferences.CheckpointDelay ?? CHECKPOINT_DELAY_S) * 1_000;
  return state.clock.now() - (refresh.checkpoints[passed - 1] ?? 0) < delayMs;
}

function isWarmMember(
  { clock }: AutoScalingState,
  { settings }: ScalingGroup,
  member: Member,
  { InstanceWarmup }: RefreshPreferences,
): boolean {
  const warmupS = InstanceWarmup ?? settings.DefaultInstanceWarmup ?? settings.HealthCheckGracePeriod ?? 0;
  return clock.now() - (member.inServiceAt ?? 0) >= warmupS * 1_000;
}

function isQuiet(group: ScalingGroup): boolean {
  return [...group.members.values()].every(({ state }) => state === 'InService' || state === 'Standby');
}

function isWarm(state: AutoScalingState, group: ScalingGroup, preferences: RefreshPreferences = {}): boolean {
  const served = inService(group);
  return served.length >= group.desired && served.every((one) => isWarmMember(state, group, one, preferences));
}

function warm(state: AutoScalingState, group: ScalingGroup, { shape }: Refresh): number {
  return inService(group).filter((one) => isWarmMember(state, group, one, shape.Preferences ?? {})).length;
}

/** An instance is replaced once its successor is in service and warm. */
function progress(state: AutoScalingState, group: ScalingGroup, refresh: Refresh): void {
  const { shape, left, total } = refresh;
  const missing = Math.max(group.desired - warm(state, group, refresh), 0);
  const done = total === 0 ? 100 : Math.max(Math.floor(((total - left.size - missing) / total) * 100), 0);
  shape.PercentageComplete = shape.Status === 'RollbackInProgress' ? 100 - done : done;
  shape.InstancesToUpdate = left.size;
  publish(state, group);
}

/** The group's own template is updated at the success only. */
function finish(state: AutoScalingState, group: ScalingGroup, refresh: Refresh): void {
  if (refresh.shape.Status === 'RollbackInProgress') return end(state, refresh, 'RollbackSuccessful');
  const bakeMs = (refresh.shape.Preferences?.BakeTime ?? 0) * 1_000;
  refresh.bakingSince ??= state.clock.now();
  if (state.clock.now() - refresh.bakingSince < bakeMs) {
    refresh.shape.Status = 'Baking';
    return;
  }
  const { LaunchTemplate, MixedInstancesPolicy } = refresh.shape.DesiredConfiguration ?? {};
  if (LaunchTemplate) group.settings = { ...group.settings, LaunchTemplate };
  if (MixedInstancesPolicy) group.settings = { ...group.settings, MixedInstancesPolicy };
  end(state, refresh, 'Successful');
  publish(state, group);
}

function end({ clock }: AutoScalingState, { shape }: Refresh, status: InstanceRefresh['Status']): void {
  if (status === undefined) return;
  shape.Status = status;
  shape.EndTime = new Date(clock.now());
}

/** Back to what the group launched from before: every instance that does not match is replaced. */
export async function rollBack(state: AutoScalingState, group: ScalingGroup, refresh: Refresh): Promise<void> {
  refresh.shape.Status = 'RollbackInProgress';
  refresh.left.clear();
  for (const member of group.members.values())
    if (!(await isOf(state, refresh.shape.Strategy, member, refresh.before))) refresh.left.add(member.id);
  refresh.total = refresh.left.size;
}
