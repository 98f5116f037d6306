import type { CreateLaunchTemplateResult, Tag } from '@aws-sdk/client-ec2';
import type { CreateLoadBalancerOutput, DescribeTargetHealthOutput } from '@aws-sdk/client-elastic-load-balancing-v2';
import { seedGroups } from './autoscaling/seed.ts';
import type { EmulatedElbv2 } from './elbv2/index.ts';
import type { SeededLoadBalancer } from './dns/seed.ts';
import type { EmulatedEc2 } from './ec2/index.ts';
import {
  loadBalancerName,
  createOwnListeners,
  createWeightedGroups,
  type ListenerSetup,
  type SandboxGroup,
} from './listeners.ts';
import type { GroupOption, SandboxPlan } from './options.ts';
import type { EmulatedOpsWorks } from './opsworks/index.ts';
import { seedStack, type StackOption } from './opsworks/seed.ts';
import { call, type Service } from './service.ts';

export type { SandboxGroup } from './listeners.ts';

export interface SeededResources {
  readonly production: readonly SandboxGroup[];
  readonly test: readonly SandboxGroup[];
  /** Instances of the first fleet. */
  readonly blue: readonly string[];
  readonly balancers: readonly SeededLoadBalancer[];
}

/** Images are a minute apart, so that "the newest image" is unambiguous. */
const IMAGE_STEP_MS = 60_000;

/** Creates the first resources: images, a launch template, load balancers, and a fleet that serves production. */
export async function seedResources(
  plan: SandboxPlan,
  ec2: EmulatedEc2,
  opsworks: EmulatedOpsWorks,
  elbv2: EmulatedElbv2,
  autoscaling: Service,
): Promise<SeededResources> {
  const images = addImages(plan, ec2);
  const { LaunchTemplate: made } = await call<CreateLaunchTemplateResult>(ec2, 'CreateLaunchTemplate', {
    LaunchTemplateName: plan.template,
    LaunchTemplateData: {
      ImageId: images.get(plan.release),
      InstanceType: 't3.micro',
      SecurityGroupIds: [ec2.network.securityGroup],
      TagSpecifications: [{ ResourceType: 'instance', Tags: [nameTag(plan)] }],
    },
  });
  const launched = plan.opsworks ? await launchLayer(plan, plan.opsworks, ec2, opsworks) : launchFirstFleet(plan, ec2);
  const named = await createLoadBalancers(plan, ec2, elbv2, [...plan.production, ...plan.test]);
  const arnOf = (option: GroupOption): string => named.get(loadBalancerName(plan, option))!.arn;
  const setup: ListenerSetup = { plan, elbv2, vpc: ec2.network.vpc, arnOf };
  const groups = await (plan.weighted ? createWeightedGroups(setup, plan.weighted) : createOwnListeners(setup));
  const blue = plan.scalingGroups
    ? await fillGroups(plan, groups, { ec2, autoscaling, template: made?.LaunchTemplateId ?? '' })
    : launched;
  return { ...groups, blue, balancers: [...named.values()] };
}

/** Only an image to begin with, which runs the release that user data names. */
export async function seedNothing(ec2: EmulatedEc2): Promise<SeededResources> {
  ec2.addImage('base', {});
  return { production: [], test: [], blue: [], balancers: [] };
}

/** The name of a release's image. */
function imageName(plan: SandboxPlan, release: string): string {
  return plan.imageName.replaceAll('{release}', release);
}

/** Creates an image for each release, oldest first, and one without a release, for which user data names it. */
function addImages(plan: SandboxPlan, ec2: EmulatedEc2): Map<string, string> {
  const now = plan.clock.now();
  const at = (age: number) => new Date(now - age * IMAGE_STEP_MS);
  ec2.addImage('base', {}, at(plan.releases.length + 1));
  const made = plan.releases.map(({ release }, index) => {
    return [release, addRelease(plan, ec2, release, at(plan.releases.length - index))] as const;
  });
  return new Map(made);
}

/** Creates the document that deploys a release to an instance. */
export async function addDocument({ environment }: SandboxPlan, ssm: Service): Promise<void> {
  const parameters = { release: { type: 'String' }, migrate: { type: 'String', default: 'false' } };
  const Content = JSON.stringify({
    schemaVersion: '2.2',
    parameters,
    mainSteps: [{ action: 'aws:runShellScript', name: 'deploy' }],
  });
  await call(ssm, 'CreateDocument', { Name: `${environment}-deploy`, DocumentType: 'Command', Content });
}

/** Creates the image of a release and the parameter that holds its id. Returns that id. */
export function addRelease(plan: SandboxPlan, ec2: EmulatedEc2, release: string, createdAt: Date): string {
  const { id } = ec2.addImage(imageName(plan, release), { Release: release }, createdAt);
  const parameter = { Value: id, Type: 'String', Overwrite: true };
  void ec2.ssm.operations.PutParameter?.({ Name: `/${plan.environment}/image/${release}`, ...parameter });
  return id;
}

/** Instances of the first fleet in each zone, spread evenly. */
function countsByZone({ instances, zones }: SandboxPlan): readonly (readonly [zone: string, count: number])[] {
  return zones.map((zone, index) => [zone, Math.floor((instances + zones.length - 1 - index) / zones.length)]);
}

async function launchLayer(
  plan: SandboxPlan,
  option: StackOption,
  ec2: EmulatedEc2,
  opsworks: EmulatedOpsWorks,
): Promise<readonly string[]> {
  return seedStack(opsworks, {
    ...option,
    region: plan.region,
    release: plan.release,
    tags: plan.adopted ? ownershipTags(plan) : [],
    zones: countsByZone(plan).flatMap(([zone, count]) => Array.from({ length: count }, () => zone)),
    subnetOf: (zone) => ec2.network.subnets.find((subnet) => subnet.zone === zone)?.id,
  });
}

/** Each group registers its instances with a target group of its own; without weights, the first one with all of production's. */
async function fillGroups(
  plan: SandboxPlan,
  { production, test }: Pick<SeededResources, 'production' | 'test'>,
  {
    ec2: { network },
    autoscaling,
    template,
  }: { readonly ec2: EmulatedEc2; readonly autoscaling: Service; readonly template: string },
): Promise<readonly string[]> {
  const { tagPrefix } = plan;
  const inherited = new Set(['environment', 'fleet', 'release'].map((name) => `${tagPrefix}:${name}`));
  const carries = { Key: `${tagPrefix}:template`, Value: `${template} version 1` };
  const tags = plan.adopted ? [...ownershipTags(plan), carries] : [];
  const isEach = plan.weighted !== undefined || production.some((pool) => pool.serves === false);
  return seedGroups(autoscaling, async (ms) => plan.clock.sleep(ms), {
    names: plan.scalingGroups ?? [],
    targetGroups: isEach ? [...production, ...test].map(({ arn }) => [arn]) : [production.map(({ arn }) => arn)],
    subnets: network.subnets.filter(({ zone }) => plan.zones.includes(zone)).map(({ id }) => id),
    template: plan.template,
    instances: plan.instances,
    tags: tags.map(({ Key = '', Value = '' }) => ({ Key, Value, PropagateAtLaunch: inherited.has(Key) })),
  });
}

/** The first fleet, running from the start. */
function launchFirstFleet(plan: SandboxPlan, ec2: EmulatedEc2): readonly string[] {
  if (plan.scalingGroups !== undefined) return [];
  const template = { LaunchTemplateName: plan.template, Version: '$Latest' };
  return countsByZone(plan).flatMap(([zone, count]) => {
    const subnet = ec2.network.subnets.find((candidate) => candidate.zone === zone);
    if (count === 0 || !subnet) return [];
    const tags = { ResourceType: 'instance' as const, Tags: [nameTag(plan), ...ownershipTags(plan)] };
    const request = { LaunchTemplate: template, MinCount: count, MaxCount: count, SubnetId: subnet.id };
    const reservation = ec2.run({ ...request, ...(plan.adopted && { TagSpecifications: [tags] }) }, 0);
    return (reservation.Instances ?? []).map((instance) => instance.InstanceId!);
  });
}

function nameTag({ environment }: SandboxPlan): Tag {
  return { Key: 'Name', Value: `${environment}-web` };
}

/** The tags that mark a fleet as owned by the environment. */
function ownershipTags({ tagPrefix, environment, release, clock }: SandboxPlan): Tag[] {
  const tags = {
    environment,
    fleet: `${environment}-${release}`,
    release,
    current: new Date(clock.now()).toISOString(),
  };
  return Object.entries(tags).map(([key, Value]) => ({ Key: `${tagPrefix}:${key}`, Value }));
}

interface CreatedLoadBalancer extends SeededLoadBalancer {
  readonly arn: string;
}

/** Creates the load balancers that the groups use, by name. */
async function createLoadBalancers(
  plan: SandboxPlan,
  ec2: EmulatedEc2,
  elbv2: EmulatedElbv2,
  groups: readonly GroupOption[],
): Promise<ReadonlyMap<string, CreatedLoadBalancer>> {
  const names = new Set(groups.map((option) => loadBalancerName(plan, option)));
  const made = new Map<string, CreatedLoadBalancer>();
  for (const name of names) made.set(name, await createLoadBalancer(name, ec2, elbv2));
  return made;
}

async function createLoadBalancer(name: string, ec2: EmulatedEc2, elbv2: EmulatedElbv2): Promise<CreatedLoadBalancer> {
  const subnets = ec2.network.subnets.map((subnet) => subnet.id);
  const groups = [ec2.network.securityGroup];
  const input = { Name: name, Subnets: subnets, SecurityGroups: groups, Scheme: 'internal' };
  const output = await call<CreateLoadBalancerOutput>(elbv2, 'CreateLoadBalancer', input);
  const { LoadBalancerArn: arn = '', DNSName: dnsName = '' } = output.LoadBalancers?.[0] ?? {};
  const { zoneId = '', address = '' } = elbv2.endpoint(dnsName) ?? {};
  return { name, arn, dnsName, zoneId, address };
}

function serves({ serves: wanted = true }: GroupOption): boolean {
  return wanted;
}

/** Registers the first fleet with production. */
export async function registerFirstFleetTargets(seeded: SeededResources, elbv2: EmulatedElbv2): Promise<void> {
  for (const { arn, port } of seeded.production.filter(serves)) {
    const Targets = seeded.blue.map((Id) => ({ Id, Port: port }));
    if (Targets.length > 0) await call(elbv2, 'RegisterTargets', { TargetGroupArn: arn, Targets });
  }
}

/** Whether every target in production is healthy. */
export async function allTargetsHealthy(seeded: SeededResources, elbv2: EmulatedElbv2): Promise<boolean> {
  for (const { arn } of seeded.production.filter(serves)) {
    const output = await call<DescribeTargetHealthOutput>(elbv2, 'DescribeTargetHealth', { TargetGroupArn: arn });
    const states = (output.TargetHealthDescriptions ?? []).map((target) => target.TargetHealth?.State);
    if (states.length < seeded.blue.length || states.some((state) => state !== 'healthy')) return false;
  }
  return true;
}
