import type { MinimumHealthy } from '../domain/goal.ts';
import { running, wouldLack } from '../domain/in-place.ts';
import { unknownOutside } from '../domain/outside.ts';
import { wouldBeReplaced } from '../domain/owned.ts';
import { duration } from '../domain/text.ts';
import { fatesText } from '../domain/waves.ts';
import { ALL_POOLS } from '../observe/reads.ts';
import type { StepDefinition } from './definition.ts';
import { deployRelease } from './deploy.ts';
import { batchText, reportOn } from './deploys.ts';

/**
 * Permit instances to change to the release while they serve, and wait until they have, for no longer than the bound. As each of them may
 * be away while its app restarts, all of them are counted as gone.
 */
export interface PermitWave {
  readonly do: 'permit-wave';
  readonly fleet: string;
  readonly instances: readonly string[];
  readonly release: string;
  readonly run: string;
  readonly since: string;
  readonly number: number;
  readonly words: string;
  /** After this time, in seconds, one that has not changed is late. */
  readonly boundS: number;
  readonly minimumHealthy?: MinimumHealthy;
  /** Whose instances may be away though it may replace them. */
  readonly allowedOwners?: readonly string[];
}

export const permitWave: StepDefinition<PermitWave> = (step) => {
  const { fleet, instances, release, words, minimumHealthy, allowedOwners = [] } = step;
  const deploy = deployRelease({ ...step, do: 'deploy', migrate: false, offline: false });
  return {
    ...deploy,
    title: (snapshot) =>
      `let ${batchText(snapshot, instances)} change to ${release} with ${words}, within ${duration(step.boundS)}`,
    estimateS: (snapshot) => Math.min(step.boundS, deploy.estimateS(snapshot)),
    guard: (snapshot) =>
      deploy.progress(snapshot) === 'under way'
        ? undefined
        : (wouldLack(snapshot, instances, minimumHealthy) ??
          unknownOutside(snapshot) ??
          wouldBeReplaced(running(snapshot, instances), allowedOwners)),
    lastSeen: (snapshot) => {
      const report = deploy.order === 'none' ? undefined : reportOn(snapshot, deploy.order);
      return fatesText(report?.instances ?? instances.map((id) => ({ id, state: 'pending', silent: true })));
    },
    // They may have been registered elsewhere since the run began.
    readsBefore: () => ({
      ...ALL_POOLS,
      fleets: [fleet],
      outsideOf: instances,
      ...(deploy.order !== 'none' && { deploy: deploy.order }),
    }),
    timeLimitMs: () => step.boundS * 1000,
  };
};
