import { setTimeout as sleep } from 'node:timers/promises';
import { AutoScaling } from '@aws-sdk/client-auto-scaling';
import type { Rig } from '../rig/sandbox.ts';

/** What Auto Scaling groups do by themselves, in the middle of a task. */

/** When it happens, after the start of the task: while traffic is being moved. */
const AFTER_MS: Readonly<Record<string, number>> = { promote: 2500, rollback: 500 };
const PAUSE_MS = 250;

/** The group that serves scales out, and the other one loses an instance; only in the first promote and in the rollback. */
export function disturbances({ env, groups }: Rig): (args: readonly string[]) => Promise<void> {
  const [first = '', second = ''] = groups;
  const left: Record<string, readonly [serving: string, other: string]> = {
    promote: [first, second],
    rollback: [second, first],
  };
  return async ([verb = '']) => {
    const pair = left[verb];
    delete left[verb];
    if (pair === undefined) return;
    await sleep(AFTER_MS[verb]);
    await disturb(env, ...pair);
  };
}

async function disturb(env: NodeJS.ProcessEnv, serving: string, other: string): Promise<void> {
  const credentials = { accessKeyId: 'sandbox', secretAccessKey: 'sandbox' };
  const client = new AutoScaling({ endpoint: env['AWS_ENDPOINT_URL']!, region: env['AWS_REGION']!, credentials });
  try {
    const { AutoScalingGroups = [] } = await client.describeAutoScalingGroups({
      AutoScalingGroupNames: [serving, other],
    });
    const groupOf = (name: string) => AutoScalingGroups.find((group) => group.AutoScalingGroupName === name);
    const DesiredCapacity = (groupOf(serving)?.DesiredCapacity ?? 0) + 1;
    await client.setDesiredCapacity({ AutoScalingGroupName: serving, DesiredCapacity });
    await sleep(PAUSE_MS);
    const [lost] = groupOf(other)?.Instances ?? [];
    const ShouldDecrementDesiredCapacity = false;
    await client.terminateInstanceInAutoScalingGroup({ InstanceId: lost?.InstanceId, ShouldDecrementDesiredCapacity });
  } finally {
    client.destroy();
  }
}
