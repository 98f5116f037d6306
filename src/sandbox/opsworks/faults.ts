import { z } from 'zod';
import { parse } from '../api/faults.ts';
import type { FaultMaker } from '../service.ts';

/** Events of an instance's life that can be made to fail or to take long. */
const EVENTS = ['start', 'setup', 'deploy', 'shutdown'] as const;
export type Event = (typeof EVENTS)[number];

const wish = z.looseObject({
  event: z.enum(EVENTS),
  /** Whether it fails; else it takes `ms`. */
  fails: z.boolean().default(true),
  ms: z.number().nonnegative().optional(),
  /** How many of them; all when absent. */
  count: z.int().positive().optional(),
});

export interface Outcome {
  readonly fails: boolean;
  /** Milliseconds that it takes instead of the usual. */
  readonly ms?: number | undefined;
}

/** How the next events will end. */
export interface Outcomes {
  next(event: Event): Outcome;
  readonly makers: Readonly<Record<string, FaultMaker>>;
}

export function createOutcomes(): Outcomes {
  const wishes = new Set<{ readonly event: Event; readonly outcome: Outcome; left: number }>();
  return {
    next(event) {
      const met = [...wishes].find((one) => one.event === event);
      if (met === undefined) return { fails: false };
      met.left -= 1;
      if (met.left === 0) wishes.delete(met);
      return met.outcome;
    },
    makers: {
      lifecycle: (spec) => {
        const { event, fails, ms, count } = parse(wish, spec);
        const entry = { event, outcome: { fails, ms }, left: count ?? Infinity };
        wishes.add(entry);
        return () => void wishes.delete(entry);
      },
    },
  };
}
