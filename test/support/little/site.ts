import { tasks, type AnyOptions } from '../../../tasks/index.ts';
import { messageOf, OperatorError } from '../../../src/errors.ts';
import { observe } from '../../../src/observe/observe.ts';
import type { Snapshot } from '../../../src/domain/snapshot.ts';
import type { Verb } from '../../../src/domain/goal.ts';
import { runTask } from '../../../src/run/task/run-task.ts';
import { whatToResume } from '../../../src/run/task/resolve-goal.ts';
import type { RunEvent } from '../../../src/run/event.ts';
import { switchSettings, type InstanceProbe } from '../../../src/steps/ports.ts';
import { Interrupted } from '../../../src/run/engine/context.ts';
import type { Ports } from '../../../src/steps/ports.ts';
import { approvalsIn } from '../../../src/record/approvals.ts';
import type { Lease, Store } from '../../../src/stores/store.ts';
import { Decision } from '../../../src/run/engine/decision.ts';
import { verbsNow, type VerbStatus } from '../../../src/run/task/verbs.ts';
import type { Hooks } from '../../../src/run/hooks/hooks.ts';
import { LittleBucket } from './bucket.ts';
import { LittleDeployer, type Deploys } from './deployer.ts';
import { WorldClock } from './clock.ts';
import { COMMANDS, EFFECT_SHOWS_MS, LIMITS, takeLease, type Connection, type Ended } from './commands.ts';
import { LittleCloud, TIMES, type Times } from './cloud.ts';
import { KINDS, openPreviewIn, type Kind } from './kinds.ts';
import type { Gate } from './iam.ts';
import { withOutsiders } from './outsiders.ts';
import { permitsBy, plainPorts, withDeploys } from './ports.ts';
import { LittleProcess, type Calls } from './process.ts';
import { startScaling } from './scaling.ts';
import type { Scene } from './scene.ts';
import { withFront, type State } from './state.ts';
import { FIRST_STORE, LittleStore } from './store.ts';
import { Watch } from './watch.ts';
import type { LittleJudges } from './judges.ts';
import type { LittleWork } from './work.ts';
import { LittleSession, Weather, type Wire } from './wire.ts';

/** What is asked of a process: a task, or what a command does with the recorded goal. */
export type Ask = Verb | 'resume' | keyof typeof COMMANDS;

type Finished = Extract<RunEvent, { type: 'finished' }>;

/** One run, and what it did. */
export interface Run {
  readonly ask: Ask;
  readonly process: LittleProcess;
  readonly ended: Ended;
  readonly events: readonly RunEvent[];
  /** Changes that it sent to AWS. */
  readonly changes: number;
}

/** What `status` shows. */
export interface Status {
  readonly snapshot: Snapshot;
  readonly verbs: readonly VerbStatus[];
}

export interface SiteOptions {
  readonly times?: Partial<Times>;
  /** Stores that runs can be started with, each with a lease of its own; the scenes' fleets name the first. */
  readonly stores?: number;
  /** Whether the store knows at once that a holder has died, as on one machine. */
  readonly seesDeath?: boolean;
  readonly kind?: Kind;
  /** How deploys in place are delivered; absent: the config does not say. */
  readonly deploys?: Deploys;
  /** What instances say when they are asked themselves; absent: they are not asked. */
  readonly probe?: Partial<InstanceProbe>;
  readonly hooks?: Hooks;
  /** Work that must not run twice; absent: the config does not have it. */
  readonly work?: LittleWork;
  /** `preview` is in the config: see `openPreviewIn`. */
  readonly preview?: true;
  /** Gates, approval and closed times; absent: the config does not have them. */
  readonly judges?: LittleJudges;
  /** Called with the world after each request that has had its effect. */
  readonly onEffect?: (state: State) => void;
}

/** Where a run is started: with which of the stores, counted from 0, and how far the machine's clock is off. */
export interface Desk {
  readonly store?: number;
  readonly clockOffMs?: number;
}

/** No run takes longer than all its limits together, with retries. */
const LONGEST_MS = 3_600_000;

/** A little cloud with a store, a watchman, and processes that come and go. */
export class Site {
  readonly clock = new WorldClock();
  readonly weather = new Weather();
  /** What IAM allows from now on; everything at first. */
  readonly gate: Gate = { policies: undefined, used: new Set() };
  readonly cloud: LittleCloud;
  /** The first one, and all. */
  readonly store: LittleStore;
  readonly stores: readonly LittleStore[];
  readonly watch: Watch;
  readonly deployer: LittleDeployer | undefined;
  readonly #bucket: LittleBucket | undefined;
  readonly #kind: Kind;
  readonly #options: Pick<SiteOptions, 'probe' | 'hooks' | 'work' | 'preview' | 'judges' | 'onEffect'>;
  readonly #start: State;
  readonly #atRequests = new Map<number, (() => void)[]>();
  #sent = 0;
  #runs = 0;

  constructor(
    scene: Scene,
    { times, seesDeath = true, kind = KINDS[0], deploys, stores = 1, ...others }: SiteOptions = {},
  ) {
    this.#kind = kind;
    this.#options = others;
    this.cloud = new LittleCloud(this.clock, { ...TIMES, ...times }, withOutsiders(kind.stage(scene), scene.outsiders));
    this.store = new LittleStore(this.clock, { seesDeath });
    const more = Array.from({ length: stores - 1 }, (_, n) => `store-${n + 2}`);
    this.stores = [this.store, ...more.map((id) => new LittleStore(this.clock, { seesDeath, id }))];
    if (others.preview) this.cloud.change(withFront);
    this.#start = this.cloud.state;
    startScaling(this.cloud);
    this.watch = new Watch(this.cloud, ...this.stores);
    if (deploys === 'permits') this.#bucket = new LittleBucket(this.cloud);
    else if (deploys !== undefined) this.deployer = new LittleDeployer(this.cloud, deploys);
  }

  /** Calls `act` as the n-th request to AWS leaves, counted from 1 over all processes. */
  atRequest(n: number, act: () => void): void {
    this.#atRequests.set(n, [...(this.#atRequests.get(n) ?? []), act]);
  }

  /** From now on only what is due by the clock happens. */
  forgetRequests(): void {
    this.#atRequests.clear();
  }

  /** A run from its start to its end, or to its death. */
  async run(ask: Ask, wish: AnyOptions = {}, calls: Calls = {}, desk: Desk = {}): Promise<Run> {
    const going = this.start(ask, wish, calls, undefined, desk);
    await this.clock.until(() => going.run !== undefined, LONGEST_MS);
    return going.run as Run;
  }

  /** Starts a run; `run` is there once it has ended, and then `onEnd` is called. */
  start(
    ask: Ask,
    wish: AnyOptions = {},
    calls: Calls = {},
    onEnd: (run: Run) => void = () => {},
    desk: Desk = {},
  ): { process: LittleProcess; run: Run | undefined } {
    const interruption = new AbortController();
    const name = `r${(this.#runs += 1)}`;
    const process = new LittleProcess(name, this.clock, calls, desk.clockOffMs);
    process.onInterrupt = () => interruption.abort(new Interrupted('SIGTERM'));
    const connection = this.#connect(process, this.stores[desk.store ?? 0]);
    const events: RunEvent[] = [];
    const going: { process: LittleProcess; run: Run | undefined } = { process, run: undefined };
    const end = (ended: Ended): void => {
      if (going.run !== undefined) return;
      going.run = { ask, process, ended, events, changes: connection.session.changes };
      onEnd(going.run);
    };
    process.onDeath = () => end({ how: 'killed' });
    const doing =
      ask === 'abandon' || ask === 'abandon --cancel-refresh' || ask === 'unlock'
        ? COMMANDS[ask](connection)
        : this.#task(connection, ask, wish, interruption.signal, events);
    doing.then(end, (error: unknown) => end(endedBy(error))).finally(() => process.kill());
    return going;
  }

  /** What `turnout status` reads, by a process of its own. */
  async status(): Promise<Status> {
    let status: Status | undefined;
    const { ports, store } = this.#connect(new LittleProcess('status', this.clock));
    const reading = (async () => {
      const [snapshot, goal] = await Promise.all([observe(ports, { residual: true, outside: 'some' }), store.goal()]);
      status = {
        snapshot,
        verbs: await verbsNow({ tasks, snapshot, recorded: goal, settings: switchSettings(ports), store: FIRST_STORE }),
      };
    })();
    await this.clock.until(() => status !== undefined, LONGEST_MS);
    await reading;
    return status as unknown as Status;
  }

  #connect(process: LittleProcess, kept: LittleStore = this.store): Connection {
    const store = kept.open(process);
    const { cloud, weather, watch, gate } = this;
    const wire: Wire = {
      cloud,
      weather,
      gate,
      bucket: this.#bucket,
      process,
      onSend: (request) => {
        watch.onSend(process, request);
        this.#sent += 1;
        this.#atRequests.get(this.#sent)?.forEach((act) => act());
      },
      onArrival: (sent) => {
        const noted = watch.onArrival(sent);
        return () => {
          noted();
          this.#options.onEffect?.(cloud.state);
        };
      },
    };
    const beforeChange = async (): Promise<void> => {
      if (connection.guard === undefined) throw new Error('A change was asked for without a lease.');
      await connection.guard.check();
      connection.decision.check();
    };
    const session = new LittleSession(
      {
        region: 'eu-west-1',
        maxAttempts: 8,
        requestsPerSecond: 5,
        version: '0',
        run: process.name,
        clock: process.clock,
        changes: 'once',
        beforeChange,
        onChangeFailed: () => connection.decision.failed(),
        onThrottled: () => {},
      },
      wire,
    );
    const { fleet, traffic } = this.#kind.open(session, this.#start, cloud);
    const plain = plainPorts(fleet, traffic, session, session.clock);
    const work = this.#options.work?.open(process, beforeChange) ?? plain.work;
    const deployer = this.#bucket ? permitsBy(session) : this.deployer?.open(process);
    const deploying = deployer ? withDeploys(plain, deployer, this.#options.probe) : plain;
    const preview = this.#options.preview ? openPreviewIn(session, this.#start) : plain.preview;
    const ports = { ...deploying, work, preview, ...this.#judged(process, store, () => connection.guard?.lease) };
    const decision = new Decision(process.clock);
    const connection: Connection = { process, session, ports, store, decision, guard: undefined };
    return connection;
  }

  #judged(process: LittleProcess, store: Store, lease: () => Lease | undefined): Partial<Ports> {
    const { judges } = this.#options;
    if (judges === undefined) return {};
    const approvals = approvalsIn(store, judges.terms, lease);
    return { gates: judges.gates(process), freeze: judges.closedTimes(process), approvals };
  }

  async #task(
    connection: Connection,
    ask: Verb | 'resume',
    given: AnyOptions,
    signal: AbortSignal,
    events: RunEvent[],
  ): Promise<Ended> {
    const { process, ports, store, session } = connection;
    const { verb, options } = ask === 'resume' ? whatToResume(await store.goal()) : { verb: ask, options: given };
    const { watch } = this;
    watch.does(process, verb);
    await runTask(
      {
        tasks,
        environment: 'shop',
        ports,
        store,
        decision: connection.decision,
        limits: LIMITS,
        settleMs: EFFECT_SHOWS_MS,
        view: {
          emit: (event) => void events.push(watch.heard(process, event)),
          confirm: async () => true,
          close: async () => {},
        },
        requests: () => session.requests,
        connection: () => session.connection,
        signal,
        faulted: new AbortController().signal,
        identity: { run: process.name, who: 'ann@desk', host: 'desk' },
        ...(this.#options.hooks && { hooks: this.#options.hooks }),
        takeLease: async () => (connection.guard = await takeLease(connection, verb)),
      },
      tasks[verb],
      options,
      { plan: false, yes: true },
    );
    const { exitCode, code, message, next } = events.at(-1) as Finished;
    return { how: 'ended', exitCode, code, message, next };
  }
}

function endedBy(error: unknown): Ended {
  if (!(error instanceof OperatorError)) return { how: 'fault', error };
  const { exitCode, code, next } = error;
  return { how: 'ended', exitCode, code, message: messageOf(error), next };
}
