import { createElbv2, type Elbv2 } from './elbv2/index.ts';
import type { SandboxOptions } from './options.ts';
import { startSandbox as start, type Sandbox as AnySandbox } from './sandbox.ts';

export type { SandboxOptions };
export type Sandbox = AnySandbox<Elbv2>;

/** Starts the sandbox with its own load balancers. @throws OperatorError when it cannot be started; nothing is left running then */
export async function startSandbox(options: SandboxOptions): Promise<Sandbox> {
  return start(options, createElbv2);
}
