import { once } from 'node:events';
import { createServer } from 'node:net';
import { OperatorError } from '../errors.ts';
import { ADMIN } from './api/admin.ts';
import { LOOPBACK } from './api/server.ts';
import type { SandboxPlan } from './options.ts';

/** More than a sandbox needs to list its pages. */
const REQUEST_TIMEOUT_MS = 1_000;

/** Checks that the ports on 127.0.0.1 are free, before anything is started. @throws OperatorError with the next steps */
export async function checkPorts(plan: SandboxPlan): Promise<void> {
  for (const [key, port] of portsOf(plan)) {
    const error = await listenError(port);
    if (error) throw (await isSandbox(plan.port)) ? alreadyRunning(plan.port) : portTaken(key, port, error);
  }
}

/** The ports and the config keys that set them. */
function portsOf({
  port,
  productionPort,
  testPort,
  weighted,
  empty,
}: SandboxPlan): readonly (readonly [string, number])[] {
  const own = [['sandbox.port', port]] as const;
  if (empty) return own;
  if (weighted === undefined)
    return [...own, ['sandbox.productionPort', productionPort], ['sandbox.testPort', testPort]];
  const routes = (['production', 'test'] as const).flatMap((role) =>
    weighted[role].map((route, index) => [`traffic.${role}[${index}].port`, route.port] as const),
  );
  return [...own, ...routes];
}

async function listenError(port: number): Promise<NodeJS.ErrnoException | undefined> {
  const server = createServer().listen(port, LOOPBACK);
  try {
    await once(server, 'listening');
    server.close();
    await once(server, 'close');
    return undefined;
  } catch (error) {
    return error as NodeJS.ErrnoException;
  }
}

async function isSandbox(port: number): Promise<boolean> {
  try {
    const response = await fetch(`http://${LOOPBACK}:${port}${ADMIN}`, {
      signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
    });
    const { pages } = (await response.json()) as { pages?: unknown };
    return Array.isArray(pages);
  } catch {
    return false;
  }
}

const OTHER_PORTS =
  'To run a second one, set different ports: sandbox.port, sandbox.productionPort and sandbox.testPort.';

function alreadyRunning(port: number): OperatorError {
  return new OperatorError('sandbox-running', `A sandbox is already running at http://${LOOPBACK}:${port}.`, {
    next: ['Use it, or stop it with Ctrl-C in the terminal where it was started.', OTHER_PORTS],
  });
}

function portTaken(key: string, port: number, error: NodeJS.ErrnoException): OperatorError {
  const [why, next] =
    error.code === 'EADDRINUSE'
      ? ['another program listens on it', 'Stop that program, or choose another port']
      : [error.message, 'Choose another port'];
  return new OperatorError('port-taken', `Port ${port} of ${LOOPBACK} (${key}) is not available: ${why}.`, {
    next: [`${next}: ${key} in the config file${key === 'sandbox.port' ? ', or --port' : ''}.`],
    cause: error,
  });
}
