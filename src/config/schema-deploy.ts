import * as z from 'zod';
import type { Verb } from '../domain/goal.ts';
import { durationMs, inMs, listOf, timeLimit, text, whole } from './values.ts';

const WORDS = 'a list of a program and its arguments, such as [./deploy.sh, --fast]';

/** An argument vector, run without a shell. */
export const run = listOf(text(WORDS, /^[\s\S]*$/), WORDS, WORDS);

const VALUE = 'text, or a list of it';

/** Lists of text by name; a single text is a list of one. */
const values = z.record(
  z.string(),
  z
    .union([z.string(), z.array(z.string())], { error: VALUE })
    .transform((value) => (typeof value === 'string' ? [value] : value)),
  { error: 'a map' },
);

const command = z
  .strictObject({
    kind: z
      .literal('command')
      .describe(
        'A program on this machine, for example Ansible, Capistrano, ssh or a script. It ends when turnout ends and is started again after a crash, so it must be idempotent.',
      ),
    run: run.describe(
      'The program and its arguments, run without a shell. {release}, {previous}, {environment}, {instance}, {address}, {zone}, {instances}, {addresses} and {zones} (the last three comma-separated) are filled in, and are set in the environment as TURNOUT_RELEASE and so on.',
    ),
    per: z
      .enum(['instance', 'batch'], { error: 'instance or batch' })
      .default('instance')
      .describe('Run one program per instance of a batch, in parallel, or one per batch.'),
    killAfter: durationMs
      .prefault('10s')
      .describe('After a timeout: the time from SIGTERM to SIGKILL, which are sent to its process group.'),
  })
  .transform(({ killAfter: graceMs, ...rest }) => ({ ...rest, graceMs }));

const ssm = z
  .strictObject({
    kind: z.literal('ssm').describe('SSM Run Command. A command continues when turnout ends, and is found again.'),
    document: text('the name of a document').describe(
      'Name of the SSM document that deploys, for example shop-deploy.',
    ),
    parameters: values
      .default({ release: ['{release}'] })
      .describe(
        'Parameters of the document: text or lists of text. {release}, {previous}, {environment}, {deploy} and {migrate} (true or false) are filled in.',
      ),
    deliveryTimeout: timeLimit
      .prefault('60s')
      .refine((ms) => ms >= 30_000, { error: 'a duration of at least 30s' })
      .describe(
        'Timeout for SSM to reach an instance, at least 30s. The document limits how long the command may run.',
      ),
  })
  .transform(inMs('deliveryTimeout'));

const opsworks = z.strictObject({
  kind: z
    .literal('opsworks')
    .describe('OpsWorks deployments. A deployment continues when turnout ends, and is found again.'),
  stack: text('the name or the id of a stack')
    .exactOptional()
    .describe('Name or id of the OpsWorks stack. Default: that of the fleet.'),
  app: text('the short name of an app').exactOptional().describe('Short name of the app. Default: that of the fleet.'),
  command: text('the name of a command, such as deploy', /^[a-z_]+$/)
    .default('deploy')
    .describe(
      'OpsWorks command that deploys, for example deploy or execute_recipes. The argument migrate of deploy is true for one instance only.',
    ),
  args: values
    .default({})
    .describe(
      "Arguments of the command: text or lists of text, for example { recipes: ['shop::deploy'] }, with the same placeholders as parameters.",
    ),
  revision: text("a revision such as '{release}'")
    .default('{release}')
    .describe('Revision of the app, set in the custom JSON as deploy.APP.scm.revision, with {release}.'),
});

/** S3 user guide, "General purpose bucket naming rules". */
export const bucketName = text('the name of a bucket such as acme-releases', /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/);

export const keyPrefix = text(
  'a prefix such as shop or web/shop, without a slash at its ends',
  /^[A-Za-z0-9_.-]+(?:\/[A-Za-z0-9_.-]+)*$/,
);

const converge = z
  .strictObject({
    poll: timeLimit.prefault('10s').describe('Time until an instance looks: `poll` of its own config.'),
    download: timeLimit.prefault('1m').describe('Time to download a bundle and unpack it.'),
    restart: timeLimit
      .prefault('2m')
      .describe('Time to restart the app until it answers: `restartTimeout` and `check.within` of its own config.'),
  })
  .transform(inMs('poll', 'download', 'restart'))
  .prefault({})
  .describe(
    'How long an instance may take, of `rolling --wave`: one that has not changed after all of these times is late, and the wave stops.',
  );

const pull = z.strictObject({
  kind: z
    .literal('pull')
    .describe(
      'Instances fetch releases from a bucket by themselves (`turnout follow`), each when it is permitted to. A deploy continues when turnout ends, and is found again.',
    ),
  bucket: bucketName.describe('Name of the S3 bucket that `turnout publish` uploads releases to.'),
  prefix: keyPrefix.describe('Prefix of all keys in the bucket, for example the name of the environment.'),
  publicKey: text('the path of a file')
    .exactOptional()
    .describe(
      'File with the Ed25519 public key that the instances have (`publicKey` of their config), in PEM or of minisign: `publish` and `rolling` refuse a release that it did not sign, and `doctor` verifies the current one. Relative to this file.',
    ),
  converge,
});

const deployer = z.discriminatedUnion('kind', [command, ssm, opsworks]);

export const deploySection = z
  .discriminatedUnion('kind', [command, ssm, opsworks, pull])
  .describe('How rolling and deploy deploy to running instances.');

export const migrateSection = z
  .union([z.literal('with-deploy'), deployer], {
    error: 'with-deploy, or a deployer such as { kind: command, run: [./migrate.sh] }',
  })
  .describe(
    'Database migrations, run once per rollout on one instance before the first batch; or with-deploy, as part of the first deploy if the deployer supports it. Migrations that run in AWS are found again after a crash; a local program is run again if turnout was killed before its result was recorded, so it must be idempotent.',
  );

const url = text('a URL such as http://{address}:8080/health', /^https?:\/\/\S+$/);

export const instanceCheckSection = z
  .strictObject({
    url: url.describe(
      'URL on the instance itself, not on its load balancer; {address}, {instance} and {release} are filled in.',
    ),
    contains: text('text').exactOptional().describe('Text that the response must contain, for example {release}.'),
    timeout: timeLimit.prefault('5s').describe('Timeout of one request.'),
  })
  .transform(inMs('timeout'))
  .describe(
    'Check of each instance after a deploy and before it gets traffic again: the response must have a status of 200 to 299.',
  );

export const drainCheckSection = z
  .strictObject({
    url: url.describe(
      'URL that responds with a status of 200 to 299 when no request is in flight on the instance, and with another status otherwise.',
    ),
    after: durationMs
      .prefault('15s')
      .describe(
        'Delay before the first check, since a load balancer may still send new requests to a draining target for this long.',
      ),
    timeout: timeLimit.prefault('5s').describe('Timeout of one request.'),
  })
  .transform(inMs('after', 'timeout'))
  .describe(
    'Ends the draining of an instance as soon as it has no request in flight, instead of after the deregistration delay.',
  );

const EVERY_VERB: Readonly<Record<Verb, true>> = {
  adopt: true,
  up: true,
  promote: true,
  rollback: true,
  cleanup: true,
  rolling: true,
  deploy: true,
  drain: true,
  join: true,
};
const VERBS = Object.keys(EVERY_VERB) as Verb[];

const hook = z
  .strictObject({
    run: run.describe(
      'The program and its arguments, run without a shell. TURNOUT_HOOK, TURNOUT_VERB, TURNOUT_RELEASE, TURNOUT_RUN and so on are set in its environment. It may call turnout, which then uses the same lease.',
    ),
    tasks: z
      .array(z.enum(VERBS, { error: `one of ${VERBS.join(', ')}` }))
      .min(1)
      .exactOptional()
      .describe('Tasks that the hook applies to. Default: all.'),
    timeout: timeLimit
      .prefault('5m')
      .describe('Timeout of one attempt; then its process group gets SIGTERM, and SIGKILL 5 s later.'),
    retries: whole(0, 100).default(0).describe('Number of retries after a failure.'),
    onError: z
      .enum(['stop', 'warn'], { error: 'stop or warn' })
      .default('stop')
      .describe('What happens when all attempts have failed: the run stops, or continues with a warning.'),
  })
  .transform(inMs('timeout'));

const hooksFor = (when: string) => z.array(hook).default([]).describe(when);

export const hooksSection = z
  .strictObject({
    beforeTask: hooksFor('Before the first step of a task. If a hook fails, nothing is changed.'),
    afterTask: hooksFor('After a task that has succeeded.'),
    beforeInstance: hooksFor('rolling and drain: before a batch is deregistered.'),
    afterInstance: hooksFor('rolling and join: once a batch is registered and healthy again.'),
    onFailure: hooksFor('After a task that has failed.'),
    onRollback: hooksFor('Before production is moved back, by rollback or by a task that reverts its changes.'),
  })
  .prefault({})
  .describe('Programs that run on this machine before and after tasks. They may run again after a crash.');
