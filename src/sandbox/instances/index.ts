import { randomBytes } from 'node:crypto';
import type { Clock } from '../../clock.ts';
import { messageOf } from '../../errors.ts';
import type { Scheduler } from '../scheduler.ts';
import type { Machine, Machines, SandboxTimes } from '../service.ts';
import type { AddressBlock } from './addresses.ts';
import type { App, AppFactory } from './app.ts';
import { CRASH_MS, OK, type Behaviour } from './behaviour.ts';

/** EC2's reason for an instance's state. */
export interface StateReason {
  readonly Code: string;
  readonly Message: string;
}

/** An instance with the reason of its state. */
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
  /** Time to stop or terminate an instance. */
  readonly shutdownMs: number;
  /** Called when an app cannot be started, which is an error of the local machine. */
  readonly onError: (error: unknown) => void;
}

export interface LaunchOptions {
  /** The zone's name, and its index, which determines its address range. */
  readonly zone: string;
  readonly zoneIndex: number;
  readonly release: string;
  /** Replaces the default boot time. */
  readonly bootMs?: number;
}

interface Hosted {
  machine: HostedMachine;
  app: App;
  /** Behaviour of this instance instead of its release's. */
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

/** The machines behind EC2 instances: HTTP servers, each on its own loopback address. */
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

  at(address: string): HostedMachine | undefined {
    return this.list().find((machine) => machine.address === address && machine.state !== 'terminated');
  }

  list(): readonly HostedMachine[] {
    return [...this.#hosted.values()].map((hosted) => hosted.machine);
  }

  watch(listener: (machine: HostedMachine) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Whether an instance's app is running. */
  alive(id: string): boolean {
    return this.#hosted.get(id)?.app.alive() ?? false;
  }

  output(id: string): string {
    return this.#hosted.get(id)?.app.output() ?? '';
  }

  /** Launches an instance: it is `pending`, and `running` after the boot time. */
  launch(options: LaunchOptions): HostedMachine {
    const id = `i-0${randomBytes(8).toString('hex')}`;
    const address = this.#options.block.allocate(options.zoneIndex);
    const machine: HostedMachine = { id, zone: options.zone, state: 'pending', address, release: options.release };
    this.#hosted.set(id, { machine, app: this.#appOf(machine) });
    this.#boot(id, options.bootMs ?? this.#options.times.bootMs);
    return machine;
  }

  /** Starts a stopped instance. */
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

  /** Terminates an instance immediately, as when its host fails. */
  loseHost(id: string): void {
    void this.#hosted.get(id)?.app.kill();
    this.#setState(id, 'terminated', LOST);
  }

  /** Sets the behaviour of an instance; undefined: that of its release. Throws an `ApiError` if its app does not support it. */
  setBehaviour(id: string, behaviour: Behaviour | undefined): void {
    const hosted = this.#hosted.get(id);
    if (!hosted) return;
    if (hosted.machine.state === 'running') hosted.app.setBehaviour(behaviour ?? this.#releaseBehaviour(hosted));
    if (behaviour) hosted.override = behaviour;
    else delete hosted.override;
  }

  /** Sets the behaviour of a release, for its running and its future instances. */
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
   * Restarts an instance's app with another release, as an in-place deployment does: requests in flight fail, and the app is
   * down for `downMs`, by default the boot time. Resolves with true once the app was started, with false if the instance is not running.
   */
  async deploy(id: string, release: string, downMs = this.#options.times.bootMs): Promise<boolean> {
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

  /** Removes an instance that was terminated long ago. */
  forget(id: string): void {
    this.#hosted.delete(id);
  }

  /** Kills all apps; resolves when they have ended. */
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

/** An error of one listener must not affect the others. */
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
