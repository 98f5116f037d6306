import type { DeployOrder } from '../domain/deploys.ts';
import { instanceById, isDeployed, placesOf, running, serves } from '../domain/in-place.ts';
import type { Instance, Snapshot } from '../domain/snapshot.ts';
import { ALL_POOLS, NOTHING } from '../observe/reads.ts';
import { never, type StepDefinition } from './definition.ts';
import {
  batchText,
  DEPLOY_S,
  deployCount,
  deployFailed,
  deployProgress,
  goneInstances,
  reportOn,
  tagMigrated,
} from './deploys.ts';
import type { Ports } from './ports.ts';
import { byTimeWaited, limit } from './timing.ts';
import { changeInstances, withMarks } from './world.ts';

/** Deliver the release to a batch of instances, and record that it is done. */
export interface Deploy {
  readonly do: 'deploy';
  readonly fleet: string;
  readonly instances: readonly string[];
  readonly release: string;
  readonly run: string;
  readonly since: string;
  readonly number: number;
  readonly migrate: boolean;
  readonly words: string;
  /** It was taken out of traffic for that. */
  readonly offline: boolean;
}

export const deployRelease: StepDefinition<Deploy> = (step) => {
  const { fleet, instances, release, run, since, migrate } = step;
  const order: DeployOrder = { kind: 'deploy', token: `${run}/${step.number}`, since, release, instances, migrate };
  const noted = (id: string, snapshot: Parameters<typeof instanceById>[0]): boolean =>
    isDeployed(instanceById(snapshot, id) ?? {}, release, run);
  return {
    title: (snapshot) => `deploy ${release} to ${batchText(snapshot, instances)} with ${step.words}`,
    instances: () => instances,
    estimateS: () => DEPLOY_S,
    progress: (snapshot) => (instances.every((id) => noted(id, snapshot)) ? 'done' : deployProgress(snapshot, order)),
    guard: (snapshot) => {
      const isRunning = deployProgress(snapshot, order) === 'under way';
      return step.offline && !isRunning ? backInTraffic(snapshot, instances) : undefined;
    },
    conflict: never,
    cannotSucceed: (snapshot) => {
      const [gone, failed] = [goneInstances(snapshot, instances), deployFailed(snapshot, order)];
      return gone === undefined ? failed : `${gone} ${failed ?? `Deploying ${release} was ended there.`}`;
    },
    count: (snapshot) => deployCount(snapshot, order),
    lastSeen: never,
    readsBefore: () => ({ ...(step.offline ? ALL_POOLS : NOTHING), fleets: [fleet], deploy: order }),
    // A server that dies ends the wait: what works on it would wait for it until its own time limit.
    readsToPoll: () => ({ pools: [], fleets: [fleet], deploy: order }),
    isDispensable: false,
    isAfterSwitch: false,
    effect: () => 'deploys',
    timeLimitMs: limit('deployMs'),
    pollEveryMs: byTimeWaited,
    order,
    hook: 'none',
    apply: async (ports, snapshot) => {
      const batch = running(snapshot, instances);
      if (reportOn(snapshot, order)?.state === 'succeeded') {
        if (migrate) await tagMigrated(ports, step, snapshot);
        return ports.fleet.note(batch, { deploy: { release, run, state: 'done' } });
      }
      await tagBegun(ports, step, batch);
      return ports.inPlace.deploys.start(snapshot, order);
    },
    simulate: (snapshot) => {
      const migrated = migrate ? withMarks(snapshot, fleet, { migrated: `${release} ${run}` }) : snapshot;
      const done = { release, run, state: 'done' } as const;
      return changeInstances(migrated, instances, (instance) => ({ ...instance, deploy: done }));
    },
  };
};

/** Requests would meet an instance whose code is being replaced. */
function backInTraffic(snapshot: Snapshot, ids: readonly string[]): string | undefined {
  const [place] = ids.flatMap((id) => placesOf(snapshot, id)).filter(({ pool }) => serves(snapshot, pool));
  return place && `${place.target.id} was taken out for its deploy, and is registered with ${place.pool.name} again.`;
}

/** From here on the code on it may be of either release: it must not come back into traffic by itself. */
async function tagBegun({ fleet }: Ports, { release, run }: Deploy, batch: readonly Instance[]): Promise<void> {
  const fresh = batch.filter(
    ({ deploy: note }) => !(note?.state === 'started' && note.release === release && note.run === run),
  );
  if (fresh.length > 0) await fleet.note(fresh, { deploy: { release, run, state: 'started' } });
}
