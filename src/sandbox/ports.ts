import { once } from 'node:events';
import { createServer } from 'node:net';
import { OperatorError } from '../errors.ts';
import { ADMIN } from './api/admin.ts';
import { LOOPBACK } from './api/server.ts';
import type { SandboxPlan } from './options.ts';

/** Longer than a sandbox takes to name its pages. */
const REQUEST_TIMEOUT_MS = 1_000;

/** Makes sure that the ports on 127.0.0.1 can be had, before anything is started. Throws an `OperatorError` that says what to do. */
export async function checkPorts(plan: SandboxPlan): Promise<void> {
  for (const [key, port] of portsOf(plan)) {
    const error = await listenError(port);
    if (error) throw (await isSandbox(plan.port)) ? alreadyRunning(plan.port) : portTaken(key, port, error);
  }
}

/** The keys of the config that say so, and the ports. */
function portsOf({ port, productionPort, testPort, weighted }: SandboxPlan): readonly (readonly [string, number])[] {
  const own = [['sandbox.port', port]] as const;
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
  'For a second one, give it ports of its own: sandbox.port, sandbox.productionPort and sandbox.testPort.';

function alreadyRunning(port: number): OperatorError {
  return new OperatorError('sandbox-running', `A sandbox is running already, at http://${LOOPBACK}:${port}.`, {
    next: [`Use it, or end it with Ctrl-C where it was started.`, OTHER_PORTS],
  });
}

function portTaken(key: string, port: number, error: NodeJS.ErrnoException): OperatorError {
  const [why, next] =
    error.code === 'EADDRINUSE'
      ? ['another program listens there', 'End that program, or choose another port']
      : [error.message, 'Choose another port'];
  return new OperatorError('port-taken', `Port ${port} of ${LOOPBACK} (${key}) cannot be had: ${why}.`, {
    next: [`${next}: ${key} in the config file${key === 'sandbox.port' ? ', or --port' : ''}.`],
    cause: error,
  });
}
