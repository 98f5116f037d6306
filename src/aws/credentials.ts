import { list } from '../domain/text.ts';
import { OperatorError } from '../errors.ts';

/** What the session and the SDK's clients share, so that one login, and one code of an MFA device, is enough for all of them. */
export interface Credentials {
  /** The SDK's provider of the first client. */
  provider?: unknown;
}

/** The credentials that a request is signed with, as the SDK has them. */
export interface Identity {
  readonly accessKeyId?: string;
  readonly expiration?: Date;
  /** The kinds of sources that they come from. */
  readonly $source?: Readonly<Record<string, string>>;
}

/** Roles of instances, containers and workloads: a new session is there before the old one ends (IAM user guide, roles). */
const RENEWED = [
  'CREDENTIALS_IMDS',
  'CREDENTIALS_HTTP',
  'CREDENTIALS_ENV_VARS_STS_WEB_ID_TOKEN',
  'CREDENTIALS_PROFILE_STS_WEB_ID_TOKEN',
];

export function renewsItself({ $source = {} }: Identity): boolean {
  return RENEWED.some((source) => source in $source);
}

/** Where credentials come from, by the SDK's names of sources: the first that is there. */
const SOURCES: readonly (readonly [source: RegExp, words: string])[] = [
  [/WEB_ID_TOKEN/, 'a web identity token'],
  [/IMDS/, 'the role of this instance'],
  [/HTTP/, 'the role of this container'],
  [/STS_ASSUME_ROLE/, 'an assumed role'],
  [/SSO/, 'an SSO session'],
  [/PROCESS/, 'a credential process'],
  [/ENV_VARS/, 'environment variables'],
  [/PROFILE/, 'a profile'],
];

/** `Key …MPLE, from environment variables`. */
export function credentialsText({ accessKeyId, $source = {} }: Identity): string | undefined {
  if (accessKeyId === undefined) return undefined;
  const names = Object.keys($source);
  const [, words] = SOURCES.find(([source]) => names.some((name) => source.test(name))) ?? [];
  return `Key …${accessKeyId.slice(-4)}${words === undefined ? '' : `, from ${words}`}`;
}

/** Asks for a code of an MFA device. */
export type MfaCode = (serial: string) => Promise<string>;

/**
 * The profile that is asked for must exist: the SDK would go on with the next source of credentials, such as the role of the
 * instance, which may be of another account.
 * @param configured `profile` of the config
 * @throws OperatorError `unknown-profile`, which names those that there are
 */
export async function checkProfile(configured: string | undefined): Promise<void> {
  const profile = configured ?? process.env['AWS_PROFILE'];
  if (!profile || profile === 'default') return;
  const { parseKnownFiles } = await import('@smithy/core/config');
  const known = Object.keys(await parseKnownFiles({})).filter((name) => !/^(sso-session|services)\./.test(name));
  if (known.includes(profile)) return;
  const from = configured === undefined ? 'AWS_PROFILE' : '`profile` in the config';
  const { AWS_CONFIG_FILE = '~/.aws/config', AWS_SHARED_CREDENTIALS_FILE = '~/.aws/credentials' } = process.env;
  const files = `${AWS_CONFIG_FILE} and ${AWS_SHARED_CREDENTIALS_FILE}`;
  const there = known.length === 0 ? 'There is none.' : `There are: ${list(known.toSorted(), 20)}.`;
  throw new OperatorError('unknown-profile', `There is no profile ${profile} (${from}) in ${files}. ${there}`, {
    next: [
      `Set ${from} to one of them, or add it: \`aws configure --profile ${profile}\`, \`aws configure sso --profile ${profile}\`.`,
    ],
  });
}

/** Where a profile is used, advice names it. */
export function withProfile(error: OperatorError, configured: string | undefined): OperatorError {
  const profile = configured ?? process.env['AWS_PROFILE'];
  if (!profile || !['no-credentials', 'bad-credentials'].includes(error.code)) return error;
  const { code, exitCode, transient, cause, message, next } = error;
  const from = configured === undefined ? 'AWS_PROFILE' : '`profile` in the config';
  const login = `The profile is ${profile} (${from}); with SSO: \`aws sso login --profile ${profile}\`.`;
  return new OperatorError(code, message, { exitCode, transient, cause, next: [...next, login] });
}

/** The answer where there is no terminal, or where no code was typed. @throws OperatorError `mfa-code` */
export async function noMfaCode(serial: string): Promise<never> {
  throw new OperatorError('mfa-code', `The profile needs a code of the MFA device ${serial}, and none was given.`, {
    next: [
      'Run it on a terminal, which asks for the code.',
      'Or get a session first: `eval "$(aws configure export-credentials --profile PROFILE --format env)"`, then unset AWS_PROFILE and leave `profile` out of the config.',
    ],
  });
}
