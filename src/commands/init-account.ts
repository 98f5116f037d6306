import { Ec2 } from '../aws/ec2.ts';
import { Elbv2, type TargetGroup } from '../aws/elbv2.ts';
import { Session } from '../aws/session.ts';
import { systemClock } from '../clock.ts';
import { locationOfArn } from '../domain/location.ts';
import { fetchOnce } from '../production/fetch.ts';
import { markerIn, patternOf, type AccountSeen, type GroupSeen } from '../run/init/propose.ts';
import type { Proposal } from '../run/init/texts.ts';
import { routesTo } from '../traffic/routes-to.ts';
import { newRunId } from './context.ts';
import { readVersion } from './version.ts';

type ReleaseSource = Pick<Proposal, 'image' | 'template'> & { readonly release: string | undefined };

interface AccountReader {
  read(): Promise<AccountSeen>;
  /** How the servers in production were made. */
  releaseSource(production: GroupSeen): Promise<ReleaseSource>;
  /** Production is asked once. */
  marker(url: string | undefined, release: string | undefined): Promise<Proposal['marker']>;
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
      const [routes, groups] = await Promise.all([
        routesTo(elbv2, all),
        Promise.all(all.map(async (group) => toGroup(group, await elbv2.targetHealth(group.TargetGroupArn as string)))),
      ]);
      const { account = '', region = '' } = locationOfArn(groups[0]?.arn ?? '') ?? {};
      return { account, region, groups, routes: routes.map(({ route }) => route) };
    },
    releaseSource: async (production) => releaseSource(ec2, production),
    async marker(url, release) {
      if (url === undefined || !url.startsWith('http')) return undefined;
      const answer = await fetchOnce({ url, timeoutMs: TIMEOUT_MS }).catch(() => undefined);
      const found = answer && markerIn(answer.headers, answer.body, release);
      return found && { url, ...found };
    },
  };
}

function toGroup(group: TargetGroup, health: Awaited<ReturnType<Elbv2['targetHealth']>>): GroupSeen {
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
  };
}

async function releaseSource(ec2: Ec2, { targets }: GroupSeen): Promise<ReleaseSource> {
  const [id = ''] = targets.map((target) => target.id);
  const [instance] = await ec2.instancesById([id], (one) => one);
  const tag = (key: string): string | undefined => instance?.Tags?.find(({ Key }) => Key === key)?.Value;
  const template = tag('aws:ec2launchtemplate:id');
  const image = instance?.ImageId === undefined ? undefined : await ec2.image(instance.ImageId);
  const found = patternOf(image?.Name ?? '');
  return {
    release: found?.release,
    image: found && { pattern: found.pattern, from: `${id} in production has the image ${image?.Name}.` },
    template: template === undefined ? undefined : { id: template, from: `${id} was launched from it.` },
  };
}
