import { z } from 'zod';
import { parseFault } from './api/faults.ts';
import type { FaultMaker } from './service.ts';

/** Events of an instance's life that can be made to fail or to take long; `deploy` is any command on it. */
const LIFECYCLE_EVENTS = ['start', 'setup', 'deploy', 'shutdown'] as const;
export type LifecycleEvent = (typeof LIFECYCLE_EVENTS)[number];

const lifecycleFault = z.looseObject({
  event: z.enum(LIFECYCLE_EVENTS),
  /** Id of the EC2 instance; any of them when absent. */
  instance: z.string().optional(),
  /** Whether it fails; else it takes `ms`. */
  fails: z.boolean().default(true),
  ms: z.number().nonnegative().optional(),
  /** What it writes last. */
  says: z.string().optional(),
  /** How many of them; all when absent. */
  count: z.int().positive().optional(),
});

export interface LifecycleOutcome {
  readonly fails: boolean;
  /** Milliseconds that it takes instead of the usual. */
  readonly ms?: number | undefined;
  readonly says?: string | undefined;
}

/** How the next events will end. */
export interface LifecycleFaults {
  /** Of an event on an instance, which has an EC2 id once it was started. */
  next(event: LifecycleEvent, instance: string | undefined): LifecycleOutcome;
  readonly makers: Readonly<Record<string, FaultMaker>>;
}

export function createLifecycleFaults(): LifecycleFaults {
  const active = new Set<z.infer<typeof lifecycleFault> & { left: number }>();
  return {
    next(event, instance) {
      const matching = [...active].find((one) => one.event === event && one.instance === (one.instance && instance));
      if (matching === undefined) return { fails: false };
      matching.left -= 1;
      if (matching.left === 0) active.delete(matching);
      return matching;
    },
    makers: {
      lifecycle: (spec) => {
        const fault = parseFault(lifecycleFault, spec);
        const entry = { ...fault, left: fault.count ?? Infinity };
        active.add(entry);
        return () => void active.delete(entry);
      },
    },
  };
}
