import { shellWord } from '../domain/shell.ts';
import type { StepByHand, ChangeRequest } from '../run/task/by-hand.ts';

/** Commands of the AWS CLI, version 2, to be pasted into a shell: one a line, comments in between. */

/** As the CLI calls a service, by the prefix of its IAM actions. */
const SERVICES: Readonly<Record<string, string>> = { elasticloadbalancing: 'elbv2' };

/** Options of every command, such as `--region eu-west-1`. */
export type GlobalOptions = Readonly<Record<string, string | undefined>>;

export function commandLines(steps: readonly StepByHand[], options: GlobalOptions): readonly string[] {
  const aws = awsWords(options);
  return steps.flatMap(({ title, requests, healthy }, index) => [
    `# ${index + 1}. ${title}`,
    ...requests.map((request) => [...aws, ...wordsOf(request)].join(' ')),
    ...healthy.map(({ arn, targets }) => {
      const list = targets.map(({ id, port }) => `Id=${id},Port=${port}`);
      return [...aws, 'elbv2 wait target-in-service --target-group-arn', shellWord(arn), '--targets', ...list].join(
        ' ',
      );
    }),
    requests.length > 0
      ? '#    Go on only if that ended without an error.'
      : '#    Go on only when it is so, and the command above, if any, ended without an error.',
  ]);
}

/** `aws` with those options, as the first words of a command. */
export function awsWords(options: GlobalOptions): readonly string[] {
  return ['aws', ...Object.entries(options).flatMap(([name, value]) => (value ? [`--${name}`, shellWord(value)] : []))];
}

function wordsOf({ operation, input }: ChangeRequest): readonly string[] {
  const [service = '', name = ''] = operation.split(':');
  const verb = name.replaceAll(/(?!^)[A-Z]/g, (letter) => `-${letter}`).toLowerCase();
  return [SERVICES[service] ?? service, verb, '--cli-input-json', shellWord(JSON.stringify(input))];
}
