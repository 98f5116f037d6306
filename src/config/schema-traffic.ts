import * as z from 'zod';
import { durationMs, timeLimit, map, percents, port, seconds, servers, text, whole } from './values.ts';

const NAME = '[A-Za-z0-9](?:[A-Za-z0-9-]{0,30}[A-Za-z0-9])?';
const ARN = 'arn:[a-z-]+:elasticloadbalancing:[a-z0-9-]+:\\d{12}:targetgroup/[^/]+/[0-9a-f]+';

const targetGroup = map(
  {
    targetGroup: text('the name or the ARN of a target group', new RegExp(`^(?:${NAME}|${ARN})$`)).describe(
      'Name or ARN of the target group.',
    ),
    port: port.optional().describe("Port at which instances are registered. Default: the group's own."),
  },
  'a map such as { targetGroup: shop-production }',
);

const groups = z
  .array(targetGroup, { error: 'a list of target groups' })
  .min(1, { error: 'at least one target group' });

const targetGroups = z.strictObject({
  kind: z.literal('target-groups').describe('Instances are registered with target groups and deregistered from them.'),
  production: groups.describe('Target groups that production traffic goes to.'),
  test: groups.describe('Target groups that test traffic goes to; green is tried here before it is promoted.'),
});

const PART = 'arn:[a-z-]+:elasticloadbalancing:[a-z0-9-]+:\\d{12}:listener';

const route = map(
  {
    loadBalancer: text('the name of a load balancer', new RegExp(`^${NAME}$`))
      .optional()
      .describe('Name of the load balancer; with port.'),
    port: port.optional().describe('Port of its listener.'),
    priority: whole(1, 50_000)
      .optional()
      .describe("Priority of the listener's rule. Default: the listener's default action."),
    arn: text('the ARN of a listener or of a rule', new RegExp(`^${PART}(?:-rule)?/[\\w./-]+$`))
      .optional()
      .describe('ARN of a listener (its default action) or of a rule, in place of loadBalancer, port and priority.'),
  },
  'a map such as { loadBalancer: shop, port: 443 }',
);

const routes = z.array(route, { error: 'a list of listeners or rules' }).min(1, { error: 'at least one of them' });

const domain = /^(?=.{1,255}$)(?:[a-z0-9_*-]{1,63}\.)+[a-z0-9-]{1,63}\.?$/i;

const zone = text('the name or the id of a hosted zone', new RegExp(`^Z[A-Z0-9]+$|${domain.source}`, 'i')).describe(
  'The hosted zone that it is in, by name or id.',
);

const alias = map(
  { name: text('a name such as www.shop.example.com', domain).describe('A name that clients look up.'), zone },
  'a map such as { zone: example.com, name: www.example.com }',
);

const weightedListener = z.strictObject({
  kind: z
    .literal('weighted-listener')
    .describe('Two permanent target groups; rules of a listener divide the traffic between them by weight.'),
  groups: z
    .array(targetGroup, { error: 'a list of two target groups' })
    .length(2, { error: 'two target groups' })
    .describe('The two target groups. One serves production; the other is filled by up, and is tried.'),
  production: routes.describe('Rules that production traffic comes through; all of them are switched.'),
  test: routes.describe('Rules that test traffic comes through; they lead to the group that is not in production.'),
  names: z
    .array(alias, { error: 'a list of names' })
    .optional()
    .describe(
      'Names of Route 53 that lead to the load balancer: looked at before a switch, since an alias may give up a load balancer of which one target group is empty.',
    ),
  stickiness: z
    .enum(['keep', 'drop'])
    .default('keep')
    .describe(
      "What becomes of a rule's stickiness, whose cookie beats the weights: keep leaves it (and warns); drop turns it off with the first change of weights.",
    ),
  hold: durationMs
    .prefault('120s')
    .describe(
      'How long a fleet is kept once production has left it, before cleanup may terminate it; at least the deregistration delay of the groups.',
    ),
  steps: percents
    .default([100])
    .describe('Steps in which promote moves traffic, in percent: [1, 10, 50, 100]. Default: all at once.'),
  every: timeLimit.prefault('2m').describe('Time between two steps, in which the checks must hold.'),
});

const TTLS = 'a map such as { from: 5m, to: 10s }';

const ttl = seconds.refine((value) => value > 0, { error: 'a duration of whole seconds, longer than nothing' });

const tail = map(
  {
    requests: whole(0, 1_000_000).default(10).describe('So many requests are near enough to none.'),
    within: timeLimit
      .prefault('5m')
      .describe('In so long a time before; CloudWatch counts by minutes, and some of them late.'),
  },
  'a map such as { requests: 10, within: 5m }',
);

const name = map(
  {
    name: text('a name such as www.shop.example.com', domain).describe('A name that clients look up.'),
    zone,
    type: z.enum(['A', 'AAAA', 'CNAME']).default('A').describe('Type of its records.'),
    blue: text('a set identifier').describe('Set identifier of the record that leads to the first group.'),
    green: text('a set identifier').describe('Set identifier of the record that leads to the second group.'),
    lowerTtl: map({ from: ttl.describe('Their TTL as it is.'), to: ttl.describe('While there is a way back.') }, TTLS)
      .optional()
      .describe(
        'Lower the TTL of its records before a promote, in a step of its own that waits out the old one; cleanup sets it back. Aliases have no TTL of their own.',
      ),
  },
  'a map such as { zone: example.com, name: www.example.com, blue: blue, green: green }',
);

const weightedDns = z.strictObject({
  kind: z
    .literal('weighted-dns')
    .describe(
      'Two target groups, each behind a load balancer of its own; weighted records of Route 53 divide the traffic between them.',
    ),
  groups: z
    .array(targetGroup, { error: 'a list of two target groups' })
    .length(2, { error: 'two target groups' })
    .describe(
      'The two target groups. One serves production; the other is filled by up, and is tried at its load balancer.',
    ),
  production: z
    .array(name, { error: 'a list of names' })
    .min(1, { error: 'at least one name' })
    .describe(
      'Names that production traffic comes by, each with a pair of weighted records; all of them are switched.',
    ),
  nameServers: servers
    .optional()
    .describe("Whom to ask whether a change has arrived. Default: the zones' own name servers."),
  ttl: seconds
    .optional()
    .describe('How long resolvers may keep an answer. Default: the TTL of the records, which is 60s for aliases.'),
  hold: durationMs
    .prefault('10m')
    .describe(
      'How long a fleet is kept once production has left it, before cleanup may terminate it: clients and resolvers do not all heed a TTL.',
    ),
  tail: tail
    .prefault({})
    .describe(
      "When cleanup may terminate the old servers: as soon as hardly anybody comes to them any more, by CloudWatch's count.",
    ),
  steps: percents
    .default([100])
    .describe('Steps in which promote moves traffic, in percent: [1, 10, 50, 100]. Default: all at once.'),
  every: timeLimit.prefault('10m').describe('Time between two steps, in which the checks must hold.'),
});

export const trafficSection = z
  .discriminatedUnion('kind', [targetGroups, weightedListener, weightedDns])
  .describe('Where traffic goes, and how it is moved.');
