import * as sdk from '@aws-sdk/client-auto-scaling';
import type {
  AutoScalingGroup,
  CreateAutoScalingGroupType,
  LifecycleHook,
  NotificationConfiguration,
  PutScalingPolicyType,
  PutWarmPoolType,
  ScalingPolicy,
  ScheduledUpdateGroupAction,
  ScheduledUpdateGroupActionRequest,
  UpdateAutoScalingGroupType,
} from '@aws-sdk/client-auto-scaling';
import { defined } from '../domain/defined.ts';
import { withImages, type SeenRefresh } from '../domain/refresh.ts';
import { OperatorError } from '../errors.ts';
import { noSuchGroup } from './no-such-group.ts';
import { pageItems } from './pages.ts';
import type { Send, Session } from './session.ts';

export type { AutoScalingGroup, CreateAutoScalingGroupType, LifecycleHook } from '@aws-sdk/client-auto-scaling';

/** Limit of a page (API reference, DescribeAutoScalingGroups). */
const PAGE = 100;
/** The newest activities are enough to say why instances are missing. */
const ACTIVITIES = 20;
/** Actions of one request (API reference, BatchPutScheduledUpdateGroupAction). */
const SCHEDULES = 50;
const GROUP = 'auto-scaling-group';

/** What belongs to a group, and is not in its description. */
export interface GroupParts {
  readonly hooks: readonly LifecycleHook[];
  readonly policies: readonly ScalingPolicy[];
  readonly schedules: readonly ScheduledUpdateGroupAction[];
  readonly notifications: readonly NotificationConfiguration[];
}

/** The Auto Scaling requests that turnout sends. Errors are `OperatorError`s. */
export class AutoScaling {
  readonly #send: Send;

  constructor(session: Session) {
    this.#send = session.connect('autoscaling', new sdk.AutoScalingClient(session.clientConfig()));
  }

  /** Names of the groups, but our own, that register their instances with a target group, by its ARN; one request for 100 groups. */
  async groupsByTargetGroup(
    isOurs: (group: AutoScalingGroup) => boolean = () => false,
  ): Promise<ReadonlyMap<string, readonly string[]>> {
    const all = await this.allGroups();
    const byTargetGroup = new Map<string, string[]>();
    for (const group of all) {
      const { AutoScalingGroupName: name = '' } = group;
      if (isOurs(group)) continue;
      for (const arn of targetGroupsOf(group)) byTargetGroup.set(arn, [...(byTargetGroup.get(arn) ?? []), name]);
    }
    return byTargetGroup;
  }

  /** All groups of the region, without their instances. */
  async allGroups(): Promise<readonly AutoScalingGroup[]> {
    const command = (NextToken?: string) =>
      new sdk.DescribeAutoScalingGroupsCommand({ MaxRecords: PAGE, IncludeInstances: false, NextToken });
    return pageItems(this.#send, command, (page) => page.AutoScalingGroups);
  }

  /**
   * These groups, with their instances, in this order.
   * @throws OperatorError `no-such-group`: a name that does not exist is no error of AWS (API reference, DescribeAutoScalingGroups)
   */
  async groups(names: readonly string[]): Promise<readonly AutoScalingGroup[]> {
    const all = await this.#named(names);
    const missing = names.find((name) => !all.some((group) => group.AutoScalingGroupName === name));
    if (missing !== undefined) throw noSuchGroup(missing);
    return all;
  }

  /** The same without those that do not exist. @throws OperatorError `no-such-group` when there is none of them */
  async existing(names: readonly string[]): Promise<readonly AutoScalingGroup[]> {
    const [all, [first]] = [await this.#named(names), names];
    if (all.length === 0 && first !== undefined) throw noSuchGroup(first);
    return all;
  }

  async #named(names: readonly string[]): Promise<readonly AutoScalingGroup[]> {
    const command = (NextToken?: string) =>
      new sdk.DescribeAutoScalingGroupsCommand({ AutoScalingGroupNames: [...names], NextToken });
    const all = await pageItems(this.#send, command, (page) => page.AutoScalingGroups);
    return names.flatMap((name) => all.find((group) => group.AutoScalingGroupName === name) ?? []);
  }

  /**
   * The groups with this tag, and the one of this name where it is still there, with their instances.
   * @throws OperatorError `no-such-group` when there is none of them
   */
  async groupsWith(tag: string, value: string, named: string): Promise<readonly AutoScalingGroup[]> {
    const command = (input: object) => (NextToken?: string) =>
      new sdk.DescribeAutoScalingGroupsCommand({ ...input, NextToken });
    const asked = [{ Filters: [{ Name: `tag:${tag}`, Values: [value] }] }, { AutoScalingGroupNames: [named] }];
    const found = await Promise.all(
      asked.map(async (input) => pageItems(this.#send, command(input), (page) => page.AutoScalingGroups)),
    );
    const all = new Map(found.flat().map((group) => [group.AutoScalingGroupName ?? '', group]));
    if (all.size > 0) return [...all.values()];
    throw new OperatorError('no-such-group', `There is no Auto Scaling group ${named}.`, {
      next: ['Check `fleet.clone` in the config, the region and the account.'],
    });
  }

  /** The group of that name; undefined where there is none, or none any more. */
  async find(name: string): Promise<AutoScalingGroup | undefined> {
    const { AutoScalingGroups: all = [] } = await this.#send(
      new sdk.DescribeAutoScalingGroupsCommand({ AutoScalingGroupNames: [name] }),
    );
    return all[0];
  }

  async create(input: CreateAutoScalingGroupType): Promise<void> {
    await this.#send(new sdk.CreateAutoScalingGroupCommand(input));
  }

  /** Deletes an empty group, with its policies; one that has instances is refused by AWS (API reference, DeleteAutoScalingGroup). */
  async delete(name: string): Promise<void> {
    await this.#send(new sdk.DeleteAutoScalingGroupCommand({ AutoScalingGroupName: name }));
  }

  /** Not paginated: a group has 50 at most (Auto Scaling service quotas). */
  async hooks(name: string): Promise<readonly LifecycleHook[]> {
    const command = new sdk.DescribeLifecycleHooksCommand({ AutoScalingGroupName: name });
    return (await this.#send(command)).LifecycleHooks ?? [];
  }

  /** Scaling policies of every kind. */
  async policies(name: string): Promise<readonly ScalingPolicy[]> {
    const command = (NextToken?: string) => new sdk.DescribePoliciesCommand({ AutoScalingGroupName: name, NextToken });
    return pageItems(this.#send, command, (page) => page.ScalingPolicies);
  }

  /** What belongs to a group, and is not in its description. */
  async partsOf(name: string): Promise<GroupParts> {
    const AutoScalingGroupName = name;
    const [hooks, policies, schedules, notifications] = await Promise.all([
      this.hooks(name),
      this.policies(name),
      pageItems(
        this.#send,
        (NextToken?: string) => new sdk.DescribeScheduledActionsCommand({ AutoScalingGroupName, NextToken }),
        (page) => page.ScheduledUpdateGroupActions,
      ),
      pageItems(
        this.#send,
        (NextToken?: string) =>
          new sdk.DescribeNotificationConfigurationsCommand({ AutoScalingGroupNames: [name], NextToken }),
        (page) => page.NotificationConfigurations,
      ),
    ]);
    return { hooks, policies, schedules, notifications };
  }

  /** How many groups the account may have in the region, and has. */
  async groupLimit(): Promise<{ readonly most: number; readonly has: number }> {
    const limits = await this.#send(new sdk.DescribeAccountLimitsCommand({}));
    return { most: limits.MaxNumberOfAutoScalingGroups ?? Infinity, has: limits.NumberOfAutoScalingGroups ?? 0 };
  }

  /** Returns its ARN. */
  async putPolicy(input: PutScalingPolicyType): Promise<string> {
    return (await this.#send(new sdk.PutScalingPolicyCommand(input))).PolicyARN ?? '';
  }

  /** @throws OperatorError `schedule-refused`: what could not be put comes back in an answer that is none of an error */
  async putSchedules(name: string, actions: readonly ScheduledUpdateGroupActionRequest[]): Promise<void> {
    for (let n = 0; n < actions.length; n += SCHEDULES) {
      const { FailedScheduledUpdateGroupActions: failed = [] } = await this.#send(
        new sdk.BatchPutScheduledUpdateGroupActionCommand({
          AutoScalingGroupName: name,
          ScheduledUpdateGroupActions: actions.slice(n, n + SCHEDULES),
        }),
      );
      const [first] = failed;
      if (first !== undefined)
        throw new OperatorError(
          'schedule-refused',
          `AWS refused the scheduled action ${first.ScheduledActionName} of ${name}: ${first.ErrorMessage ?? first.ErrorCode ?? ''}`,
          { next: ['Correct it on the group that is cloned; then run this again.'] },
        );
    }
  }

  async putNotification(name: string, TopicARN: string, NotificationTypes: string[]): Promise<void> {
    const input = { AutoScalingGroupName: name, TopicARN, NotificationTypes };
    await this.#send(new sdk.PutNotificationConfigurationCommand(input));
  }

  async putWarmPool(input: PutWarmPoolType): Promise<void> {
    await this.#send(new sdk.PutWarmPoolCommand(input));
  }

  /** Its instances end (API reference, DeleteWarmPool). */
  async deleteWarmPool(name: string): Promise<void> {
    await this.#send(new sdk.DeleteWarmPoolCommand({ AutoScalingGroupName: name }));
  }

  async enableMetrics(name: string, Metrics: string[]): Promise<void> {
    const input = { AutoScalingGroupName: name, Granularity: '1Minute', Metrics };
    await this.#send(new sdk.EnableMetricsCollectionCommand(input));
  }

  async suspend(name: string, ScalingProcesses: string[]): Promise<void> {
    await this.#send(new sdk.SuspendProcessesCommand({ AutoScalingGroupName: name, ScalingProcesses }));
  }

  /** The newest comes first; undefined when there never was one. */
  async newestRefresh(name: string): Promise<SeenRefresh | undefined> {
    const command = new sdk.DescribeInstanceRefreshesCommand({ AutoScalingGroupName: name, MaxRecords: 1 });
    const [newest] = (await this.#send(command)).InstanceRefreshes ?? [];
    if (newest === undefined) return undefined;
    const {
      DesiredConfiguration: wanted,
      InstanceRefreshId: id = '',
      Status: status = '',
      StatusReason: reason,
    } = newest;
    const { LaunchTemplateId, LaunchTemplateName, Version } =
      wanted?.LaunchTemplate ?? wanted?.MixedInstancesPolicy?.LaunchTemplate?.LaunchTemplateSpecification ?? {};
    const images = newest.Strategy === 'ReplaceRootVolume' ? imagesOf(wanted) : [];
    const template =
      wanted && withImages(`${LaunchTemplateId ?? LaunchTemplateName} version ${Version ?? '$Default'}`, images);
    const percent = newest.PercentageComplete ?? 0;
    return { id, status, percent, startedAt: newest.StartTime?.getTime() ?? 0, ...defined({ template, reason }) };
  }

  /** Why launches failed since then, in milliseconds since the epoch: what the activities say, the newest first. */
  async failures(name: string, since: number): Promise<readonly string[]> {
    const command = new sdk.DescribeScalingActivitiesCommand({ AutoScalingGroupName: name, MaxRecords: ACTIVITIES });
    const { Activities = [] } = await this.#send(command);
    return Activities.filter(
      ({ StatusCode, StartTime }) => StatusCode === 'Failed' && (StartTime?.getTime() ?? 0) >= since,
    ).map(({ StatusMessage, Description = '' }) => StatusMessage ?? Description);
  }

  /**
   * ARNs of the target groups that it registers its instances with. Those that it is leaving, while what it had there drains, are left
   * out, also where the description of the group still has them (API reference, TrafficSourceState).
   */
  async attachments(name: string): Promise<readonly string[]> {
    const command = (NextToken?: string) =>
      new sdk.DescribeTrafficSourcesCommand({ AutoScalingGroupName: name, NextToken });
    const all = await pageItems(this.#send, command, (page) => page.TrafficSources);
    return all.flatMap(({ Identifier, State = '' }) => (LEAVING.has(State) ? [] : (Identifier ?? [])));
  }

  /** Registers all that the group has in service, and what it launches. */
  async attach(name: string, targetGroup: string): Promise<void> {
    await this.#send(new sdk.AttachTrafficSourcesCommand(sourceOf(name, targetGroup)));
  }

  /** Deregisters all of the group, which drains and keeps running (API reference, DetachTrafficSources). */
  async detach(name: string, targetGroup: string): Promise<void> {
    await this.#send(new sdk.DetachTrafficSourcesCommand(sourceOf(name, targetGroup)));
  }

  async update(input: UpdateAutoScalingGroupType): Promise<void> {
    await this.#send(new sdk.UpdateAutoScalingGroupCommand(input));
  }

  /** Adds tags to a group or overwrites them. `propagates`: instances that it launches from now on get them. */
  async tag(name: string, tags: Readonly<Record<string, string>>, propagates: boolean): Promise<void> {
    const Tags = Object.entries(tags).map(([Key, Value]) => {
      return { ResourceId: name, ResourceType: GROUP, Key, Value, PropagateAtLaunch: propagates };
    });
    if (Tags.length > 0) await this.#send(new sdk.CreateOrUpdateTagsCommand({ Tags }));
  }

  /** Removes tags, whatever their values; one that is not there is not an error (API reference, DeleteTags). */
  async untag(name: string, keys: readonly string[]): Promise<void> {
    const Tags = keys.map((Key) => ({ ResourceId: name, ResourceType: GROUP, Key }));
    if (Tags.length > 0) await this.#send(new sdk.DeleteTagsCommand({ Tags }));
  }
}

const LEAVING: ReadonlySet<string> = new Set(['Removing', 'Removed']);

function sourceOf(name: string, targetGroup: string) {
  return { AutoScalingGroupName: name, TrafficSources: [{ Identifier: targetGroup, Type: 'elbv2' }] };
}

/** Those that the types of a mixed instances policy have of their own. */
export function imagesOf(launched: Pick<AutoScalingGroup, 'MixedInstancesPolicy'> = {}): readonly string[] {
  const { Overrides = [] } = launched.MixedInstancesPolicy?.LaunchTemplate ?? {};
  return Overrides.flatMap(({ ImageId }) => ImageId ?? []);
}

/** Two views of the same attachments (API reference, AutoScalingGroup). */
export function targetGroupsOf({ TargetGroupARNs = [], TrafficSources = [] }: AutoScalingGroup): readonly string[] {
  return [...new Set([...TargetGroupARNs, ...TrafficSources.map(({ Identifier = '' }) => Identifier)])];
}
