import { loadConfig } from '../config/load.ts';
import { startSandbox as start } from '../sandbox/index.ts';
import { exportsOf, sandboxOptionsOf } from './sandbox.ts';

// What other projects import as `turnout/sandbox`. Its types are given to them as they stand here: they name no others.

export interface LocalSandboxOptions {
  /** A config file with a `sandbox:` section, as `turnout sandbox --config` takes it. */
  readonly config: string;
  /** Port of the API; any free one by default. */
  readonly port?: number;
  /** Fills the variables of the config; `process.env` by default. */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

export interface LocalGroup {
  readonly name: string;
  readonly arn: string;
  /** Where clients reach it. */
  readonly url: string;
}

export interface LocalSandbox {
  /** URL of the API. */
  readonly endpoint: string;
  readonly region: string;
  readonly environment: string;
  /** Variables for the AWS SDK, the AWS CLI and turnout: endpoint, region, credentials, and TURNOUT_CONFIG. */
  readonly env: Readonly<Record<string, string>>;
  readonly production: readonly LocalGroup[];
  readonly test: readonly LocalGroup[];
  /** Its DNS server, `address:port`. */
  readonly dns: string;
  /** Starts a fault, as a POST to `/_turnout/faults` does; returns what ends it. */
  fault(spec: { readonly kind: string; readonly [key: string]: unknown }): () => void;
  /** Requests of clients to all load balancers since the start, or since `resetTraffic`. */
  traffic(): { readonly total: number; readonly failed: number };
  resetTraffic(): void;
  /** Stops it; nothing is left behind. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Starts the sandbox in this process, and resolves when its first servers serve production.
 * Rejects with an error that has a `code` and `next` (what to do): when the config is wrong, or a port is taken.
 */
async function startFromConfig(options: LocalSandboxOptions): Promise<LocalSandbox> {
  const { config: path, port = 0, env = process.env } = options;
  const config = loadConfig({ path, env, cwd: process.cwd() });
  const running = await start(sandboxOptionsOf(config, port));
  const { url: endpoint, region, environment, production, test, elbv2, faults } = running;
  const close = async (): Promise<void> => running.close();
  return {
    endpoint,
    region,
    environment,
    env: { ...exportsOf(running), TURNOUT_CONFIG: config.file },
    production: production.map(({ name, arn, url }) => ({ name, arn, url })),
    test: test.map(({ name, arn, url }) => ({ name, arn, url })),
    dns: running.dns.server,
    fault: (spec) => {
      const id = faults.add(spec);
      return () => void faults.remove(id);
    },
    traffic: () => {
      const { total, failed } = elbv2.traffic();
      return { total, failed };
    },
    resetTraffic: () => elbv2.resetTraffic(),
    close,
    [Symbol.asyncDispose]: close,
  };
}

export { startFromConfig as startSandbox };
