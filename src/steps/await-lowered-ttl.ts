import { duration } from '../domain/text.ts';
import type { StepDefinition } from './definition.ts';
import { after, waitsUntil } from './presets.ts';
import { EFFECT_SHOWS_MS } from './timing.ts';
import { fleetOf } from './world.ts';

/** Wait until no resolver may keep an answer with the usual TTL. */
export interface AwaitLoweredTtl {
  readonly do: 'await-lowered-ttl';
  readonly fleet: string;
  readonly seconds: number;
}

export const awaitLoweredTtl: StepDefinition<AwaitLoweredTtl> = (step) => ({
  ...waitsUntil((snapshot) => after(fleetOf(snapshot, step).marks.lowered, step.seconds), step.seconds),
  title: () => `wait ${duration(step.seconds)}, until all resolvers have the low TTL`,
  instances: () => [],
  readsToPoll: () => ({ pools: [], fleets: [step.fleet] }),
  timeLimitMs: () => step.seconds * 1000 + EFFECT_SHOWS_MS,
});
