import { startSandbox, type Sandbox, type SandboxOptions } from '../../src/sandbox/index.ts';

/** Times as short as they go: what is not about time does not wait. */
const QUICK: SandboxOptions = {
  port: 0,
  productionPort: 0,
  testPort: 0,
  environment: 'shop',
  boot: 0,
  shutdown: 0,
  setup: 0,
  deploy: 0,
  registration: 0,
  propagation: 0,
  deregistrationDelay: 200,
  healthCheck: { interval: 100, timeout: 90 },
  pageSize: 400,
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

// oxlint-disable-next-line typescript/no-explicit-any -- as above
export async function callElbv2(sandbox: Sandbox, operation: string, input: object): Promise<any> {
  return await sandbox.elbv2.operations[operation]?.(input);
}

// oxlint-disable-next-line typescript/no-explicit-any -- as above
export async function callOpsWorks(sandbox: Sandbox, operation: string, input: object): Promise<any> {
  return await sandbox.opsworks.operations[operation]?.(input);
}
