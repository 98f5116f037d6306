import type * as listr2 from 'listr2';
import type { RunEvent } from '../run/event.ts';
import { closingText, openingText } from './closing.ts';
import { LinesView, type TextOptions } from './lines.ts';
import { painter, type Paint } from './text.ts';
import { planText } from './plan.ts';
import { queueText } from './queue.ts';
import { StepList } from './step-list.ts';
import { verdictText } from './verdicts.ts';
import { trafficLines } from './traffic.ts';
import { countText, targetLines, waitingLines } from './waiting.ts';
import { duration } from '../domain/text.ts';

export interface ListrOptions extends TextOptions {
  /** Loads listr2 when the first step is drawn. */
  readonly load: () => Promise<typeof listr2>;
}

interface Running {
  readonly index: number;
  readonly sinceMs: number;
  /** `2/3 healthy`; empty before the first count. */
  count: string;
}

/** Lines of a frame besides its steps: the newest warning, the reasons, a blank line at the end. */
const EXTRA_LINES = 6;
const TICK_MS = 1000;
const OUTPUT_LINES = 3;
/** More failed targets than this are grouped by reason. */
const TARGETS_MAX = 8;

/** Draws a run on a terminal. Events are drawn in order; all but steps are written between lists of steps. */
export class ListrView {
  readonly #options: ListrOptions;
  readonly #paint: Paint;
  #drawn: Promise<void> = Promise.resolve();
  #titles: string[] = [];
  #list: StepList | undefined;
  #running: Running | undefined;
  #warnings: string[] = [];
  /** The last lines that programs wrote during this step. */
  #lines: readonly string[] = [];
  #ticking: AbortController | undefined;
  #plain: LinesView | undefined;

  constructor(options: ListrOptions) {
    this.#options = options;
    this.#paint = painter(options.colour);
  }

  emit(event: RunEvent): void {
    this.#drawn = this.#drawn.then(async () => {
      if (this.#plain) return this.#plain.emit(event);
      // Drawing must never end a run: after a failure the rest is written as lines.
      await this.#draw(event).catch(() => {
        this.#plain = new LinesView(this.#options);
        this.#plain.emit(event);
      });
    });
  }

  /** Resolves when all events so far are drawn. */
  settled(): Promise<void> {
    return this.#drawn;
  }

  async close(): Promise<void> {
    this.#drawn = this.#drawn.then(() => this.#endList());
    await this.#drawn;
  }

  async #draw(event: RunEvent): Promise<void> {
    const { out, err, clock, colour } = this.#options;
    if (out.closed()) return;
    switch (event.type) {
      case 'started':
        return out.line(`${openingText(event, this.#paint)}\n`);
      case 'queued':
        return out.line(queueText(event, clock.now()));
      case 'planned':
        await this.#endList();
        this.#titles = event.steps.map((step) => step.title);
        return out.line(`${planText(event, out.width(), colour)}\n`);
      case 'step-started':
        return this.#started(event);
      case 'step-waiting':
        return this.#waiting(event);
      case 'step-done':
        await this.#show(event.index);
        this.#running = undefined;
        return this.#list?.done(event.index, event.already ? 'already done' : duration(event.seconds));
      case 'step-failed':
        return this.#failed(event);
      case 'output':
        return this.#output(event);
      case 'verdict':
        return this.#output({ type: 'output', line: verdictText(event) });
      case 'warning':
        return this.#warn(event.message);
      case 'undoing':
        await this.#endList();
        return out.line(`\n${this.#paint('yellow', 'Undoing.')} ${event.why}\n`);
      case 'traffic':
        await this.#endList();
        return out.line(`\n${trafficLines(event, out.width(), this.#paint).join('\n')}\n`);
      case 'finished':
        await this.#endList();
        return (event.result === 'refused' ? err : out).line(`\n${closingText(event, out.width(), this.#paint)}`);
    }
  }

  async #started(event: Extract<RunEvent, { type: 'step-started' }>): Promise<void> {
    this.#titles[event.index] ??= event.title;
    this.#lines = [];
    await this.#show(event.index);
    this.#running = { index: event.index, sinceMs: this.#options.clock.monotonic(), count: '' };
    this.#update({ output: this.#newestWarning().join('\n') });
  }

  async #waiting(event: Extract<RunEvent, { type: 'step-waiting' }>): Promise<void> {
    await this.#show(event.index);
    if (this.#running) this.#running.count = countText(event);
    const linesMax = Math.max(1, this.#rows() - (this.#list?.length ?? 0) - 3 - this.#warnings.length);
    const output = [
      ...this.#newestWarning(),
      ...this.#lines,
      ...waitingLines(event.waiting, this.#lineWidth(), Math.min(linesMax, 4)),
    ];
    this.#list?.update(event.index, { output: output.join('\n') });
    this.#tick();
  }

  async #failed(event: Extract<RunEvent, { type: 'step-failed' }>): Promise<void> {
    await this.#show(event.index);
    this.#running = undefined;
    const targets =
      event.waiting.length <= TARGETS_MAX
        ? targetLines(event.waiting, TARGETS_MAX)
        : waitingLines(event.waiting, this.#lineWidth(), TARGETS_MAX);
    this.#list?.fail(event.index, [this.#paint('red', event.message), ...targets].join('\n'));
    await this.#endList();
  }

  /** Shows the last lines of programs below the step. */
  #output({ line, instance }: Extract<RunEvent, { type: 'output' }>): void {
    const text = `${this.#paint('dim', `${instance ?? ''} |`.trimStart())} ${line}`;
    if (!this.#list || !this.#running) return this.#options.out.line(text);
    this.#lines = [...this.#lines, text].slice(-OUTPUT_LINES);
    this.#update({ output: [...this.#newestWarning(), ...this.#lines].join('\n') });
  }

  #warn(message: string): void {
    if (!this.#list) return this.#options.out.line(`${this.#paint('yellow', 'Warning:')} ${message}`);
    this.#warnings.push(message);
    this.#update({ output: this.#newestWarning().join('\n') });
  }

  #newestWarning(): string[] {
    return this.#warnings.slice(-1).map((message) => `${this.#paint('yellow', 'Warning:')} ${message}`);
  }

  /** Changes the step that is running. */
  #update(change: { readonly tail?: string; readonly output?: string }): void {
    if (this.#running) this.#list?.update(this.#running.index, change);
  }

  /** Starts a list that has this step, unless the current one has it. */
  async #show(index: number): Promise<void> {
    if (this.#list?.has(index)) return;
    await this.#endList();
    this.#list = new StepList({
      listr2: await this.#options.load(),
      stdout: this.#options.out.stream,
      stderr: this.#options.err.stream,
      paint: this.#paint,
      first: index,
      titles: this.#titlesThatFit(index),
    });
    this.#ticking = new AbortController();
    void this.#tickUntil(this.#ticking.signal);
  }

  /** A frame taller than the terminal cannot be redrawn: a long plan is drawn list by list. */
  #titlesThatFit(index: number): string[] {
    let room = this.#rows() - EXTRA_LINES;
    const titles: string[] = [];
    for (const title of this.#titles.slice(index)) {
      room -= Math.ceil((title.length + 30) / this.#lineWidth());
      if (room < 0 && titles.length > 0) break;
      titles.push(title);
    }
    if (titles.length === 0) return [`step ${index + 1}`];
    const all = this.#titles.length;
    return index === 0 && titles.length === all ? titles : titles.map((title, i) => `${index + i + 1}/${all} ${title}`);
  }

  async #endList(): Promise<void> {
    if (!this.#list) return;
    this.#ticking?.abort();
    const list = this.#list;
    this.#list = undefined;
    this.#running = undefined;
    await list.end();
    for (const message of this.#warnings.splice(0)) this.#warn(message);
  }

  async #tickUntil(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      this.#tick();
      await this.#options.clock.sleep(TICK_MS, signal).catch(() => {});
    }
  }

  #tick(): void {
    if (!this.#running) return;
    const elapsed = (this.#options.clock.monotonic() - this.#running.sinceMs) / 1000;
    const tail = [this.#running.count, elapsed < 1 ? '' : duration(Math.floor(elapsed))].filter(Boolean).join(', ');
    this.#update({ tail });
  }

  #rows(): number {
    return this.#options.out.stream.rows || 24;
  }

  /** Columns for a line under a step: listr2 indents it by four and puts a mark before it. */
  #lineWidth(): number {
    return Math.max(20, (this.#options.out.stream.columns || 80) - 8);
  }
}
