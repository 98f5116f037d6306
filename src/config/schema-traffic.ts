import * as z from 'zod';
import { durationMs, inMs, listOf, timeLimit, map, percents, port, seconds, servers, text, whole } from './values.ts';

const NAME = '[A-Za-z0-9](?:[A-Za-z0-9-]{0,30}[A-Za-z0-9])?';
const ARN = 'arn:[a-z-]+:elasticloadbalancing:[a-z0-9-]+:\\d{12}:targetgroup/[^/]+/[0-9a-f]+';

const targetGroup = map(
  {
    targetGroup: text('the name or the ARN of a target group', new RegExp(`^(?:${NAME}|${ARN})$`)).describe(
      'Name or ARN of the target group.',
    ),
    port: port.exactOptional().describe('Port on which instances are registered. Default: the port of the group.'),
  },
  'a map such as { targetGroup: shop-production }',
);

const groups = listOf(targetGroup, 'a list of target groups', 'at least one target group');

const twoGroups = z
  .array(targetGroup, { error: 'a list of two target groups' })
  .length(2, { error: 'two target groups' });

const steps = percents
  .default([100])
  .describe('Steps in which promote moves traffic, in percent, for example [1, 10, 50, 100]. Default: all at once.');

const targetGroups = z.strictObject({
  kind: z.literal('target-groups').describe('Instances are registered in target groups and deregistered from them.'),
  production: groups.describe('Target groups of production traffic.'),
  test: groups.describe('Target groups of test traffic, where green is tested before it is promoted.'),
});

const PART = 'arn:[a-z-]+:elasticloadbalancing:[a-z0-9-]+:\\d{12}:listener';

const route = map(
  {
    loadBalancer: text('the name of a load balancer', new RegExp(`^${NAME}$`))
      .exactOptional()
      .describe('Name of the load balancer; with port.'),
    port: port.exactOptional().describe('Port of the listener.'),
    priority: whole(1, 50_000)
      .exactOptional()
      .describe('Priority of the rule. Default: the default action of the listener.'),
    arn: text('the ARN of a listener or of a rule', new RegExp(`^${PART}(?:-rule)?/[\\w./-]+$`))
      .exactOptional()
      .describe('ARN of a listener (for its default action) or of a rule, instead of loadBalancer, port and priority.'),
  },
  'a map such as { loadBalancer: shop, port: 443 }',
);

const routes = listOf(route, 'a list of listeners or rules', 'at least one listener or rule');

const domain = /^(?=.{1,255}$)(?:[a-z0-9_*-]{1,63}\.)+[a-z0-9-]{1,63}\.?$/i;

const zone = text('the name or the id of a hosted zone', new RegExp(`^Z[A-Z0-9]+$|${domain.source}`, 'i')).describe(
  'Name or id of the hosted zone of the name.',
);

const alias = map(
  { name: text('a name such as www.shop.example.com', domain).describe('DNS name that clients use.'), zone },
  'a map such as { zone: example.com, name: www.example.com }',
);

const residualTraffic = (requests: number, within: string) =>
  map(
    {
      requests: whole(0, 1_000_000).default(requests).describe('This many requests or fewer count as no traffic.'),
      within: timeLimit
        .prefault(within)
        .describe('Period in which requests are counted. CloudWatch counts by the minute, with some delay.'),
    },
    'a map such as { requests: 10, within: 5m }',
  )
    .transform(inMs('within'))
    .prefault({});

const weightedListener = z
  .strictObject({
    kind: z
      .literal('weighted-listener')
      .describe('Two permanent target groups; listener rules distribute the traffic between them by weight.'),
    groups: twoGroups.describe(
      'The two target groups. One serves production; up registers green in the other, where it is tested.',
    ),
    production: routes.describe('Listener rules of production traffic; all of them are switched.'),
    test: routes.describe('Listener rules of test traffic; they forward to the group that is not in production.'),
    names: z
      .array(alias, { error: 'a list of names' })
      .exactOptional()
      .describe(
        'Route 53 names of the load balancer. They are checked before a switch, since an alias with EvaluateTargetHealth treats a load balancer with an empty target group as unhealthy.',
      ),
    stickiness: z
      .enum(['keep', 'drop'])
      .default('keep')
      .describe(
        'Stickiness of rules, whose cookie overrides the weights: keep leaves it on (with a warning); drop turns it off with the first change of weights.',
      ),
    retention: durationMs
      .prefault('120s')
      .describe(
        'How long the old fleet is retained after a switch before cleanup may terminate it; at least the deregistration delay of the groups.',
      ),
    residualTraffic: residualTraffic(0, '30m').describe(
      'Where a production rule is sticky: requests, as counted by CloudWatch, with which cleanup may terminate the old servers. The period is no longer than the cookie is valid.',
    ),
    steps,
    every: timeLimit.prefault('2m').describe('Time between steps, during which all checks must pass.'),
  })
  .transform(inMs('retention', 'every'));

const TTLS = 'a map such as { from: 5m, to: 10s }';

const ttl = seconds.refine((value) => value > 0, { error: 'a duration of whole seconds, greater than zero' });

const name = map(
  {
    name: text('a name such as www.shop.example.com', domain).describe('DNS name that clients use.'),
    zone,
    type: z.enum(['A', 'AAAA', 'CNAME']).default('A').describe('Type of the records.'),
    blue: text('a set identifier').describe('Set identifier of the record for the first group.'),
    green: text('a set identifier').describe('Set identifier of the record for the second group.'),
    lowerTtl: map(
      { from: ttl.describe('The usual TTL.'), to: ttl.describe('The TTL while a rollback is possible.') },
      TTLS,
    )
      .transform(({ from, to }) => ({ fromS: from / 1000, toS: to / 1000 }))
      .exactOptional()
      .describe(
        'Lowers the TTL of the records before a promote, in a separate step that waits for the old TTL to expire; cleanup restores it. Alias records have no TTL.',
      ),
  },
  'a map such as { zone: example.com, name: www.example.com, blue: blue, green: green }',
);

const weightedDns = z
  .strictObject({
    kind: z
      .literal('weighted-dns')
      .describe(
        'Two target groups behind separate load balancers; weighted Route 53 records distribute the traffic between them.',
      ),
    groups: twoGroups.describe(
      'The two target groups. One serves production; up registers green in the other, where it is tested through its load balancer.',
    ),
    production: listOf(name, 'a list of names', 'at least one name').describe(
      'DNS names of production traffic, each with a pair of weighted records; all of them are switched.',
    ),
    nameServers: servers
      .exactOptional()
      .describe('Name servers to check whether a change has propagated. Default: the name servers of the zones.'),
    ttl: seconds
      .exactOptional()
      .describe('How long resolvers cache a response. Default: the TTL of the records, which is 60s for aliases.'),
    retention: durationMs
      .prefault('10m')
      .describe(
        'How long the old fleet is retained after a switch before cleanup may terminate it: some clients and resolvers ignore TTLs.',
      ),
    residualTraffic: residualTraffic(10, '5m').describe(
      'Residual traffic, as counted by CloudWatch, below which cleanup may terminate the old servers.',
    ),
    steps,
    every: timeLimit.prefault('10m').describe('Time between steps, during which all checks must pass.'),
  })
  .transform(inMs('ttl', 'retention', 'every'));

export const trafficSection = z
  .discriminatedUnion('kind', [targetGroups, weightedListener, weightedDns])
  .describe('Where traffic goes, and how it is switched.');
