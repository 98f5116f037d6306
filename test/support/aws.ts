import { Session, type SessionOptions } from '../../src/aws/session.ts';
import { systemClock } from '../../src/clock.ts';

/** Nothing of the machine that runs the tests may reach an AWS client: no profile, no role, no real account. */
export function withoutAws(env: NodeJS.ProcessEnv = process.env): void {
  for (const name of Object.keys(env)) if (name.startsWith('AWS_')) delete env[name];
  env['AWS_CONFIG_FILE'] = '/dev/null';
  env['AWS_SHARED_CREDENTIALS_FILE'] = '/dev/null';
  env['AWS_EC2_METADATA_DISABLED'] = 'true';
}

/** The environment that the sandbox tells people to set. */
function withSandboxKeys(env: NodeJS.ProcessEnv = process.env): void {
  withoutAws(env);
  env['AWS_ACCESS_KEY_ID'] = 'sandbox';
  env['AWS_SECRET_ACCESS_KEY'] = 'sandbox';
}

/** A program's connection to what listens at `endpoint`. */
export function openSession(endpoint: string, options: Partial<SessionOptions> = {}): Session {
  withSandboxKeys();
  return new Session({
    region: 'eu-west-1',
    endpoint,
    maxAttempts: 4,
    requestsPerSecond: 1_000,
    version: '0.0.0',
    run: 'test',
    clock: systemClock,
    changes: 'once',
    beforeChange: async () => {},
    onThrottled: () => {},
    ...options,
  });
}
