import { randomUUID } from 'node:crypto';
import type {
  CancelInstanceRefreshAnswer,
  CancelInstanceRefreshType,
  DescribeInstanceRefreshesAnswer,
  DescribeInstanceRefreshesType,
  RefreshPreferences,
  RefreshStrategy,
  RollbackInstanceRefreshAnswer,
  RollbackInstanceRefreshType,
  StartInstanceRefreshAnswer,
  StartInstanceRefreshType,
} from '@aws-sdk/client-auto-scaling';
import { scalingError } from './errors.ts';
import type { Launched } from './launch.ts';
import type { ScalingGroup } from './model.ts';
import { refuseRootVolumes } from './root-volumes.ts';
import { pageByOffset } from './paging.ts';
import { activeRefresh, isOf, rollBack } from './refresh.ts';
import { changeable, scalingGroupOf, type AutoScalingState } from './state.ts';

/** Throws `InstanceRefreshInProgress` beside another one. */
export async function startRefresh(
  state: AutoScalingState,
  input: StartInstanceRefreshType,
): Promise<StartInstanceRefreshAnswer> {
  const group = changeable(state, input.AutoScalingGroupName);
  if (activeRefresh(group)) throw scalingError.refreshing();
  const preferences = input.Preferences ?? {};
  const wanted: Launched = input.DesiredConfiguration ?? group.settings;
  checkPreferences(preferences, input.DesiredConfiguration);
  const Strategy = input.Strategy ?? 'Rolling';
  if (Strategy === 'ReplaceRootVolume') await refuseRootVolumes(state, group, input.DesiredConfiguration);
  const left = await toReplace(state, group, Strategy, preferences.SkipMatching ? wanted : undefined);
  const id = randomUUID();
  const { LaunchTemplate, MixedInstancesPolicy } = group.settings;
  group.refreshes.unshift({
    shape: {
      InstanceRefreshId: id,
      AutoScalingGroupName: group.name,
      Status: 'Pending',
      StartTime: new Date(state.clock.now()),
      PercentageComplete: 0,
      InstancesToUpdate: left.length,
      Strategy,
      Preferences: preferences,
      ...(input.DesiredConfiguration && { DesiredConfiguration: input.DesiredConfiguration }),
    },
    before: { LaunchTemplate, MixedInstancesPolicy },
    left: new Set(left),
    total: left.length,
    checkpoints: [],
  });
  return { InstanceRefreshId: id };
}

async function toReplace(
  state: AutoScalingState,
  group: ScalingGroup,
  strategy: RefreshStrategy,
  skip: Launched | undefined,
): Promise<readonly string[]> {
  const left: string[] = [];
  for (const member of group.members.values())
    if (!skip || !(await isOf(state, strategy, member, skip))) left.push(member.id);
  return left;
}

/** What AWS refuses (API reference, RefreshPreferences). */
function checkPreferences(preferences: RefreshPreferences, desired: Launched | undefined): void {
  const {
    MinHealthyPercentage: min = 90,
    MaxHealthyPercentage: max = 100,
    CheckpointPercentages: points = [],
  } = preferences;
  if (min < 0 || min > 100 || max < 100 || max > 200)
    throw scalingError.invalid('MinHealthyPercentage must be from 0 to 100, MaxHealthyPercentage from 100 to 200');
  if (preferences.MaxHealthyPercentage !== undefined && max - min > 100)
    throw scalingError.invalid(
      'The difference between MinHealthyPercentage and MaxHealthyPercentage cannot be greater than 100',
    );
  if (points.some((point, index) => point < 1 || point > 100 || point <= (points[index - 1] ?? 0)))
    throw scalingError.invalid('CheckpointPercentages must be ascending, from 1 to 100');
  const version = desired?.LaunchTemplate?.Version;
  if (preferences.AutoRollback && (!desired || version === '$Latest' || version === '$Default'))
    throw scalingError.invalid('AutoRollback needs a desired configuration with a numbered launch template version');
}

export function cancelRefresh(state: AutoScalingState, input: CancelInstanceRefreshType): CancelInstanceRefreshAnswer {
  const refresh = activeRefresh(changeable(state, input.AutoScalingGroupName));
  if (!refresh) throw scalingError.noRefresh();
  refresh.shape.Status = 'Cancelling';
  return { InstanceRefreshId: refresh.shape.InstanceRefreshId };
}

export async function rollbackRefresh(
  state: AutoScalingState,
  input: RollbackInstanceRefreshType,
): Promise<RollbackInstanceRefreshAnswer> {
  const group = changeable(state, input.AutoScalingGroupName);
  const refresh = activeRefresh(group);
  if (!refresh) throw scalingError.noRefresh();
  if (!refresh.shape.DesiredConfiguration) throw scalingError.irreversible();
  await rollBack(state, group, refresh);
  return { InstanceRefreshId: refresh.shape.InstanceRefreshId };
}

export function describeRefreshes(
  state: AutoScalingState,
  input: DescribeInstanceRefreshesType,
): DescribeInstanceRefreshesAnswer {
  const ids = input.InstanceRefreshIds;
  const all = scalingGroupOf(state, input.AutoScalingGroupName)
    .refreshes.map(({ shape }) => ({ ...shape }))
    .filter(({ InstanceRefreshId = '' }) => !ids?.length || ids.includes(InstanceRefreshId));
  const { items, next } = pageByOffset(all, input, state.pageSize);
  return { InstanceRefreshes: items, ...next };
}
