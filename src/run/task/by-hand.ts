import type { Snapshot } from '../../domain/snapshot.ts';
import { behaviourOf, type Step } from '../../steps/index.ts';
import type { Ports } from '../../steps/ports.ts';

/** A request that changes something, as the SDK would send it. */
export interface ChangeRequest {
  /** `elasticloadbalancing:RegisterTargets`. */
  readonly operation: string;
  readonly input: object;
}

/** What a person has to do for a step of a plan. */
export interface StepByHand {
  readonly title: string;
  /** In this order; none where the step only waits or looks. */
  readonly requests: readonly ChangeRequest[];
  /** Targets that have to be healthy before the next step, by target group; only of a step that waits for them. */
  readonly healthy: readonly { readonly arn: string; readonly targets: readonly { id: string; port: number }[] }[];
}

/**
 * Each step on the world that the steps before it leave. Its requests are those of its own `apply`, so that no kind of step can
 * be forgotten.
 * @param noting asks the step for its requests by ports that note them and send none
 */
export async function byHand(
  steps: readonly Step[],
  start: Snapshot,
  noting: (act: (ports: Ports) => Promise<void>) => Promise<readonly ChangeRequest[]>,
): Promise<readonly StepByHand[]> {
  const all: StepByHand[] = [];
  let world = start;
  for (const step of steps) {
    const behaviour = behaviourOf(step);
    const seen = world;
    const requests = (await noting(async (ports) => behaviour.apply(ports, seen))).filter(movesProduction);
    all.push({ title: behaviour.title(world), requests, healthy: waitsFor(world, step) });
    world = behaviour.simulate(world);
  }
  return all;
}

/** Tags record what was done, and a raised minimum goes back by its tag; a person moves production without either. */
function movesProduction({ operation, input }: ChangeRequest): boolean {
  if (operation === 'autoscaling:UpdateAutoScalingGroup') return 'DesiredCapacity' in input;
  return /^(elasticloadbalancing:|route53:|autoscaling:(Attach|Detach)TrafficSources$)/.test(operation);
}

/** What the step polls for, where it waits for instances in target groups. */
function waitsFor(world: Snapshot, step: Step): StepByHand['healthy'] {
  const behaviour = behaviourOf(step);
  if (behaviour.effect(world) !== 'waits') return [];
  const ids = new Set(behaviour.instances(world));
  const { pools: names } = behaviour.readsToPoll(world);
  const pools = world.pools.filter(({ name }) => names === 'all' || names.includes(name));
  return pools.flatMap(({ arn, targets }) => {
    const own = targets.filter(({ id, state }) => ids.has(id) && state !== 'draining');
    return own.length === 0 ? [] : [{ arn, targets: own.map(({ id, port }) => ({ id, port })) }];
  });
}
