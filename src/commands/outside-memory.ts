import type { Clock } from '../clock.ts';
import type { Outside } from '../domain/traffic.ts';

/** What the config does not name changes rarely, and takes many requests to see. */
const LOOK_EVERY_MS = 60_000;

/** What was seen of it, for readings that come one after the other. */
export interface OutsideMemory {
  /** What is to be asked for: all of it, or what was seen a short while ago. */
  wanted(): 'some' | Outside;
  saw(outside: Outside): void;
  /** Seconds since it was asked for. */
  ageS(): number;
}

export function rememberOutside(clock: Pick<Clock, 'monotonic'>): OutsideMemory {
  let seen: { readonly outside: Outside; readonly at: number } | undefined;
  const ageMs = (): number => (seen === undefined ? 0 : clock.monotonic() - seen.at);
  return {
    wanted: () => (seen === undefined || ageMs() >= LOOK_EVERY_MS ? 'some' : seen.outside),
    saw: (outside) => {
      if (outside !== seen?.outside) seen = { outside, at: clock.monotonic() };
    },
    ageS: () => Math.round(ageMs() / 1000),
  };
}
