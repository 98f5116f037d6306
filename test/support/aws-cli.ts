import { execFile, execFileSync } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import type { TestContext } from 'vitest';

const run = promisify(execFile);

/** The first `aws` of version 2 on the PATH; a shim of version 1 may sit before it. */
function findCli(): string | undefined {
  const folders = [...(process.env.PATH ?? '').split(path.delimiter), '/usr/bin'];
  return folders.map((folder) => path.join(folder, 'aws')).find((file) => versionOf(file)?.startsWith('aws-cli/2'));
}

function versionOf(file: string): string | undefined {
  try {
    return execFileSync(file, ['--version'], { stdio: ['ignore', 'pipe', 'ignore'] }).toString();
  } catch {
    return undefined;
  }
}

const cli = findCli();
const ABSENT = 'no test with the AWS CLI ran, as there is no version 2 of it; get it with: apt-get install awscli';
let told = false;

/** Skips a test where there is no CLI, and says so once; with TURNOUT_REQUIRE_ALL=1 that is a failure. */
export function needsCli(context: TestContext): void {
  if (cli !== undefined) return;
  if (process.env.TURNOUT_REQUIRE_ALL === '1') throw new Error(ABSENT);
  const note = told ? undefined : ABSENT;
  told = true;
  context.skip(note);
}

const ENVIRONMENT = {
  PATH: process.env.PATH,
  AWS_ACCESS_KEY_ID: 'sandbox',
  AWS_SECRET_ACCESS_KEY: 'sandbox',
  AWS_REGION: 'eu-west-1',
  AWS_CONFIG_FILE: '/dev/null',
  AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
  AWS_MAX_ATTEMPTS: '1',
  AWS_PAGER: '',
};

/** What a command answers, read from JSON. Rejects with the CLI's exit. */
// oxlint-disable-next-line typescript/no-explicit-any -- answers are read by their keys: a wrong one fails the test
export async function aws(url: string, ...words: string[]): Promise<any> {
  const { stdout } = await run(cli!, ['--endpoint-url', url, '--output', 'json', ...words], { env: ENVIRONMENT });
  return stdout === '' ? {} : JSON.parse(stdout);
}

/** What the CLI says when the sandbox refuses. */
export async function refusal(url: string, ...words: string[]): Promise<string> {
  return await aws(url, ...words).then(
    () => 'no refusal',
    (error: { stderr: string }) => error.stderr.trim(),
  );
}

/** Pastes a line into a shell in which `aws` is version 2 of the CLI. Rejects with its exit. */
export async function paste(line: string, env: Readonly<Record<string, string>>): Promise<void> {
  const PATH = [path.dirname(cli!), process.env.PATH].join(path.delimiter);
  await run('bash', ['-c', line], { env: { ...ENVIRONMENT, ...env, PATH } });
}
