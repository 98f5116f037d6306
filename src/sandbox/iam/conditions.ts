import { wildcard } from './wildcard.ts';
import { matchesArn } from './arns.ts';

/** The values of each condition key of a request; a key without values is absent. */
export type ConditionContext = Readonly<Record<string, readonly string[]>>;

type Compare = (wanted: string, given: string) => boolean;

const equals: Compare = (wanted, given) => wanted === given;
const equalsIgnoreCase: Compare = (wanted, given) => wanted.toLowerCase() === given.toLowerCase();
const like: Compare = (wanted, given) => wildcard(wanted)(given);

/** `isNegated`: true where none of the values matches, also for a key that is absent (IAM user guide, condition operators). */
interface Operator {
  readonly compare: Compare;
  readonly isNegated: boolean;
}

const plain = (compare: Compare): Operator => ({ compare, isNegated: false });
const negated = (compare: Compare): Operator => ({ compare, isNegated: true });

/** ArnEquals and ArnLike are the same (IAM user guide, ARN condition operators). */
const OPERATORS: Readonly<Record<string, Operator>> = {
  StringEquals: plain(equals),
  StringNotEquals: negated(equals),
  StringEqualsIgnoreCase: plain(equalsIgnoreCase),
  StringNotEqualsIgnoreCase: negated(equalsIgnoreCase),
  StringLike: plain(like),
  StringNotLike: negated(like),
  ArnEquals: plain(matchesArn),
  ArnLike: plain(matchesArn),
  ArnNotEquals: negated(matchesArn),
  ArnNotLike: negated(matchesArn),
  Bool: plain(equalsIgnoreCase),
};

interface Parsed extends Operator {
  readonly over: 'ForAllValues' | 'ForAnyValue' | undefined;
  readonly ifExists: boolean;
}

/** Of a name such as `ForAllValues:StringLikeIfExists`. */
function parsed(name: string): Parsed | undefined {
  const [, over, base = '', ifExists] = /^(?:(ForAllValues|ForAnyValue):)?(\w+?)(IfExists)?$/.exec(name) ?? [];
  const operator = Object.hasOwn(OPERATORS, base) ? OPERATORS[base] : undefined;
  return operator && { ...operator, over: over as Parsed['over'], ifExists: ifExists !== undefined };
}

export function isOperator(name: string): boolean {
  return name === 'Null' || parsed(name) !== undefined;
}

/** Whether a request has what one line of a `Condition` asks for. */
export function isMet(operator: string, key: string, wanted: readonly string[], context: ConditionContext): boolean {
  const given = valuesOf(context, key);
  // `true`: the key must be absent (IAM user guide, Null condition operator).
  if (operator === 'Null') return wanted.some((value) => (value.toLowerCase() === 'true') === (given.length === 0));
  const { over, ifExists, isNegated, compare } = parsed(operator)!;
  const holds = (value: string): boolean => wanted.some((one) => compare(one, value)) !== isNegated;
  if (over === 'ForAllValues') return given.every(holds);
  if (over === 'ForAnyValue') return given.some(holds);
  if (given.length === 0) return ifExists || isNegated;
  return isNegated ? given.every(holds) : given.some(holds);
}

/** Keys are compared without regard to case, those of tags included (IAM user guide, Condition). */
function valuesOf(context: ConditionContext, key: string): readonly string[] {
  const wanted = key.toLowerCase();
  return Object.entries(context).find(([name]) => name.toLowerCase() === wanted)?.[1] ?? [];
}
