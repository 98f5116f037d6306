import { z } from 'zod';
import { parse } from './api/faults.ts';
import type { FaultMaker } from './service.ts';

/** Events of an instance's life that can be made to fail or to take long; `deploy` is any command on it. */
const EVENTS = ['start', 'setup', 'deploy', 'shutdown'] as const;
export type Event = (typeof EVENTS)[number];

const wish = z.looseObject({
  event: z.enum(EVENTS),
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

export interface EventOutcome {
  readonly fails: boolean;
  /** Milliseconds that it takes instead of the usual. */
  readonly ms?: number | undefined;
  readonly says?: string | undefined;
}

/** How the next events will end. */
export interface Outcomes {
  /** Of an event on an instance, which has an EC2 id once it was started. */
  next(event: Event, instance: string | undefined): EventOutcome;
  readonly makers: Readonly<Record<string, FaultMaker>>;
}

export function createOutcomes(): Outcomes {
  const wishes = new Set<z.infer<typeof wish> & { left: number }>();
  return {
    next(event, instance) {
      const met = [...wishes].find((one) => one.event === event && one.instance === (one.instance && instance));
      if (met === undefined) return { fails: false };
      met.left -= 1;
      if (met.left === 0) wishes.delete(met);
      return met;
    },
    makers: {
      lifecycle: (spec) => {
        const wanted = parse(wish, spec);
        const entry = { ...wanted, left: wanted.count ?? Infinity };
        wishes.add(entry);
        return () => void wishes.delete(entry);
      },
    },
  };
}
