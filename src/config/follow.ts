import { resolve } from 'node:path';
import * as z from 'zod';
import { OperatorError } from '../errors.ts';
import { loadFile, type Where } from './load.ts';
import type { Mistake } from './problem.ts';
import { readAs, type Read } from './read.ts';
import { bucketName, keyPrefix, run } from './schema-deploy.ts';
import { durationMs, endpoint, inMs, region, text, timeLimit, whole } from './values.ts';
import type { Env } from './variables.ts';

const absolute = (what: string) => text(`an absolute path such as ${what}`, /^\/\S*$/);

const checkSection = z
  .strictObject({
    url: text('a URL such as http://127.0.0.1:8080/version', /^https?:\/\/\S+$/).describe(
      'URL of the app on this instance; {release} is filled in.',
    ),
    contains: text('text').exactOptional().describe('Text that the response must contain, for example {release}.'),
    timeout: timeLimit.prefault('5s').describe('Timeout of one request.'),
    within: timeLimit.prefault('1m').describe('Time for the app to answer after its restart.'),
  })
  .transform(inMs('timeout', 'within'))
  .describe(
    'Asks the app which release it is: a release that does not answer in time is replaced by the one before. The response must have a status of 200 to 299.',
  );

/** The config file of `turnout follow`, on the instance. */
export const followSchema = z
  .strictObject({
    bucket: bucketName.describe('Bucket of the releases.'),
    prefix: keyPrefix.describe('Prefix of the keys in it; the same as `deploy.prefix`.'),
    instance: text('the id of an instance', /^[\w-]+$/)
      .exactOptional()
      .describe('Id of this instance. Default: as its metadata service says (IMDSv2).'),
    region: region.exactOptional().describe("AWS region of the bucket. Default: the SDK's default chain (AWS_REGION)."),
    endpoint: endpoint.exactOptional().describe('Endpoint URL of S3, for turnout sandbox and other emulators.'),
    folder: absolute('/opt/shop').describe(
      'Folder that turnout follow owns: `current` in it is the release that runs, a symbolic link to a folder of `releases`.',
    ),
    poll: durationMs
      .prefault('10s')
      .refine((ms) => ms >= 100, { error: 'a duration of at least 100ms' })
      .describe('Time between two looks at most; each one is up to a half earlier, by chance.'),
    keep: whole(1, 100)
      .default(3)
      .describe('Releases that stay on the disk, with the one that runs: the way back needs no download.'),
    publicKey: absolute('/etc/turnout/release.pub')
      .exactOptional()
      .describe(
        'File with an Ed25519 public key, in PEM or of minisign: a release that it did not sign is refused. Default: not checked.',
      ),
    restart: run.describe(
      'The program that makes the app run what is in `current`, and its arguments, without a shell. TURNOUT_RELEASE and TURNOUT_FOLDER are in its environment. It runs again after a crash, so it must be idempotent.',
    ),
    restartTimeout: timeLimit.prefault('1m').describe('Timeout of that program.'),
    check: checkSection,
  })
  .transform(inMs('poll', 'restartTimeout'));

export type FollowConfig = z.output<typeof followSchema>;

/** An app that does not say which release it is could be the one before. */
function followChecks(data: unknown): readonly Mistake[] {
  const { check } = (data ?? {}) as { readonly check?: { readonly url?: unknown; readonly contains?: unknown } };
  if (typeof check !== 'object' || check === null || check.url === undefined) return [];
  if ([check.url, check.contains].some((one) => String(one).includes('{release}'))) return [];
  const message = 'expected {release} in contains or url: otherwise the release before would pass, too';
  return [{ path: ['check'], message }];
}

const read = (name: string, source: string, env: Env): Read<FollowConfig> =>
  readAs({ schema: followSchema, crossChecks: followChecks }, name, source, env);

/**
 * Reads the file that `--config` or TURNOUT_CONFIG names.
 * @throws OperatorError `config-missing`, `config-unreadable`, or `config-invalid` with all mistakes of the file
 */
export function loadFollowConfig(where: Where): FollowConfig {
  const named = where.path ?? (where.env['TURNOUT_CONFIG'] || undefined);
  if (named !== undefined) return loadFile(resolve(where.cwd, named), where, read, 'follow.schema.json').data;
  throw new OperatorError('config-missing', 'No config file of `turnout follow` was named.', {
    next: ['Name it: `turnout follow --config /etc/turnout/follow.yml`; config/follow.yml is an example.'],
  });
}
