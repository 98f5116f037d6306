import type { Pool, Target, TargetState } from './snapshot.ts';

/** `3 instances`, `1 instance`. */
export function count(n: number, noun: string, plural = `${noun}s`): string {
  return `${n} ${n === 1 ? noun : plural}`;
}

/** Two units at most: `4 s`, `2 min 10 s`, `1 h 5 min`, `3 days`. */
export function duration(seconds: number): string {
  const s = Math.max(0, Math.round(seconds));
  if (s < 60) return s === 0 && seconds > 0 ? 'under 1 s' : `${s} s`;
  if (s < 3600) return pair(Math.floor(s / 60), 'min', s % 60, 's');
  if (s < 48 * 3600) return pair(Math.floor(s / 3600), 'h', Math.floor((s % 3600) / 60), 'min');
  return count(Math.floor(s / 86_400), 'day');
}

function pair(big: number, bigUnit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${big} ${bigUnit}` : `${big} ${bigUnit} ${small} ${smallUnit}`;
}

/** One unit, for ages: `12 s`, `3 min`, `5 h`, `2 days`. */
export function age(seconds: number): string {
  const s = Math.max(0, Math.floor(seconds));
  if (s < 60) return `${s} s`;
  if (s < 3600) return `${Math.floor(s / 60)} min`;
  if (s < 48 * 3600) return `${Math.floor(s / 3600)} h`;
  return count(Math.floor(s / 86_400), 'day');
}

/** `just now`, `12 min ago`. */
export function ago(seconds: number): string {
  return seconds < 2 ? 'just now' : `${age(seconds)} ago`;
}

/** `a`, `a and b`, `a, b and c`, or with more than `max` items `a, b and 12 more`. */
export function list(items: readonly string[], max = Infinity): string {
  const rest = items.length - max;
  if (rest > 0) return `${items.slice(0, max).join(', ')} and ${rest} more`;
  if (items.length < 2) return items.join('');
  return `${items.slice(0, -1).join(', ')} and ${items.at(-1)}`;
}

/** The sentences that apply: those with a false condition are left out. */
export function sentences(...some: readonly (string | false | undefined)[]): readonly string[] {
  return some.filter((one) => typeof one === 'string');
}

/** The longest form of `list` that fits into `width` columns; at least one item is named. */
export function listToFit(items: readonly string[], width: number): string {
  // More than `width / 3` items never fit, so that a fleet of thousands costs no more than a small one.
  for (let max = Math.min(items.length, Math.ceil(width / 3)); max > 1; max -= 1) {
    const text = list(items, max);
    if (text.length <= width) return text;
  }
  return list(items, 1);
}

/** UTC, as CloudTrail and load balancer logs have it: `02:10:31Z`. */
export function clockTime(ms: number): string {
  return `${new Date(ms).toISOString().slice(11, 19)}Z`;
}

/** UTC: `2026-11-22 02:10Z`. */
export function dateTime(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 16).replace('T', ' ')}Z`;
}

/**
 * What is the matter with a target, without ELB's code, by that code: `health checks answered 503`.
 * The reason codes are those of the ELBv2 API reference (TargetHealth, TargetHealthReasonEnum).
 */
const REASONS: Readonly<Record<string, (pool: Pool, description: string) => string>> = {
  'Elb.RegistrationInProgress': () => 'being registered',
  'Elb.InitialHealthChecking': ({ intervalS }) => `first health check within ${duration(intervalS)}`,
  'Elb.InternalError': () => 'the load balancer has an internal error',
  'Target.ResponseCodeMismatch': (_pool, description) =>
    `health checks answered ${/\[([^\]]+)\]/.exec(description)?.[1] ?? 'a wrong status'}`,
  'Target.Timeout': ({ timeoutS }) => `health checks got no answer within ${duration(timeoutS)}`,
  'Target.FailedHealthChecks': () => 'health checks could not connect, or the answer was malformed',
  'Target.NotRegistered': () => 'not registered',
  'Target.NotInUse': () => 'no listener forwards to this group, or its zone is not enabled for the load balancer',
  'Target.InvalidState': (_pool, description) =>
    `the instance is ${/in the (\S+) state/.exec(description)?.[1] ?? 'stopped or terminated'}`,
  'Target.IpUnusable': () => 'its address belongs to a load balancer',
  'Target.HealthCheckDisabled': () => 'health checks are off for this group',
  'Target.DeregistrationInProgress': ({ deregistrationDelayS }) => `at most ${duration(deregistrationDelayS)}`,
};

/** Of the states in which the reason says how long it takes, not what is wrong. */
const USUAL_REASONS: Readonly<Partial<Record<TargetState, string>>> = {
  initial: 'Elb.InitialHealthChecking',
  draining: 'Target.DeregistrationInProgress',
  'unhealthy.draining': 'Target.DeregistrationInProgress',
};

/**
 * A target's state and why, in words, with ELB's own code where something is wrong:
 * `initial, first health check within 5 s` · `unhealthy: health checks answered 503 (Target.ResponseCodeMismatch)`.
 */
export function targetWords({ state, reason = '', description }: Target, pool: Pool): string {
  const wordsOf = (code: string): string | undefined => REASONS[code]?.(pool, description ?? '');
  const why = wordsOf(reason) ?? description;
  const usual = USUAL_REASONS[state];
  if (usual !== undefined) return `${state}, ${why ?? wordsOf(usual)}`;
  const code = reason === '' ? '' : ` (${reason})`;
  return why === undefined ? `${state}${code}` : `${state}: ${why}${code}`;
}
