import { createElbv2, type EmulatedElbv2 } from './elbv2/index.ts';
import type { SandboxOptions } from './options.ts';
import { startSandboxWith, type SandboxWith } from './sandbox.ts';

export type { SandboxOptions };
export type Sandbox = SandboxWith<EmulatedElbv2>;

/** Starts the sandbox with its own load balancers. @throws OperatorError when it cannot be started; nothing is left running then */
export async function startSandbox(options: SandboxOptions): Promise<Sandbox> {
  return startSandboxWith(options, createElbv2);
}
