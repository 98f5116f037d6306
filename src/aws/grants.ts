import type { Config } from '../config/config.ts';

/** What a policy is made of. */

export interface Statement {
  readonly Sid: string;
  readonly Effect: 'Allow';
  readonly Action: readonly string[];
  readonly Resource: readonly string[];
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;
}

/**
 * `read`: `status`, and every task with --plan. `run`: all tasks except `adopt`. `adopt`: what `adopt` needs in addition, once. It is
 * separate because the ownership tags are what allows an instance to be terminated.
 */
export const USES = ['read', 'run', 'adopt'] as const;
export type Use = (typeof USES)[number];

/** A statement, and what it is for. */
export type Grant = Omit<Statement, 'Effect'> & { readonly use: Use };
export type Condition = NonNullable<Statement['Condition']>;

export const ANYTHING: readonly string[] = ['*'];

export function arn(config: Config, service: string, resource: string): string {
  return `arn:aws:${service}:${config.region ?? '*'}:${config.account ?? '*'}:${resource}`;
}

/** Instances that carry this environment's ownership tag. */
export function owned({ environment, fleet: { tagPrefix } }: Config, tag: 'ResourceTag' | 'RequestTag'): Condition {
  return { StringEquals: { [`aws:${tag}/${tagPrefix}:environment`]: environment } };
}

/** The instances of this environment. Those of OpsWorks have the name of their stack as a tag (OpsWorks user guide, "Tags"). */
export function ownInstances(config: Config): Condition {
  const { fleet } = config;
  if (fleet.kind !== 'opsworks') return owned(config, 'ResourceTag');
  const isId = /^[0-9a-f]{8}-[0-9a-f-]{27}$/.test(fleet.stack);
  return { StringLike: { 'aws:ResourceTag/opsworks:stack': isId ? '*' : fleet.stack } };
}

/** Only tags of ours; true for a request without any, hence `Null` (IAM user guide, ForAllValues). */
export function ownKeys({ fleet: { tagPrefix } }: Config): Condition {
  return { 'ForAllValues:StringLike': { 'aws:TagKeys': [`${tagPrefix}:*`] }, Null: { 'aws:TagKeys': 'false' } };
}
