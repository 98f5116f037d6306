import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test as base } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { startSandbox, type Sandbox, type SandboxOptions } from '../../src/sandbox/index.ts';
import { openFileStore } from '../../src/stores/file.ts';
import { startMeter, type Meter } from '../../tools/meter.ts';
import { expectOneWriter } from './fences.ts';
import { poll } from './poll.ts';
import { configText, markerLine, productionUrls } from './rig-config.ts';
import { finished, Program, type Ended, type Finished } from './program.ts';
import { watchEnd, type Site } from './truth.ts';
import { openTerminal, type Terminal } from './terminal.ts';
import { targetsIn, watchHealth, type HealthWatch } from './health-watch.ts';

export interface RigOptions extends Pick<
  SandboxOptions,
  | 'instances'
  | 'releases'
  | 'production'
  | 'region'
  | 'test'
  | 'adopted'
  | 'zones'
  | 'boot'
  | 'registration'
  | 'consistency'
  | 'throttle'
  | 'healthCheck'
  | 'weighted'
  | 'dns'
  | 'opsworks'
  | 'scalingGroups'
> {
  /** Lines of the config that come instead of the usual ones of the same key. */
  readonly config?: Readonly<Record<string, string>>;
  /** Requests a second to each production target group. */
  readonly rate?: number;
  /** How production tells its release, at its first URL: `json: release`. */
  readonly marker?: string;
  /** The other keys of `traffic`, where rules divide it by weight: `retention: 1s, every: 1s`. */
  readonly traffic?: string;
}

/** What `turnout status --json` says, as far as scenarios look at it. */
export interface Status {
  readonly pools: readonly {
    readonly name: string;
    readonly role: 'production' | 'test';
    readonly targets: readonly { id: string; port: number; release: string | null; state: string; words: string }[];
  }[];
  readonly fleets: readonly { release: string; role: string; instances: readonly { id: string; zone: string }[] }[];
  readonly rollback: { readonly ready: boolean; readonly seconds?: number; readonly why: string };
  readonly pull: object | null;
  readonly proof: { readonly proven: boolean; readonly why: string } | null;
  readonly lease: object | null;
  readonly goal: { readonly verb: string } | null;
  readonly verbs: readonly { verb: string; accepted: boolean; why: string }[];
}
const POOL = { name: 'shop-production', port: 8080 };
const TEST_POOL = { name: 'shop-test', port: 8080 };
/** Much shorter than AWS's, and long enough for a busy machine. */
const TIMES = {
  boot: 200,
  shutdown: 100,
  setup: 200,
  deploy: 300,
  // Long enough that production would dip, were blue taken out before green is healthy.
  registration: 300,
  propagation: 100,
  deregistrationDelay: 600,
  // The first check comes at once; afterwards a busy machine must make no target unhealthy.
  healthCheck: { interval: 3000, timeout: 2900, healthyThreshold: 2, unhealthyThreshold: 2 },
};
/** Requests a second. Node takes one new connection a turn of its event loop, and there are several loads on one here. */
const RATE = 15;
/** Of a request: what counts here is whether it is answered, not how busy the machine is. */
const PATIENCE_MS = 30_000;
/** For scenarios with an unhealthy target: known within two seconds. */
export const QUICK_CHECKS = { interval: 800, timeout: 750, healthyThreshold: 2, unhealthyThreshold: 2 };

interface RigAsks extends Pick<RigOptions, 'weighted'> {
  /** The program asks production and green, too, where they can tell their release. */
  readonly isAsked: boolean;
}

/** A sandbox with traffic through its production, and the real program pointed at it. */
export class Rig {
  readonly sandbox: Sandbox;
  readonly folder: string;
  /** What came to production, one meter a production target group. */
  readonly meters: readonly Meter[];
  readonly health: HealthWatch;
  readonly #isAsked: boolean;
  readonly #programs: Program[] = [];
  readonly #site: Site;

  private constructor(sandbox: Sandbox, folder: string, meters: readonly Meter[], { weighted, ...asks }: RigAsks) {
    this.#isAsked = asks.isAsked;
    this.#site = { sandbox, weighted, asked: 0 };
    this.sandbox = sandbox;
    this.folder = folder;
    this.meters = meters;
    this.health = watchHealth(sandbox);
  }

  static async start(options: RigOptions = {}): Promise<Rig> {
    const { config, traffic, marker, rate = RATE, ...world } = options;
    const wished = { production: [POOL], test: [TEST_POOL], releases: ['41', '42', '43'], ...TIMES, ...world };
    const sandbox = await startSandbox({ ...wished, environment: 'shop', port: 0, productionPort: 0, testPort: 0 });
    const folder = await mkdtemp(path.join(tmpdir(), 'turnout-scenario-'));
    await writeFile(
      path.join(folder, 'shop.yml'),
      configText(sandbox, wished, { ...markerLine(sandbox, options), ...config }, traffic),
    );
    sandbox.elbv2.resetTraffic();
    const meters = await Promise.all(
      productionUrls(sandbox, options.weighted).map((url) =>
        startMeter({ url: `${url}/`, rate, connections: 8, timeoutMs: PATIENCE_MS }),
      ),
    );
    const isAsked = marker !== undefined || ['release', 'checks'].some((key) => config?.[key] !== undefined);
    return new Rig(sandbox, folder, meters, { weighted: options.weighted, isAsked });
  }

  /** Starts `turnout COMMAND`, split at blanks; `variables` come to those of its environment. */
  start(command: string, variables: Readonly<Record<string, string>> = {}): Program {
    const env = { ...this.env, ...variables };
    const options = { cwd: this.folder, env, atEnd: watchEnd(this.#site) };
    const program = new Program(command, command.split(' ').filter(Boolean), options);
    this.#programs.push(program);
    return program;
  }

  /** The same on a terminal of its own. */
  inTerminal(command: string): Terminal {
    return openTerminal(command, { cwd: this.folder, env: this.env });
  }

  /** What a shell has once the sandbox's exports are pasted, and nothing of this one's. */
  get env(): Record<string, string> {
    const kept = Object.entries(process.env).filter(([name]) => ['PATH', 'HOME', 'TMPDIR', 'USER'].includes(name));
    return {
      ...(Object.fromEntries(kept) as Record<string, string>),
      AWS_ENDPOINT_URL: this.sandbox.url,
      AWS_REGION: this.sandbox.region,
      AWS_ACCESS_KEY_ID: 'sandbox',
      AWS_SECRET_ACCESS_KEY: 'sandbox',
      TURNOUT_CONFIG: path.join(this.folder, 'shop.yml'),
    };
  }

  /** From now on: why requests of clients may fail though a run ends well. */
  mayFail(why: string): void {
    this.#site.mayFail = why;
  }

  async run(command: string): Promise<Ended> {
    return await this.start(command).ended;
  }

  /** Runs a task with `--yes --json`; the last line, which must be of that result. */
  async task(command: string, result = 'done'): Promise<Finished> {
    const ended = await this.run(`${command} --yes --json`);
    const last = finished(ended);
    expect(last.result, `${command}: ${last.message}`).toBe(result);
    expect(ended.exitCode).toBe(last.exitCode);
    return last;
  }

  async status(): Promise<Status> {
    const { stdout, stderr, exitCode } = await this.run('status --json');
    expect(exitCode, stderr + stdout).toBe(0);
    return JSON.parse(stdout) as Status;
  }

  /** Releases with the number of their registered targets, by target group: read inside the sandbox, not by the program. */
  where(): Readonly<Record<string, string>> {
    const groups = [...this.sandbox.production, ...this.sandbox.test];
    return Object.fromEntries(groups.map(({ name, arn }) => [name, this.#registered(arn)]));
  }

  /** Roles by release, as the program tells them. */
  async roles(): Promise<Readonly<Record<string, string>>> {
    const { fleets } = await this.status();
    return Object.fromEntries(fleets.map(({ release, role }) => [release, role]));
  }

  /** The states of a release's targets in a group. */
  statesIn(name: string, release: string): readonly string[] {
    const group = [...this.sandbox.production, ...this.sandbox.test].find((one) => one.name === name)!;
    const here = targetsIn(this.sandbox, group.arn);
    return here.filter(({ id }) => this.sandbox.instances.find(id)?.release === release).map(({ state }) => state);
  }

  /** Waits until each of a release's targets in a group is healthy. */
  async healthyIn(name: string, release: string): Promise<void> {
    const healthy = (): boolean => {
      const states = this.statesIn(name, release);
      return states.length > 0 && states.every((state) => state === 'healthy');
    };
    await poll(healthy, `${release} healthy in ${name}`, 15_000);
  }

  /** Ids of a release's instances that were not terminated. */
  instancesOf(release: string): readonly string[] {
    const live = this.sandbox.instances
      .list()
      .filter((machine) => machine.release === release && machine.state === 'running');
    return live.map(({ id }) => id);
  }

  /** Makes every request for that operation take so much longer; returns what ends it. */
  slow(operation: string, ms: number): () => void {
    const id = this.sandbox.faults.add({ kind: 'delay', operation, ms });
    return () => void this.sandbox.faults.remove(id);
  }

  /** What is recorded as under way: the verb of a run that did not end, and of the run that has the lease. */
  async underWay(): Promise<{ readonly goal: string | undefined; readonly lease: string | undefined }> {
    const store = openFileStore(this.storePath, { environment: 'shop', clock: systemClock });
    try {
      const [goal, lease] = await Promise.all([store.goal(), store.held()]);
      return { goal: goal && 'goal' in goal ? goal.goal.verb : goal?.unreadable, lease: lease?.holder.verb };
    } finally {
      await store.close();
    }
  }

  get storePath(): string {
    return path.join(this.folder, '.turnout', 'shop.db');
  }

  /** Requests of the program that change something, since the sandbox started or since the last `forgetRequests`. */
  get changes(): readonly string[] {
    return this.sandbox.requests.all
      .map(({ operation }) => operation)
      .filter((name) => !/^(Describe|Get|List)/.test(name));
  }

  forgetRequests(): void {
    this.sandbox.requests.reset();
  }

  /** Requests of clients by the release that answered, on the first production target group; since the start. */
  async answered(): Promise<Readonly<Record<string, number>>> {
    return (await this.meters[0]!.read()).byRelease;
  }

  /** Ends the traffic. Each client request is accounted for on both sides, and none has failed; never were there two writers. */
  async expectNoFailures(): Promise<void> {
    expectOneWriter(this.sandbox);
    const results = await Promise.all(this.meters.map((meter) => meter.stop()));
    for (const { total, failed, failures } of results) {
      expect(failures).toEqual([]);
      expect(failed).toBe(0);
      expect(total.sent).toBe(total.ok);
      expect(total.sent).toBeGreaterThan(10);
    }
    const { total, failed } = this.sandbox.elbv2.traffic();
    const sent = results.reduce((sum, result) => sum + result.total.sent, 0);
    expect(failed).toBe(0);
    if (this.#isAsked) expect(total).toBeGreaterThanOrEqual(sent);
    else expect(total).toBe(sent + this.#site.asked);
    expect(this.sandbox.errors).toEqual([]);
  }

  /** Such as `41 × 3, 42 × 3`. */
  #registered(arn: string): string {
    const here = targetsIn(this.sandbox, arn).filter(({ state }) => state !== 'draining');
    const releases = here.map(({ id }) => this.sandbox.instances.find(id)?.release ?? '?');
    const counts = [...new Set(releases)]
      .toSorted()
      .map((release) => [release, releases.filter((each) => each === release).length]);
    return counts.map(([release, count]) => `${release} × ${count}`).join(', ');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.health.end();
    await Promise.all(this.#programs.map((program) => program[Symbol.asyncDispose]()));
    await Promise.all(this.meters.map((meter) => meter[Symbol.asyncDispose]()));
    await this.sandbox.close();
    await rm(this.folder, { recursive: true });
  }
}

/** A test that is given what starts rigs; each one is gone when the test is over, however it ends. */
export const scenario = base.extend<{ rig: (options?: RigOptions) => Promise<Rig> }>({
  // oxlint-disable-next-line no-empty-pattern -- vitest wants a destructured first argument
  rig: async ({}, use) => {
    const rigs: Rig[] = [];
    await use(async (options) => {
      const rig = await Rig.start(options);
      rigs.push(rig);
      return rig;
    });
    for (const rig of rigs) await rig[Symbol.asyncDispose]();
  },
});
