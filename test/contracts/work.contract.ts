import { expect, it } from 'vitest';
import type { SeenWork } from '../../src/domain/work.ts';
import type { WorkPort } from '../../src/work-owner/work.ts';

/** A record, and ways to open it from several processes. */
export interface OpenRecord {
  /** @param beforeChange awaited before each change; rejects where it must not be made */
  readonly open: (beforeChange?: () => Promise<void>) => WorkPort;
  /** Writes it past every rule, as an operator may; null deletes it. */
  readonly overwrite: (row: { readonly owner: string | null; readonly epoch: number } | null) => Promise<void>;
}

const seenBy = async (port: WorkPort): Promise<SeenWork> => (await port.read()) as SeenWork;

/** Who takes work that must not run twice, wherever it is recorded. It begins with the owner 41 and the epoch 7. */
export function workOwners(create: () => Promise<OpenRecord>): void {
  it('goes from one to none and on, with an epoch that grows by one', async () => {
    const { open } = await create();
    const [ours, theirs] = [open(), open()];
    expect(ours.epoch()).toBeUndefined();
    expect(await ours.read()).toEqual({ state: 'seen', owner: '41', epoch: 7, idle: [] });
    await ours.set(await seenBy(ours), null);
    expect(await theirs.read()).toEqual({ state: 'seen', owner: null, epoch: 8, idle: [] });
    await theirs.set(await seenBy(theirs), '42');
    expect(await ours.read()).toEqual({ state: 'seen', owner: '42', epoch: 9, idle: [] });
    expect([ours.epoch(), theirs.epoch()], 'what hooks get').toEqual([9, 9]);
  });

  it('is set by one of two, and by nobody who saw an older one', async () => {
    const { open } = await create();
    const [ours, theirs] = [open(), open()];
    const seen = await seenBy(ours);
    const both = await Promise.allSettled([ours.set(seen, null), theirs.set(seen, '42')]);
    expect(both.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
    const after = await seenBy(ours);
    expect(after.epoch).toBe(8);
    await expect(ours.set(seen, '42')).rejects.toMatchObject({ code: 'owner-not-set', transient: true });
    await expect(ours.set({ ...after, owner: '40' }, '42')).rejects.toMatchObject({ code: 'owner-not-set' });
    expect(await ours.read()).toEqual(after);
  });

  it('is not set where no change may be made', async () => {
    const { open } = await create();
    const ours = open(async () => Promise.reject(new Error('the lease is lost')));
    await expect(ours.set(await seenBy(ours), null)).rejects.toThrow('the lease is lost');
    expect(await ours.read()).toMatchObject({ owner: '41', epoch: 7 });
  });

  it('that is gone, or went back, is unreadable, and is not made up for', async () => {
    const { open, overwrite } = await create();
    const ours = open();
    const seen = await seenBy(ours);
    await overwrite({ owner: '40', epoch: 6 });
    expect(await ours.read()).toMatchObject({ state: 'unreadable', why: expect.stringContaining('from 7 to 6') });
    await overwrite(null);
    expect(await ours.read()).toMatchObject({ state: 'unreadable' });
    await expect(ours.set(seen, null)).rejects.toMatchObject({ code: 'owner-not-set' });
    expect(await open().read()).toMatchObject({ state: 'unreadable' });
  });

  it('tells which release has nothing under way', async () => {
    const ours = (await create()).open();
    await ours.read();
    expect(await ours.idle(['41', '42'])).toEqual(['41']);
  });
}

/** A program for `idle`: of the release 41 nothing is under way, as long as it is told the epoch. */
export const IDLE = "process.exit(process.env.TURNOUT_IDLE === '41' && process.env.TURNOUT_FENCE === '7' ? 0 : 1)";
