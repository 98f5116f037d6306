import type { DeployerPort, DeployRequest } from '../../deployers/deployer.ts';
import type { DeployReport } from '../../domain/deploys.ts';
import type { Snapshot } from '../../domain/snapshot.ts';
import { running } from '../../domain/in-place.ts';
import { tokenOf } from '../../plan/meanings-in-place.ts';
import type { Plan, Step, StepOf } from '../../plan/step.ts';

/** A step that hands something to a deployer. */
export type DeliveryStep = StepOf<'deploy' | 'migrate'>;

export function isDelivery(step: Step): step is DeliveryStep {
  return step.do === 'deploy' || step.do === 'migrate';
}

export interface Deployers {
  readonly environment: string;
  readonly deployer: DeployerPort;
  /** Runs the migrations that are not part of a deploy. */
  readonly migrator?: DeployerPort;
}

/** The deploys of one run. What failed before this run asked for it is no answer to it. */
export class Deliveries {
  readonly #deployers: Deployers;
  readonly #known = new Set<string>();

  constructor(deployers: Deployers) {
    this.#deployers = deployers;
  }

  /** Before anything is changed: that what the plan hands over could be started. Rejects with an `OperatorError`. */
  async prepare(snapshot: Snapshot, { steps }: Plan): Promise<void> {
    // All batches at once: each of them would be asked about in requests of its own.
    for (const some of Map.groupBy(steps.filter(isDelivery), ({ do: verb }) => verb).values()) {
      const [first] = some as [DeliveryStep];
      const instances = [...new Set(some.flatMap((step) => step.instances))];
      await this.#portOf(first).prepare(this.#request(snapshot, { ...first, instances }));
    }
  }

  async start(snapshot: Snapshot, step: DeliveryStep): Promise<void> {
    await this.#portOf(step).start(this.#request(snapshot, step));
    this.#known.add(tokenOf(step));
  }

  async look(snapshot: Snapshot, step: DeliveryStep): Promise<DeployReport | undefined> {
    const report = await this.#portOf(step).status(this.#request(snapshot, step));
    if (report === undefined || (report.state === 'failed' && !this.#known.has(report.token))) return undefined;
    this.#known.add(report.token);
    return report;
  }

  /** @returns whether it is certain that nothing of it is at work any more */
  async stop(snapshot: Snapshot, step: DeliveryStep): Promise<boolean> {
    return this.#portOf(step).stop(this.#request(snapshot, step));
  }

  /** Whether it goes on by itself when this process ends. */
  lasts(step: DeliveryStep): boolean {
    return this.#portOf(step).isRemote;
  }

  #portOf({ do: verb }: DeliveryStep): DeployerPort {
    const { deployer, migrator } = this.#deployers;
    return verb === 'migrate' ? (migrator ?? deployer) : deployer;
  }

  #request(snapshot: Snapshot, step: DeliveryStep): DeployRequest {
    const instances = running(snapshot, step.instances);
    const previous = instances[0]?.release;
    return {
      token: tokenOf(step),
      since: step.since,
      environment: this.#deployers.environment,
      release: step.release,
      ...(previous === undefined ? {} : { previous }),
      instances,
      migrate: step.do === 'deploy' && step.migrate,
    };
  }
}
