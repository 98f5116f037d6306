import type { AlarmState, Judged } from '../domain/gates.ts';
import { inconclusive } from '../domain/verdicts.ts';

/** What a CloudWatch alarm says. One that was in ALARM before production moved is refused there. */
export function judgeAlarm({ name, state, why, isPartial }: AlarmState): Judged {
  if (state === 'not-found') return inconclusive(`there is no alarm ${name}`);
  if (state === 'ALARM') return { verdict: 'fail', why: `${name} is in ALARM: ${why}`, numbers: {} };
  if (state === 'INSUFFICIENT_DATA') return inconclusive(`${name} has insufficient data`);
  if (isPartial) return inconclusive(`${name} was evaluated on a part of its data`);
  return { verdict: 'pass', why: `${name} is OK`, numbers: {} };
}
