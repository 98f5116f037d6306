import type { Use } from '../aws/grants.ts';
import { instancesPolicy, policyFor, POLICY_MAX, splitPolicy, type Policy } from '../aws/policy.ts';
import type { Config } from '../config/config.ts';
import type { Verb } from '../domain/goal.ts';
import { OperatorError, type ExitCode } from '../errors.ts';
import { trustPolicy } from '../run/init/workflow.ts';
import type { Args } from './command.ts';
import { configOf } from './context.ts';
import { print } from './print.ts';

/** Prints the least IAM policy for the config, to be pasted. Asks nothing of AWS. */
export async function permissions(args: Args): Promise<ExitCode> {
  if (args['json'] === true)
    throw new OperatorError('usage', 'The policy is JSON already, in the form that IAM takes.', {
      next: ['Leave out --json.'],
    });
  const config = configOf(args);
  const repository = args['github'] as string | undefined;
  if (repository !== undefined) return print(textOf(trustFor(config, repository)));
  const use = useOf(args);
  const task = args['task'] as Verb | undefined;
  const forTasks = (): Policy => policyFor(config, task === 'adopt' ? 'adopt' : use, task);
  const policies = splitPolicy(args['instances'] === true ? ofInstances(config) : forTasks());
  const said =
    args['terraform'] === true
      ? policies.map(terraformOf).join('\n\n')
      : chosen(policies, args['part'] as number | undefined);
  for (const note of notes(config, use, policies)) process.stderr.write(`# ${note}\n`);
  return print(said);
}

/** One of several, or all of them, one after the other. */
function chosen(policies: readonly Policy[], part: number | undefined): string {
  if (part === undefined) return policies.map(textOf).join('\n');
  const policy = policies[part - 1];
  if (policy !== undefined) return textOf(policy);
  const next = [policies.length === 1 ? 'Leave out --part.' : `For example: --part ${policies.length}`];
  throw new OperatorError('usage', `--part takes a number from 1 to ${policies.length}; found "${part}".`, {
    next,
  });
}

function textOf(document: object): string {
  return JSON.stringify(document, undefined, 2);
}

/** Keys in quotes are valid there, and `${` would be read as a variable (Terraform language, strings and templates). */
function terraformOf(policy: Policy, index: number, { length }: readonly Policy[]): string {
  const name = `turnout${length > 1 ? `-${index + 1}` : ''}`;
  const json = textOf(policy).replaceAll('${', '$${').replaceAll('\n', '\n  ');
  return `resource "aws_iam_policy" "${name.replace('-', '_')}" {\n  name   = "${name}"\n  policy = jsonencode(${json})\n}`;
}

/** @throws OperatorError `usage` */
function trustFor({ account }: Config, repository: string): object {
  if (!/^[\w.-]+\/[\w.-]+$/.test(repository))
    throw new OperatorError('usage', `--github takes a repository; found "${repository}".`, {
      next: ['For example: --github acme/shop'],
    });
  if (account === undefined)
    throw new OperatorError('usage', 'The trust policy names the account, and the config has no `account`.', {
      next: ["Write it into the config, in quotes: account: '123456789012'."],
    });
  return trustPolicy(account, repository);
}

/** @throws OperatorError `usage` */
function ofInstances(config: Config): Policy {
  const policy = instancesPolicy(config);
  if (policy !== undefined) return policy;
  throw new OperatorError(
    'usage',
    'Instances need no permissions of turnout: the config has no `deploy: { kind: pull }`.',
    {
      next: ['Leave out --instances.'],
    },
  );
}

function useOf(args: Args): Use {
  if (args['readOnly'] === true && args['adopt'] === true)
    throw new OperatorError('usage', '--read-only and --adopt are two policies.', {
      next: ['Print one after the other.'],
    });
  if (args['readOnly'] === true) return 'read';
  return args['adopt'] === true ? 'adopt' : 'run';
}

/** What the text of the config cannot tell. */
function notes(config: Config, use: Use, policies: readonly Policy[]): readonly string[] {
  const { account, region } = config;
  const missing = [account === undefined ? '`account`' : '', region === undefined ? '`region`' : ''].filter(
    (one) => one !== '',
  );
  const passes = policies.some(({ Statement }) => Statement.some(({ Sid }) => Sid === 'PassRole'));
  return [
    ...(missing.length > 0 ? [`The config has no ${missing.join(' and no ')}: the policy allows any.`] : []),
    ...(passes
      ? ['PassRole: put the role of your instance profile in place of role/*, or leave the statement out.']
      : []),
    ...(use === 'adopt'
      ? [
          'For the day of `turnout adopt` and `turnout store create`, in addition to the other policy: detach it afterwards.',
        ]
      : []),
    ...(policies.length > 1
      ? [
          `A managed policy has at most ${POLICY_MAX} characters: these are ${policies.length} policies; attach all. --part 1 prints the first alone.`,
        ]
      : []),
  ];
}
