import type { Clock } from '../clock.ts';
import type { RunEvent } from '../run/event.ts';
import { closingText, openingText } from './closing.ts';
import { queueText } from './queue.ts';
import type { Out } from './out.ts';
import { HEARTBEAT_MS, WaitPace } from './pace.ts';
import { painter, type Paint, type Style } from './text.ts';
import { planText } from './plan.ts';
import { clockTime, duration } from '../domain/text.ts';
import { trafficLines } from './traffic.ts';
import { VERDICT_STYLES, verdictText } from './verdicts.ts';
import { countText, targetLines, waitingLines } from './waiting.ts';

/** A step that reports something gives its own sign of life first. */
const QUIET_MS = HEARTBEAT_MS + 10_000;
const REASONS_MAX = 4;
const TARGETS_MAX = 50;

/** What the views of text share. */
export interface TextOptions {
  readonly out: Out;
  /** For refusals. */
  readonly err: Out;
  readonly clock: Clock;
  readonly colour: boolean;
}

/** One line per change, with the time: for logs and CI. */
export class LinesView {
  readonly #options: TextOptions;
  readonly #paint: Paint;
  #steps = 0;
  readonly #pace = new WaitPace();
  /** Aborted when the step ends. */
  #step: AbortController | undefined;
  #saidMs = 0;

  constructor(options: TextOptions) {
    this.#options = options;
    this.#paint = painter(options.colour);
  }

  emit(event: RunEvent): void {
    const { out } = this.#options;
    switch (event.type) {
      case 'started':
        return this.#say(openingText(event, this.#paint));
      case 'queued':
        return this.#say(queueText(event, this.#options.clock.now()));
      case 'planned':
        this.#steps = event.steps.length;
        return out.line(`\n${planText(event, out.width(), this.#options.colour)}\n`);
      case 'step-started':
        return this.#begin(event);
      case 'step-waiting':
        return this.#waiting(event);
      case 'step-done':
        this.#end();
        return this.#sayStep(
          event.index,
          event.already ? 'already done' : `done after ${duration(event.seconds)}`,
          'green',
        );
      case 'step-failed':
        return this.#failed(event);
      case 'output':
        return this.#say(`${this.#paint('dim', `${event.instance ?? ''} |`.trimStart())} ${event.line}`);
      case 'verdict':
        return this.#say(verdictText(event), VERDICT_STYLES[event.verdict]);
      case 'warning':
        return this.#say(`warning: ${event.message}`, 'yellow');
      case 'traffic':
        return out.line(`\n${trafficLines(event, out.width(), this.#paint).join('\n')}`);
      case 'undoing':
        return this.#say(`undoing: ${event.why}`, 'yellow');
      case 'finished':
        return this.#finished(event);
    }
  }

  /** Lines are written immediately. */
  settled(): Promise<void> {
    return Promise.resolve();
  }

  close(): Promise<void> {
    this.#end();
    return Promise.resolve();
  }

  #say(text: string, style?: Style): void {
    const { out, clock } = this.#options;
    this.#saidMs = clock.monotonic();
    out.line(`${this.#paint('dim', clockTime(clock.now()))} ${style ? this.#paint(style, text) : text}`);
  }

  #sayStep(index: number, text: string, style?: Style): void {
    this.#say(
      `${this.#paint('dim', `[${index + 1}/${Math.max(this.#steps, index + 1)}]`)} ${style ? this.#paint(style, text) : text}`,
    );
  }

  #waiting(event: Extract<RunEvent, { type: 'step-waiting' }>): void {
    const nowMs = this.#options.clock.monotonic();
    const tells = this.#pace.next(event, nowMs);
    if (tells === 'later') return;
    const reasons = waitingLines(event.waiting, this.#options.out.width() - 20, REASONS_MAX).join('; ');
    const elapsed = tells === 'news' ? '' : `, ${this.#elapsed()} so far`;
    this.#sayStep(event.index, `${countText(event)}${elapsed}${reasons === '' ? '' : `; ${reasons}`}`);
  }

  #elapsed(): string {
    return duration((this.#options.clock.monotonic() - this.#pace.startedMs) / 1000);
  }

  #begin({ index, title }: Extract<RunEvent, { type: 'step-started' }>): void {
    this.#pace.begin(this.#options.clock.monotonic());
    this.#sayStep(index, title);
    this.#end();
    const step = new AbortController();
    this.#step = step;
    void this.#beat(index, title, step.signal);
  }

  /** Also a step that reports nothing, for example while a program runs around it, gives a sign of life. */
  async #beat(index: number, title: string, signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    while (!signal.aborted) {
      const quietMs = clock.monotonic() - this.#saidMs;
      if (quietMs >= QUIET_MS) this.#sayStep(index, `${title}: ${this.#elapsed()} so far`);
      const isOver = await clock
        .sleep(Math.max(1, QUIET_MS - Math.min(quietMs, QUIET_MS - 1)), signal, { ref: false })
        .then(
          () => false,
          () => true,
        );
      if (isOver) return;
    }
  }

  #end(): void {
    this.#step?.abort();
    this.#step = undefined;
  }

  #failed(event: Extract<RunEvent, { type: 'step-failed' }>): void {
    this.#end();
    this.#sayStep(event.index, `failed: ${event.message}`, 'red');
    for (const line of targetLines(event.waiting, TARGETS_MAX)) this.#sayStep(event.index, `  ${line}`);
  }

  #finished(event: Extract<RunEvent, { type: 'finished' }>): void {
    const { out, err } = this.#options;
    this.#end();
    const refused = event.result === 'refused';
    (refused ? err : out).line(`\n${closingText(event, out.width(), this.#paint)}`);
  }
}
