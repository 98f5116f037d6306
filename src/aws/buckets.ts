/** What AWS throttles together, by account and region. */
interface BucketRule {
  readonly name: string;
  /** The prefix of the IAM actions. */
  readonly service: string;
  readonly operations: RegExp;
  /** Requests at once: half of AWS's bucket, so that the other half is left for other programs. */
  readonly burst: number;
}

/**
 * The first that matches. ELB's reads and EC2's are documented (ELB API reference, request throttling; EC2 API reference, request
 * throttling); so are Route 53's five requests a second over all operations (developer guide, quotas). ELB has separate, smaller
 * buckets for changes and for targets, whose sizes are not documented; nor are those of the others. S3 has none for an account: it takes
 * 5,500 reads and 3,500 writes a second for each prefix (S3 user guide, "Optimizing performance").
 */
const BUCKETS: readonly BucketRule[] = [
  { name: 'elb-reads', service: 'elasticloadbalancing', operations: /^Describe/, burst: 20 },
  { name: 'elb-targets', service: 'elasticloadbalancing', operations: /^(Register|Deregister)Targets$/, burst: 10 },
  { name: 'elb-changes', service: 'elasticloadbalancing', operations: /./, burst: 10 },
  { name: 'ec2-run', service: 'ec2', operations: /^RunInstances$/, burst: 2 },
  { name: 'ec2-reads', service: 'ec2', operations: /^(Describe|Get)/, burst: 50 },
  { name: 'ec2-changes', service: 'ec2', operations: /./, burst: 25 },
  { name: 'route53', service: 'route53', operations: /./, burst: 4 },
  { name: 'opsworks', service: 'opsworks', operations: /./, burst: 10 },
  { name: 's3-reads', service: 's3', operations: /^(Get|Head|List)/, burst: 500 },
  { name: 's3-changes', service: 's3', operations: /./, burst: 100 },
  { name: 'reads', service: '*', operations: /^(Describe|Get|List)/, burst: 20 },
  { name: 'changes', service: '*', operations: /./, burst: 20 },
];

/** @param operation without its service: `DescribeTargetHealth` */
export function bucketOf(service: string, operation: string): Pick<BucketRule, 'name' | 'burst'> {
  const isOf = (rule: BucketRule): boolean => rule.service === service && rule.operations.test(operation);
  return BUCKETS.find(isOf) ?? BUCKETS.find((rule) => rule.service === '*' && rule.operations.test(operation))!;
}
