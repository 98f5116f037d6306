import { verdictOn } from '../domain/trial.ts';
import { NOTHING } from '../observe/reads.ts';
import { never, type StepDefinition } from './definition.ts';
import { WAITS } from './presets.ts';
import { byTimeWaited, CALL_S, limit } from './timing.ts';
import { fleetOf } from './world.ts';

/** Ask a fleet that has nothing of production yet for its release: with another one it never gets any. */
export interface VerifyGreen {
  readonly do: 'verify-green';
  readonly fleet: string;
  readonly release: string;
  /** Where it is tested. */
  readonly pool: string;
}

export const verifyGreen: StepDefinition<VerifyGreen> = (step) => {
  const asks = () => ({ ...NOTHING, trial: { fleet: step.fleet, pool: step.pool, before: 'step' as const } });
  return {
    ...WAITS,
    effect: () => 'verifies',
    title: () => `ask green itself for its release, until all answers name ${step.release}`,
    instances: () => [],
    estimateS: () => CALL_S,
    progress: (snapshot) => {
      const { state } = verdictOn(snapshot, fleetOf(snapshot, step));
      const isRight = state === 'right' && snapshot.details?.trial?.before === 'step';
      return isRight || state === 'serves' ? 'done' : 'under way';
    },
    cannotSucceed: (snapshot) => {
      const verdict = verdictOn(snapshot, fleetOf(snapshot, step));
      if (verdict.state !== 'wrong') return undefined;
      return `${verdict.at} answers with ${verdict.release}, and ${step.release} is to get production.`;
    },
    count: never,
    lastSeen: (snapshot) => {
      const verdict = verdictOn(snapshot, fleetOf(snapshot, step));
      return verdict.state === 'unknown' ? `${verdict.at}: ${verdict.why}` : undefined;
    },
    readsBefore: asks,
    readsToPoll: asks,
    timeLimitMs: limit('healthyMs'),
    pollEveryMs: byTimeWaited,
    simulate: (snapshot) => {
      const answer = { release: step.release };
      const asked = { fleet: step.fleet, before: 'step', at: step.pool } as const;
      const trial = { ...asked, answers: [answer], production: answer };
      return { ...snapshot, details: { ...snapshot.details, trial } };
    },
  };
};
