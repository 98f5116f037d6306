import type { DescribeTargetHealthOutput } from '@aws-sdk/client-elastic-load-balancing-v2';
import type { Sandbox } from '../../src/sandbox/index.ts';

/** Looks at production all the time, from inside the sandbox: no dip between two readings of the program is missed. */
export interface HealthWatch {
  /** Fewest healthy targets that any production target group has had since the start or the last call. */
  lowest(): number;
  end(): void;
}

const PERIOD_MS = 30;

export function watchHealth(sandbox: Sandbox): HealthWatch {
  const arns = sandbox.production.map(({ arn }) => arn);
  let lowest = Number.POSITIVE_INFINITY;
  const look = (): void => {
    for (const arn of arns) lowest = Math.min(lowest, healthyIn(sandbox, arn));
  };
  const timer = setInterval(look, PERIOD_MS);
  return {
    lowest: () => {
      look();
      const seen = lowest;
      lowest = Number.POSITIVE_INFINITY;
      return seen;
    },
    end: () => clearInterval(timer),
  };
}

function healthyIn(sandbox: Sandbox, arn: string): number {
  return targetsIn(sandbox, arn).filter(({ state }) => state === 'healthy').length;
}

/** The targets of a group as they are now, whatever the API shows. */
export function targetsIn(
  sandbox: Sandbox,
  TargetGroupArn: string,
): readonly { id: string; port: number; state: string }[] {
  const call = { lagMs: 0 };
  const output = sandbox.elbv2.operations['DescribeTargetHealth']!(
    { TargetGroupArn },
    call,
  ) as DescribeTargetHealthOutput;
  return (output.TargetHealthDescriptions ?? []).map(({ Target, TargetHealth }) => ({
    id: Target?.Id ?? '',
    port: Target?.Port ?? 0,
    state: TargetHealth?.State ?? '',
  }));
}
