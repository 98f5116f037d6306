import type { Clock } from '../../clock.ts';

/** A token bucket: its size, and its refill rate. */
export interface Bucket {
  readonly burst: number;
  readonly perSecond: number;
}

interface ThrottleRule extends Bucket {
  readonly name: string;
  readonly service: string;
  readonly operations: RegExp;
}

/**
 * The first rule that matches applies. The limits of ELB reads are documented; for the sources of the others see
 * src/sandbox/BEHAVIOUR.md, "API".
 */
export const THROTTLE_RULES: readonly ThrottleRule[] = [
  { name: 'elbv2-reads', service: 'elbv2', operations: /^Describe/, burst: 40, perSecond: 10 },
  { name: 'elbv2-targets', service: 'elbv2', operations: /^(Register|Deregister)/, burst: 20, perSecond: 5 },
  { name: 'elbv2-changes', service: 'elbv2', operations: /./, burst: 20, perSecond: 5 },
  { name: 'ec2-run', service: 'ec2', operations: /^RunInstances$/, burst: 5, perSecond: 2 },
  { name: 'ec2-terminate', service: 'ec2', operations: /^TerminateInstances$/, burst: 100, perSecond: 5 },
  { name: 'ec2-reads', service: 'ec2', operations: /^(Describe|Get)/, burst: 100, perSecond: 20 },
  { name: 'ec2-changes', service: 'ec2', operations: /./, burst: 50, perSecond: 5 },
  { name: 'route53', service: 'route53', operations: /./, burst: 5, perSecond: 5 },
  { name: 'opsworks', service: 'opsworks', operations: /./, burst: 20, perSecond: 5 },
  { name: 's3', service: 's3', operations: /./, burst: 3500, perSecond: 3500 },
  { name: 'ssm', service: 'ssm', operations: /./, burst: 40, perSecond: 40 },
];

export interface Throttle {
  enabled: boolean;
  /** Sets the size of a bucket by its rule's name, such as `elbv2-reads`, and fills it. */
  limit(name: string, bucket: Bucket): void;
  /** Takes a token; false when there is none left. */
  admit(service: string, operation: string): boolean;
}

interface BucketLevel {
  tokens: number;
  at: number;
}

/** Throttling per account and region, as on AWS: all clients share the buckets. */
export function createThrottle(clock: Clock, enabled: boolean): Throttle {
  const levels = new Map<string, BucketLevel>();
  const sizes = new Map<string, Bucket>(THROTTLE_RULES.map((rule) => [rule.name, rule]));
  return {
    enabled,
    limit(name, bucket) {
      sizes.set(name, bucket);
      levels.delete(name);
    },
    admit(service, operation) {
      const rule = THROTTLE_RULES.find(
        (candidate) => candidate.service === service && candidate.operations.test(operation),
      );
      if (!this.enabled || !rule) return true;
      const level = refilled(levels.get(rule.name), sizes.get(rule.name) ?? rule, clock.monotonic());
      const admitted = level.tokens >= 1;
      levels.set(rule.name, { tokens: level.tokens - (admitted ? 1 : 0), at: level.at });
      return admitted;
    },
  };
}

function refilled(level: BucketLevel | undefined, bucket: Bucket, now: number): BucketLevel {
  if (!level) return { tokens: bucket.burst, at: now };
  return { tokens: Math.min(bucket.burst, level.tokens + ((now - level.at) / 1000) * bucket.perSecond), at: now };
}
