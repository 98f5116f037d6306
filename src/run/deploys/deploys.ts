import type { DeployerPort, DeployRequest } from '../../deployers/deployer.ts';
import type { DeployOrder, DeployReport } from '../../domain/deploys.ts';
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
export class RunDeploys implements DeploysPort {
  readonly #deployers: Deployers;
  readonly #known = new Set<string>();

  constructor(deployers: Deployers) {
    this.#deployers = deployers;
  }

  async prepare(snapshot: Snapshot, orders: readonly DeployOrder[]): Promise<void> {
    // All batches at once: each of them would be asked about in requests of its own.
    for (const some of Map.groupBy(orders, ({ kind }) => kind).values()) {
      const [first] = some as [DeployOrder];
      const instances = [...new Set(some.flatMap((order) => order.instances))];
      await this.#portOf(first).prepare(this.#request(snapshot, { ...first, instances }));
    }
  }

  async start(snapshot: Snapshot, order: DeployOrder): Promise<void> {
    await this.#portOf(order).start(this.#request(snapshot, order));
    this.#known.add(order.token);
  }

  async look(snapshot: Snapshot, order: DeployOrder): Promise<DeployReport | undefined> {
    const report = await this.#portOf(order).status(this.#request(snapshot, order));
    if (report === undefined || (report.state === 'failed' && !this.#known.has(report.token))) return undefined;
    this.#known.add(report.token);
    return report;
  }

  async stop(snapshot: Snapshot, order: DeployOrder): Promise<boolean> {
    return this.#portOf(order).stop(this.#request(snapshot, order));
  }

  lasts(order: DeployOrder): boolean {
    return this.#portOf(order).isRemote;
  }

  #portOf({ kind }: DeployOrder): DeployerPort {
    const { deployer, migrator } = this.#deployers;
    return kind === 'migrate' ? (migrator ?? deployer) : deployer;
  }

  #request(snapshot: Snapshot, { token, since, release, migrate, instances: ids }: DeployOrder): DeployRequest {
    const instances = running(snapshot, ids);
    const previous = instances[0]?.release;
    const { environment } = this.#deployers;
    return { token, since, environment, release, ...(previous && { previous }), instances, migrate };
  }
}
