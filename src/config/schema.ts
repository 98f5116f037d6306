import * as z from 'zod';
import {
  deploySection,
  drainCheckSection,
  hooksSection,
  instanceCheckSection,
  migrateSection,
} from './schema-deploy.ts';
import { fleetSection } from './schema-fleet.ts';
import { storeSection } from './schema-store.ts';
import { sandboxSection } from './schema-sandbox.ts';
import { releaseSection } from './schema-release.ts';
import { trafficSection } from './schema-traffic.ts';
import { durationMs, endpoint, timeLimit, map, region, text, whole } from './values.ts';

const limits = z
  .strictObject({
    boot: timeLimit.prefault('10m').describe('up: until every instance runs.'),
    healthy: timeLimit.prefault('5m').describe('Until every instance is healthy in a target group.'),
    released: timeLimit
      .prefault('1h')
      .describe('Until targets that were deregistered have drained: cleanup --wait, rolling, drain.'),
    proven: timeLimit
      .prefault('5m')
      .describe('promote, rollback: until production itself answers as `release.marker` says.'),
    deploy: timeLimit
      .prefault('30m')
      .describe('rolling and deploy: until a deploy of one batch, or the migrations, have ended.'),
  })
  .prefault({})
  .describe('How long to wait at most, as durations such as 90s, 10m or 1h30m. Beyond that a step has failed.');

const RATE = 'a whole number from 1 to 100';
const rate = whole(1, 100);
const rates = map(
  {
    ec2: rate.optional().describe('To EC2.'),
    elasticloadbalancing: rate.optional().describe('To Elastic Load Balancing.'),
    route53: rate.optional().describe('To Route 53, where AWS takes five a second from a whole account.'),
    opsworks: rate.optional().describe('To OpsWorks.'),
    ssm: rate.optional().describe('To Systems Manager.'),
    others: rate.optional().describe('To each service that is not named.'),
  },
  RATE,
);

const aws = z
  .strictObject({
    requestsPerSecond: z
      .union([rate, rates], { error: `${RATE}, or one for each service such as { route53: 2 }` })
      .optional()
      .describe(
        'Most reads a second, and as many changes, that one run sends to each service of AWS. Default: 5, and 2 to Route 53, which counts both together.',
      ),
    maxAttempts: whole(1, 20)
      .default(8)
      .describe('Most times that one request is sent when AWS throttles it or fails.'),
    settle: durationMs
      .prefault('10s')
      .describe(
        "How old AWS's answers may be. After a failure, and right after another run, a run lets this long pass since the last change before it takes anything away by what it reads.",
      ),
  })
  .prefault({})
  .describe('How gently AWS is asked; the quotas of an account are shared with all that runs in it.');

/** A config file. The output is what `resolve.ts` takes: durations in milliseconds, defaults filled in. */
export const schema = z
  .strictObject({
    environment: text(
      'a name such as shop (a to z, 0 to 9 and hyphens, at most 32)',
      /^[a-z][a-z0-9-]{0,31}$/,
    ).describe('Name of the environment: one production surface. It is the value of the tag turnout:environment.'),
    region: region.optional().describe("AWS region. Default: the SDK's own chain (AWS_REGION, the profile)."),
    profile: text('the name of a profile')
      .optional()
      .describe("Profile in your AWS config files. Default: the SDK's own chain."),
    endpoint: endpoint
      .optional()
      .describe('URL that all requests to AWS go to; for turnout sandbox and other stand-ins.'),
    fleet: fleetSection,
    traffic: trafficSection,
    release: releaseSection,
    deploy: deploySection.optional(),
    migrate: migrateSection.optional(),
    instanceCheck: instanceCheckSection.optional(),
    drainCheck: drainCheckSection.optional(),
    hooks: hooksSection.optional(),
    limits,
    aws,
    store: storeSection,
    sandbox: sandboxSection.optional(),
  })
  .describe('One environment of turnout.');

export type FileConfig = z.output<typeof schema>;
