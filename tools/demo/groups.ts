import { setTimeout as sleep } from 'node:timers/promises';
import { AutoScaling } from '@aws-sdk/client-auto-scaling';
import type { RunEvent } from '../../src/run/event.ts';
import type { Rig } from '../rig/sandbox.ts';

/** What Auto Scaling groups do by themselves, in the middle of a task. */

/** When it happens: as the step that has such a title begins. */
const BEGINS: Readonly<Record<string, RegExp>> = { promote: /^(send|attach) /, rollback: /^/ };
const PAUSE_MS = 250;
/** No group scales out beyond that. */
const MOST = 6;

/** What happens in the middle of a task. */
export interface During {
  readonly onEvent: (event: RunEvent) => void;
  /** It has happened, or was not to happen. */
  readonly done: () => Promise<void>;
}

/**
 * The group that serves scales out, and the other one loses an instance: in the first promote and in the first rollback, or in each.
 */
export function disturbances({ env, groups }: Rig, isEach = false): (args: readonly string[]) => During {
  const [first = '', second = ''] = groups;
  const left: Record<string, readonly [serving: string, other: string]> = {
    promote: [first, second],
    rollback: [second, first],
  };
  return ([verb = '']) => {
    let happened: Promise<void> | undefined;
    const pair = left[verb];
    if (!isEach) delete left[verb];
    return {
      onEvent: (event) => {
        if (pair === undefined || event.type !== 'step-started' || !BEGINS[verb]?.test(event.title)) return;
        happened ??= disturb(env, ...pair);
      },
      done: async () => happened,
    };
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
    const DesiredCapacity = Math.min(MOST, (groupOf(serving)?.DesiredCapacity ?? 0) + 1);
    await client.setDesiredCapacity({ AutoScalingGroupName: serving, DesiredCapacity });
    await sleep(PAUSE_MS);
    const [lost] = groupOf(other)?.Instances ?? [];
    const ShouldDecrementDesiredCapacity = false;
    await client.terminateInstanceInAutoScalingGroup({ InstanceId: lost?.InstanceId, ShouldDecrementDesiredCapacity });
  } finally {
    client.destroy();
  }
}
