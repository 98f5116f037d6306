import type { OutStream } from './out.ts';

/** A screen that is redrawn; `close` restores what was on the terminal before. */
export interface WatchScreen {
  draw(text: string): void;
  close(): void;
}

const ENTER = '\u001B[?1049h\u001B[?25l';
const LEAVE = '\u001B[?25h\u001B[?1049l';
const HOME = '\u001B[H';
const ERASE_LINE_END = '\u001B[K';
const ERASE_BELOW = '\u001B[J';

/** Draws on the terminal's alternate screen. Text taller than the terminal is cut, and the last line says so. */
export function watchScreen(stdout: OutStream): WatchScreen {
  let open = true;
  let last = '';
  const markClosed = (): void => {
    open = false;
  };
  const draw = (text: string): void => {
    last = text;
    if (open && stdout.writable) stdout.write(HOME + frame(text, stdout.rows || 24) + ERASE_BELOW);
  };
  const redraw = (): void => draw(last);
  const close = (): void => {
    process.off('exit', close);
    stdout.off('resize', redraw);
    if (open && stdout.writable) stdout.write(LEAVE);
    open = false;
  };
  stdout.on('error', markClosed);
  stdout.on('resize', redraw);
  process.once('exit', close);
  stdout.write(ENTER);
  return { draw, close };
}

function frame(text: string, rows: number): string {
  const lines = text.split('\n');
  const shown = lines.length <= rows ? lines : [...lines.slice(0, rows - 1), `${lines.length - rows + 1} more lines`];
  return shown.map((line) => line + ERASE_LINE_END).join('\n');
}
