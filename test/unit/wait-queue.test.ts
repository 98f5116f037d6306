import { beforeEach, describe, expect, it } from 'vitest';
import { holdLease, type HeldLease } from '../../src/record/lease.ts';
import type { WaitOptions } from '../../src/record/wait-queue.ts';
import type { QueueStatus } from '../../src/stores/store.ts';
import { MemoryStore } from '../support/memory-store.ts';
import { goal, holder } from '../support/store-samples.ts';
import { VirtualClock } from '../support/virtual-clock.ts';

const TTL = 60_000;
const MINUTE = 60_000;

let clock: VirtualClock;
let store: MemoryStore;
beforeEach(() => {
  clock = new VirtualClock(Date.parse('2026-01-01T10:00:00Z'));
  store = new MemoryStore(clock);
});

const hold = (run: string, wait?: WaitOptions): Promise<HeldLease> =>
  holdLease(store, holder(run, { release: '42' }), { ttlMs: TTL, clock, ...(wait ? { wait } : {}) });

/** What became of it: its run, or the error's message. */
async function endOf(held: Promise<HeldLease>): Promise<string> {
  return held.then(
    ({ lease }) => lease.holder.run,
    (error: unknown) => (error as Error).message,
  );
}

const runs = ({ heldBy, queue }: QueueStatus) => [heldBy?.holder.run ?? '-', ...queue.map(({ run }) => run)].join(' ');

describe('a run that waits for the lease', () => {
  it('gets it in its turn, and is notified of the runs ahead of it', async () => {
    const first = await hold('r1');
    const told: string[] = [];
    const second = hold('r2', { ms: 15 * MINUTE, onQueueChange: (ahead) => told.push(`r2: ${runs(ahead)}`) });
    await clock.advance(10);
    const third = hold('r3', { ms: 15 * MINUTE, onQueueChange: (ahead) => told.push(`r3: ${runs(ahead)}`) });
    await clock.advance(5000);
    expect(told).toEqual(['r2: r1', 'r3: r1 r2']);
    await first.doing('register 3 instances');
    await clock.advance(5000);
    expect(told.slice(2).toSorted()).toEqual(['r2: r1', 'r3: r1 r2']);
    await first.release();
    await clock.advance(2000);
    const next = await second;
    expect(store.lease?.holder.run).toBe('r2');
    expect(told.at(-1)).toBe('r3: r2');
    await next.release();
    await clock.advance(2000);
    await (await third).release();
    expect(store.waiting).toEqual([]);
  });

  it('is notified again once a minute', async () => {
    const first = await hold('r1');
    let told = 0;
    const second = endOf(hold('r2', { ms: 5 * MINUTE, onQueueChange: () => told++ }));
    await clock.advance(5 * MINUTE + 1000);
    await second;
    expect(told).toBe(5);
    await first.release();
  });

  it('gives up after its maximum wait, and says what it waited for', async () => {
    const first = await hold('r1');
    await store.putGoal(first.lease, goal('r1', 2));
    const second = endOf(hold('r2', { ms: 2 * MINUTE }));
    await clock.advance(2 * MINUTE - 1);
    expect(store.waiting).toHaveLength(1);
    await clock.advance(1);
    expect(await second).toMatch(
      /^Waited for 2 min\. Another run holds the lease: promote of release 42, .*; 2 of 6 steps/,
    );
    expect(store.waiting).toEqual([]);
    await first.release();
  });

  it('leaves the queue when it is interrupted', async () => {
    const first = await hold('r1');
    const stop = new AbortController();
    const second = endOf(hold('r2', { ms: MINUTE, signal: stop.signal }));
    await clock.advance(100);
    stop.abort(new Error('Ctrl-C'));
    expect(await second).toBe('Ctrl-C');
    expect(store.waiting).toEqual([]);
    expect(clock.sleeping).toBe(1);
    await first.release();
  });

  it('keeps waiting through a short outage of the store', async () => {
    const first = await hold('r1');
    const second = hold('r2', { ms: 15 * MINUTE });
    await clock.advance(1000);
    const { acquire } = store;
    store.acquire = async () => Promise.reject(new Error('no connection'));
    await clock.advance(TTL - 2000);
    store.acquire = acquire;
    await clock.advance(1000);
    await first.release();
    await clock.advance(1000);
    expect(await endOf(second)).toBe('r2');
  });

  it('gives up when the store fails for longer than the time to live of a lease', async () => {
    const first = await hold('r1');
    const second = endOf(hold('r2', { ms: 15 * MINUTE }));
    await clock.advance(1000);
    store.acquire = async () => Promise.reject(new Error('no connection'));
    await clock.advance(2 * TTL);
    expect(await second).toBe('no connection');
    await first.release();
  });

  it('gives up at the first failure: the store may not exist', async () => {
    store.acquire = async () => Promise.reject(new Error('no such server'));
    expect(await endOf(hold('r1', { ms: MINUTE }))).toBe('no such server');
  });
});

describe('a lost response', () => {
  it('does not lose the lease: its holder is this run', async () => {
    const first = await hold('r1');
    const { acquire } = store;
    let calls = 0;
    store.acquire = async (...args) => {
      const answer = await acquire(...args);
      calls += 1;
      if (calls === 2) throw new Error('time-out');
      return answer;
    };
    const second = hold('r2', { ms: MINUTE });
    await clock.advance(100);
    await first.release();
    await clock.advance(2000);
    expect((await second).lease).toMatchObject({ fence: 2, holder: { run: 'r2' } });
  });

  it('does not leave an unused lease behind', async () => {
    const { acquire } = store;
    store.acquire = async (...args) => {
      await acquire(...args);
      throw new Error('time-out');
    };
    expect(await endOf(hold('r1'))).toBe('time-out');
    expect(store.lease).toBeUndefined();
  });
});

describe('a run that does not wait', () => {
  it('does not get the lease before runs that wait', async () => {
    store.waiting = [holder('r1', { verb: 'up', release: '43', who: 'bob@ci' })];
    expect(await endOf(hold('r2'))).toBe(
      'No lease is held, but other runs are ahead in the queue: up of release 43, by bob@ci.',
    );
  });

  it('watches a lease that may have expired for its whole time to live', async () => {
    const gone = await hold('r1');
    await gone.release();
    store.lease = { ...gone.lease, maybeExpired: true };
    const second = endOf(hold('r2'));
    await clock.advance(TTL);
    // The store has seen no heartbeat for that long, so the lease has expired.
    store.lease = undefined;
    await clock.advance(2000);
    expect(await second).toBe('r2');
  });

  it('is refused when such a lease is renewed', async () => {
    const other = await hold('r1');
    store.lease = { ...other.lease, maybeExpired: true };
    const second = endOf(hold('r2'));
    await clock.advance(2 * TTL);
    expect(await second).toMatch(/^Another run holds the lease/);
    await other.release();
  });
});
