import type * as listr2 from 'listr2';
import type { OutStream } from './out.ts';
import { widthOf, type Paint, type Style } from './text.ts';

type Listr2 = typeof listr2;
type Logger = listr2.ListrLogger<listr2.ListrDefaultRendererLogLevels>;
type FrameParts = Parameters<InstanceType<Listr2['DefaultRenderer']>['create']>[0];

/** The part of listr2's task handle that the list uses. */
interface Task {
  title: string;
  output: string;
  skip(message: string): void;
}

interface Row {
  readonly title: string;
  /** Follows the title: counts and times. */
  tail: string;
  output: string;
  readonly settled: PromiseWithResolvers<void>;
  open: boolean;
  task?: Task;
}

export interface StepListOptions {
  readonly listr2: Listr2;
  readonly stdout: OutStream;
  readonly stderr: OutStream;
  readonly paint: Paint;
  /** Index of the first of these steps. */
  readonly first: number;
  readonly titles: readonly string[];
}

/**
 * Steps as listr2 tasks that only wait for the outcome of the step. Meanwhile listr2 hides the cursor and holds back other
 * output to stdout and stderr; both end with `end()`, or with the process.
 */
export class StepList {
  readonly #options: StepListOptions;
  readonly #rows: Row[];
  readonly #drawn: Promise<void>;
  readonly #restore: () => void;
  readonly #resized: () => void;
  #ended = false;
  #frame = '';

  constructor(options: StepListOptions) {
    this.#options = options;
    this.#rows = options.titles.map((title) => ({
      title,
      tail: '',
      output: '',
      settled: Promise.withResolvers(),
      open: true,
    }));
    // A row may fail before listr2 has started its task.
    for (const row of this.#rows) row.settled.promise.catch(() => {});
    const { ListrLogger, ProcessOutput } = options.listr2;
    const output = new ProcessOutput(options.stdout as NodeJS.WriteStream, options.stderr as NodeJS.WriteStream, {
      leaveEmptyLine: false,
    });
    this.#restore = () => {
      output.release();
    };
    this.#resized = () => output.toStdout(this.#eraseReflow(), false);
    process.once('exit', this.#restore);
    options.stdout.on('resize', this.#resized);
    this.#drawn = this.#draw(new ListrLogger({ useIcons: true, toStderr: [], processOutput: output }));
  }

  get length(): number {
    return this.#rows.length;
  }

  has(index: number): boolean {
    return this.#row(index) !== undefined;
  }

  /** Changes the text of a step; steps before it that are still open are closed. */
  update(index: number, change: { readonly tail?: string; readonly output?: string }): void {
    const row = this.#row(index);
    if (!row) return;
    for (const before of this.#rows.slice(0, this.#rows.indexOf(row))) this.#close(before);
    Object.assign(row, change);
    this.#paint(row);
  }

  done(index: number, tail: string): void {
    this.update(index, { tail, output: '' });
    this.#close(this.#row(index));
  }

  /** `message` may have several lines; they stay under the step. */
  fail(index: number, message: string): void {
    this.update(index, { output: '' });
    const row = this.#row(index);
    if (!row?.open) return;
    row.open = false;
    row.settled.reject(new Error(message));
  }

  /** Ends the drawing; a step that is still open is shown as stopped. */
  async end(): Promise<void> {
    this.#ended = true;
    // Rows that listr2 has not started stay open: it asks whether to skip them, and they must not look done.
    for (const row of this.#rows.filter(({ open, task }) => open && task !== undefined)) {
      row.task?.skip(`${row.title}${this.#tail('stopped')}`);
      this.#close(row);
    }
    await this.#drawn;
    process.off('exit', this.#restore);
    this.#options.stdout.off('resize', this.#resized);
  }

  #row(index: number): Row | undefined {
    return this.#rows[index - this.#options.first];
  }

  async #draw(logger: Logger): Promise<void> {
    const { Listr, DefaultRenderer, ListrDefaultRendererLogLevels: Level } = this.#options.listr2;
    // listr2 checks process.stdout; which renderer fits our stream was decided before.
    const keep = (frame: string): string => (this.#frame = frame);
    class AnyStreamRenderer extends DefaultRenderer {
      static override nonTTY = true;
      override create(parts?: FrameParts): string {
        return keep(super.create(parts));
      }
    }
    const colour = (style: Style) => (text?: string) => this.#options.paint(style, text ?? '');
    const notRun = [Level.WAITING, Level.SKIPPED_WITH_COLLAPSE, Level.COMPLETED_WITH_FAILED_SISTER_TASKS] as const;
    const ofEach = <T>(value: T) => Object.fromEntries(notRun.map((level) => [level, value]));
    const list = new Listr(
      this.#rows.map((row) => ({
        title: row.title,
        skip: () => this.#ended && row.open,
        task: (_, task) => this.#run(row, task),
      })),
      {
        renderer: AnyStreamRenderer,
        registerSignalListeners: false,
        rendererOptions: {
          logger,
          collapseErrors: false,
          icon: ofEach('·'),
          color: {
            ...ofEach(colour('dim')),
            [Level.PENDING]: colour('yellow'),
            [Level.COMPLETED]: colour('green'),
            [Level.FAILED]: colour('red'),
          },
        },
      },
    );
    // It rejects with the error of the failed row, which is on the screen already.
    await list.run().catch(() => {});
  }

  /**
   * A terminal that becomes narrower wraps long lines. log-update erases the frame with its old height, so the additional
   * lines are erased here.
   */
  #eraseReflow(): string {
    const width = this.#options.stdout.columns || 80;
    const heights = this.#frame.split('\n').map((line) => Math.max(1, Math.ceil(widthOf(line) / width)));
    return '\u001B[2K\u001B[1A'.repeat(heights.reduce((sum, height) => sum + height - 1, 0));
  }

  #close(row: Row | undefined): void {
    if (!row) return;
    row.open = false;
    row.settled.resolve();
  }

  #run(row: Row, task: Task): Promise<void> {
    row.task = task;
    this.#paint(row);
    return row.settled.promise;
  }

  #paint(row: Row): void {
    if (!row.task) return;
    const title = row.title + this.#tail(row.tail);
    if (row.task.title !== title) row.task.title = title;
    if ((row.task.output ?? '') !== row.output) row.task.output = row.output;
  }

  /** Its spaces don't break, so that a line is not cut between a number and its unit. */
  #tail(tail: string): string {
    return tail === '' ? '' : `   ${this.#options.paint('dim', tail.replaceAll(' ', '\u00a0'))}`;
  }
}
