import type { OutStream } from './out.ts';
import type { InStream } from './prompt.ts';

/** A screen that is redrawn; `close` restores what was on the terminal before. */
export interface WatchScreen {
  /** Draws the first of the forms that fits, or else the last one, which can be scrolled. */
  draw(forms: readonly string[]): void;
  close(): void;
}

/** What keys are read from: a terminal may be switched to giving each at once. */
export type Keys = InStream & { readonly setRawMode?: (raw: boolean) => unknown };

const ENTER = '\u001B[?1049h\u001B[?25l';
const LEAVE = '\u001B[?25h\u001B[?1049l';
const HOME = '\u001B[H';
const ERASE_LINE_END = '\u001B[K';
const ERASE_BELOW = '\u001B[J';

/** By how many screens or lines a key scrolls: the arrows, the pages, and the keys of `less`. */
const SCROLLS: Readonly<Record<string, { readonly lines: number } | { readonly pages: number }>> = {
  '⎋A': { lines: -1 },
  k: { lines: -1 },
  '⎋B': { lines: 1 },
  j: { lines: 1 },
  '⎋5~': { pages: -1 },
  b: { pages: -1 },
  '⎋6~': { pages: 1 },
  ' ': { pages: 1 },
};
/** `q` and Ctrl-C, which is no signal while keys are read. */
const ENDS = ['q', '\u0003'];

/**
 * Draws on the terminal's alternate screen. Keys are read meanwhile, so that they leave no traces on it.
 * @param onEnd called when the reader wants no more
 */
export function watchScreen(stdout: OutStream, stdin: Keys, onEnd: () => void): WatchScreen {
  let open = true;
  let last: readonly string[] = [];
  let top = 0;
  const markClosed = (): void => {
    open = false;
  };
  const draw = (forms: readonly string[]): void => {
    last = forms;
    const rows = stdout.rows || 24;
    const lines = fitting(forms, rows, stdout.columns || 80);
    top = Math.max(0, Math.min(top, lines.length - rows + 1));
    if (open && stdout.writable) stdout.write(HOME + frame(lines, rows, top) + ERASE_BELOW);
  };
  const redraw = (): void => draw(last);
  const onKeys = (typed: Buffer | string): void => {
    const keys = keysIn(String(typed));
    if (keys.some((key) => ENDS.includes(key))) return onEnd();
    const scrolls = keys.flatMap((key) => SCROLLS[key] ?? []);
    const page = Math.max(1, (stdout.rows || 24) - 2);
    for (const scroll of scrolls) top += 'lines' in scroll ? scroll.lines : scroll.pages * page;
    if (scrolls.length > 0) redraw();
  };
  const close = (): void => {
    process.off('exit', close);
    stdout.off('resize', redraw);
    stdin.off('data', onKeys);
    if (stdin.isTTY === true) {
      stdin.setRawMode?.(false);
      stdin.pause();
    }
    if (open && stdout.writable) stdout.write(LEAVE);
    open = false;
  };
  stdout.on('error', markClosed);
  stdout.on('resize', redraw);
  if (stdin.isTTY === true) {
    stdin.setRawMode?.(true);
    stdin.on('data', onKeys);
  }
  process.once('exit', close);
  stdout.write(ENTER);
  return { draw, close };
}

/** Several keys may come at once, and arrows in two forms (xterm control sequences, cursor keys): ⎋ stands for both. */
function keysIn(typed: string): readonly string[] {
  return (
    typed
      .replaceAll('\u001B[', '⎋')
      .replaceAll('\u001BO', '⎋')
      .match(/⎋\d*[A-Z~]|[^]/g) ?? []
  );
}

function fitting(forms: readonly string[], rows: number, columns: number): readonly string[] {
  const all = forms.map((text) => text.split('\n').flatMap((line) => screenRows(line, columns)));
  return all.find((lines) => lines.length <= rows) ?? all.at(-1) ?? [];
}

/** A line that is wider than the screen, such as one with the URL of a load balancer, takes several rows; colours take none. */
function screenRows(line: string, columns: number): readonly string[] {
  const rows = [''];
  let used = 0;
  for (const part of line.replaceAll('\u001B[', '⎋').match(/⎋[\d;]*m|[^]/gu) ?? []) {
    const width = part.startsWith('⎋') ? 0 : 1;
    if (used + width > columns) {
      rows.push('');
      used = 0;
    }
    rows[rows.length - 1] += part.replace('⎋', '\u001B[');
    used += width;
  }
  return rows;
}

function frame(lines: readonly string[], rows: number, top: number): string {
  const end = top + rows - 1;
  const where = `lines ${top + 1} to ${Math.min(end, lines.length)} of ${lines.length}; arrows scroll, q ends`;
  const shown = lines.length <= rows ? lines : [...lines.slice(top, end), where];
  return shown.map((line) => line + ERASE_LINE_END).join('\n');
}
