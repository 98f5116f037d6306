import { once } from 'node:events';
import { StringDecoder } from 'node:string_decoder';
import { stripVTControlCharacters } from 'node:util';
import type { Clock } from '../clock.ts';

/** What is kept of a program's output: its last lines. */
const KEPT_LINES = 20;
const LINE_LENGTH_MAX = 2000;
/**
 * How much of a program's output is shown, in characters: so many at once, then so many per second. The rest is read and dropped, so that
 * a program that writes a lot is not slowed down.
 */
const SHOWN = { atOnce: 1_000_000, perSecond: 20_000 };
/** What a line costs beside its characters. */
const LINE_COSTS = 50;
/** Of what is left out, the end is looked at: it holds the last lines. */
const LOOKED_AT = 8000;

/** Reads the output of one program to its end, however much that is. */
export class OutputReader {
  readonly #clock: Clock;
  readonly #onLine: (line: string) => void;
  readonly #kept: string[] = [];
  #budget = SHOWN.atOnce;
  #countedAt: number;
  #leftOut = 0;

  constructor(clock: Clock, onLine: (line: string) => void) {
    this.#clock = clock;
    this.#onLine = onLine;
    this.#countedAt = clock.monotonic();
  }

  /** Its last lines. */
  get kept(): readonly string[] {
    return [...this.#kept];
  }

  /** Resolves when the stream is closed. */
  async read(stream: NodeJS.ReadableStream | null): Promise<void> {
    if (stream === null) return;
    const decoder = new StringDecoder('utf8');
    let rest = '';
    stream.on('data', (data: Buffer) => {
      const lines = this.#cut(rest + decoder.write(data)).split('\n');
      const last = lines.pop() ?? '';
      rest = last.length > LINE_LENGTH_MAX ? visible(last).slice(0, LINE_LENGTH_MAX) : last;
      for (const line of this.#last(lines)) this.#take(line);
    });
    await once(stream, 'close').catch(() => undefined);
    if (rest !== '') this.#take(rest);
    this.#tellLeftOut();
  }

  #cut(text: string): string {
    if (this.#left() > 0 || text.length <= LOOKED_AT) return text;
    this.#leftOut += text.length - LOOKED_AT;
    return text.slice(-LOOKED_AT);
  }

  /** What is left out is not even looked at, but for the lines that are kept. */
  #last(lines: readonly string[]): readonly string[] {
    if (this.#left() > 0 || lines.length <= KEPT_LINES) return lines;
    this.#leftOut += lines.slice(0, -KEPT_LINES).reduce((sum, line) => sum + line.length + 1, 0);
    return lines.slice(-KEPT_LINES);
  }

  #take(raw: string): void {
    const line = printable(raw);
    this.#kept.push(line);
    if (this.#kept.length > KEPT_LINES) this.#kept.shift();
    if (this.#left() <= 0) {
      this.#leftOut += raw.length + 1;
      return;
    }
    this.#tellLeftOut();
    this.#budget -= line.length + LINE_COSTS;
    this.#onLine(line);
  }

  #left(): number {
    const now = this.#clock.monotonic();
    this.#budget = Math.min(SHOWN.atOnce, this.#budget + ((now - this.#countedAt) / 1000) * SHOWN.perSecond);
    this.#countedAt = now;
    return this.#budget;
  }

  #tellLeftOut(): void {
    if (this.#leftOut > 0) this.#onLine(`… ${this.#leftOut} characters of its output are left out here`);
    this.#leftOut = 0;
  }
}

/** What a carriage return has not overwritten. */
function visible(line: string): string {
  return line.slice(line.lastIndexOf('\r') + 1);
}

/** One line as it can be shown anywhere: without control characters. */
function printable(raw: string): string {
  return stripVTControlCharacters(visible(raw.replace(/\r+$/, '')).slice(0, LINE_LENGTH_MAX)).replaceAll(
    /(?!\t)\p{Cc}/gu,
    '',
  );
}
