import { defined } from '../domain/defined.ts';
import { runToEnd, type ProgramTools } from '../programs/run-to-end.ts';
import type { WorkPort } from './work.ts';

export interface OwnerTools extends ProgramTools {
  /** What every program of a run gets in its environment. */
  readonly variables: () => Readonly<Record<string, string>>;
}

/** Whether work is under way is known to the operator's program alone: it ends with 0 once there is none of the release. */
export function idleByProgram(
  { idle, timeoutMs }: { readonly idle: readonly string[]; readonly timeoutMs: number },
  tools: OwnerTools,
  epoch: () => number | undefined,
): WorkPort['idle'] {
  return async (releases) => {
    const asked = releases.map(async (release) => {
      const own = defined({ TURNOUT_IDLE: release, TURNOUT_FENCE: epoch()?.toString() });
      const { ok } = await runToEnd(idle, timeoutMs, { ...tools.variables(), ...own }, tools);
      return ok ? [release] : [];
    });
    return (await Promise.all(asked)).flat();
  };
}
