import type { DeployerPort, DeployRequest } from '../../deployers/deployer.ts';
import type { DeployOrder } from '../../domain/deploys.ts';
import { instanceById, running } from '../../domain/in-place.ts';
import type { Instance, Snapshot } from '../../domain/snapshot.ts';
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
  const requestOf = (order: DeployOrder, instances: readonly Instance[]): DeployRequest => {
    const { token, since, release, migrate } = order;
    const previous = instances[0]?.release;
    return { token, since, environment, release, ...(previous && { previous }), instances, migrate };
  };
  const toStart = (snapshot: Snapshot, order: DeployOrder): DeployRequest =>
    requestOf(order, running(snapshot, order.instances));
  // What was started on an instance that died meanwhile is still asked about, and stopped.
  const started = (snapshot: Snapshot, order: DeployOrder): DeployRequest =>
    requestOf(
      order,
      order.instances.map((id) => instanceById(snapshot, id)).filter((one) => one !== undefined),
    );
  return {
    prepare: async (snapshot, orders) => {
      // All batches at once: each of them would be asked about in requests of its own.
      for (const some of Map.groupBy(orders, ({ kind }) => kind).values()) {
        const [first] = some as [DeployOrder];
        const instances = [...new Set(some.flatMap((order) => order.instances))];
        await portOf(first).prepare(toStart(snapshot, { ...first, instances }));
      }
    },
    start: async (snapshot, order) => {
      await portOf(order).start(toStart(snapshot, order));
      known.add(order.token);
    },
    look: async (snapshot, order) => {
      const report = await portOf(order).status(started(snapshot, order));
      if (report === undefined || (report.state === 'failed' && !known.has(report.token))) return undefined;
      known.add(report.token);
      return report;
    },
    stop: async (snapshot, order) => portOf(order).stop(started(snapshot, order)),
    setCurrent: async (release) => deployer.setCurrent(release),
    fetched: async (ids) => deployer.fetched(ids),
    lasts: (order) => portOf(order).isRemote,
  };
}
