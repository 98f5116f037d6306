import type { Clock } from '../clock.ts';
import type { RunEvent } from '../run/event.ts';
import { closingText, openingText } from './closing.ts';
import { queueText } from './queue.ts';
import type { Out } from './out.ts';
import { painter, type Paint, type Style } from './text.ts';
import { planText } from './plan.ts';
import { clockTime, duration } from '../domain/text.ts';
import { trafficLines } from './traffic.ts';
import { countText, targetLines, waitingLines } from './waiting.ts';

/** Minimum time between two lines with the same count. */
const MIN_INTERVAL_MS = 5_000;
/** CI services end a job that writes nothing for too long. */
const HEARTBEAT_MS = 60_000;
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

export interface LinesOptions extends TextOptions {
  /** Annotate warnings and failures for GitHub Actions. */
  readonly github: boolean;
}

/** One line per change, with the time: for logs and CI. */
export class LinesView {
  readonly #options: LinesOptions;
  readonly #paint: Paint;
  #steps = 0;
  #stepStartedMs = 0;
  #lastWait = { index: -1, count: '', reasons: '', atMs: 0 };

  constructor(options: LinesOptions) {
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
        this.#stepStartedMs = this.#options.clock.monotonic();
        return this.#sayStep(event.index, event.title);
      case 'step-waiting':
        return this.#waiting(event);
      case 'step-done':
        return this.#sayStep(
          event.index,
          event.already ? 'already done' : `done after ${duration(event.seconds)}`,
          'green',
        );
      case 'step-failed':
        return this.#failed(event);
      case 'output':
        return this.#say(`${this.#paint('dim', `${event.instance ?? ''} |`.trimStart())} ${event.line}`);
      case 'warning':
        this.#say(`warning: ${event.message}`, 'yellow');
        return this.#annotate('warning', event.message);
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
    return Promise.resolve();
  }

  #say(text: string, style?: Style): void {
    const { out, clock } = this.#options;
    out.line(`${this.#paint('dim', clockTime(clock.now()))} ${style ? this.#paint(style, text) : text}`);
  }

  #sayStep(index: number, text: string, style?: Style): void {
    this.#say(
      `${this.#paint('dim', `[${index + 1}/${Math.max(this.#steps, index + 1)}]`)} ${style ? this.#paint(style, text) : text}`,
    );
  }

  #waiting(event: Extract<RunEvent, { type: 'step-waiting' }>): void {
    const nowMs = this.#options.clock.monotonic();
    const unchangedMs = nowMs - this.#lastWait.atMs;
    const reasons = waitingLines(event.waiting, this.#options.out.width() - 20, REASONS_MAX).join('; ');
    // A countdown alone is not a change.
    const next = {
      index: event.index,
      count: countText(event),
      reasons: reasons.replaceAll(/\d+ (s|min|h)\b/g, '#'),
      atMs: nowMs,
    };
    const counted = next.index !== this.#lastWait.index || next.count !== this.#lastWait.count;
    const changed = counted || (next.reasons !== this.#lastWait.reasons && unchangedMs >= MIN_INTERVAL_MS);
    if (!changed && unchangedMs < HEARTBEAT_MS) return;
    const elapsed = changed ? '' : `, ${duration((nowMs - this.#stepStartedMs) / 1000)} so far`;
    this.#lastWait = next;
    this.#sayStep(event.index, `${next.count}${elapsed}${reasons === '' ? '' : `; ${reasons}`}`);
  }

  #failed(event: Extract<RunEvent, { type: 'step-failed' }>): void {
    this.#sayStep(event.index, `failed: ${event.message}`, 'red');
    for (const line of targetLines(event.waiting, TARGETS_MAX)) this.#sayStep(event.index, `  ${line}`);
    this.#annotate('error', event.message);
  }

  #finished(event: Extract<RunEvent, { type: 'finished' }>): void {
    const { out, err } = this.#options;
    const refused = event.result === 'refused';
    (refused ? err : out).line(`\n${closingText(event, out.width(), this.#paint)}`);
    if (refused || event.result === 'failed') this.#annotate('error', event.message);
  }

  /** GitHub's workflow commands: `::error::text`, with %, CR and LF escaped (GitHub docs, workflow commands). */
  #annotate(kind: 'warning' | 'error', text: string): void {
    if (!this.#options.github) return;
    const escaped = text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
    this.#options.out.line(`::${kind}::${escaped}`);
  }
}
