import { retainedUntil } from '../domain/retention.ts';
import { duration } from '../domain/text.ts';
import type { StepDefinition } from './definition.ts';
import { waitsUntil } from './presets.ts';
import { EFFECT_SHOWS_MS } from './timing.ts';
import { fleetOf, memberIds } from './world.ts';

/** Wait until that many seconds have passed since production has left the fleet. */
export interface AwaitRetention {
  readonly do: 'await-retention';
  readonly fleet: string;
  readonly seconds: number;
}

export const awaitRetention: StepDefinition<AwaitRetention> = (step) => ({
  ...waitsUntil((snapshot) => retainedUntil(snapshot, fleetOf(snapshot, step), step.seconds), step.seconds),
  title: (snapshot) =>
    `keep ${fleetOf(snapshot, step).release} until ${duration(step.seconds)} after production has left it`,
  instances: (snapshot) => memberIds(snapshot, step),
  readsToPoll: () => ({ pools: [], fleets: [step.fleet] }),
  // Only time has to pass: a limit of the config would end what it asks for.
  timeLimitMs: () => step.seconds * 1000 + EFFECT_SHOWS_MS,
});
