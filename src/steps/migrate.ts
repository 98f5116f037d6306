import type { DeployOrder } from '../domain/deploys.ts';
import { isMigrated } from '../domain/in-place.ts';
import { NOTHING } from '../observe/reads.ts';
import { never, type StepDefinition } from './definition.ts';
import {
  DEPLOY_S,
  deployCount,
  deployFailed,
  deployProgress,
  goneInstances,
  reportOn,
  tagMigrated,
} from './deploys.ts';
import { byTimeWaited, limit } from './timing.ts';
import { withMarks } from './world.ts';

/** Migrate the database, by way of one instance, once in a rollout, and record that it is done. */
export interface Migrate {
  readonly do: 'migrate';
  readonly fleet: string;
  readonly instances: readonly string[];
  readonly release: string;
  readonly run: string;
  readonly since: string;
}

export const migrate: StepDefinition<Migrate> = (step) => {
  const { fleet, instances, release, run, since } = step;
  const order: DeployOrder = { kind: 'migrate', token: `${run}/migrate`, since, release, instances, migrate: false };
  return {
    title: () => `migrate to ${release}, once`,
    instances: () => instances,
    estimateS: () => DEPLOY_S,
    progress: (snapshot) => (isMigrated(snapshot, fleet, release, run) ? 'done' : deployProgress(snapshot, order)),
    guard: never,
    conflict: never,
    cannotSucceed: (snapshot) => {
      // What runs already may end well without it: it was only started by way of that instance.
      const isStarted = reportOn(snapshot, order) !== undefined;
      return deployFailed(snapshot, order) ?? (isStarted ? undefined : goneInstances(snapshot, instances));
    },
    count: (snapshot) => deployCount(snapshot, order),
    lastSeen: never,
    readsBefore: () => ({ pools: [], fleets: [fleet], deploy: order }),
    readsToPoll: () => ({ ...NOTHING, deploy: order }),
    isDispensable: false,
    isAfterSwitch: false,
    effect: () => 'deploys',
    timeLimitMs: limit('deployMs'),
    pollEveryMs: byTimeWaited,
    order,
    hook: 'none',
    apply: async (ports, snapshot) => {
      if (reportOn(snapshot, order)?.state === 'succeeded') return tagMigrated(ports, step, snapshot);
      return ports.inPlace.deploys.start(snapshot, order);
    },
    simulate: (snapshot) => withMarks(snapshot, fleet, { migrated: `${release} ${run}` }),
  };
};
