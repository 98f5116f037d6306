/** Times of the sandbox during the measurement of promotes, in milliseconds. */
export interface Times {
  readonly healthCheck: { readonly interval: number; readonly timeout: number };
  /** Time until the first health check; on AWS up to one interval. */
  readonly registration: number;
  readonly deregistrationDelay: number;
}

/** AWS's minimum interval; twice that for large fleets, whose checks would keep the sandbox's process busy. */
export function timesFor(size: number): Times {
  const healthCheck = size > 500 ? { interval: 10_000, timeout: 5000 } : { interval: 5000, timeout: 2000 };
  return { healthCheck, registration: 5000, deregistrationDelay: 1000 };
}

/** AWS as it is seen from afar: its throttling, its shortest health check, and a registration that takes some seconds. */
export const DISTANCE = {
  latency: 80,
  throttle: 'aws',
  healthCheck: { interval: 5000, timeout: 2000 },
  registration: 3000,
  propagation: 300,
  deregistrationDelay: 5000,
} as const;

/** Times between measurements, while instances boot and fleets are restored. */
export const QUICK = { boot: 100, registration: 0, propagation: 0, consistency: 0 };
