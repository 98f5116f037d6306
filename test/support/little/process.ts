import type { Clock } from '../../../src/clock.ts';
import { EPOCH, type WorldClock } from './clock.ts';

/** A process of ours between two of its waits: what can happen to it at one of its calls to the outside. */
export interface Calls {
  /**
   * At the n-th call, counted from 1: `before` it is sent, or `after` it was answered (and the answer was lost), or when it is
   * sent, and takes effect `late`.
   */
  readonly kill?: { readonly n: number; readonly when: 'before' | 'after' | 'late' };
  /** Stops for so long while it waits for the answer to the n-th call, as by SIGSTOP. */
  readonly pause?: { readonly n: number; readonly ms: number };
  /** SIGTERM arrives while it waits for the answer to the n-th call. */
  readonly interrupt?: { readonly n: number };
  /** What the n-th call meets. */
  readonly fault?: { readonly n: number; readonly kind: string };
  /** What happens to the world as the answer to the n-th call comes back. */
  readonly meanwhile?: { readonly n: number; readonly act: () => void };
}

/** How much later a late call takes effect: a little less than AWS's answers are given to show an effect. */
const LATE_MS = 9000;

/** One call to the outside, to AWS or to the store. */
export interface Call {
  readonly n: number;
  readonly name: string;
  /** The cloud's time. */
  readonly at: number;
}

/**
 * A process that can die and be stopped. All that it does in the world goes through here, so that a dead one never does
 * anything again: what it waits for does not come, and its memory is forgotten.
 */
export class LittleProcess {
  readonly name: string;
  readonly clock: Clock;
  readonly calls: Call[] = [];
  readonly #world: WorldClock;
  readonly #plan: Calls;
  #dead = false;
  #stopped: (() => void)[] | undefined;
  /** Called when it dies. */
  onDeath: () => void = () => {};
  /** Called when it is asked to stop. */
  onInterrupt: () => void = () => {};

  /** @param clockOffMs how far the machine's clock is ahead */
  constructor(name: string, world: WorldClock, plan: Calls = {}, clockOffMs = 0) {
    this.name = name;
    this.#world = world;
    this.#plan = plan;
    this.clock = {
      now: () => EPOCH + world.now + clockOffMs,
      monotonic: () => world.now,
      sleep: (ms, signal) => this.#sleep(ms, signal),
    };
  }

  get dead(): boolean {
    return this.#dead;
  }

  kill(): void {
    if (this.#dead) return;
    this.#dead = true;
    this.onDeath();
  }

  /** SIGSTOP, and SIGCONT after `ms`. */
  stop(ms: number): void {
    if (this.#stopped !== undefined) return;
    this.#stopped = [];
    this.#world.after(ms, () => {
      const waiting = this.#stopped ?? [];
      this.#stopped = undefined;
      for (const go of waiting) go();
    });
  }

  /**
   * Calls the outside: `arrive` happens in the world after half the time, even if the process has died since, and its
   * result comes back after the other half. `send` is called as it leaves the process.
   */
  async call<T>(name: string, ms: number, arrive: (fault: string | undefined) => T, send = (): void => {}): Promise<T> {
    if (!this.#isAwake) await this.#awake();
    const n = this.calls.length + 1;
    this.calls.push({ n, name, at: this.#world.now });
    const { kill, pause, interrupt, fault, meanwhile } = this.#plan;
    if (kill?.n === n && kill.when === 'before') this.kill();
    if (!this.#isAwake) await this.#awake();
    send();
    const met = fault?.n === n ? fault.kind : undefined;
    const isLate = kill?.n === n && kill.when === 'late';
    if (isLate) this.kill();
    return new Promise<T>((resolve, reject) => {
      this.#world.after(isLate ? LATE_MS : ms / 2, () => {
        const outcome = attempt(() => arrive(met));
        this.#world.after(ms / 2, () => {
          if (meanwhile?.n === n) meanwhile.act();
          if (kill?.n === n && kill.when === 'after') this.kill();
          if (interrupt?.n === n && !this.#dead) this.onInterrupt();
          if (pause?.n === n) this.stop(pause.ms);
          this.#wake(() => (outcome.ok ? resolve(outcome.value) : reject(outcome.error)));
        });
      });
    });
  }

  get #isAwake(): boolean {
    return !this.#dead && this.#stopped === undefined;
  }

  async #awake(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#wake(resolve);
    });
  }

  #wake(go: () => void): void {
    if (this.#dead) return;
    if (this.#stopped === undefined) go();
    else this.#stopped.push(() => this.#wake(go));
  }

  async #sleep(ms: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    await new Promise<void>((resolve, reject) => {
      const stop = (): void => {
        callOff();
        reject(signal?.reason as Error);
      };
      const callOff = this.#world.after(ms, () => {
        // Node keeps a signal that was made of others for as long as somebody listens to it.
        signal?.removeEventListener('abort', stop);
        this.#wake(resolve);
      });
      signal?.addEventListener('abort', stop);
    });
  }
}

type Outcome<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: Error };

function attempt<T>(act: () => T): Outcome<T> {
  try {
    return { ok: true, value: act() };
  } catch (error) {
    return { ok: false, error: error as Error };
  }
}
