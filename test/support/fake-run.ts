import { expect } from 'vitest';
import type { Snapshot } from '../../src/domain/snapshot.ts';
import type { Step, StepOf } from '../../src/steps/index.ts';
import type { RunEvent } from '../../src/run/event.ts';
import { Interrupted, StepFailed, type RunContext } from '../../src/run/engine/context.ts';
import { runSteps } from '../../src/run/engine/run-steps.ts';
import type { FakeWorld } from './fake-world.ts';
import { OWN_STORE } from './own-store.ts';

export const LIMITS = {
  bootMs: 300_000,
  healthyMs: 120_000,
  releasedMs: 60_000,
  provenMs: 60_000,
  warmMs: 60_000,
  dnsMs: 600_000,
  deployMs: 60_000,
  idleMs: 60_000,
};
const MINIMUM = { total: 2, zones: { a: 2 } };

export const REGISTER: StepOf<'register'> = { do: 'register', pool: 'prod', fleet: 'B' };
export const AWAIT: StepOf<'await-healthy'> = {
  do: 'await-healthy',
  pool: 'prod',
  fleet: 'B',
  minimumHealthy: MINIMUM,
  need: 'all',
};
export const DEREGISTER: StepOf<'deregister'> = { do: 'deregister', pool: 'prod', fleet: 'A', minimumHealthy: MINIMUM };
export const PROMOTE: readonly Step[] = [REGISTER, AWAIT, DEREGISTER];

/** Nothing was changed by others, and answers are never old. */
export const UNCHANGED = {
  store: OWN_STORE.id,
  noticed: async () => {},
  settled: async () => {},
  decided: () => {},
  changed: () => {},
  sawAll: () => {},
  shown: async () => {},
};

/** Begins a run of the steps; `finish` of the world ends it. */
export function start(
  fake: FakeWorld,
  steps: readonly Step[],
  from: Snapshot = fake.now,
  facts: Partial<RunContext> = {},
) {
  const events: RunEvent[] = [];
  const reached: string[] = [];
  const stop = new AbortController();
  const context: RunContext = {
    ports: fake.ports,
    limits: LIMITS,
    emit: (event) => events.push(event),
    signal: stop.signal,
    ...UNCHANGED,
    reached: async (count, title) => void reached.push(`${count} ${title}`),
    ...facts,
  };
  return { events, reached, stop: () => stop.abort(new Interrupted('SIGINT')), done: runSteps(context, steps, from) };
}

export async function failureOf(fake: FakeWorld, done: Promise<Snapshot>): Promise<StepFailed> {
  const error: unknown = await fake.finish(done).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(StepFailed);
  return error as StepFailed;
}
