import { messageOf, OperatorError } from '../../errors.ts';
import type { Snapshot } from '../../domain/snapshot.ts';
import { otherStore, type StoreMark } from '../../domain/store-mark.ts';
import type { Waiting } from '../../domain/waiting.ts';
import type { StepBehaviour } from '../../steps/definition.ts';
import { behaviourOf, type Step } from '../../steps/index.ts';
import { EFFECT_SHOWS_MS } from '../../steps/timing.ts';
import { endOrder, pauseFor, stopFor } from '../deploys/waiting.ts';
import { Interrupted, StepFailed, type RunContext } from './context.ts';
import { readsAfter, readsFirst } from './look-ahead.ts';
import { needsSoleStore, storeReplaced } from './other-store.ts';
import { backoffMs, refusedPauseMs, REPEAT_MS } from './pace.ts';
import { isTransient } from './retry.ts';
import { VerdictTeller } from './verdicts.ts';
import { WorldReader } from './world-reader.ts';

/**
 * Does the steps, each one observed before and after. A step counts as done only on an observation made after its effect.
 * @returns the last observation
 * @throws StepFailed when a step runs out of time or cannot get there; Interrupted at a safe point after the first signal.
 */
export async function runSteps(context: RunContext, steps: readonly Step[], start: Snapshot): Promise<Snapshot> {
  const reader = new WorldReader(context, start);
  const skipped: OperatorError[] = [];
  const verdicts = new VerdictTeller(context.emit, context.ports.clock);
  let snapshot = start;
  for (const [index, step] of steps.entries()) {
    context.signal.throwIfAborted();
    snapshot = await new StepRun({ context, reader, verdicts, skipped }, index, step, steps[index + 1]).run(snapshot);
  }
  await context.reached(steps.length, 'the last step is done');
  if (reader.isWhole(snapshot)) context.sawAll(snapshot, reader.lookedFrom);
  return snapshot;
}

/** Errors of a tag that cannot be written. */
const NOT_WRITTEN: ReadonlySet<string> = new Set(['access-denied', 'tag-policy', 'too-many-tags']);

interface StepTools {
  readonly context: RunContext;
  readonly reader: WorldReader;
  readonly verdicts: VerdictTeller;
  /** What could not be written, and was gone on without, in steps before. */
  readonly skipped: OperatorError[];
}

/** One step of a run, driven until it is seen to be done. */
class StepRun {
  readonly #context: RunContext;
  readonly #reader: WorldReader;
  readonly #verdicts: VerdictTeller;
  readonly #index: number;
  readonly #step: Step;
  readonly #next: Step | undefined;
  readonly #behaviour: StepBehaviour;
  /** On the monotonic clock. */
  #startedAt = 0;
  /** Since when its guard allows it: its own time begins then. */
  #allowedAt = 0;
  #lookedAt = 0;
  #requestedAt = Number.NEGATIVE_INFINITY;
  /** When the last look began, where it was at all that a decision needs, and not only at what shows the progress. */
  #lookedFrom: number | undefined;
  #failures = 0;
  /** Why the last request may have had no effect. */
  #failure: OperatorError | undefined;
  /** Why steps of this run were skipped. */
  readonly #skipped: OperatorError[];
  /** It was denied, and the run goes on without it. */
  #isSkipped = false;

  constructor({ context, reader, verdicts, skipped }: StepTools, index: number, step: Step, next: Step | undefined) {
    this.#context = context;
    this.#reader = reader;
    this.#verdicts = verdicts;
    this.#index = index;
    this.#step = step;
    this.#next = next;
    this.#skipped = skipped;
    this.#behaviour = behaviourOf(step);
  }

  /** Resolves to an observation that shows it done. */
  async run(before: Snapshot): Promise<Snapshot> {
    const { emit, reached, settled, noticed } = this.#context;
    const index = this.#index;
    const title = this.#behaviour.title(before);
    // Before it is shown: a run that is suspended when a step appears must not hold the store's lock.
    await reached(index, title);
    emit({ type: 'step-started', index, title });
    const startedAt = this.#now();
    if (endsSomething(this.#behaviour, before)) await settled();
    if (movesSomething(this.#behaviour, before)) await noticed(before);
    const start = await this.#lookFirst(before);
    const already = this.#isDone(start);
    const last = await this.#withHooks(before, start).catch(async (error: unknown) => this.#fail(error, start));
    emit({ type: 'step-done', index, seconds: (this.#now() - startedAt) / 1000, already });
    return last;
  }

  async #withHooks(before: Snapshot, start: Snapshot): Promise<Snapshot> {
    const { hooks } = this.#context;
    const hasRun = !this.#isDone(start) && (await hooks?.before(this.#step, start)) === true;
    // A hook may have changed the world.
    const last = await this.#drive(hasRun ? await this.#lookFirst(before) : start);
    await hooks?.after(this.#step, last);
    return last;
  }

  async #drive(start: Snapshot): Promise<Snapshot> {
    this.#startedAt = this.#now();
    this.#allowedAt = this.#startedAt;
    this.#lookedAt = this.#startedAt;
    let snapshot = start;
    while (!this.#isDone(snapshot)) snapshot = await this.#advance(snapshot);
    this.#report(snapshot);
    return snapshot;
  }

  /** Requests the effect where that is due and the guard allows it, or waits a while; then looks. */
  async #advance(seen: Snapshot): Promise<Snapshot> {
    const fresh = this.#isDue(seen) && this.#lookedFrom === undefined ? await this.#lookFirst(seen) : seen;
    if (this.#isDone(fresh)) return fresh;
    const snapshot = await this.#withoutConflict(fresh);
    if (snapshot !== fresh) return snapshot;
    if (this.#isDue(snapshot) && this.#otherStore(snapshot)) return this.#withoutOtherStore(snapshot);
    const waitedMs = this.#now() - this.#startedAt;
    const forbidden = this.#behaviour.guard(snapshot);
    if (forbidden !== undefined) this.#allowedAt = this.#now();
    const leftMs = this.#leftMs(snapshot, forbidden);
    this.#giveUp(snapshot, leftMs, forbidden);
    const isAllowed = forbidden === undefined && this.#isDue(snapshot);
    if (isAllowed) await this.#request(snapshot);
    else await this.#pause(snapshot, waitedMs, forbidden === undefined ? 0 : refusedPauseMs(waitedMs));
    this.#lookedAt = this.#now();
    this.#lookedFrom = undefined;
    // What forbids it may not be among what shows the progress.
    if (forbidden !== undefined) return this.#lookFirst(snapshot);
    const next = isAllowed ? readsAfter(this.#behaviour, this.#next, snapshot) : undefined;
    return this.#reader.poll(snapshot, this.#behaviour.readsToPoll(snapshot), leftMs, next);
  }

  #isDue(snapshot: Snapshot): boolean {
    const waitedMs = this.#now() - this.#requestedAt;
    return this.#behaviour.progress(snapshot) === 'todo' && waitedMs > this.#repeatAfterMs();
  }

  #repeatAfterMs(): number {
    if (this.#failure === undefined) return REPEAT_MS;
    // Nothing was sent.
    if (this.#failure.code === 'decision-expired') return 0;
    return backoffMs(this.#failures);
  }

  /** An error that passes is no answer: whether the request took effect is seen, or else it is repeated. */
  async #request(snapshot: Snapshot): Promise<void> {
    const { ports, emit, changed, decided } = this.#context;
    this.#failure = undefined;
    decided(this.#lookedFrom ?? Number.NEGATIVE_INFINITY);
    try {
      await this.#behaviour.apply(ports, snapshot);
    } catch (error) {
      if (this.#isDispensable(error)) return this.#skip(snapshot, error);
      if (!isTransient(error)) throw error;
      if (this.#failures === 0 && error.code !== 'decision-expired')
        emit({ type: 'warning', message: `${error.message} Looking whether it took effect.` });
      this.#failure = error;
      this.#failures += 1;
    } finally {
      changed(this.#behaviour.effect(snapshot));
      this.#requestedAt = this.#now();
    }
  }

  #isDispensable(error: unknown): error is OperatorError {
    const cannotBeWritten = error instanceof OperatorError && NOT_WRITTEN.has(error.code);
    return cannotBeWritten && this.#context.isEmergency === true && this.#behaviour.isDispensable;
  }

  #skip(snapshot: Snapshot, error: OperatorError): void {
    this.#isSkipped = true;
    this.#skipped.push(error);
    const message = `${error.message} This goes on without it: ${this.#behaviour.title(snapshot)}.`;
    this.#context.emit({ type: 'warning', message });
  }

  async #pause(snapshot: Snapshot, waitedMs: number, leastMs: number): Promise<void> {
    if (this.#behaviour.progress(snapshot) === 'under way') this.#requestedAt = Number.NEGATIVE_INFINITY;
    this.#report(snapshot);
    const { order } = this.#behaviour;
    const everyMs = Math.max(this.#behaviour.pollEveryMs(snapshot, waitedMs), leastMs);
    const pauseMs = pauseFor(this.#context, order, everyMs);
    // The look itself is part of the time between two, but a slow one must not be followed by the next at once.
    const tookMs = Math.min(this.#now() - this.#lookedAt, pauseMs / 2);
    await this.#context.ports.clock.sleep(pauseMs - tookMs, stopFor(this.#context, order));
  }

  /** An old reading must not be taken for a change that others have made. */
  async #withoutConflict(snapshot: Snapshot): Promise<Snapshot> {
    if (this.#behaviour.conflict(snapshot) === undefined) return snapshot;
    await this.#context.shown();
    this.#lookedFrom = undefined;
    const again = await this.#reader.read(snapshot, this.#behaviour.readsToPoll(snapshot), EFFECT_SHOWS_MS);
    const why = this.#behaviour.conflict(again);
    if (why !== undefined) throw new StepFailed(this.#step, why, [], again, { isConflict: true });
    return again;
  }

  /** The mark of another store, where that forbids this change. */
  #otherStore(snapshot: Snapshot): StoreMark | undefined {
    return needsSoleStore(this.#behaviour.effect(snapshot)) ? otherStore(snapshot, this.#context.store) : undefined;
  }

  /** Read again, as it may be older than this run's own mark. @throws OperatorError `other-store` */
  async #withoutOtherStore(snapshot: Snapshot): Promise<Snapshot> {
    await this.#context.shown();
    this.#lookedFrom = undefined;
    const again = await this.#reader.readAll(snapshot, EFFECT_SHOWS_MS);
    const mark = this.#otherStore(again);
    if (mark !== undefined) throw storeReplaced(mark, again.at);
    return again;
  }

  /** @throws StepFailed when waiting longer is in vain, or the time is over */
  #giveUp(snapshot: Snapshot, leftMs: number, forbidden: string | undefined): void {
    const waiting = this.#behaviour.count(snapshot)?.waiting ?? [];
    const inVain = this.#behaviour.cannotSucceed(snapshot);
    if (inVain !== undefined) this.#verdicts.tell(snapshot, true);
    if (inVain !== undefined) throw this.#failed(inVain, waiting, snapshot);
    if (leftMs > 0) return;
    throw this.#failed(forbidden ?? this.#timedOut(snapshot), waiting, snapshot);
  }

  /** What the step needs is waited for as long as for health; then it has its own time. */
  #leftMs(snapshot: Snapshot, forbidden: string | undefined): number {
    if (forbidden !== undefined) return this.#startedAt + this.#context.limits.healthyMs - this.#now();
    return this.#allowedAt + this.#limitMs(snapshot) - this.#now();
  }

  /** What a step before it was to record may be what is missing. */
  #failed(why: string, waiting: readonly Waiting[], seen: Snapshot): StepFailed {
    const [denied] = this.#skipped;
    const message = denied === undefined ? why : `${why} A step before it was skipped: ${denied.message}`;
    return new StepFailed(this.#step, message, waiting, seen, { next: denied?.next });
  }

  #timedOut(snapshot: Snapshot): string {
    const limitMs = this.#limitMs(snapshot);
    const seen = this.#behaviour.lastSeen(snapshot);
    const last = seen === undefined ? '' : ` (${seen})`;
    const late = `Time limit of ${Math.round(limitMs / 1000)} s passed: ${this.#behaviour.title(snapshot)}${last}.`;
    return this.#failure === undefined ? late : `${late} The last error: ${this.#failure.message}`;
  }

  /** A deploy is not waited for any more: it is stopped as far as possible. */
  async #fail(error: unknown, snapshot: Snapshot): Promise<never> {
    if (error instanceof Interrupted) throw error;
    await endOrder(this.#context, this.#behaviour.order, snapshot);
    const waiting = error instanceof StepFailed ? error.waiting : [];
    this.#context.emit({ type: 'step-failed', index: this.#index, message: messageOf(error), waiting });
    throw error;
  }

  async #lookFirst(before: Snapshot): Promise<Snapshot> {
    const seen = await this.#reader.readFirst(before, readsFirst(this.#step, before), EFFECT_SHOWS_MS);
    this.#lookedFrom = this.#reader.lookedFrom;
    return seen;
  }

  #report(snapshot: Snapshot): void {
    this.#verdicts.tell(snapshot, this.#isDone(snapshot));
    const count = this.#behaviour.count(snapshot);
    if (count !== undefined) this.#context.emit({ type: 'step-waiting', index: this.#index, ...count });
  }

  #isDone(snapshot: Snapshot): boolean {
    return this.#isSkipped || this.#behaviour.progress(snapshot) === 'done';
  }

  #limitMs(snapshot: Snapshot): number {
    return this.#behaviour.timeLimitMs(this.#context.limits, this.#behaviour.progress(snapshot));
  }

  #now(): number {
    return this.#context.ports.clock.monotonic();
  }
}

function endsSomething(behaviour: StepBehaviour, snapshot: Snapshot): boolean {
  const effect = behaviour.effect(snapshot);
  return effect === 'removes-capacity' || effect === 'destroys';
}

/** A run from another store at the same time would make an outage of it. */
function movesSomething(behaviour: StepBehaviour, snapshot: Snapshot): boolean {
  return endsSomething(behaviour, snapshot) || behaviour.effect(snapshot) === 'shifts-traffic';
}
