import type { Fleet, Instance, Pool } from './snapshot.ts';
import { targetsOf } from './roles.ts';
import { membersToServe } from './scaled.ts';
import { targetWords } from './text.ts';
import type { Waiting } from './waiting.ts';
import { isHealthy } from './minimum-healthy.ts';
import { isDraining } from './queries.ts';

/** Sentences on why something is not there yet, in ELB's and EC2's own words. */

/** Members that are to serve and are not healthy in the pool, each with the reason. */
export function notHealthyIn(pool: Pool, fleet: Fleet): readonly Waiting[] {
  const targets = new Map(targetsOf(pool, fleet).map((target) => [target.id, target]));
  return membersToServe(fleet).flatMap((instance) => {
    const target = targets.get(instance.id);
    if (target !== undefined && isHealthy(target)) return [];
    const why = target ? targetWords(target, pool) : `not registered, the instance is ${instance.state}`;
    return [{ id: instance.id, why }];
  });
}

export function drainingIn(pool: Pool, fleet: Fleet): readonly Waiting[] {
  return targetsOf(pool, fleet)
    .filter(isDraining)
    .map((target) => ({ id: target.id, why: targetWords(target, pool) }));
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
