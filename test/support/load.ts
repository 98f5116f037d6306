import { setTimeout as sleep } from 'node:timers/promises';
import { Pool } from 'undici';

/** What became of the requests that a load has sent: `sent = ok + failures.length`. */
export interface LoadReport {
  readonly sent: number;
  readonly ok: number;
  /** One line for each request that was not answered with 200 and a whole body. */
  readonly failures: readonly string[];
  /** Answers by body. */
  readonly bodies: ReadonlyMap<string, number>;
}

/** Sends requests at a fixed rate, whether or not earlier ones have been answered (an open loop), until it is ended. */
export function startLoad(url: string, perSecond: number): { end(): Promise<LoadReport> } {
  const pool = new Pool(url, { connections: 64, pipelining: 1 });
  const pending = new Set<Promise<void>>();
  const failures: string[] = [];
  const bodies = new Map<string, number>();
  const stop = new AbortController();
  let [sent, ok] = [0, 0];

  async function one(): Promise<void> {
    try {
      const { statusCode, body } = await pool.request({ method: 'GET', path: '/' });
      const text = await body.text();
      if (statusCode !== 200) throw new Error(`status ${statusCode}`);
      ok += 1;
      bodies.set(text, (bodies.get(text) ?? 0) + 1);
    } catch (error) {
      failures.push(String(error));
    }
  }

  async function loop(): Promise<void> {
    const start = performance.now();
    while (!stop.signal.aborted) {
      for (const due = ((performance.now() - start) * perSecond) / 1000; sent < due; sent += 1) {
        const request = one().finally(() => pending.delete(request));
        pending.add(request);
      }
      await sleep(2);
    }
  }

  const running = loop();
  return {
    end: async () => {
      stop.abort();
      await running;
      await Promise.all(pending);
      await pool.close();
      return { sent, ok, failures, bodies };
    },
  };
}
