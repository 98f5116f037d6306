import { leftAt } from '../domain/shares.ts';
import { duration } from '../domain/text.ts';
import type { StepDefinition } from './definition.ts';
import { after, waitsUntil } from './presets.ts';
import { EFFECT_SHOWS_MS } from './timing.ts';
import { fleetOf, memberIds } from './world.ts';

/** Wait until no resolver may keep an answer that leads to the fleet, which has lost its share. */
export interface AwaitTtl {
  readonly do: 'await-ttl';
  readonly fleet: string;
  readonly seconds: number;
}

export const awaitTtl: StepDefinition<AwaitTtl> = (step) => ({
  ...waitsUntil((snapshot) => after(leftAt(snapshot, fleetOf(snapshot, step)), step.seconds), step.seconds),
  title: (snapshot) =>
    `wait ${duration(step.seconds)}, until no resolver may answer with ${fleetOf(snapshot, step).release}`,
  instances: (snapshot) => memberIds(snapshot, step),
  readsToPoll: () => ({ pools: [], fleets: 'all' }),
  timeLimitMs: () => step.seconds * 1000 + EFFECT_SHOWS_MS,
});
