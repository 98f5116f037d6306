import type { Tag } from '@aws-sdk/client-ec2';
import type { CreateLoadBalancerOutput, DescribeTargetHealthOutput } from '@aws-sdk/client-elastic-load-balancing-v2';
import type { Balancers } from './balancers.ts';
import type { NamedBalancer } from './dns/world.ts';
import type { EmulatedEc2 } from './ec2/index.ts';
import { balancerOf, ownListeners, weightedGroups, type Front, type SandboxGroup } from './front.ts';
import type { GroupOption, SandboxPlan } from './options.ts';
import type { EmulatedOpsWorks } from './opsworks/index.ts';
import { buildStack, type StackOption } from './opsworks/world.ts';
import { call, type Service } from './service.ts';

export type { SandboxGroup } from './front.ts';

export interface World {
  readonly production: readonly SandboxGroup[];
  readonly test: readonly SandboxGroup[];
  /** Instances of the first fleet. */
  readonly blue: readonly string[];
  readonly balancers: readonly NamedBalancer[];
}

/** A minute apart, so that "the newest image" is never a matter of chance. */
const IMAGE_STEP_MS = 60_000;

/** Builds the world that a newcomer finds: images, a template, load balancers, and a fleet that serves. */
export async function buildWorld(
  plan: SandboxPlan,
  ec2: EmulatedEc2,
  opsworks: EmulatedOpsWorks,
  balancers: Balancers,
): Promise<World> {
  const images = addImages(plan, ec2);
  await call(ec2, 'CreateLaunchTemplate', {
    LaunchTemplateName: plan.template,
    LaunchTemplateData: {
      ImageId: images.get(plan.release),
      InstanceType: 't3.micro',
      SecurityGroupIds: [ec2.network.securityGroup],
      TagSpecifications: [{ ResourceType: 'instance', Tags: [{ Key: 'Name', Value: `${plan.environment}-web` }] }],
    },
  });
  const blue = plan.opsworks ? await launchLayer(plan, plan.opsworks, ec2, opsworks) : launchBlue(plan, ec2);
  const named = await createLoadBalancers(plan, ec2, balancers, [...plan.production, ...plan.test]);
  const arnOf = (option: GroupOption): string => named.get(balancerOf(plan, option))!.arn;
  const front: Front = { plan, balancers, vpc: ec2.network.vpc, arnOf };
  const groups = await (plan.weighted ? weightedGroups(front, plan.weighted) : ownListeners(front));
  return { ...groups, blue, balancers: [...named.values()] };
}

/** The name of a release's image. */
function imageName(plan: SandboxPlan, release: string): string {
  return plan.imageName.replaceAll('{release}', release);
}

/** One image a release, the oldest first; and one that leaves the release to the user data. */
function addImages(plan: SandboxPlan, ec2: EmulatedEc2): Map<string, string> {
  const now = plan.clock.now();
  const at = (age: number) => new Date(now - age * IMAGE_STEP_MS);
  ec2.addImage('base', {}, at(plan.releases.length + 1));
  const made = plan.releases.map(({ release }, index) => {
    return [release, addRelease(plan, ec2, release, at(plan.releases.length - index))] as const;
  });
  return new Map(made);
}

/** The document that puts a release on an instance; AWS's own for shell commands is there too. */
export async function addDocument({ environment }: SandboxPlan, ssm: Service): Promise<void> {
  const parameters = { release: { type: 'String' }, migrate: { type: 'String' } };
  const Content = JSON.stringify({ schemaVersion: '2.2', parameters, mainSteps: [] });
  await call(ssm, 'CreateDocument', { Name: `${environment}-deploy`, DocumentType: 'Command', Content });
}

/** Makes a release bootable: an image, and the parameter that names it. Returns the image's id. */
export function addRelease(plan: SandboxPlan, ec2: EmulatedEc2, release: string, createdAt: Date): string {
  const { id } = ec2.addImage(imageName(plan, release), { Release: release }, createdAt);
  const parameter = { Value: id, Type: 'String', Overwrite: true };
  void ec2.ssm.operations.PutParameter?.({ Name: `/${plan.environment}/image/${release}`, ...parameter });
  return id;
}

/** Instances of the first fleet in each zone, as even as it goes. */
function counts({ instances, zones }: SandboxPlan): readonly (readonly [zone: string, count: number])[] {
  return zones.map((zone, index) => [zone, Math.floor((instances + zones.length - 1 - index) / zones.length)]);
}

async function launchLayer(
  plan: SandboxPlan,
  option: StackOption,
  ec2: EmulatedEc2,
  opsworks: EmulatedOpsWorks,
): Promise<readonly string[]> {
  return buildStack(opsworks, {
    ...option,
    region: plan.region,
    release: plan.release,
    tags: plan.adopted ? ownershipTags(plan) : [],
    zones: counts(plan).flatMap(([zone, count]) => Array.from({ length: count }, () => zone)),
    subnetOf: (zone) => ec2.network.subnets.find((subnet) => subnet.zone === zone)?.id,
  });
}

/** The first fleet, running from the start. */
function launchBlue(plan: SandboxPlan, ec2: EmulatedEc2): readonly string[] {
  const template = { LaunchTemplateName: plan.template, Version: '$Latest' };
  return counts(plan).flatMap(([zone, count]) => {
    const subnet = ec2.network.subnets.find((candidate) => candidate.zone === zone);
    if (count === 0 || !subnet) return [];
    const tags = { ResourceType: 'instance' as const, Tags: ownershipTags(plan) };
    const request = { LaunchTemplate: template, MinCount: count, MaxCount: count, SubnetId: subnet.id };
    const reservation = ec2.run({ ...request, ...(plan.adopted && { TagSpecifications: [tags] }) }, 0);
    return (reservation.Instances ?? []).map((instance) => instance.InstanceId!);
  });
}

/** The tags that make a fleet an environment's own. */
function ownershipTags({ tagPrefix, environment, release, clock }: SandboxPlan): Tag[] {
  const tags = {
    environment,
    fleet: `${environment}-${release}`,
    release,
    current: new Date(clock.now()).toISOString(),
  };
  return Object.entries(tags).map(([key, Value]) => ({ Key: `${tagPrefix}:${key}`, Value }));
}

/** A load balancer of the sandbox. */
interface MadeBalancer extends NamedBalancer {
  readonly arn: string;
}

/** The load balancers that the groups name, by name. */
async function createLoadBalancers(
  plan: SandboxPlan,
  ec2: EmulatedEc2,
  balancers: Balancers,
  groups: readonly GroupOption[],
): Promise<ReadonlyMap<string, MadeBalancer>> {
  const names = new Set(groups.map((option) => balancerOf(plan, option)));
  const made = new Map<string, MadeBalancer>();
  for (const name of names) made.set(name, await createLoadBalancer(name, ec2, balancers));
  return made;
}

async function createLoadBalancer(name: string, ec2: EmulatedEc2, balancers: Balancers): Promise<MadeBalancer> {
  const subnets = ec2.network.subnets.map((subnet) => subnet.id);
  const groups = [ec2.network.securityGroup];
  const input = { Name: name, Subnets: subnets, SecurityGroups: groups, Scheme: 'internal' };
  const output = await call<CreateLoadBalancerOutput>(balancers, 'CreateLoadBalancer', input);
  const { LoadBalancerArn: arn = '', DNSName: dnsName = '' } = output.LoadBalancers?.[0] ?? {};
  const { zoneId = '', address = '' } = balancers.endpoint(dnsName) ?? {};
  return { name, arn, dnsName, zoneId, address };
}

function serves({ serves: wanted = true }: GroupOption): boolean {
  return wanted;
}

/** Registers the first fleet with production. */
export async function registerBlue(world: World, balancers: Balancers): Promise<void> {
  for (const { arn, port } of world.production.filter(serves)) {
    const Targets = world.blue.map((Id) => ({ Id, Port: port }));
    if (Targets.length > 0) await call(balancers, 'RegisterTargets', { TargetGroupArn: arn, Targets });
  }
}

/** Whether every target in production is healthy. */
export async function servesAll(world: World, balancers: Balancers): Promise<boolean> {
  for (const { arn } of world.production.filter(serves)) {
    const output = await call<DescribeTargetHealthOutput>(balancers, 'DescribeTargetHealth', { TargetGroupArn: arn });
    const states = (output.TargetHealthDescriptions ?? []).map((target) => target.TargetHealth?.State);
    if (states.length < world.blue.length || states.some((state) => state !== 'healthy')) return false;
  }
  return true;
}
