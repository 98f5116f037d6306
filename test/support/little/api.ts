import { EPOCH } from './clock.ts';
import { THRESHOLD, type LittleCloud } from './cloud.ts';
import { nameReads, nameWrites } from './names.ts';
import { wayReads, wayWrites } from './ways.ts';
import { ApiFailure } from './failure.ts';
import { removeGroupTags, scalingReads, scalingWrites } from './scaling-api.ts';
import { describeStackInstances, stackReads, stackWrites } from './opsworks.ts';
import { isNamed, isUp, PORT, type Box, type Group, type Member, type State } from './state.ts';

// The SDK's types are of no use where only a few fields are read; each operation names its own.
type Input = Readonly<Record<string, unknown>>;

/** A request as the cloud gets it. */
export interface Request {
  readonly operation: string;
  readonly input: Input;
}

type Read = (cloud: LittleCloud, input: never, seen: State) => object;
type Write = (cloud: LittleCloud, input: never) => object;

const reads: Readonly<Record<string, Read>> = {
  ...wayReads,
  ...nameReads,
  ...stackReads,
  ...scalingReads,
  // Of EC2 by filters, of ELB by ARNs.
  DescribeTags: (_cloud, { Filters = [], ResourceArns = [] }: TagsInput, seen) => ({
    TagDescriptions: ResourceArns.map((arn) => ({
      ResourceArn: arn,
      Tags: listTags(seen.made?.get(arn)?.tags ?? seen.groups.get(arn.replace('arn:', ''))?.tags ?? {}),
    })),
    Tags: [...seen.boxes.values()]
      .filter((box) =>
        fits(
          box,
          Filters.filter(({ Name }) => Name.startsWith('tag:')),
        ),
      )
      .map(({ id }) => ({ ResourceId: id })),
  }),
  DescribeInstances: (_cloud, { Filters, ...stack }: { Filters?: readonly Filter[] }, seen) =>
    Filters === undefined
      ? describeStackInstances(stack, seen)
      : { Reservations: [{ Instances: [...seen.boxes.values()].filter((box) => fits(box, Filters)).map(showBox) }] },
  DescribeImages: (_cloud, { Filters }: { Filters: readonly Filter[] }) => {
    const valueOf = (name: string): string | undefined => Filters.find((one) => one.Name === name)?.Values[0];
    const Name = valueOf('name') ?? valueOf('image-id')?.replace('ami-', 'shop-') ?? '';
    const ImageId = Name.replace('shop-', 'ami-');
    return { Images: [{ ImageId, Name, Architecture: 'x86_64', CreationDate: '2026-01-01T00:00:00.000Z' }] };
  },
  DescribeInstanceAttribute: () => ({}),
  DescribeInstanceTypes: (_cloud, { InstanceTypes = [] }: { InstanceTypes?: readonly string[] }) => ({
    InstanceTypes: InstanceTypes.map((InstanceType) => ({ InstanceType, VCpuInfo: { DefaultVCpus: 2 } })),
  }),
  DescribeTargetGroups: (cloud, { Names }: { Names?: readonly string[] }, seen) => ({
    TargetGroups: (Names ?? [...seen.groups.keys()]).map((name) => showGroup(cloud, groupOf(seen, name))),
  }),
  DescribeTargetGroupAttributes: (cloud) => ({
    Attributes: [{ Key: 'deregistration_delay.timeout_seconds', Value: String(cloud.times.deregistrationDelayS) }],
  }),
  DescribeTargetHealth: (_cloud, { TargetGroupArn }: { TargetGroupArn: string }, seen) => ({
    TargetHealthDescriptions: [...groupOf(seen, TargetGroupArn).members.values()].map((member) =>
      showMember(groupOf(seen, TargetGroupArn), member, seen.boxes.get(member.id)),
    ),
  }),
};

const writes: Readonly<Record<string, Write>> = {
  ...wayWrites,
  ...stackWrites,
  ...scalingWrites,
  ...nameWrites,
  RunInstances: run,
  CreateTags: (cloud, { Resources, Tags }: { Resources: readonly string[]; Tags: readonly Tag[] }) => {
    for (const id of Resources) cloud.tag(id, tagsOf(Tags));
    return {};
  },
  DeleteTags: (cloud, { Resources, Tags }: { Resources?: readonly string[]; Tags: readonly GroupTagName[] }) => {
    if (Resources === undefined) return removeGroupTags(cloud, Tags);
    for (const id of Resources)
      cloud.untag(
        id,
        Tags.map(({ Key }) => Key),
      );
    return {};
  },
  TerminateInstances: (cloud, { InstanceIds }: { InstanceIds: readonly string[] }) => {
    for (const id of InstanceIds) cloud.terminate(id);
    return {};
  },
  RegisterTargets: (cloud, input: TargetsInput) => {
    const { group, targets } = targetsOf(cloud.state, input);
    for (const { id } of targets) {
      if (cloud.state.boxes.get(id)?.state !== 'running')
        throw new ApiFailure('InvalidTarget', `The following targets are not in a running state: '${id}'`);
    }
    for (const { id, port } of targets) cloud.register(group.name, id, port);
    return {};
  },
  DeregisterTargets: (cloud, input: TargetsInput) => {
    const { group, targets } = targetsOf(cloud.state, input);
    for (const { id, port } of targets) cloud.deregister(group.name, id, port);
    return {};
  },
};

export function isChange(operation: string): boolean {
  return operation in writes;
}

/** Answers a request; a read shows what was so `lagMs` ago. Throws as the SDK does. */
export function answer(cloud: LittleCloud, { operation, input }: Request, lagMs: number): object {
  const write = writes[operation];
  if (write !== undefined) return write(cloud, input as never);
  const read = reads[operation];
  if (read === undefined) throw new Error(`The little cloud has no ${operation}.`);
  return read(cloud, input as never, cloud.stateAt(cloud.clock.now - lagMs));
}

interface Filter {
  readonly Name: string;
  readonly Values: readonly string[];
}

interface Tag {
  readonly Key: string;
  readonly Value: string;
}

/** Auto Scaling names with each tag what it is of. */
interface GroupTagName {
  readonly ResourceId: string;
  readonly Key: string;
}

interface TagsInput {
  readonly Filters?: readonly Filter[];
  readonly ResourceArns?: readonly string[];
}

export interface TargetsInput {
  readonly TargetGroupArn: string;
  readonly Targets: readonly { readonly Id: string; readonly Port: number }[];
}

/** A group knows its targets by their ids or by their addresses, and by nothing else. */
function targetsOf(state: State, { TargetGroupArn, Targets }: TargetsInput) {
  if (Targets.length === 0) throw new ApiFailure('ValidationError', 'At least one target must be specified');
  const group = groupOf(state, TargetGroupArn);
  const wrong = Targets.find(({ Id }) => Id.startsWith(ADDRESS) !== (group.byAddress === true));
  if (wrong !== undefined) throw new ApiFailure('ValidationError', `${wrong.Id} is not of the type of ${group.name}`);
  return { group, targets: Targets.map(({ Id, Port }) => ({ id: Id.replace(ADDRESS, ''), port: Port })) };
}

/** Goes before an instance's id, and makes it its address. */
const ADDRESS = 'ip-of-';

/** Both take the same instances out of a group each. */
export function isSameLeaving(last: Request | undefined, next: Request): boolean {
  if (last?.operation !== 'DeregisterTargets' || next.operation !== last.operation) return false;
  const targetsIn = ({ input }: Request): string => JSON.stringify((input as unknown as TargetsInput).Targets);
  return targetsIn(last) === targetsIn(next);
}

export interface RunInput {
  readonly ImageId: string;
  readonly SubnetId: string;
  readonly MinCount: number;
  readonly ClientToken: string;
  readonly TagSpecifications: readonly { readonly ResourceType: string; readonly Tags: readonly Tag[] }[];
}

/** A second request with the same ClientToken boots nothing (EC2 API, idempotency). */
function run(cloud: LittleCloud, { ImageId, SubnetId, MinCount, ClientToken, TagSpecifications }: RunInput): object {
  const known = [...cloud.state.boxes.values()].filter((box) => box.token === ClientToken);
  if (known.length > 0 && (known.length !== MinCount || known.some((box) => box.image !== ImageId)))
    throw new ApiFailure('IdempotentParameterMismatch', 'The client token was used with other parameters.');
  if (known.length > 0) return { Instances: known.map(showBox) };
  const tags = tagsOf(TagSpecifications.find((one) => one.ResourceType === 'instance')?.Tags ?? []);
  const zone = SubnetId.replace('subnet-', '');
  const box = { zone, image: ImageId, fit: !ImageId.endsWith('-sick'), tags, token: ClientToken };
  return { Instances: Array.from({ length: MinCount }, () => ({ InstanceId: cloud.boot(box) })) };
}

function tagsOf(tags: readonly Tag[]): Record<string, string> {
  return Object.fromEntries(tags.map(({ Key, Value }) => [Key, Value]));
}

function fits(box: Box, filters: readonly Filter[]): boolean {
  return filters.every(({ Name, Values }) => {
    if (Name === 'instance-id') return Values.includes(box.id);
    return Values.includes(box.tags[Name.replace('tag:', '')] ?? '');
  });
}

function groupOf(state: State, nameOrArn: string): Group {
  const group = state.groups.get(nameOrArn.replace('arn:', ''));
  if (group === undefined) throw new ApiFailure('TargetGroupNotFound', 'One or more target groups not found');
  return group;
}

function showBox({ id, zone, state, image, tags, launchedAt }: Box): object {
  return {
    InstanceId: id,
    PrivateIpAddress: `${ADDRESS}${id}`,
    Placement: { AvailabilityZone: zone },
    State: { Name: state },
    LaunchTime: new Date(EPOCH + launchedAt),
    ImageId: image,
    InstanceType: 't3.micro',
    SubnetId: `subnet-${zone}`,
    Tags: listTags(tags),
  };
}

function listTags(tags: Box['tags']): readonly Tag[] {
  return Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
}

function showGroup({ times, state }: LittleCloud, { name, byAddress, others }: Group): object {
  const isLed = others !== true || [...(state.others?.values() ?? [])].some(({ weights }) => weights.has(name));
  return {
    TargetGroupName: name,
    TargetGroupArn: `arn:${name}`,
    TargetType: byAddress === true ? 'ip' : 'instance',
    Port: PORT,
    HealthCheckIntervalSeconds: times.intervalS,
    HealthCheckTimeoutSeconds: times.timeoutS,
    HealthyThresholdCount: THRESHOLD,
    UnhealthyThresholdCount: THRESHOLD,
    LoadBalancerArns: isLed ? [isNamed(state) && others !== true ? `arn:loadbalancer/app/${name}/1` : 'arn:shop'] : [],
  };
}

const REASONS = {
  registering: { State: 'initial', Reason: 'Elb.RegistrationInProgress' },
  checking: { State: 'initial', Reason: 'Elb.InitialHealthChecking' },
  healthy: { State: 'healthy' },
  unhealthy: { State: 'unhealthy', Reason: 'Target.ResponseCodeMismatch' },
  draining: { State: 'draining', Reason: 'Target.DeregistrationInProgress' },
} as const;

function showMember({ byAddress }: Group, { id, port, health }: Member, box: Box | undefined): object {
  const gone = health !== 'draining' && !isUp(box);
  const TargetHealth = gone
    ? { State: 'unused', Reason: 'Target.InvalidState', Description: `Target is in the ${box?.state} state` }
    : REASONS[health];
  return { Target: { Id: byAddress === true ? `${ADDRESS}${id}` : id, Port: port }, TargetHealth };
}
