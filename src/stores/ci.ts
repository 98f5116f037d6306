import type { Config } from '../config/config.ts';
import { OperatorError } from '../errors.ts';

/** Each is set by one or several CI services, as they document. */
const VARIABLES = [
  'CI',
  'GITHUB_ACTIONS',
  'GITLAB_CI',
  'BUILDKITE',
  'JENKINS_URL',
  'TEAMCITY_VERSION',
  'TF_BUILD',
  'CODEBUILD_BUILD_ID',
];

/**
 * A file is a store for one machine, and each job of a CI service may have a disk of its own: then each has a lease of its own, and
 * what a job leaves unfinished is gone with its disk. Undefined where that is not so.
 */
export function ciProblem(
  { store, file }: Pick<Config, 'store' | 'file'>,
  env: Readonly<Record<string, string | undefined>>,
): OperatorError | undefined {
  if (store.kind !== 'file' || store.inCi) return undefined;
  const variable = VARIABLES.find((name) => !['', '0', 'false'].includes(env[name] ?? ''));
  if (variable === undefined) return undefined;
  const message = `This runs in CI (${variable} is set), and the store is the file ${store.path}: a job with a disk of its own has a lease of its own, so two jobs could change the environment at once.`;
  return new OperatorError('store-file-in-ci', message, {
    next: [
      'Use a store that all jobs reach: `store: { kind: dynamodb }` or `store: { kind: redis, url: ... }` in the config.',
      `If all jobs run on one machine and keep that file, say so in ${file}: \`store: { kind: file, inCi: true }\`.`,
    ],
  });
}
