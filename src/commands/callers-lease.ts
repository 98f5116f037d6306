/** Environment variable of the programs that turnout runs: the lease that a turnout run by them inherits. */
export const LEASE = 'TURNOUT_LEASE';

/** `RUN:FENCE` of the run whose program started this process; undefined if none did. */
export function callersLease(): string | undefined {
  return process.env[LEASE] || undefined;
}
