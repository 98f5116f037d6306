import type { ScalingPolicy } from '@aws-sdk/client-auto-scaling';
import type { Breach } from '../cloudwatch/alarms.ts';
import { counts, type ScalingGroup } from './model.ts';
import { runPolicy } from './policies.ts';
import { isSuspended, type AutoScalingState } from './state.ts';

/** How alarms scale groups (User guide, "Step and simple scaling policies"; CloudWatch user guide, "Alarm actions"). */

/** An alarm does what it is for once it goes into ALARM, and for Auto Scaling again each minute that it stays there. */
const AGAIN_MS = 60_000;

export function followAlarms(state: AutoScalingState, group: ScalingGroup): void {
  if (isSuspended(group, 'AlarmNotification')) return;
  for (const policy of group.policies.values()) {
    const { PolicyARN: arn = '', Enabled = true } = policy;
    const [breach] = Enabled ? state.breachesOf(arn) : [];
    if (!breach || !isDue(state, group, policy, breach)) continue;
    group.ranAt.set(arn, state.clock.now());
    runPolicy(state, group, policy, breach, settledIn(state, group, policy));
  }
}

function isDue(
  { clock }: AutoScalingState,
  { settings, ranAt }: ScalingGroup,
  { PolicyARN = '', PolicyType, Cooldown }: ScalingPolicy,
  { since }: Breach,
): boolean {
  const now = clock.now();
  const last = ranAt.get(PolicyARN) ?? -Infinity;
  const cooldownS = PolicyType === 'SimpleScaling' ? (Cooldown ?? settings.DefaultCooldown ?? 300) : 0;
  return now - last >= cooldownS * 1_000 && (since > last || now - last >= AGAIN_MS);
}

/** The desired capacity without what is still warming up: a step that has been taken is not taken again for what it has launched. */
function settledIn({ clock }: AutoScalingState, group: ScalingGroup, policy: ScalingPolicy): number {
  if (policy.PolicyType !== 'StepScaling') return group.desired;
  const warmupS = policy.EstimatedInstanceWarmup ?? group.settings.DefaultInstanceWarmup ?? 300;
  const warm = [...group.members.values()]
    .filter(counts)
    .filter(({ inServiceAt }) => inServiceAt !== undefined && clock.now() - inServiceAt >= warmupS * 1_000);
  return Math.min(
    group.desired,
    warm.reduce((sum, { weight }) => sum + weight, 0),
  );
}
