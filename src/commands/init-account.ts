import { AutoScaling, targetGroupsOf, type AutoScalingGroup } from '../aws/autoscaling.ts';
import { Ec2, type Instance } from '../aws/ec2.ts';
import { Elbv2, type TargetGroup } from '../aws/elbv2.ts';
import { Route53 } from '../aws/route53.ts';
import { Session } from '../aws/session.ts';
import { systemClock } from '../clock.ts';
import { locationOfArn } from '../domain/location.ts';
import { messageOf, OperatorError } from '../errors.ts';
import { fetchOnce } from '../production/fetch.ts';
import { markersIn, type MarkerSeen } from '../run/init/marker.ts';
import type { AccountSeen, GroupSeen, NameSeen, ScalingSeen, ServerSeen } from '../run/init/seen.ts';
import { routesTo } from '../traffic/routes-to.ts';
import { newRunId } from './context.ts';
import { namesLeadingHere } from './init-names.ts';
import { readVersion } from './version.ts';

/** What production has answered. */
interface Answered {
  readonly url: string;
  readonly markers: readonly MarkerSeen[];
}

interface AccountReader {
  read(): Promise<AccountSeen>;
  /** How a server in production was made. */
  server(production: GroupSeen): Promise<ServerSeen | undefined>;
  /** Production is asked once, at the first of these URLs that answers. */
  ask(urls: readonly string[]): Promise<Answered | undefined>;
}

const TIMEOUT_MS = 5000;

/** The account that the credentials lead to; every change is refused. */
export function openAccount(): AccountReader {
  const session = new Session({
    maxAttempts: 4,
    changes: 'once',
    requestsPerSecond: 10,
    version: readVersion(),
    run: newRunId(systemClock.now(), Math.random()),
    clock: systemClock,
    beforeChange: async () => Promise.reject(new Error('init changes nothing.')),
    onThrottled: () => undefined,
  });
  const [elbv2, ec2] = [new Elbv2(session), new Ec2(session)];
  return {
    async read() {
      const all = (await elbv2.allTargetGroups()).filter(({ TargetType }) => (TargetType ?? 'instance') === 'instance');
      const unread: string[] = [];
      const scaling = await orUnread(unread, 'Auto Scaling groups', new Map(), async () =>
        scalingByGroup(await new AutoScaling(session).allGroups()),
      );
      const [routes, groups, names] = await Promise.all([
        routesTo(elbv2, all),
        Promise.all(all.map(async (group) => groupSeen(elbv2, group, scaling.get(group.TargetGroupArn ?? '') ?? []))),
        orUnread<readonly NameSeen[]>(unread, 'Names in Route 53', [], async () =>
          namesLeadingHere(new Route53(session), await elbv2.loadBalancers(balancersOf(all)), unread),
        ),
      ]);
      const { account = '', region = '' } = locationOfArn(groups[0]?.arn ?? '') ?? {};
      const hosts = Object.fromEntries(routes.map((route) => [route.route.name, route.hosts]));
      return { account, region, groups, routes: routes.map(({ route }) => route), hosts, names, unread };
    },
    server: async ({ targets }) => serverSeen(ec2, targets[0]?.id ?? ''),
    async ask(urls) {
      for (const url of urls.filter((one) => one.startsWith('http'))) {
        const answer = await fetchOnce({ url, timeoutMs: TIMEOUT_MS }).catch(() => undefined);
        if (answer !== undefined) return { url, markers: markersIn(answer.headers, answer.body) };
      }
      return undefined;
    },
  };
}

/** What only adds to the proposal is left out where it is denied, and that is said. */
async function orUnread<T>(unread: string[], what: string, none: T, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
    unread.push(`${what} could not be read: ${messageOf(error)}`);
    return none;
  }
}

function balancersOf(groups: readonly TargetGroup[]): readonly string[] {
  return [...new Set(groups.flatMap(({ LoadBalancerArns = [] }) => LoadBalancerArns))];
}

function scalingByGroup(all: readonly AutoScalingGroup[]): ReadonlyMap<string, readonly ScalingSeen[]> {
  const pairs = all.flatMap((group) => targetGroupsOf(group).map((arn) => ({ arn, seen: scalingSeen(group) })));
  return new Map(
    [...Map.groupBy(pairs, ({ arn }) => arn)].map(([arn, own]) => [arn, own.map(({ seen }) => seen)] as const),
  );
}

function scalingSeen(group: AutoScalingGroup): ScalingSeen {
  const template =
    group.LaunchTemplate ?? group.MixedInstancesPolicy?.LaunchTemplate?.LaunchTemplateSpecification ?? undefined;
  return {
    name: group.AutoScalingGroupName ?? '',
    template: template && { id: template.LaunchTemplateId ?? '', version: template.Version ?? '' },
    maximum: group.MaxSize ?? 0,
    subnets: group.VPCZoneIdentifier ?? '',
    healthCheck: group.HealthCheckType ?? 'EC2',
    grace: group.HealthCheckGracePeriod ?? 0,
  };
}

async function groupSeen(elbv2: Elbv2, group: TargetGroup, scaling: readonly ScalingSeen[]): Promise<GroupSeen> {
  const health = await elbv2.targetHealth(group.TargetGroupArn as string);
  return {
    name: group.TargetGroupName ?? '',
    arn: group.TargetGroupArn ?? '',
    port: group.Port ?? 0,
    protocol: group.Protocol ?? 'HTTP',
    vpc: group.VpcId ?? '',
    balancer: group.LoadBalancerArns?.[0],
    check: {
      protocol: group.HealthCheckProtocol ?? 'HTTP',
      port: group.HealthCheckPort ?? 'traffic-port',
      path: group.HealthCheckPath,
      codes: group.Matcher?.HttpCode,
      interval: group.HealthCheckIntervalSeconds ?? 30,
      timeout: group.HealthCheckTimeoutSeconds ?? 5,
      healthy: group.HealthyThresholdCount ?? 5,
      unhealthy: group.UnhealthyThresholdCount ?? 2,
    },
    targets: health
      .filter(({ TargetHealth }) => TargetHealth?.State !== 'draining')
      .map(({ Target }) => ({ id: Target?.Id ?? '', port: Target?.Port ?? 0 })),
    scaling,
  };
}

async function serverSeen(ec2: Ec2, id: string): Promise<ServerSeen | undefined> {
  const [instance] = await ec2.instancesById([id], (one) => one);
  if (instance === undefined) return undefined;
  const [image, template, userData] = await Promise.all([
    instance.ImageId === undefined ? undefined : ec2.image(instance.ImageId),
    templateOf(ec2, instance),
    // Who may not read it has other places to look at.
    ec2.userData(id).catch(() => undefined),
  ]);
  const tags = Object.fromEntries((image?.Tags ?? []).map(({ Key = '', Value = '' }) => [Key, Value]));
  return {
    id,
    image: image && { id: image.ImageId ?? '', name: image.Name, tags },
    template,
    userData: textIn(userData),
  };
}

async function templateOf(ec2: Ec2, { Tags = [] }: Instance): Promise<ServerSeen['template']> {
  const tag = (key: string): string | undefined =>
    Tags.find(({ Key }) => Key === `aws:ec2launchtemplate:${key}`)?.Value;
  const [id, version] = [tag('id'), tag('version')];
  if (id === undefined || version === undefined) return undefined;
  const [found] = await ec2.launchTemplateVersions(id, [version]).catch(() => []);
  return { id, version, description: found?.VersionDescription };
}

/** Undefined for what is not text, such as a script that was compressed. */
function textIn(base64: string | undefined): string | undefined {
  if (base64 === undefined) return undefined;
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(base64, 'base64'));
    return text.includes('\0') ? undefined : text;
  } catch {
    return undefined;
  }
}
