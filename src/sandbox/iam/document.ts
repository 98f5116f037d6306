import * as z from 'zod';
import { messageOf } from '../../errors.ts';
import { ApiError } from '../service.ts';
import { isOperator } from './conditions.ts';

/** Identity policies, as far as the sandbox evaluates them. Anything else is refused, since it would be ignored. */

export interface PolicyStatement {
  readonly Sid?: string | undefined;
  readonly Effect: 'Allow' | 'Deny';
  readonly Action: readonly string[];
  readonly Resource: readonly string[];
  /** By operator and key: the values. */
  readonly Condition: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;
}

export interface PolicyDocument {
  readonly Statement: readonly PolicyStatement[];
}

/** One or several; said of the one that is wrong. */
function list<T extends z.ZodType>(item: T) {
  return z.preprocess((given) => [given].flat(), z.array(item).min(1));
}

const action = z
  .string()
  .regex(/^(?:\*|[a-z0-9-]+:[A-Za-z0-9*?]+)$/, 'an action is `*`, or a service and a name: ec2:RunInstances');

/** Six parts, of which the last may have further colons (IAM user guide, ARNs). */
const resource = z
  .string()
  .regex(/^(?:\*|arn:[^:]+(?::[^:]*){3}:.+)$/s, 'a resource is `*`, or an ARN with all its parts')
  .refine((text) => !text.includes('${'), 'policy variables (`${...}`) are not evaluated here');

const conditionValue = z.union([z.string(), z.boolean(), z.number()]).transform(String);

const condition = z
  .record(z.string(), z.record(z.string(), list(conditionValue)))
  .refine((all) => Object.keys(all).every(isOperator), 'one of these condition operators is not evaluated here');

const statement = z.strictObject({
  Sid: z
    .string()
    .regex(/^[A-Za-z0-9]*$/, 'letters and digits only')
    .optional(),
  Effect: z.enum(['Allow', 'Deny']),
  Action: list(action),
  Resource: list(resource),
  Condition: condition.default({}),
});

const document = z.strictObject({
  Version: z.literal('2012-10-17', { error: "the version is '2012-10-17'" }),
  Id: z.string().optional(),
  Statement: list(statement),
});

/** Reads a policy. Throws `ApiError` `MalformedPolicyDocument` (IAM API, PutRolePolicy), with what is not valid or not evaluated. */
export function readPolicy(text: string): PolicyDocument {
  try {
    return document.parse(JSON.parse(text));
  } catch (error) {
    const what = error instanceof z.ZodError ? z.prettifyError(error) : messageOf(error);
    throw new ApiError('MalformedPolicyDocument', what);
  }
}
