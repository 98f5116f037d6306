import type { Use } from '../aws/grants.ts';
import { POLICY_MAX, policyFor, type Policy } from '../aws/policy.ts';
import type { Config } from '../config/config.ts';
import { OperatorError, type ExitCode } from '../errors.ts';
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
  const use = useOf(args);
  const policy = policyFor(config, use);
  for (const note of notes(config, use, policy)) process.stderr.write(`# ${note}\n`);
  return print(JSON.stringify(policy, undefined, 2));
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
function notes(config: Config, use: Use, policy: Policy): readonly string[] {
  const { account, region } = config;
  const missing = [account === undefined ? '`account`' : '', region === undefined ? '`region`' : ''].filter(
    (one) => one !== '',
  );
  const isLong = JSON.stringify(policy).length > POLICY_MAX;
  const passes = policy.Statement.some(({ Sid }) => Sid === 'PassRole');
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
    ...(isLong
      ? [`Longer than the ${POLICY_MAX} characters of a managed policy: attach the statements as two policies.`]
      : []),
  ];
}
