import { policyFor } from '../../aws/policy.ts';
import type { DryRun } from '../../aws/dry-run.ts';
import type { Config } from '../../config/config.ts';
import { list } from '../../domain/text.ts';
import { OperatorError } from '../../errors.ts';
import { about, type Finding } from './finding.ts';

/** What these credentials may do. Pure. */

const ADOPT = 'For the day of `turnout adopt`, attach what `turnout permissions --adopt` prints as well.';

/** Its own writes and reads have shown it, or a dry run of RunInstances does. */
const ELSEWHERE = /^(?:dynamodb|iam):/;

/** What IAM has said of those. */
export interface Simulated {
  readonly allowed: readonly string[];
  /** Of resources that exist. */
  readonly denied: readonly { readonly action: string; readonly resource: string }[];
}

/** The actions of the tasks that no dry run has answered for. */
export function actionsLeft(config: Config, asked: readonly DryRun[]): readonly string[] {
  const answered = new Set(asked.flatMap(({ operation, outcome }) => (outcome === 'not-asked' ? [] : operation)));
  const actions = (use: 'read' | 'run') => policyFor(config, use).Statement.flatMap(({ Action }) => Action);
  const read = new Set(actions('read'));
  const rest = actions('run').filter((one) => !read.has(one) && !answered.has(one) && !ELSEWHERE.test(one));
  return [...new Set(rest)];
}

function simulatedFindings({ allowed, denied }: Simulated): readonly Finding[] {
  const { ok, failed } = about('permissions');
  return [
    ...(allowed.length === 0 ? [] : [ok(`Allowed, by IAM's simulation: ${list(allowed, 20)}.`)]),
    ...denied.map(({ action, resource }) =>
      failed({
        code: 'access-denied',
        message: `IAM's simulation denies ${action}${resource === '*' ? '' : ` on ${resource}`}.`,
        next: [`Allow \`${action}\` in the IAM policy of these credentials; \`turnout permissions\` prints it.`],
      }),
    ),
  ];
}

/**
 * @param asked what EC2 has answered to dry runs of the very requests that tasks send
 * @param simulated what IAM has said of the others; an error where it may not be asked
 * @param isAdopted whether what serves has the ownership tags, which `adopt` is to put on it otherwise
 */
export function permissionFindings(
  config: Config,
  asked: readonly DryRun[],
  isAdopted: boolean,
  simulated: Simulated | OperatorError = { allowed: [], denied: [] },
): readonly Finding[] {
  const { ok, failed, notChecked } = about('permissions');
  const allowed = asked.filter(({ outcome }) => outcome === 'allowed').map(({ operation }) => operation);
  // Each zone has a launch of its own, and all may be refused for the same.
  const denied = [
    ...new Map(
      asked.flatMap(({ outcome }) => (outcome instanceof OperatorError ? [[outcome.message, outcome]] : [])),
    ).values(),
  ];
  const ignored = asked.filter(({ outcome }) => outcome === 'ignored').map(({ operation }) => operation);
  const known = simulated instanceof OperatorError ? { allowed: [], denied: [] } : simulated;
  const said = new Set([...known.allowed, ...known.denied.map(({ action }) => action)]);
  const rest = actionsLeft(config, asked).filter((action) => !said.has(action));
  const [why, ...advice] = simulated instanceof OperatorError ? [` ${simulated.message}`, ...simulated.next] : [''];
  return [
    ...(allowed.length === 0 ? [] : [ok(`Allowed, by EC2's dry runs: ${list([...new Set(allowed)])}.`)]),
    ...denied.map(({ code, message, next }) => failed({ code, message, next: isAdopted ? next : [ADOPT, ...next] })),
    ...simulatedFindings(known),
    ...(ignored.length === 0
      ? []
      : [
          notChecked(
            `The endpoint has carried out ${list([...new Set(ignored)])} though it was a dry run; nothing further was tried.`,
            'Use `turnout sandbox` or AWS: this emulator has no dry runs.',
          ),
        ]),
    ...(rest.length === 0
      ? []
      : [
          notChecked(
            `A dry run cannot check whether these are allowed: ${list(rest, 6)}.${why}`,
            ...advice,
            'Compare the policy of these credentials with what `turnout permissions` prints.',
          ),
        ]),
  ];
}
