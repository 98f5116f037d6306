import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';

/** The first JSON line that a process writes to stdout. Rejects if the process ends or `limitMs` elapse before. */
export async function firstJsonLine<T>(child: ChildProcess, limitMs: number, errors: () => string): Promise<T> {
  const lines = createInterface({ input: child.stdout! });
  const limit = AbortSignal.timeout(limitMs);
  limit.addEventListener('abort', () => lines.close());
  for await (const line of lines) {
    if (line.startsWith('{')) {
      child.stdout!.resume();
      return JSON.parse(line) as T;
    }
  }
  throw new Error(limit.aborted ? `no output within ${limitMs / 1000} s` : `ended too early: ${errors()}`);
}

/** Keeps the last part of what a process writes to stderr. */
export function keepErrors(child: ChildProcess): () => string {
  let text = '';
  child.stderr?.setEncoding('utf8').on('data', (data: string) => {
    text = (text + data).slice(-4000);
  });
  return () => text.trim();
}
