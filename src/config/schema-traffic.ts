import * as z from 'zod';
import { map, port, text } from './values.ts';

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

export const traffic = z
  .discriminatedUnion('kind', [targetGroups])
  .describe('Where traffic goes, and how it is moved.');
