import type { Task } from '../../../tasks/task.ts';
import { OperatorError } from '../../errors.ts';
import type { Snapshot } from '../../domain/snapshot.ts';
import { duration } from '../../domain/text.ts';
import type { Plan } from '../../plan/plan.ts';
import type { Limits } from '../../steps/definition.ts';
import { behaviourOf } from '../../steps/index.ts';

/**
 * Draining takes as long as a group's deregistration delay says (ELBv2 user guide, deregistration delay), so a step that waits for it
 * with a shorter limit fails, and leaves servers out of production. @throws OperatorError `drains-too-long`
 */
export function checkDrainTime(task: Task, snapshot: Snapshot, { steps }: Plan, limits: Limits): void {
  // What leads out of trouble waits for no draining, and must not be kept from it.
  if (task.isEmergencyExit) return;
  let world = snapshot;
  for (const step of steps) {
    const behaviour = behaviourOf(step);
    const limitOf = (releasedMs: number): number => behaviour.timeLimitMs({ ...limits, releasedMs }, 'under way');
    // A step with this limit also waits for other things, of which some are guesses, and which no delay of a group prolongs.
    const seconds = behaviour.estimateS(world) - behaviour.estimateS(withoutDelays(world));
    const isLimited = limitOf(limits.releasedMs) !== limitOf(Infinity);
    if (isLimited && seconds > 0 && seconds * 1000 >= limits.releasedMs)
      throw drainsTooLong(behaviour.title(world), seconds, limits);
    world = behaviour.simulate(world);
  }
}

function withoutDelays(snapshot: Snapshot): Snapshot {
  return { ...snapshot, pools: snapshot.pools.map((pool) => ({ ...pool, deregistrationDelayS: 0 })) };
}

/** What AWS needs to show that it is over. */
const MARGIN_S = 30;

function drainsTooLong(title: string, seconds: number, { releasedMs }: Limits): OperatorError {
  return new OperatorError(
    'drains-too-long',
    `The step "${title}" takes up to ${duration(seconds)}, by the deregistration delay of the target groups, and fails after ${duration(releasedMs / 1000)}, by \`timeouts.drained\` in the config.`,
    {
      next: [
        `Set \`timeouts.drained: ${Math.ceil(seconds) + MARGIN_S}s\` or more in the config; then run this again.`,
        'Or lower the deregistration delay of the groups: requests that take longer are cut off.',
      ],
    },
  );
}
