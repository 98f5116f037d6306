import type { Connection } from '../../src/aws/session.ts';
import { tasks, type AnyOptions } from '../../tasks/index.ts';
import { ExitCode } from '../../src/errors.ts';
import type { Verb } from '../../src/domain/goal.ts';
import type { ApprovalTerms } from '../../src/domain/approval.ts';
import { approvalsIn } from '../../src/record/approvals.ts';
import { NO_SCHEMA, type WayBackPort } from '../../src/way-back/way-back.ts';
import { NO_WORK, type WorkPort } from '../../src/work-owner/work.ts';
import { holdLease } from '../../src/record/lease.ts';
import type { Hooks } from '../../src/run/hooks/hooks.ts';
import { RunFault, UncaughtException } from '../../src/run/task/fault.ts';
import { runTask } from '../../src/run/task/run-task.ts';
import type { RunEvent } from '../../src/run/event.ts';
import { Interrupted } from '../../src/run/engine/context.ts';
import { Decision } from '../../src/run/engine/decision.ts';
import type { Clients, Setup } from '../../src/run/task/setup.ts';
import { LIMITS } from './fake-run.ts';
import { blueAndGreen, type FakeWorld } from './fake-world.ts';
import { MemoryStore } from './memory-store.ts';
import { markedWith } from './own-store.ts';

type Finished = Extract<RunEvent, { type: 'finished' }>;

/** One environment with its store, on which runs are conducted one after the other, as from one process each. */
export class Rig {
  readonly fake: FakeWorld;
  readonly store: MemoryStore;
  /** Writes to the store and requests that change something, in the order in which they happened. */
  readonly log: string[] = [];
  /** Questions that were asked. */
  readonly questions: string[] = [];
  /** How old answers may be. */
  settleMs = 0;
  /** What the person answers. */
  answer = true;
  events: RunEvent[] = [];
  /** Called with each event before it is kept, as by a view; may throw. */
  onEvent: (event: RunEvent) => void = () => {};
  hooks: Hooks | undefined;
  terms: ApprovalTerms | 'none' = 'none';
  work: WorkPort = NO_WORK;
  wayBack: WayBackPort = NO_SCHEMA;
  clients: Clients | undefined;
  /** What a change does first: checks the lease, as the session has it. */
  #check: () => Promise<void> = async () => {};
  #stop = new AbortController();
  #faulted = new AbortController();
  #runs = 0;

  constructor(fake: FakeWorld = blueAndGreen()) {
    this.fake = fake;
    fake.set((snapshot) => markedWith(snapshot));
    this.store = new MemoryStore(fake.clock, (what) => this.log.push(what));
    fake.onRequest = async (what) => {
      if (what.startsWith('read')) return;
      await this.#check();
      this.log.push(what);
    };
  }

  /** Runs a verb to its end; resolves to its last event. */
  async run(
    verb: Verb,
    wish: AnyOptions = {},
    mode: { plan?: boolean; yes?: boolean } = { yes: true },
  ): Promise<Finished> {
    const exitCode = await this.fake.finish(this.begin(verb, wish, mode)).catch((error: unknown) => {
      if (error instanceof RunFault) return ExitCode.fault;
      throw error;
    });
    const finished = this.events.at(-1) as Finished;
    if (finished.exitCode !== exitCode) throw new Error(`It ended with ${exitCode} and said ${finished.exitCode}.`);
    return finished;
  }

  /** What is known of the connection to AWS. */
  connection: Connection = {};

  async begin(
    verb: Verb,
    wish: AnyOptions = {},
    mode: { plan?: boolean; yes?: boolean } = { yes: true },
  ): Promise<ExitCode> {
    this.events = [];
    this.#stop = new AbortController();
    this.#faulted = new AbortController();
    this.#runs += 1;
    return runTask(this.#setup(`run-${this.#runs}`), tasks[verb], wish, { plan: false, yes: false, ...mode });
  }

  /** The first Ctrl-C. */
  stop(): void {
    this.#stop.abort(new Interrupted('SIGINT'));
  }

  /** Something was thrown that nothing has caught. */
  uncaught(thrown: unknown): void {
    this.#faulted.abort(new UncaughtException(thrown));
  }

  /** Calls back before the first request of that name is answered. */
  on(what: string, act: () => void): void {
    const before = this.fake.onRequest;
    const state = { done: false };
    this.fake.onRequest = async (asked) => {
      await before(asked);
      if (state.done || !asked.startsWith(what)) return;
      state.done = true;
      act();
    };
  }

  #setup(run: string): Setup {
    const { fake, store } = this;
    return {
      tasks,
      environment: 'shop',
      ports: {
        ...fake.ports,
        approvals: approvalsIn(store, this.terms, () => store.lease),
        work: this.work,
        wayBack: this.wayBack,
      },
      store,
      decision: new Decision(fake.clock),
      limits: LIMITS,
      settleMs: this.settleMs,
      view: {
        emit: (event) => {
          this.onEvent(event);
          this.events.push(event);
        },
        confirm: async (question) => {
          this.questions.push(question);
          return this.answer;
        },
        close: async () => {},
      },
      requests: () => fake.asked.length,
      connection: () => this.connection,
      signal: AbortSignal.any([this.#stop.signal, this.#faulted.signal]),
      faulted: this.#faulted.signal,
      ...(this.hooks && { hooks: this.hooks }),
      ...(this.clients && { clients: this.clients }),
      identity: { run, who: 'alice@ci', host: 'ci' },
      takeLease: async (verb, release) => {
        const since = new Date(fake.clock.now()).toISOString();
        const holder = { run, who: 'alice@ci', host: 'ci', pid: 7, verb, since, ...(release && { release }) };
        const lease = await holdLease(store, holder, { ttlMs: 30_000, clock: fake.clock });
        this.#check = async () => lease.check();
        return lease;
      },
    };
  }
}
