import { duration, list } from '../domain/text.ts';
import type { Route } from '../domain/traffic.ts';
import type { RouteLocation } from './find-rules.ts';
import type { Settings } from './target-groups.ts';

/** What must be alike in two groups so that being healthy in one means being fit for the other one's traffic. */
const ALIKE: readonly (readonly [what: string, of: (settings: Settings) => string | number | undefined])[] = [
  ['port', ({ port }) => port],
  ['protocol', ({ group }) => group.Protocol],
  ['protocol version', ({ group }) => group.ProtocolVersion],
  ['health check protocol', ({ group }) => group.HealthCheckProtocol],
  ['health check port', ({ group }) => group.HealthCheckPort],
  ['health check path', ({ group }) => group.HealthCheckPath],
  ['health check interval', ({ group }) => group.HealthCheckIntervalSeconds],
  ['health check timeout', ({ group }) => group.HealthCheckTimeoutSeconds],
  ['healthy threshold', ({ group }) => group.HealthyThresholdCount],
  ['unhealthy threshold', ({ group }) => group.UnhealthyThresholdCount],
  ['success codes', ({ group }) => group.Matcher?.HttpCode],
];

/** Why traffic must not be moved between the groups, as sentences. */
export function problemsOf(
  settings: readonly Settings[],
  places: readonly RouteLocation[],
  routes: readonly Route[],
  stickiness: 'keep' | 'drop',
): readonly string[] {
  return [
    ...differences(settings),
    ...elsewhere(settings, places),
    ...routes
      .filter(({ weights, role }) => role === 'production' && Object.keys(weights).length === 0)
      .map(
        ({ name }) => `${name} forwards to neither ${list(settings.map((one) => one.name)).replace(' and ', ' nor ')}.`,
      ),
    ...(stickiness === 'drop' ? settings.filter(isSticky).map(stickyGroup) : []),
    ...unstickyRules(settings, routes, stickiness),
  ];
}

export function differences([first, ...others]: readonly Settings[]): readonly string[] {
  if (first === undefined) return [];
  return others.flatMap((other) =>
    ALIKE.filter(([, of]) => of(other) !== of(first)).map(
      ([what, of]) => `The ${what} differs: ${of(first)} in ${first.name}, ${of(other)} in ${other.name}.`,
    ),
  );
}

/** A group that is used by a load balancer can be used by no other one (ELBv2 API, TargetGroupAssociationLimit). */
function elsewhere(settings: readonly Settings[], places: readonly RouteLocation[]): readonly string[] {
  const wanted = new Set(places.map(({ balancer }) => balancer.LoadBalancerArn));
  if (wanted.size > 1) {
    const names = [...new Set(places.map(({ balancer }) => balancer.LoadBalancerName ?? ''))];
    return [`The rules are on several load balancers: ${list(names)}. A target group belongs to one.`];
  }
  return settings
    .filter(({ group }) => (group.LoadBalancerArns ?? []).some((arn) => !wanted.has(arn)))
    .map(({ name }) => `${name} is used by another load balancer than the rules are on.`);
}

function isSticky({ attributes }: Settings): boolean {
  return attributes.get('stickiness.enabled') === 'true';
}

/** ELB wants the stickiness of the rule on where that of a weighted group is (ALB user guide, sticky sessions). */
function stickyGroup({ name }: Settings): string {
  return `${name} has stickiness of its own, with which that of the rule cannot be dropped.`;
}

/** ELB refuses a group with stickiness beside another one in a rule without (kubernetes-sigs/aws-load-balancer-controller issue 2734). */
function unstickyRules(
  settings: readonly Settings[],
  routes: readonly Route[],
  stickiness: 'keep' | 'drop',
): readonly string[] {
  const groups = settings.filter(isSticky).map(({ name }) => name);
  // Those for test traffic keep what they have.
  const rules = routes.filter(({ role, stickyS }) => stickyS === 0 && (role === 'test' || stickiness === 'keep'));
  if (groups.length === 0 || rules.length === 0) return [];
  const are = rules.length === 1 ? 'is' : 'are';
  return [
    `${list(rules.map(({ name }) => name))} ${are} not sticky, and ${list(groups)} ${groups.length === 1 ? 'is' : 'are'}: ELB accepts a sticky group beside another one in a sticky rule only. Turn on both, or neither.`,
  ];
}

/** Target groups in one forward action (ELB quotas, "Target groups per action on an Application Load Balancer"). */
const GROUPS_MAX = 5;

/** Why the rule, which forwards to these groups now, cannot take all of ours as well. */
export function crowdedRule(
  name: string,
  forwardsTo: readonly string[],
  settings: readonly Settings[],
): readonly string[] {
  const all = new Set([...forwardsTo, ...settings.map(({ arn }) => arn)]);
  if (forwardsTo.length === 0 || all.size <= GROUPS_MAX) return [];
  return [`${name} would forward to ${all.size} target groups, and ELB accepts ${GROUPS_MAX} in a rule.`];
}

/** What is worth knowing before traffic is moved, as sentences. */
export function notesOf(
  places: readonly RouteLocation[],
  routes: readonly Route[],
  stickiness: 'keep' | 'drop',
): readonly string[] {
  const sticky = routes.filter(({ role, stickyS }) => role === 'production' && stickyS > 0);
  const network = places.filter(({ role, balancer }) => role === 'production' && balancer.Type === 'network');
  return [
    ...sticky.map(({ name, stickyS }) =>
      stickiness === 'drop'
        ? `${name} is sticky; this is turned off together with the first change of weights.`
        : `${name} is sticky: a client's cookie beats the weights for ${duration(stickyS)}. \`traffic.stickiness: drop\` turns that off.`,
    ),
    ...network.map(
      ({ name }) =>
        `${name} is a Network Load Balancer's: new targets take 3 to 5 min until they are healthy, new flows take a minute or so to follow the weights, and flows that are open may stay where they are for an hour.`,
    ),
  ];
}
