import * as sdk from '@aws-sdk/client-auto-scaling';
import { pageItems } from './pages.ts';
import type { Send, Session } from './session.ts';

/** Limit of a page (API reference, DescribeAutoScalingGroups). */
const PAGE = 100;

/** The one Auto Scaling call that turnout makes. Errors are `OperatorError`s. */
export class AutoScaling {
  readonly #send: Send;

  constructor(session: Session) {
    this.#send = session.connect('autoscaling', new sdk.AutoScalingClient(session.clientConfig()));
  }

  /** Names of the groups that register their instances with a target group, by its ARN; one request for 100 groups. */
  async groupsByTargetGroup(): Promise<ReadonlyMap<string, readonly string[]>> {
    const command = (NextToken?: string) =>
      new sdk.DescribeAutoScalingGroupsCommand({ MaxRecords: PAGE, IncludeInstances: false, NextToken });
    const all = await pageItems(this.#send, command, (page) => page.AutoScalingGroups);
    const byTargetGroup = new Map<string, string[]>();
    for (const { AutoScalingGroupName: name = '', TargetGroupARNs = [], TrafficSources = [] } of all) {
      const arns = new Set([...TargetGroupARNs, ...TrafficSources.map(({ Identifier = '' }) => Identifier)]);
      for (const arn of arns) byTargetGroup.set(arn, [...(byTargetGroup.get(arn) ?? []), name]);
    }
    return byTargetGroup;
  }
}
