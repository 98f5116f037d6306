import type { DeployerPort, DeployRequest } from '../../deployers/deployer.ts';
import type { DeployOrder } from '../../domain/deploys.ts';
import { running } from '../../domain/in-place.ts';
import type { Snapshot } from '../../domain/snapshot.ts';
import type { DeploysPort } from '../../steps/ports.ts';

export interface Deployers {
  readonly environment: string;
  readonly deployer: DeployerPort;
  /** Runs the migrations that are not part of a deploy. */
  readonly migrator?: DeployerPort;
}

/** The deploys of one run. An attempt that failed before this run asked for it is not an answer to it. */
export function createDeploys({ environment, deployer, migrator = deployer }: Deployers): DeploysPort {
  const known = new Set<string>();
  const portOf = ({ kind }: DeployOrder): DeployerPort => (kind === 'migrate' ? migrator : deployer);
  const requestOf = (snapshot: Snapshot, order: DeployOrder): DeployRequest => {
    const { token, since, release, migrate } = order;
    const instances = running(snapshot, order.instances);
    const previous = instances[0]?.release;
    return { token, since, environment, release, ...(previous && { previous }), instances, migrate };
  };
  return {
    prepare: async (snapshot, orders) => {
      // All batches at once: each of them would be asked about in requests of its own.
      for (const some of Map.groupBy(orders, ({ kind }) => kind).values()) {
        const [first] = some as [DeployOrder];
        const instances = [...new Set(some.flatMap((order) => order.instances))];
        await portOf(first).prepare(requestOf(snapshot, { ...first, instances }));
      }
    },
    start: async (snapshot, order) => {
      await portOf(order).start(requestOf(snapshot, order));
      known.add(order.token);
    },
    look: async (snapshot, order) => {
      const report = await portOf(order).status(requestOf(snapshot, order));
      if (report === undefined || (report.state === 'failed' && !known.has(report.token))) return undefined;
      known.add(report.token);
      return report;
    },
    stop: async (snapshot, order) => portOf(order).stop(requestOf(snapshot, order)),
    lasts: (order) => portOf(order).isRemote,
  };
}
