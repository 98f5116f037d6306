import type { Snapshot } from './snapshot.ts';

/** Where an environment is: one of the same name in another account or region is another environment. */
export interface Location {
  /** 12 digits. */
  readonly account: string;
  readonly region: string;
  /** What answers in place of AWS: an emulator's URL. */
  readonly endpoint?: string;
}

/** ARNs of ELB: `arn:aws:elasticloadbalancing:REGION:ACCOUNT:…` (IAM user guide, Amazon Resource Names). */
const ARN = /^arn:[^:]*:elasticloadbalancing:(?<region>[^:]+):(?<account>\d{12}):/;

/** Of a load balancer, target group, listener or rule; undefined when it is not an ARN of ELB. */
export function locationOfArn(arn: string): Location | undefined {
  const { region, account } = ARN.exec(arn)?.groups ?? {};
  return region === undefined || account === undefined ? undefined : { account, region };
}

/** Where the target groups are; undefined when none was read. */
export function locationOf({ pools }: Pick<Snapshot, 'pools'>, endpoint?: string): Location | undefined {
  const [location] = pools.flatMap(({ arn }) => locationOfArn(arn) ?? []);
  return location && { ...location, ...(endpoint !== undefined && { endpoint }) };
}

/** `account 123456789012, eu-west-1`. */
export function locationText({ account, region, endpoint }: Location): string {
  return `account ${account}, ${region}${endpoint === undefined ? '' : `, endpoint ${endpoint}, not AWS`}`;
}
