import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import type { AcquireResult, Holder, Store } from '../../src/stores/store.ts';
import { endOf, startChild } from '../support/children.ts';
import { changesIn, expectOneWriter } from '../support/fences.ts';
import { quickSandbox } from '../support/quick-sandbox.ts';
import { IS_WHOLE } from '../support/sampled.ts';
import { goal, holder, leaseOf, type World } from '../support/store-samples.ts';

const MINUTE = 60_000;

const ask = (store: Store, who: Holder, placeMs = MINUTE): Promise<AcquireResult> =>
  store.acquire(who, MINUTE, placeMs);
const runs = (holders: readonly Holder[]): readonly string[] => holders.map(({ run }) => run);

/** The runs ahead in the queue; throws when the lease was granted. */
function before(acquired: AcquireResult): readonly string[] {
  if ('lease' in acquired) throw new Error(`${acquired.lease.holder.run} got the lease`);
  return [...(acquired.heldBy ? [acquired.heldBy.holder.run] : []), ...runs(acquired.queue)];
}

export function queue(world: World): void {
  const [first, second, third] = [holder('r1'), holder('r2', { verb: 'up', release: '43' }), holder('r3')];

  it('grants a free lease to the first run', async () => {
    const store = await world.open();
    expect(leaseOf(await ask(store, first)).holder).toEqual(first);
    expect(await store.queue()).toEqual([]);
  });

  it('grants the lease one by one, first come, first served', async () => {
    const [one, other] = [await world.open(), await world.open()];
    const lease = leaseOf(await ask(one, first));
    expect(before(await ask(other, second))).toEqual(['r1']);
    expect(before(await ask(one, third))).toEqual(['r1', 'r2']);
    expect(before(await ask(other, second))).toEqual(['r1']);
    expect(await one.queue()).toEqual([second, third]);
    await one.release(lease);
    expect(before(await ask(one, third))).toEqual(['r2']);
    const next = leaseOf(await ask(other, second));
    expect(next.fence).toBe(lease.fence + 1);
    expect(before(await ask(one, third))).toEqual(['r2']);
    await other.release(next);
    leaseOf(await ask(one, third));
    expect(await one.queue()).toEqual([]);
  });

  it('is not bypassed by runs that do not wait', async () => {
    const store = await world.open();
    const lease = leaseOf(await ask(store, first));
    await ask(store, second);
    expect(before(await store.acquire(third, MINUTE))).toEqual(['r1', 'r2']);
    expect(runs(await store.queue())).toEqual(['r2']);
    await store.release(lease);
    expect(before(await store.acquire(third, MINUTE))).toEqual(['r2']);
    leaseOf(await store.acquire(second, MINUTE));
  });

  it('skips a run whose place has expired', async () => {
    const store = await world.open();
    const lease = leaseOf(await ask(store, first));
    await ask(store, second, 150);
    expect(before(await ask(store, third))).toEqual(['r1', 'r2']);
    await store.release(lease);
    await expect.poll(async () => 'lease' in (await ask(store, third)), { timeout: 5000 }).toBe(true);
    expect(runs(await store.queue())).toEqual([]);
  });

  it('keeps the place of a run that renews it', async () => {
    const store = await world.open();
    const lease = leaseOf(await ask(store, first));
    await ask(store, second, 300);
    await ask(store, third);
    const until = performance.now() + 700;
    while (performance.now() < until) expect(before(await ask(store, second, 300))).toEqual(['r1']);
    expect(before(await ask(store, third))).toEqual(['r1', 'r2']);
    await store.release(lease);
    leaseOf(await ask(store, second));
  });

  it('can be left', async () => {
    const store = await world.open();
    const lease = leaseOf(await ask(store, first));
    await ask(store, second);
    await ask(store, third);
    await store.dequeue(second);
    await store.dequeue(holder('r9'));
    expect(runs(await store.queue())).toEqual(['r3']);
    await store.release(lease);
    leaseOf(await ask(store, third));
  });

  it('releases a lease that was granted in a lost response', async () => {
    const store = await world.open();
    await ask(store, first);
    await store.dequeue(second);
    expect((await store.held())?.holder.run).toBe('r1');
    await store.dequeue(first);
    expect(await store.held()).toBeUndefined();
  });

  it('is of one environment', async () => {
    const [shop, blog] = [await world.open('shop'), await world.open('blog')];
    await ask(shop, first);
    await ask(shop, second);
    expect(await blog.queue()).toEqual([]);
    leaseOf(await blog.acquire(third, MINUTE));
  });
}

export function takingOver(world: World): void {
  it('replaces the lease of its holder, which can no longer write', async () => {
    const [one, other] = [await world.open(), await world.open()];
    const old = leaseOf(await one.acquire(holder('r1'), MINUTE));
    await one.putGoal(old, goal('r1'));
    const taken = await other.takeOver(holder('r2', { verb: 'unlock' }), MINUTE, old);
    expect(taken).toMatchObject({ fence: old.fence + 1, holder: { run: 'r2', verb: 'unlock' }, doing: '' });
    expect(await one.held()).toEqual(taken);
    expect(await one.renew(old, MINUTE, 'on')).toBe(false);
    await expect(one.putGoal(old, goal('r1', 2))).rejects.toMatchObject({ code: 'lease-lost', exitCode: 5 });
    await one.release(old);
    expect((await other.held())?.holder.run).toBe('r2');
    expect(await other.goal()).toEqual(goal('r1'));
  });

  it('replaces the lease that was seen, not a later one', async () => {
    const store = await world.open();
    const seen = leaseOf(await store.acquire(holder('r1'), MINUTE));
    await store.release(seen);
    expect(await store.takeOver(holder('r9'), MINUTE, seen)).toBeUndefined();
    const now = leaseOf(await store.acquire(holder('r2'), MINUTE));
    expect(await store.takeOver(holder('r9'), MINUTE, seen)).toBeUndefined();
    expect((await store.held())?.fence).toBe(now.fence);
  });

  it('replaces a lease that was renewed in between', async () => {
    const store = await world.open();
    const seen = leaseOf(await store.acquire(holder('r1'), MINUTE));
    await store.renew(seen, MINUTE, 'register 3 instances', 'wait for them');
    expect(await store.held()).toMatchObject({ doing: 'register 3 instances', next: 'wait for them' });
    expect((await store.takeOver(holder('r9'), MINUTE, seen))?.next).toBeUndefined();
  });

  it('does not change the queue', async () => {
    const store = await world.open();
    const lease = leaseOf(await ask(store, holder('r1')));
    await ask(store, holder('r2'));
    const taken = await store.takeOver(holder('r9'), MINUTE, lease);
    expect(before(await ask(store, holder('r2')))).toEqual(['r9']);
    await store.release(taken!);
    leaseOf(await ask(store, holder('r2')));
  });
}

/** One turn of a contender: see `store-child.ts`. */
interface AcquiredLease {
  readonly run: string;
  /** Absent when it left the queue. */
  readonly fence?: number;
  /** The runs ahead of it when it arrived; absent when it got the lease at once. */
  readonly ahead?: readonly string[];
}

export function contention(world: World): void {
  const CONTENDERS = 8;
  const TURNS = IS_WHOLE ? 125 : 40;

  it('never has two holders, keeps the order, and starves no run', { timeout: 240_000 }, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'turnout-race-'));
    const sandbox = await quickSandbox({ instances: 0 });
    onTestFinished(async () => sandbox.close());
    const contenders = Array.from({ length: CONTENDERS }, (_, index) =>
      startChild(world.opener, world.location, 'contend', String(TURNS), folder, String(index), sandbox.url),
    );
    expect(await Promise.all(contenders.map(endOf))).toEqual(contenders.map(() => 0));
    const turns = readFileSync(join(folder, 'turns'), 'utf8').trim().split('\n').map(read);
    rmSync(folder, { recursive: true });

    // In the order of the witness, which was there once at a time.
    const taken = turns.filter(({ fence }) => fence !== undefined);
    expect(taken).toHaveLength(CONTENDERS * TURNS);
    const fences = taken.map(({ fence }) => fence!);
    expect(fences.filter((fence, index) => index > 0 && fence <= fences[index - 1]!)).toEqual([]);
    const place = new Map(taken.map(({ run }, index) => [run, index]));
    expect(changesIn(sandbox).length).toBeGreaterThanOrEqual(CONTENDERS * TURNS);
    expectOneWriter(sandbox);
    const passed = taken.filter(({ run, ahead = [] }) => ahead.some((other) => place.get(other)! > place.get(run)!));
    expect(passed).toEqual([]);
    expect(Math.max(...turns.map(({ ahead = [] }) => ahead.length))).toBeLessThan(2 * CONTENDERS);
  });
}

function read(line: string): AcquiredLease {
  return JSON.parse(line) as AcquiredLease;
}
