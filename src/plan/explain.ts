import type { Fleet, Instance, Pool, Target } from '../observe/snapshot.ts';
import { members, targetsOf } from '../observe/roles.ts';
import type { Waiting } from './waiting.ts';
import { isHealthy } from './floor.ts';
import { isDraining } from './look.ts';

/** Sentences on why something is not there yet, in ELB's and EC2's own words. */

/** Such as `unhealthy: Health checks failed with these codes: [503] (Target.ResponseCodeMismatch)`. */
export function explainTarget(pool: Pool, target: Target): string {
  switch (target.reason) {
    case 'Target.NotInUse':
      return `unused: no listener forwards to ${pool.name}, or its zone is not enabled on the load balancer (Target.NotInUse)`;
    case 'Elb.RegistrationInProgress':
      return 'initial, the registration is in progress';
    case 'Elb.InitialHealthChecking':
      return `initial, first health check within ${pool.intervalS} s`;
    case 'Target.DeregistrationInProgress':
      return `draining, for at most ${pool.deregistrationDelayS} s`;
    default:
      return target.reason === undefined
        ? target.state
        : `${target.state}: ${target.description ?? ''} (${target.reason})`;
  }
}

/** Members that are not healthy in the pool, each with the reason. */
export function notHealthyIn(pool: Pool, fleet: Fleet): readonly Waiting[] {
  const targets = new Map(targetsOf(pool, fleet).map((target) => [target.id, target]));
  return members(fleet).flatMap((instance) => {
    const target = targets.get(instance.id);
    if (target !== undefined && isHealthy(target)) return [];
    return [
      {
        id: instance.id,
        why: target ? explainTarget(pool, target) : `not registered, the instance is ${instance.state}`,
      },
    ];
  });
}

export function drainingIn(pool: Pool, fleet: Fleet): readonly Waiting[] {
  return targetsOf(pool, fleet)
    .filter(isDraining)
    .map((target) => ({ id: target.id, why: explainTarget(pool, target) }));
}

export function explainInstance(instance: Instance): string {
  return instance.reason === undefined ? instance.state : `${instance.state}: ${instance.reason}`;
}

/** `i-a: unhealthy…; i-b: …`, cut after three. */
export function sentence(waiting: readonly Waiting[]): string {
  const shown = waiting.slice(0, 3).map(({ id, why }) => `${id}: ${why}`);
  const rest = waiting.length - shown.length;
  return rest > 0 ? `${shown.join('; ')}; and ${rest} more` : shown.join('; ');
}
