import { shell, shellWord } from '../../domain/shell.ts';
import type { AutoScalingGroup } from '../../aws/autoscaling.ts';
import type { Ownership } from '../../domain/owners.ts';
import { count, list } from '../../domain/text.ts';
import { OperatorError } from '../../errors.ts';
import { fleetTagsOf, typeOverridesOf, templateOf, typesOf } from './groups.ts';

/** Why a group cannot be given the next release. Asked when a launch is planned, and again directly before it. */

/** Processes without which it would launch nothing, or nothing that gets traffic (User guide, suspended processes). */
const NEEDED: ReadonlySet<string> = new Set(['Launch', 'AddToLoadBalancer']);

/** @throws OperatorError when the group has instances, or would not launch what is requested */
export function checkIdle(owner: Ownership, group: AutoScalingGroup, capacity: number): void {
  const { AutoScalingGroupName: name = '', MaxSize: max = 0 } = group;
  checkChangeable(group);
  checkEmpty(owner, group);
  if (group.WarmPoolConfiguration !== undefined || (group.WarmPoolSize ?? 0) > 0)
    throw new OperatorError(
      'warm-pool',
      `${name} has a warm pool${group.WarmPoolSize ? `, with ${count(group.WarmPoolSize, 'instance')}` : ''}: what it keeps ready is of an older release, and would be launched instead of the new one.`,
      {
        next: [
          `\`${shell`aws autoscaling delete-warm-pool --auto-scaling-group-name ${name}`}\` ends it; then run this again.`,
        ],
      },
    );
  const suspended = (group.SuspendedProcesses ?? []).flatMap(({ ProcessName: one = '' }) =>
    NEEDED.has(one) ? [one] : [],
  );
  if (suspended.length > 0)
    throw new OperatorError(
      'processes-suspended',
      `${list(suspended)} of ${name} ${suspended.length === 1 ? 'is' : 'are'} suspended: it would launch nothing that gets traffic.`,
      {
        next: [
          `\`aws autoscaling resume-processes --auto-scaling-group-name ${shellWord(name)} --scaling-processes ${suspended.join(' ')}\` resumes ${suspended.length === 1 ? 'it' : 'them'}; then run this again.`,
        ],
      },
    );
  if (capacity > max)
    throw new OperatorError(
      'group-too-small',
      `${name} has a maximum of ${max}, and ${capacity} are needed: as many as the group that serves has in service.`,
      {
        next: [
          `Raise the maximum of ${name} to ${capacity} or more, also where it is written down; then run this again.`,
        ],
      },
    );
}

/** It is of an AWS service, or about to go. */
export function checkChangeable({ AutoScalingGroupName: name = '', Operator, Status }: AutoScalingGroup): void {
  if (Operator?.Principal !== undefined)
    throw new OperatorError(
      'group-managed-by-aws',
      `${name} is managed by ${Operator.Principal}: AWS lets nobody else change it.`,
      { next: ['Name groups of your own under `fleet.groups` in the config.'] },
    );
  if (Status !== undefined)
    throw new OperatorError('group-being-deleted', `${name}: ${Status}. Every change of it is refused now.`, {
      next: ['Create it again, or name another one under `fleet.groups` in the config.'],
    });
}

function checkEmpty(owner: Ownership, group: AutoScalingGroup): void {
  const { AutoScalingGroupName: name = '', Instances = [], MinSize: min = 0, DesiredCapacity: desired = 0 } = group;
  const toZero = `\`${shell`aws autoscaling update-auto-scaling-group --auto-scaling-group-name ${name} --min-size 0 --desired-capacity 0`}\` empties it, where nothing needs them; then run this again.`;
  if (Instances.length > 0 || desired > 0 || min > 0) {
    const found = Instances.map(({ InstanceId, LifecycleState }) => `${InstanceId} (${LifecycleState})`);
    const what = found.length > 0 ? list(found, 3) : `a desired capacity of ${desired} and a minimum of ${min}`;
    throw new OperatorError('group-not-empty', `${name} still has ${what}: they would be taken for the new release.`, {
      next: ['`turnout cleanup` ends what a release before has left there.', toZero],
    });
  }
  const left = fleetTagsOf(owner, group);
  if (left !== undefined)
    throw new OperatorError('group-not-empty', `${name} still has the tags of ${left.release}.`, {
      next: ['`turnout cleanup` ends it; then run this again.'],
    });
}

/** ARNs of the target groups that the next group and the serving one register their instances with. */
export interface Attachments {
  readonly own: readonly string[];
  readonly others: readonly string[];
  /** The groups are attached to other ones in turn. */
  readonly moves?: true;
}

/** @throws OperatorError unless it has target groups of its own where it keeps them, and a launch template that can be set */
export function checkSetup(group: AutoScalingGroup, serving: AutoScalingGroup, attachments: Attachments): void {
  checkAttachments(group, serving, attachments);
  checkTemplate(group);
}

/** @throws OperatorError unless a launch template can be set, for all of its types */
export function checkTemplate(group: AutoScalingGroup): void {
  const { AutoScalingGroupName: name = '' } = group;
  if (templateOf(group)?.LaunchTemplateId === undefined)
    throw new OperatorError(
      'no-launch-template',
      `${name} launches from a launch configuration, and not from a template.`,
      {
        next: ['Give each group a launch template; AWS ends launch configurations.'],
      },
    );
  const differing = typeOverridesOf(group).filter(({ LaunchTemplateSpecification: own }) => own !== undefined);
  if (differing.length > 0)
    throw new OperatorError(
      'own-image',
      `${name} launches ${typesOf(differing)} from a launch template of its own: the new release would not be used there.`,
      {
        next: [
          'Give those overrides of its mixed instances policy an ImageId in the place of LaunchTemplateSpecification: `turnout up` replaces it by the image of the release for the same architecture.',
        ],
      },
    );
}

/** @throws OperatorError where a refresh would leave types at an image of their own, of which no record says what they had before */
export function checkNoOwnImage(group: AutoScalingGroup): void {
  const differing = typeOverridesOf(group).filter(({ ImageId }) => ImageId !== undefined);
  if (differing.length > 0)
    throw new OperatorError(
      'own-image',
      `${group.AutoScalingGroupName} launches ${typesOf(differing)} from an image of its own: a refresh would not bring the new release there.`,
      {
        next: [
          'Where each type has one, `turnout rolling --root-volumes --release R` replaces them, and keeps the instances.',
          'Remove ImageId from the overrides of its mixed instances policy; or switch with `turnout up`, which gives each the image of the release for its architecture.',
        ],
      },
    );
}

function checkAttachments(
  { AutoScalingGroupName: name = '', LoadBalancerNames: classic = [] }: AutoScalingGroup,
  { AutoScalingGroupName: other = '' }: AutoScalingGroup,
  { own, others, moves }: Attachments,
): void {
  const twice = own.filter((arn) => others.includes(arn));
  if (classic.length === 0 && twice.length === 0 && (moves || own.length > 0)) return;
  if (moves && classic.length === 0)
    throw new OperatorError(
      'attached-to-production',
      `${name} is attached to ${list(twice)}, as ${other}, which serves: what it launches would get production's traffic.`,
      {
        next: [
          `\`${shell`aws autoscaling detach-traffic-sources --auto-scaling-group-name ${name} --traffic-sources Identifier=${twice[0]},Type=elbv2`}\` detaches it; then run this again.`,
        ],
      },
    );
  throw new OperatorError(
    'no-own-target-group',
    twice.length > 0
      ? `${name} and ${other} register their instances with the same target group: ${list(twice)}.`
      : `${name} is attached to ${classic.length > 0 ? `a Classic Load Balancer (${list(classic)})` : 'no target group'}.`,
    {
      next: [
        'Attach each group to one of the two target groups under `traffic.groups` in the config, and to no other.',
      ],
    },
  );
}

/** @throws OperatorError where a clone of that capacity would exceed what the group, or the account, may have */
export function checkRoom(
  group: string,
  { capacity, max, most, has }: Record<'capacity' | 'max' | 'most' | 'has', number>,
): void {
  checkMaximum(group, capacity, max);
  if (has < most) return;
  throw new OperatorError(
    'too-many-groups',
    `The account has ${has} Auto Scaling groups in this region, and its quota is ${most}: there is no room for another one.`,
    { next: ['Delete groups that nobody uses, or ask AWS for a larger quota; then run this again.'] },
  );
}

/** @throws OperatorError where a clone of the group would be larger than the group may be */
export function checkMaximum(group: string, capacity: number, max: number): void {
  if (capacity > max)
    throw new OperatorError('group-too-small', `${group} has a maximum of ${max}, and ${capacity} are needed.`, {
      next: [`Raise its maximum to ${capacity} or more; or run this with a smaller --count.`],
    });
}

/** @throws OperatorError where its subnets have fewer free addresses than it is to launch instances, beside all that runs */
export function checkAddresses(
  { AutoScalingGroupName: name = '' }: AutoScalingGroup,
  free: ReadonlyMap<string, number>,
  instances: number,
): void {
  const sum = [...free.values()].reduce((all, one) => all + one, 0);
  if (free.size === 0 || sum >= instances) return;
  throw new OperatorError(
    'no-addresses',
    `The subnets of ${name} have ${count(sum, 'free address', 'free addresses')} (${list([...free].map(([id, one]) => `${one} in ${id}`))}), and ${count(instances, 'instance')} would be launched beside those that serve.`,
    { next: ['Free addresses there, or give the group more subnets; then run this again.'] },
  );
}
