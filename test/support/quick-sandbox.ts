import { startSandbox, type Sandbox, type SandboxOptions } from '../../src/sandbox/index.ts';

/** Times as short as they go: what is not about time does not wait. */
const QUICK: SandboxOptions = {
  port: 0,
  productionPort: 0,
  testPort: 0,
  environment: 'shop',
  boot: 0,
  shutdown: 0,
  registration: 0,
  propagation: 0,
  deregistrationDelay: 200,
  healthCheck: { interval: 100, timeout: 90 },
  pageSize: 1_000,
};

/** The sandbox for a test: on free ports, in an instant. */
export async function quickSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  return startSandbox({ ...QUICK, ...options });
}

/** Calls an operation in process: not in the log of requests. */
// oxlint-disable-next-line typescript/no-explicit-any -- outputs differ by operation; a wrong one fails the test
export async function callEc2(sandbox: Sandbox, operation: string, input: object): Promise<any> {
  return await sandbox.ec2.operations[operation]?.(input);
}

const READ = /^(Describe|Get|List)/;

/** Requests that reached the API and would change something, by name. */
export function changesIn(sandbox: Sandbox): readonly string[] {
  return sandbox.requests.all.map(({ operation }) => operation).filter((operation) => !READ.test(operation));
}
