/** Times of the sandbox while promotes are measured, in milliseconds. */
export interface Times {
  readonly healthCheck: { readonly interval: number; readonly timeout: number };
  /** The wait for the first health check: in AWS it comes within one interval. */
  readonly registration: number;
  readonly deregistrationDelay: number;
}

/** AWS's smallest interval; twice that for fleets so large that the sandbox's one process would do little but check them. */
export function timesFor(size: number): Times {
  const healthCheck = size > 500 ? { interval: 10_000, timeout: 5000 } : { interval: 5000, timeout: 2000 };
  return { healthCheck, registration: 5000, deregistrationDelay: 1000 };
}

/** For what is between two measurements: booting, and putting the fleets back. */
export const QUICK = { boot: 100, registration: 0, propagation: 0, consistency: 0 };
