import type { Policy } from '../../../src/aws/policy.ts';
import { decide } from '../../../src/sandbox/iam/decide.ts';
import { denialText } from '../../../src/sandbox/iam/denial.ts';
import { readPolicy } from '../../../src/sandbox/iam/document.ts';
import type { Inventory } from '../../../src/sandbox/iam/inventory.ts';
import { authorizationsOf } from '../../../src/sandbox/iam/requests/index.ts';
import type { Request } from './api.ts';
import type { LittleCloud } from './cloud.ts';
import { ApiFailure } from './failure.ts';

/** What the policies of a process allow, judged by the sandbox's IAM. */
export interface Gate {
  /** All are allowed where it is undefined. */
  policies: readonly Policy[] | undefined;
  /** What was asked for and allowed. */
  readonly used: Set<string>;
}

const WHO = 'arn:aws:sts::123456789012:assumed-role/turnout/ann';

/** Throws as EC2 or ELB does for what is not allowed. */
export function mustBeAllowed(gate: Gate, cloud: LittleCloud, service: string, request: Request): void {
  if (gate.policies === undefined) return;
  const policies = gate.policies.map((policy) => readPolicy(JSON.stringify(policy)));
  for (const asked of authorizationsOf(service, request.operation, withArns(request.input), inventoryOf(cloud))) {
    const decided = decide(policies, asked);
    if (decided.verdict !== 'allowed') throw new ApiFailure('AccessDenied', denialText(WHO, asked, decided), 403);
    gate.used.add(asked.action);
  }
}

function inventoryOf(cloud: LittleCloud): Inventory {
  return {
    region: 'eu-west-1',
    account: '123456789012',
    tagsOf: (id) => ({
      ...cloud.state.boxes.get(id)?.tags,
      ...(cloud.state.stack && { 'opsworks:stack': 'shop' }),
    }),
    templateOf: ({ LaunchTemplateId: id = '' }) => ({ id, data: {} }),
    // What tasks look for in the bucket is there.
    lacksObject: () => false,
    scalingGroupOf: () => undefined,
    stackOf: () => 'stack-1',
  };
}

/** The little cloud's names are shorter than AWS's. */
const KINDS_OF_ARNS: Readonly<Record<string, (name: string) => string>> = {
  TargetGroupArn: (name) => `targetgroup/${name}/0123456789abcdef`,
  ListenerArn: (name) => `listener/app/shop/0123456789abcdef/${name}`,
  RuleArn: (name) => `listener-rule/app/shop/0123456789abcdef/${name.replace(':', '/')}`,
};

function withArns(input: Request['input']): object {
  return Object.fromEntries(
    Object.entries(input).map(([key, value]) => {
      const path = KINDS_OF_ARNS[key]?.(String(value).replace(/^arn:/, ''));
      return [key, path === undefined ? value : `arn:aws:elasticloadbalancing:eu-west-1:123456789012:${path}`];
    }),
  );
}
