import type { Config } from '../config/config.ts';
import { ANYTHING, type Grant } from './grants.ts';

/** What gates read of CloudWatch, which knows no resources for its metrics; composite alarms need `*` as well. */
export function gates({ gating, traffic: { kind } }: Config): readonly Grant[] {
  const has = (wanted: string): boolean => gating.gates.some((gate) => gate.kind === wanted);
  const Action = [
    // Where weights divide traffic, requests are counted anyhow.
    ...(has('metric') && kind === 'target-groups' ? ['cloudwatch:GetMetricStatistics'] : []),
    ...(has('alarm') ? ['cloudwatch:DescribeAlarms'] : []),
  ];
  return Action.length === 0 ? [] : [{ use: 'read', Sid: 'Gates', Action, Resource: ANYTHING }];
}
