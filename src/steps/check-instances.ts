import type { Reads } from '../observe/reads.ts';
import { never, type StepDefinition } from './definition.ts';
import { WAITS } from './presets.ts';
import { batchText, countOf, goneInstances } from './deploys.ts';
import { byTimeWaited, CALL_S, limit } from './timing.ts';

/** Ask each instance itself until it answers as it should. */
export interface CheckInstances {
  readonly do: 'check-instances';
  readonly fleet: string;
  readonly instances: readonly string[];
}

export const checkInstances: StepDefinition<CheckInstances> = ({ fleet, instances }) => {
  const asks: Reads = { pools: [], fleets: [fleet], checks: instances };
  return {
    ...WAITS,
    title: (snapshot) => `wait until ${batchText(snapshot, instances)} answers its check`,
    instances: () => instances,
    estimateS: () => CALL_S,
    progress: ({ details }) => (instances.every((id) => details?.answers?.[id] === 'ok') ? 'done' : 'under way'),
    cannotSucceed: (snapshot) => goneInstances(snapshot, instances),
    count: ({ details }) => {
      const answers = details?.answers ?? {};
      const waiting = instances
        .filter((id) => answers[id] !== 'ok')
        .map((id) => ({ id, why: answers[id] ?? 'not asked yet' }));
      return countOf(instances, 'answering', waiting);
    },
    lastSeen: never,
    readsBefore: () => asks,
    readsToPoll: () => asks,
    timeLimitMs: limit('healthyMs'),
    pollEveryMs: byTimeWaited,
    simulate: (snapshot) => {
      const ok = Object.fromEntries(instances.map((id) => [id, 'ok']));
      return { ...snapshot, details: { ...snapshot.details, answers: ok } };
    },
  };
};
