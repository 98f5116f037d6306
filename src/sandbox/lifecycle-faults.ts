import { z } from 'zod';
import { parseFault } from './api/faults.ts';
import type { FaultMaker } from './service.ts';

/** Lifecycle events of an instance that can be made to fail or to take longer; `deploy` is any command. */
const LIFECYCLE_EVENTS = ['start', 'setup', 'deploy', 'shutdown'] as const;
export type LifecycleEvent = (typeof LIFECYCLE_EVENTS)[number];

const lifecycleFault = z.looseObject({
  event: z.enum(LIFECYCLE_EVENTS),
  /** Id of the EC2 instance. Default: any instance. */
  instance: z.string().optional(),
  /** Whether the event fails; otherwise it takes `ms`. */
  fails: z.boolean().default(true),
  ms: z.number().nonnegative().optional(),
  /** Last line of its log. */
  says: z.string().optional(),
  /** Number of events. Default: all. */
  count: z.int().positive().optional(),
});

export interface LifecycleOutcome {
  readonly fails: boolean;
  /** Duration in milliseconds instead of the default. */
  readonly ms?: number | undefined;
  readonly says?: string | undefined;
}

/** The active lifecycle faults. */
export interface LifecycleFaults {
  /** The outcome of an event on an instance, which has an EC2 id once it was started. */
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
