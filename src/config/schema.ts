import * as z from 'zod';
import {
  deploySection,
  drainCheckSection,
  hooksSection,
  instanceCheckSection,
  migrateSection,
} from './schema-deploy.ts';
import { checksSection } from './schema-checks.ts';
import { approvalSection } from './schema-approval.ts';
import { bakeSection, gatesSection } from './schema-gates.ts';
import { fleetSection } from './schema-fleet.ts';
import { freezeSection } from './schema-freeze.ts';
import { notifySection } from './schema-notify.ts';
import { schemaSection } from './schema-schema.ts';
import { storeSection } from './schema-store.ts';
import { sandboxSection } from './schema-sandbox.ts';
import { previewSection } from './schema-preview.ts';
import { ownerSection } from './schema-owner.ts';
import { releaseSection } from './schema-release.ts';
import { trafficSection } from './schema-traffic.ts';
import { durationMs, endpoint, inMs, timeLimit, map, region, text, whole } from './values.ts';

const timeouts = z
  .strictObject({
    boot: timeLimit.prefault('10m').describe('up: until every instance is running.'),
    healthy: timeLimit.prefault('5m').describe('Until every instance is healthy in a target group.'),
    drained: timeLimit
      .prefault('1h')
      .describe('cleanup --wait, rolling, drain: until deregistered targets have drained.'),
    proven: timeLimit
      .prefault('5m')
      .describe('promote, rollback: until responses of production prove the release (`release.marker`).'),
    warm: timeLimit.prefault('5m').describe('up, promote: until green has passed its `checks`.'),
    dns: timeLimit
      .prefault('10m')
      .describe('Weighted DNS: until Route 53, and then the name servers, show a change of records.'),
    idle: timeLimit
      .prefault('5m')
      .describe('promote, rollback: until no work of the other side is under way (`owner`).'),
    deploy: timeLimit
      .prefault('30m')
      .describe('rolling, deploy: until the deploy of a batch or the migrations have ended.'),
  })
  .transform(({ drained, ...rest }) =>
    inMs('boot', 'healthy', 'released', 'proven', 'warm', 'dns', 'idle', 'deploy')({ ...rest, released: drained }),
  )
  .prefault({})
  .describe('Timeouts of steps, as durations such as 90s, 10m or 1h30m. A step that takes longer fails.');

const RATE = 'a whole number from 1 to 100';
const rate = whole(1, 100);
const rates = map(
  {
    ec2: rate.exactOptional().describe('Requests to EC2.'),
    elasticloadbalancing: rate.exactOptional().describe('Requests to Elastic Load Balancing.'),
    route53: rate.exactOptional().describe('Requests to Route 53, which allows five per second for a whole account.'),
    opsworks: rate.exactOptional().describe('Requests to OpsWorks.'),
    s3: whole(1, 1000).exactOptional().describe('Requests to S3, for pull deploys.'),
    ssm: rate.exactOptional().describe('Requests to Systems Manager.'),
    others: rate.exactOptional().describe('Requests to each other service.'),
  },
  RATE,
);

/**
 * Route 53 allows five requests a second per account (Route 53 developer guide, quotas), the other services far more, and S3 thousands: its
 * objects are read one by one, two for each instance of a pull deploy.
 */
const RATES = { others: 5, route53: 2, s3: 500 };

/** By service; `others` applies to the rest. One number is for what the programs of an account share, which S3's quota is not. */
function ratesOf(given: number | z.output<typeof rates> = {}): Record<string, number> & { others: number } {
  return typeof given === 'number' ? { others: given, s3: RATES.s3 } : { ...RATES, ...given };
}

const aws = z
  .strictObject({
    requestsPerSecond: z
      .union([rate, rates], { error: `${RATE}, or one for each service such as { route53: 2 }` })
      .exactOptional()
      .describe(
        'Maximum reads per second, and separately changes per second, of one run for each AWS service. Default: 5, for S3 500, and for Route 53 2 for reads and changes together. One number is for all but S3.',
      ),
    maxAttempts: whole(1, 20).default(8).describe('Maximum attempts of a request that AWS throttles or that fails.'),
    consistencyDelay: durationMs
      .prefault('10s')
      .describe(
        "Maximum age of what AWS's eventually consistent responses show. After a failure, and right after another run, a run waits until this time has passed since the last change before it relies on a response to remove anything.",
      ),
  })
  .transform(({ requestsPerSecond: given, consistencyDelay: consistencyDelayMs, maxAttempts }) => ({
    requestsPerSecond: ratesOf(given),
    maxAttempts,
    consistencyDelayMs,
  }))
  .prefault({})
  .describe('Rate and retries of requests to AWS, whose quotas are shared by everything in an account.');

/** A config file. The output has durations in milliseconds and defaults filled in; `resolve.ts` converts it. */
export const schema = z
  .strictObject({
    environment: text(
      'a name such as shop (a to z, 0 to 9 and hyphens, at most 32)',
      /^[a-z][a-z0-9-]{0,31}$/,
    ).describe('Name of the environment: one production surface. Value of the tag turnout:environment.'),
    account: text("an account's id in quotes, such as '123456789012'", /^\d{12}$/)
      .exactOptional()
      .describe(
        'Id of the AWS account, in quotes. When the target groups are in another account, every command is refused. Default: not checked.',
      ),
    region: region.exactOptional().describe("AWS region. Default: the SDK's default chain (AWS_REGION, the profile)."),
    profile: text('the name of a profile')
      .exactOptional()
      .describe("Profile in your AWS config files. Default: the SDK's default chain."),
    endpoint: endpoint
      .exactOptional()
      .describe('Endpoint URL of all AWS services, for turnout sandbox and other emulators.'),
    fleet: fleetSection,
    traffic: trafficSection,
    release: releaseSection,
    checks: checksSection.exactOptional(),
    gates: gatesSection.exactOptional(),
    bake: bakeSection,
    deploy: deploySection.exactOptional(),
    migrate: migrateSection.exactOptional(),
    instanceCheck: instanceCheckSection.exactOptional(),
    drainCheck: drainCheckSection.exactOptional(),
    hooks: hooksSection,
    freeze: freezeSection.exactOptional(),
    approval: approvalSection.exactOptional(),
    notify: notifySection.exactOptional(),
    preview: previewSection.exactOptional(),
    owner: ownerSection.exactOptional(),
    schema: schemaSection.exactOptional(),
    timeouts,
    aws,
    store: storeSection,
    sandbox: sandboxSection.exactOptional(),
  })
  .describe('Configuration of an environment of turnout.');

export type FileConfig = z.output<typeof schema>;
