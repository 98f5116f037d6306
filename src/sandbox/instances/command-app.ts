import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { Guardian } from '../../programs/guardian.ts';
import { ApiError } from '../service.ts';
import type { App, AppFactory, AppIdentity } from './app.ts';
import { OK, type Behaviour } from './behaviour.ts';

/** Maximum output that is kept, in characters. */
const OUTPUT_MAX = 16_384;

/**
 * The user's app: starts `argv` in `folder` for each instance, without a shell, in its own process group, which is killed as a
 * whole. HOST, PORT, RELEASE, INSTANCE_ID and BEHAVIOUR are in its environment; `{release}` in `argv` is replaced.
 */
export function commandApp(command: AppCommand, guardian: Guardian): AppFactory {
  return (identity) => new CommandApp(command, identity, guardian);
}

interface AppCommand {
  readonly argv: readonly string[];
  readonly folder: string;
}

class CommandApp implements App {
  readonly #command: AppCommand;
  readonly #identity: AppIdentity;
  readonly #guardian: Guardian;
  #child: ChildProcess | undefined;
  #ending: Promise<unknown> = Promise.resolve();
  #output = '';

  constructor(command: AppCommand, identity: AppIdentity, guardian: Guardian) {
    this.#command = command;
    this.#identity = identity;
    this.#guardian = guardian;
  }

  async start(behaviour: Behaviour): Promise<void> {
    await this.kill();
    const { argv, folder } = this.#command;
    const [command = '', ...args] = argv.map((word) => word.replaceAll('{release}', this.#identity.release));
    const child = this.#guardian.start((own) => {
      const env = { ...this.#environment(behaviour), ...own };
      return spawn(command, args, { cwd: folder, detached: true, stdio: ['ignore', 'pipe', 'pipe'], env });
    });
    this.#child = child;
    child.stdout.on('data', (data: Buffer) => this.#keep(String(data)));
    child.stderr.on('data', (data: Buffer) => this.#keep(String(data)));
    child.on('error', (error) => this.#ended(child, `cannot start ${command}: ${error.message}\n`));
    child.on('exit', (code, signal) => this.#ended(child, `ended (${signal ?? `status ${code}`})\n`));
  }

  /** A process can be stopped, continued and killed, but not made unhealthy or faulty. */
  setBehaviour(behaviour: Behaviour): void {
    if (behaviour.name === 'sick' || behaviour.name === 'errors') {
      throw new ApiError(
        'InvalidFault',
        `The sandbox cannot make your own app ${behaviour.name === 'sick' ? 'sick' : 'answer with errors'}: use slow (SIGSTOP) or crash (SIGKILL).`,
      );
    }
    if (behaviour.name === 'crash') return void this.kill();
    if (!this.#child) return void this.start(OK);
    this.#signal(behaviour.name === 'slow' ? 'SIGSTOP' : 'SIGCONT');
  }

  async kill(): Promise<void> {
    this.#signal('SIGKILL');
    const child = this.#child;
    this.#child = undefined;
    if (child) this.#ending = exited(child);
    await this.#ending;
  }

  alive(): boolean {
    return this.#child !== undefined;
  }

  output(): string {
    return this.#output;
  }

  #environment(behaviour: Behaviour): NodeJS.ProcessEnv {
    const { address, ports, release, instance } = this.#identity;
    const own = {
      HOST: address,
      PORT: String(ports[0]),
      RELEASE: release,
      INSTANCE_ID: instance,
      BEHAVIOUR: behaviour.name,
    };
    return { ...process.env, ...own };
  }

  #signal(signal: NodeJS.Signals): void {
    const group = this.#child?.pid;
    if (group === undefined) return;
    try {
      process.kill(-group, signal);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  }

  #ended(child: ChildProcess, line: string): void {
    this.#keep(line);
    if (child.pid !== undefined) this.#guardian.forget(child.pid);
    if (this.#child === child) this.#child = undefined;
  }

  #keep(text: string): void {
    this.#output = (this.#output + text).slice(-OUTPUT_MAX);
  }
}

/** Resolves when the process has exited; a process that never started has. */
async function exited(child: ChildProcess): Promise<void> {
  if (child.pid !== undefined && child.exitCode === null && child.signalCode === null) await once(child, 'exit');
}
