import type { StateValue } from '@aws-sdk/client-cloudwatch';
import { ApiError } from '../service.ts';

/** The state of a composite alarm: `ALARM("a") AND NOT (OK("b") OR TRUE)` (CloudWatch API, PutCompositeAlarm). */
export function compositeState(rule: string, stateOf: (name: string) => StateValue | undefined): StateValue {
  const words = rule.match(/\(|\)|"[^"]*"|[^\s()"]+/g) ?? [];
  let at = 0;
  const next = (): string => words[at++] ?? '';
  const isNext = (word: string): boolean => words[at]?.toUpperCase() === word && at++ >= 0;
  const either = (): boolean => {
    let value = both();
    while (isNext('OR')) value = both() || value;
    return value;
  };
  const both = (): boolean => {
    let value = one();
    while (isNext('AND')) value = one() && value;
    return value;
  };
  const one = (): boolean => {
    if (isNext('NOT')) return !one();
    if (isNext('TRUE')) return true;
    if (isNext('FALSE')) return false;
    const state = words[at] === '(' ? '' : next();
    if (next() !== '(') throw invalid(rule);
    const value = state === '' ? either() : stateOf(next().replaceAll('"', '')) === state.toUpperCase();
    if (next() !== ')') throw invalid(rule);
    return value;
  };
  const value = either();
  if (at < words.length) throw invalid(rule);
  return value ? 'ALARM' : 'OK';
}

function invalid(rule: string): ApiError {
  return new ApiError('ValidationError', `AlarmRule is not valid: ${rule}`);
}
