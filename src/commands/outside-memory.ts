import type { Clock } from '../clock.ts';
import type { PullState } from '../domain/following.ts';
import type { Snapshot } from '../domain/snapshot.ts';
import type { OperatorError } from '../errors.ts';
import type { Outside } from '../domain/traffic.ts';

/** What the config does not name changes rarely, and takes many requests to see. */
const LOOK_EVERY_MS = 60_000;

/** Programs are started for it, which connect to databases; and each instance is asked. */
const BESIDE_EVERY_MS = 10_000;

interface Beside extends Pick<Snapshot, 'freeze' | 'work' | 'wayBack'> {
  /** What the bucket of a pull deploy says, or why it could not be read. */
  readonly pull?: PullState | OperatorError;
}

/** What was seen of it, for readings that come one after the other. */
export interface OutsideMemory {
  /** What is to be asked for: all of it, or what was seen a short while ago. */
  wanted(): 'some' | Outside;
  saw(outside: Outside): void;
  /** Seconds since it was asked for. */
  ageS(): number;
  /** What programs of the operator and change calendars say: read again after 10 s, or as it was. */
  beside(read: () => Promise<Beside>): Promise<Beside>;
}

export function rememberOutside(clock: Pick<Clock, 'monotonic'>): OutsideMemory {
  let seen: { readonly outside: Outside; readonly at: number } | undefined;
  const ageMs = (): number => (seen === undefined ? 0 : clock.monotonic() - seen.at);
  let beside: { readonly said: Beside; readonly at: number } | undefined;
  return {
    beside: async (read) => {
      const now = clock.monotonic();
      if (beside === undefined || now - beside.at >= BESIDE_EVERY_MS) beside = { said: await read(), at: now };
      return beside.said;
    },
    wanted: () => (seen === undefined || ageMs() >= LOOK_EVERY_MS ? 'some' : seen.outside),
    saw: (outside) => {
      if (outside !== seen?.outside) seen = { outside, at: clock.monotonic() };
    },
    ageS: () => Math.round(ageMs() / 1000),
  };
}
