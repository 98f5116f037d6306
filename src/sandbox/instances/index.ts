import { randomBytes } from 'node:crypto';
import type { Clock } from '../../clock.ts';
import { messageOf } from '../../errors.ts';
import type { Scheduler } from '../scheduler.ts';
import type { Machine, Machines, SandboxTimes } from '../service.ts';
import type { AddressBlock } from './addresses.ts';
import type { App, AppFactory } from './app.ts';
import { CRASH_MS, OK, type Behaviour } from './behaviour.ts';

/** Why an instance is in its state, in EC2's words. */
export interface StateReason {
  readonly Code: string;
  readonly Message: string;
}

/** An instance as its host knows it: what load balancers see, and why it ended. */
export interface HostedMachine extends Machine {
  readonly reason?: StateReason;
}

export interface InstancesOptions {
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly block: AddressBlock;
  readonly app: AppFactory;
  readonly ports: readonly number[];
  /** Read at each launch. */
  readonly times: Pick<SandboxTimes, 'bootMs'>;
  /** From the request to stop or terminate to the end of it. */
  readonly shutdownMs: number;
  /** Told when an app can't be started, which is a fault of the machine it all runs on. */
  readonly onError: (error: unknown) => void;
}

export interface LaunchOptions {
  /** The zone's name, and its place among the zones, which its addresses come from. */
  readonly zone: string;
  readonly zoneIndex: number;
  readonly release: string;
  /** Instead of the usual time to boot. */
  readonly bootMs?: number;
}

interface Hosted {
  machine: HostedMachine;
  app: App;
  /** What it was told on its own; otherwise it behaves as its release does. */
  override?: Behaviour;
}

const TERMINATED_BY_USER: StateReason = {
  Code: 'Client.UserInitiatedShutdown',
  Message: 'Client.UserInitiatedShutdown: User initiated shutdown',
};
const LOST: StateReason = {
  Code: 'Server.InternalError',
  Message: 'Server.InternalError: The host of the instance failed',
};

/** The machines under EC2: real HTTP servers on loopback addresses of their own. */
export class Instances implements Machines {
  readonly #options: InstancesOptions;
  readonly #hosted = new Map<string, Hosted>();
  readonly #listeners = new Set<(machine: HostedMachine) => void>();
  readonly #releases = new Map<string, Behaviour>();

  constructor(options: InstancesOptions) {
    this.#options = options;
  }

  find(id: string): HostedMachine | undefined {
    return this.#hosted.get(id)?.machine;
  }

  list(): readonly HostedMachine[] {
    return [...this.#hosted.values()].map((hosted) => hosted.machine);
  }

  watch(listener: (machine: HostedMachine) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Whether an instance's app has not ended. */
  alive(id: string): boolean {
    return this.#hosted.get(id)?.app.alive() ?? false;
  }

  output(id: string): string {
    return this.#hosted.get(id)?.app.output() ?? '';
  }

  /** Boots one more instance: `pending` now, `running` later. */
  launch(options: LaunchOptions): HostedMachine {
    const id = `i-0${randomBytes(8).toString('hex')}`;
    const address = this.#options.block.allocate(options.zoneIndex);
    const machine: HostedMachine = { id, zone: options.zone, state: 'pending', address, release: options.release };
    this.#hosted.set(id, { machine, app: this.#appOf(machine) });
    this.#boot(id, options.bootMs ?? this.#options.times.bootMs);
    return machine;
  }

  /** Starts a stopped instance again. */
  start(id: string): void {
    this.#setState(id, 'pending');
    this.#boot(id, this.#options.times.bootMs);
  }

  stop(id: string): void {
    this.#shutDown(id, 'stopping', 'stopped', TERMINATED_BY_USER);
  }

  terminate(id: string): void {
    this.#shutDown(id, 'shutting-down', 'terminated', TERMINATED_BY_USER);
  }

  /** The instance is gone from one moment to the next, as when its host fails. */
  loseHost(id: string): void {
    void this.#hosted.get(id)?.app.kill();
    this.#setState(id, 'terminated', LOST);
  }

  /** Tells one instance's app how to behave; undefined: as its release does. Throws an `ApiError` when its app can't. */
  setBehaviour(id: string, behaviour: Behaviour | undefined): void {
    const hosted = this.#hosted.get(id);
    if (!hosted) return;
    if (hosted.machine.state === 'running') hosted.app.setBehaviour(behaviour ?? this.#releaseBehaviour(hosted));
    if (behaviour) hosted.override = behaviour;
    else delete hosted.override;
  }

  /** How a release behaves: its running instances change now, later ones start so. */
  setReleaseBehaviour(release: string, behaviour: Behaviour): void {
    this.#releases.set(release, behaviour);
    for (const { machine, app, override: own } of this.#hosted.values()) {
      if (machine.release === release && machine.state === 'running' && !own) app.setBehaviour(behaviour);
    }
  }

  behaviourOf(release: string): Behaviour {
    return this.#releases.get(release) ?? OK;
  }

  /**
   * Restarts the instance's app with another release, as code that is delivered in place does: requests in flight are cut,
   * and nothing answers for `downMs`. Resolves when the app is up, or as dead as its release is; false without such a
   * running instance.
   */
  async deploy(id: string, release: string, downMs: number): Promise<boolean> {
    const hosted = this.#hosted.get(id);
    if (hosted?.machine.state !== 'running') return false;
    await hosted.app.kill();
    await new Promise<void>((resolve) => void this.#options.scheduler.after(downMs, resolve));
    if (this.find(id)?.state !== 'running') return false;
    hosted.machine = { ...hosted.machine, release };
    hosted.app = this.#appOf(hosted.machine);
    await this.#startApp(hosted);
    this.#notifyListeners(hosted.machine);
    return true;
  }

  /** Drops what is known of an instance that is long gone. */
  forget(id: string): void {
    this.#hosted.delete(id);
  }

  /** Ends all apps; resolves when they are gone. */
  async close(): Promise<void> {
    this.#listeners.clear();
    await Promise.all([...this.#hosted.values()].map(({ app }) => app.kill()));
  }

  #appOf({ id, release, address }: HostedMachine): App {
    return this.#options.app({ instance: id, release, address, ports: this.#options.ports });
  }

  #releaseBehaviour(hosted: Hosted): Behaviour {
    return this.behaviourOf(hosted.machine.release);
  }

  #boot(id: string, bootMs: number): void {
    this.#options.scheduler.after(bootMs, async () => {
      const hosted = this.#hosted.get(id);
      if (hosted?.machine.state !== 'pending') return;
      await this.#startApp(hosted);
      // It may have been terminated while its app started.
      if (this.find(id)?.state === 'pending') this.#setState(id, 'running');
      else await hosted.app.kill();
    });
  }

  async #startApp(hosted: Hosted): Promise<void> {
    const first = hosted.override ?? this.#releaseBehaviour(hosted);
    await hosted.app.start(first).catch(this.#options.onError);
    if (first.name !== 'crash') return;
    this.#options.scheduler.after(CRASH_MS, () => {
      if ((hosted.override ?? this.#releaseBehaviour(hosted)).name === 'crash') void hosted.app.kill();
    });
  }

  #shutDown(id: string, during: Machine['state'], after: Machine['state'], reason: StateReason): void {
    void this.#hosted.get(id)?.app.kill();
    this.#setState(id, during, reason);
    this.#options.scheduler.after(this.#options.shutdownMs, () => {
      if (this.find(id)?.state === during) this.#setState(id, after, reason);
    });
  }

  #setState(id: string, state: Machine['state'], reason?: StateReason): void {
    const hosted = this.#hosted.get(id);
    if (!hosted || hosted.machine.state === state) return;
    const { reason: _past, ...facts } = hosted.machine;
    hosted.machine = { ...facts, state, ...(reason && { reason }) };
    if (state === 'terminated') this.#options.block.release(hosted.machine.address);
    this.#notifyListeners(hosted.machine);
  }

  #notifyListeners(machine: HostedMachine): void {
    for (const listener of this.#listeners) notify(listener, machine, this.#options.onError);
  }
}

/** One listener's fault is not another's. */
function notify(
  listener: (machine: HostedMachine) => void,
  machine: HostedMachine,
  onError: (error: unknown) => void,
): void {
  try {
    listener(machine);
  } catch (error) {
    onError(new Error(`A listener failed on ${machine.id}: ${messageOf(error)}`, { cause: error }));
  }
}
