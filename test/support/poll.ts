import { setTimeout as sleep } from 'node:timers/promises';

/** Waits until `test` holds, asking every few milliseconds; fails after `limitMs` with what was waited for. */
export async function poll(test: () => boolean | Promise<boolean>, what: string, limitMs = 5000): Promise<void> {
  const end = performance.now() + limitMs;
  while (!(await test())) {
    if (performance.now() > end) throw new Error(`waited ${limitMs} ms for: ${what}`);
    await sleep(5);
  }
}
