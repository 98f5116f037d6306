import type { DeployerPort, DeployRequest } from '../../../src/deployers/deployer.ts';
import type { DeployReport } from '../../../src/domain/deploys.ts';
import type { LittleCloud } from './cloud.ts';
import type { LittleProcess } from './process.ts';

/**
 * `lasting`: goes on without the process that started it, as at AWS. `local`: ends together with it, as a program does. `pulling`: lasting,
 * and by the instances themselves, which may serve meanwhile; `permits`: the same by the real deployer, with its requests to S3.
 */
export type Deploys = 'lasting' | 'local' | 'pulling' | 'permits';

type Simulated = Exclude<Deploys, 'permits'>;

interface Job {
  readonly by: LittleProcess;
  state: 'running' | 'succeeded' | 'failed';
}

const CALL_MS = 20;

/** What delivers releases to the boxes of a little cloud. */
export class LittleDeployer {
  /** What it was asked for and must not be. */
  readonly broken: string[] = [];
  /** Tokens of deploys that really began. */
  readonly begun: string[] = [];
  /** Those that were called off. */
  readonly stopped: string[] = [];
  /** How long each of them takes. */
  deployMs = 2000;
  /** Why no deploy can begin; absent: it can. */
  cannotBegin: Error | undefined;
  /** What new boxes would boot. */
  pointsTo: string | undefined;
  readonly #cloud: LittleCloud;
  readonly #kind: Simulated;
  readonly #jobs = new Map<string, Job>();

  constructor(cloud: LittleCloud, kind: Simulated) {
    this.#cloud = cloud;
    this.#kind = kind;
  }

  /** As a process opens it. */
  open(process: LittleProcess): DeployerPort {
    return {
      kind: ({ lasting: 'ssm', local: 'command', pulling: 'pull' } as const)[this.#kind],
      description: './deploy.sh',
      isRemote: this.#kind !== 'local',
      migrates: this.#kind !== 'pulling',
      setCurrent: async (release) => process.call('deployer points', CALL_MS, () => void (this.pointsTo = release)),
      fetched: async () => ({}),
      prepare: async () => {
        if (this.cannotBegin !== undefined) throw this.cannotBegin;
      },
      start: async (request) => process.call('deployer start', CALL_MS, () => this.#start(process, request)),
      status: async (request) => process.call('deployer status', CALL_MS, () => this.#look(request)),
      stop: async ({ token }) => this.stopped.push(token) > 0,
    };
  }

  #jobOf({ token }: DeployRequest): Job | undefined {
    const job = this.#jobs.get(token);
    return this.#kind === 'local' && job?.by.dead === true ? undefined : job;
  }

  #start(by: LittleProcess, request: DeployRequest): void {
    const before = this.#jobOf(request);
    if (before !== undefined && before.state !== 'failed') return;
    const { groups } = this.#cloud.state;
    for (const { id } of request.instances) {
      const at = [...groups.values()].find(({ members }) => members.has(id));
      if (at !== undefined && this.#kind !== 'pulling')
        this.broken.push(`deploys to ${id}, which is ${at.members.get(id)?.health} in ${at.name}`);
    }
    this.begun.push(`${request.token}${request.migrate ? ' migrates' : ''}`);
    const job: Job = { by, state: 'running' };
    this.#jobs.set(request.token, job);
    this.#cloud.clock.after(this.deployMs, () => {
      if (this.#jobOf(request) !== job) return;
      job.state = 'succeeded';
      for (const { id } of request.instances) this.#cloud.deliver(id, request.release);
    });
  }

  #look(request: DeployRequest): DeployReport | undefined {
    const state = this.#jobOf(request)?.state;
    if (state === undefined) return undefined;
    return { token: request.token, state, instances: request.instances.map(({ id }) => ({ id, state })) };
  }
}
