import * as z from 'zod';
import { durationMs, timeLimit, text, whole } from './values.ts';

const WORDS = 'a program and its arguments, word by word, such as [./deploy.sh, --fast]';

/** An argument vector: no shell is between. */
const run = z.array(text(WORDS, /^[\s\S]*$/), { error: WORDS }).min(1, { error: WORDS });

const VALUE = 'text, or a list of it';

/** Lists of text by name; one text is a list of one. */
const values = z.record(
  z.string(),
  z
    .union([z.string(), z.array(z.string())], { error: VALUE })
    .transform((value) => (typeof value === 'string' ? [value] : value)),
  { error: 'a map' },
);

const command = z.strictObject({
  kind: z
    .literal('command')
    .describe(
      'A program on this machine: Ansible, Capistrano, ssh, a script. It ends together with turnout, and is started again after a crash: it must be one that can be run twice.',
    ),
  run: run.describe(
    'The program and its arguments, word by word; no shell is between. {release}, {previous}, {environment}, {instance}, {address}, {zone}, {instances}, {addresses} and {zones} (the last three separated by commas) are filled in, and are in the environment as TURNOUT_RELEASE and so on.',
  ),
  per: z
    .enum(['instance', 'batch'], { error: 'instance or batch' })
    .default('instance')
    .describe('One program for each instance of a batch, at the same time, or one for the whole batch.'),
  killAfter: durationMs
    .prefault('10s')
    .describe('When its time is over: from SIGTERM to SIGKILL, which its whole process group gets.'),
});

const ssm = z.strictObject({
  kind: z
    .literal('ssm')
    .describe('Run Command of AWS Systems Manager. A command goes on when turnout ends, and is found again.'),
  document: text('the name of a document').describe('Name of the document that delivers, such as shop-deploy.'),
  parameters: values
    .default({ release: ['{release}'] })
    .describe(
      'Parameters of the document, text or lists of it. {release}, {previous}, {environment}, {deploy} and {migrate} (true or false) are filled in.',
    ),
  delivery: timeLimit
    .prefault('60s')
    .refine((ms) => ms >= 30_000, { error: 'a duration of at least 30s' })
    .describe('How long SSM may take to reach an instance, from 30s. The document says how long the command may take.'),
});

const opsworks = z.strictObject({
  kind: z
    .literal('opsworks')
    .describe('Deployments of AWS OpsWorks Stacks. One goes on when turnout ends, and is found again.'),
  stack: text('the name or the id of a stack')
    .optional()
    .describe('The OpsWorks stack, by its name or id. Default: that of the fleet.'),
  app: text('the short name of an app').optional().describe('Short name of the app. Default: that of the fleet.'),
  command: text('the name of a command, such as deploy', /^[a-z_]+$/)
    .default('deploy')
    .describe(
      'Command that delivers: deploy, execute_recipes and so on. migrate of deploy is true for one instance only.',
    ),
  args: values
    .default({})
    .describe(
      "Arguments of the command, text or lists of it, such as { recipes: ['shop::deploy'] }; filled in like parameters.",
    ),
  revision: text("a revision such as '{release}'")
    .default('{release}')
    .describe('Revision of the app, put into custom JSON as deploy.APP.scm.revision, with {release}.'),
});

const deployer = z.discriminatedUnion('kind', [command, ssm, opsworks]);

export const deploySection = deployer.describe('How code gets onto a running instance: for rolling and deploy.');

export const migrateSection = z
  .union([z.literal('with-deploy'), deployer], {
    error: 'with-deploy, or how migrations are run, such as { kind: command, run: [./migrate.sh] }',
  })
  .describe(
    'Migrations, once in a rollout and never on each instance: run by way of one instance before the first batch; or with-deploy, as part of the first deploy, where the deployer can do that. What AWS runs is found again after a crash; a program is run again if turnout was killed before its end was noted, so it must do nothing the second time.',
  );

const url = text('a URL such as http://{address}:8080/health', /^https?:\/\/\S+$/);

export const instanceCheckSection = z
  .strictObject({
    url: url.describe(
      'Where the instance itself is asked, not its load balancer; {address}, {instance} and {release} are filled in.',
    ),
    contains: text('text').optional().describe('What the answer must contain, such as {release}.'),
    timeout: timeLimit.prefault('5s').describe('How long one answer may take.'),
  })
  .describe(
    'Asked of each instance after a deploy, and before it gets traffic again: it must answer with a status of 200 to 299.',
  );

export const drainCheckSection = z
  .strictObject({
    url: url.describe(
      'Answers with a status of 200 to 299 when nothing is in flight on the instance, and another one otherwise.',
    ),
    after: durationMs
      .prefault('15s')
      .describe(
        'Not asked before: for so long a load balancer may still send new requests to a target that is draining.',
      ),
    timeout: timeLimit.prefault('5s').describe('How long one answer may take.'),
  })
  .describe(
    'Ends the draining of an instance as soon as nothing is in flight there, instead of after the deregistration delay.',
  );

const VERBS = ['adopt', 'up', 'promote', 'rollback', 'cleanup', 'rolling', 'deploy', 'drain', 'join'] as const;

const hook = z.strictObject({
  run: run.describe(
    'The program and its arguments, word by word; no shell is between. TURNOUT_HOOK, TURNOUT_VERB, TURNOUT_RELEASE, TURNOUT_RUN and so on are in its environment. It may call turnout, which then works under the same lease.',
  ),
  tasks: z
    .array(z.enum(VERBS, { error: `one of ${VERBS.join(', ')}` }))
    .min(1)
    .optional()
    .describe('Only for these tasks. Default: for all.'),
  limit: timeLimit
    .prefault('5m')
    .describe('Time that one attempt may take; then its process group gets SIGTERM, and SIGKILL 5 s later.'),
  retries: whole(0, 100).default(0).describe('How often it is tried again when it fails.'),
  onError: z
    .enum(['stop', 'warn'], { error: 'stop or warn' })
    .default('stop')
    .describe('What it means when all attempts have failed: the run stops there, or a warning is enough.'),
});

const hooksFor = (when: string) => z.array(hook).default([]).describe(when);

export const hooksSection = z
  .strictObject({
    beforeTask: hooksFor('Before the first step of a task. Nothing was changed when one fails.'),
    afterTask: hooksFor('After a task that has reached its end.'),
    beforeInstance: hooksFor('rolling and drain: before a batch leaves its target groups.'),
    afterInstance: hooksFor('rolling and join: once a batch is back and healthy.'),
    onFailure: hooksFor('After a task that has failed, whatever became of it.'),
    onRollback: hooksFor('Before production is moved back: by rollback, or by a task that undoes what it did.'),
  })
  .describe('Programs that are run on this machine around tasks. They may run again after a crash.');
