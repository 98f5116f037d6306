import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Store } from '../../src/stores/store.ts';
import { killNow, lineOf, startChild } from '../support/children.ts';
import { entry, goal, holder, leaseOf, type World } from '../support/store-samples.ts';
import { approvals } from './approval.contract.ts';
import { locations } from './location.contract.ts';
import { contention, queue, takingOver } from './queue.contract.ts';

export interface StoreUnderTest {
  /** Module with `open(location, environment?): Promise<Store>`; processes of their own import it, too. */
  readonly opener: URL;
  /** A location without a store. */
  readonly fresh: () => Promise<string>;
}

const MINUTE = 60_000;

interface Opener {
  readonly open: (location: string, environment?: string) => Promise<Store>;
}

/** The contract of every kind of store; each adapter registers it. */
export function storeContract(name: string, { opener, fresh }: StoreUnderTest): void {
  describe(`the ${name} store`, () => {
    const world: World = { location: '', opener, open };
    let opened: Store[] = [];
    async function open(environment?: string): Promise<Store> {
      const module = (await import(opener.href)) as Opener;
      const store = await module.open(world.location, environment);
      opened.push(store);
      return store;
    }

    beforeEach(async () => {
      world.location = await fresh();
    });
    afterEach(async () => {
      await Promise.all(opened.map((store) => store.close()));
      opened = [];
    });

    describe('its id', () => {
      identity(world);
    });
    describe('its facts', () => {
      facts(world);
    });
    describe('the records of a location', () => {
      locations(world);
    });
    describe('the lease', () => {
      mutualExclusion(world);
      leaseInTime(world);
    });
    describe('the queue', () => {
      queue(world);
    });
    describe('taking over', () => {
      takingOver(world);
    });
    describe('an approval', () => {
      approvals(world);
    });
    describe('the goal', () => {
      goals(world);
    });
    describe('the journal', () => {
      journal(world);
    });
    describe('with several processes', () => {
      processes(world);
      contention(world);
    });
  });
}

function identity(world: World): void {
  it('is made once, also where two runs request it at once', async () => {
    const stores = await openTwo(world);
    const ids = await Promise.all(stores.map((store) => store.id()));
    expect(ids[0]).toMatch(/^[0-9a-f]{10}$/);
    expect(ids[1]).toBe(ids[0]);
    expect(await (await world.open()).id()).toBe(ids[0]);
  });

  it('is another one in another store, and for another environment', async () => {
    const store = await world.open();
    const other = await world.open('other');
    expect(await other.id()).not.toBe(await store.id());
  });

  it('stays when the lease changes hands', async () => {
    const store = await world.open();
    const id = await store.id();
    await store.release(leaseOf(await store.acquire(holder('r1'), MINUTE)));
    expect(await store.id()).toBe(id);
  });

  it('comes with words on where the store is', async () => {
    expect((await world.open()).place).toMatch(/^\w+ \S/);
  });
}

function facts(world: World): void {
  it('are recorded once, also where two runs do it at once', async () => {
    const stores = await openTwo(world);
    expect(await stores[0].fact('region')).toBeUndefined();
    const got = await Promise.all(
      stores.map(async (store, n) => store.fact('region', ['eu-west-1', 'us-east-1'][n] ?? '')),
    );
    expect(new Set(got).size).toBe(1);
    expect(await (await world.open()).fact('region', 'eu-north-1')).toBe(got[0]);
    expect(await (await world.open('other')).fact('region')).toBeUndefined();
    expect(await stores[0].fact('account')).toBeUndefined();
  });

  it('do not change the records that were there before', async () => {
    const store = await world.open();
    const id = await store.id();
    const lease = leaseOf(await store.acquire(holder('r1'), MINUTE));
    await store.putGoal(lease, goal('r1'));
    await store.fact('region', 'eu-west-1');
    expect(await store.goal()).toEqual(goal('r1'));
    expect(await store.renew(lease, MINUTE, '')).toBe(true);
    expect(await store.id()).toBe(id);
  });
}

async function openTwo({ open }: World): Promise<[Store, Store]> {
  return [await open(), await open()];
}

function mutualExclusion(world: World): void {
  it('is free at first', async () => {
    expect(await (await world.open()).held()).toBeUndefined();
  });

  it('has one holder, which others can see', async () => {
    const [one, other] = await openTwo(world);
    const lease = leaseOf(await one.acquire(holder('r1', { release: '42' }), MINUTE));
    expect(lease.expiresAt - lease.renewedAt).toBe(MINUTE);
    expect(await other.acquire(holder('r2'), MINUTE)).toEqual({ heldBy: lease, queue: [] });
    expect(await one.acquire(holder('r1'), MINUTE)).toEqual({ heldBy: lease, queue: [] });
    expect(await other.held()).toEqual(lease);
  });

  it('is free again after its release', async () => {
    const [one, other] = await openTwo(world);
    await one.release(leaseOf(await one.acquire(holder('r1'), MINUTE)));
    expect(await other.held()).toBeUndefined();
    leaseOf(await other.acquire(holder('r2'), MINUTE));
  });

  it('has a fence that increases with each holder, across releases and handles', async () => {
    const fences: number[] = [];
    for (const run of ['r1', 'r2', 'r3']) {
      const store = await world.open();
      const lease = leaseOf(await store.acquire(holder(run), MINUTE));
      fences.push(lease.fence);
      await store.release(lease);
    }
    expect(fences).toEqual([fences[0], fences[0]! + 1, fences[0]! + 2]);
  });
}

function leaseInTime(world: World): void {
  it('expires without renewals, and its holder cannot use it any more', async () => {
    const [one, other] = await openTwo(world);
    const old = leaseOf(await one.acquire(holder('r1'), 150));
    await expect.poll(async () => 'lease' in (await other.acquire(holder('r2'), MINUTE)), { timeout: 5000 }).toBe(true);
    expect((await other.held())?.fence).toBeGreaterThan(old.fence);
    expect(await one.renew(old, MINUTE, 'late')).toBe(false);
    await one.release(old);
    expect((await one.held())?.holder.run).toBe('r2');
  });

  it('does not expire while it is renewed, and shows the current step', async () => {
    const [one, other] = await openTwo(world);
    const lease = leaseOf(await one.acquire(holder('r1'), 1000));
    expect(await one.renew(lease, MINUTE, 'waiting for 3 targets')).toBe(true);
    const held = await other.held();
    expect(held).toMatchObject({ fence: lease.fence, doing: 'waiting for 3 targets', holder: lease.holder });
    expect(held!.expiresAt).toBeGreaterThan(lease.expiresAt);
  });

  it('is of no use after its release', async () => {
    const store = await world.open();
    const lease = leaseOf(await store.acquire(holder('r1'), MINUTE));
    await store.release(lease);
    expect(await store.renew(lease, MINUTE, '')).toBe(false);
    await expect(store.putGoal(lease, goal('r1'))).rejects.toMatchObject({ code: 'lease-lost', exitCode: 5 });
    await store.release(lease);
    expect(await store.held()).toBeUndefined();
  });

  it('belongs to one environment', async () => {
    const [shop, blog] = [await world.open('shop'), await world.open('blog')];
    leaseOf(await shop.acquire(holder('r1'), MINUTE));
    expect(await blog.held()).toBeUndefined();
    leaseOf(await blog.acquire(holder('r2'), MINUTE));
  });
}

function goals(world: World): void {
  it('outlives the lease and the handle', async () => {
    const store = await world.open();
    expect(await store.goal()).toBeUndefined();
    const lease = leaseOf(await store.acquire(holder('r1'), MINUTE));
    await store.putGoal(lease, goal('r1', 1));
    await store.putGoal(lease, goal('r1', 2));
    await store.release(lease);
    expect(await (await world.open()).goal()).toEqual(goal('r1', 2));
    expect(await (await world.open('blog')).goal()).toBeUndefined();
  });

  it('is cleared by its holder', async () => {
    const store = await world.open();
    const lease = leaseOf(await store.acquire(holder('r1'), MINUTE));
    await store.putGoal(lease, goal('r1'));
    await store.clearGoal(lease);
    expect(await store.goal()).toBeUndefined();
  });

  it('is not written by a former holder of the lease', async () => {
    const [one, other] = await openTwo(world);
    const old = leaseOf(await one.acquire(holder('r1'), MINUTE));
    await one.release(old);
    await other.putGoal(leaseOf(await other.acquire(holder('r2'), MINUTE)), goal('r2'));
    await expect(one.putGoal(old, goal('r1'))).rejects.toMatchObject({ code: 'lease-lost', exitCode: 5 });
    await expect(one.clearGoal(old)).rejects.toMatchObject({ code: 'lease-lost', exitCode: 5 });
    expect(await one.goal()).toEqual(goal('r2'));
  });
}

function journal({ open }: World): void {
  it('lists the newest first, up to the limit', async () => {
    const store = await open();
    for (const hour of ['08', '09', '10']) await store.log(entry(`r${hour}`, `2026-01-01T${hour}:00:00.000Z`));
    expect((await store.history(2)).map(({ run }) => run)).toEqual(['r10', 'r09']);
    expect(await store.history(0)).toEqual([]);
    expect(await (await open('blog')).history(9)).toEqual([]);
  });

  it('overwrites the entry of a run, in its place', async () => {
    const store = await open();
    const first = entry('r1', '2026-01-01T08:00:00.000Z');
    const done = {
      ...first,
      outcome: 'done',
      until: '2026-01-01T08:01:00.000Z',
      message: 'All is well: 3 ✓',
    } as const;
    await store.log(first);
    await store.log(entry('r2', '2026-01-01T09:00:00.000Z'));
    await store.log(done);
    expect((await store.history(9)).map(({ run }) => run)).toEqual(['r2', 'r1']);
    expect((await store.history(9))[1]).toEqual(done);
  });
}

function processes(world: World): void {
  it('releases the lease of a killed process, and keeps what it wrote', async () => {
    const child = startChild(world.opener, world.location, 'hold', '2000');
    const fence = Number(await lineOf(child));
    const store = await world.open();
    expect(await store.acquire(holder('r2'), MINUTE)).toMatchObject({
      heldBy: { fence, holder: { pid: child.pid } },
    });
    await killNow(child);
    await expect
      .poll(async () => 'lease' in (await store.acquire(holder('r2'), MINUTE)), { timeout: 10_000 })
      .toBe(true);
    expect((await store.held())?.fence).toBe(fence + 1);
  });
}
