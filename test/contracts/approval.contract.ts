import { expect, it } from 'vitest';
import type { Approval } from '../../src/domain/approval.ts';
import type { Store } from '../../src/stores/store.ts';
import { holder, leaseOf } from '../support/store-samples.ts';

const ASKED: Approval = {
  run: 'r1',
  release: '42',
  share: 100,
  requestedBy: 'ann@desk',
  from: 'the shop team',
  since: '2026-01-01T10:00:00.000Z',
  until: '2026-01-02T10:00:00.000Z',
};
const YES = { kind: 'approved', who: 'bob@desk', at: '2026-01-01T11:00:00.000Z', reason: 'looks “good”' } as const;
const NO = { kind: 'rejected', who: 'eve@desk', at: '2026-01-01T11:00:01.000Z' } as const;

/** What a promote waits for, in every kind of store. */
export function approvals({ open }: { readonly open: (environment?: string) => Promise<Store> }): void {
  it('is asked for by the holder of the lease, and seen by all', async () => {
    const [ours, theirs] = [await open(), await open()];
    expect(await ours.approval()).toBeUndefined();
    const lease = leaseOf(await ours.acquire(holder('r1'), 60_000));
    await ours.putApproval(lease, ASKED);
    expect(await theirs.approval()).toEqual(ASKED);
    expect(await (await open('other')).approval()).toBeUndefined();
    await ours.release(lease);
    await expect(ours.putApproval(lease, ASKED)).rejects.toMatchObject({ code: 'lease-lost' });
    // It outlives the lease of the run that was killed.
    expect(await theirs.approval()).toEqual(ASKED);
  });

  it('is decided on once, without a lease', async () => {
    const [ours, ann, bob] = [await open(), await open(), await open()];
    const lease = leaseOf(await ours.acquire(holder('r1'), 60_000));
    await ours.putApproval(lease, ASKED);
    const decided = await Promise.all([ann.decideApproval(ASKED, YES), bob.decideApproval(ASKED, NO)]);
    expect(decided.filter(Boolean)).toHaveLength(1);
    const seen = await ours.approval();
    expect(seen).toEqual({ ...ASKED, decision: decided[0] ? YES : NO });
    expect(await ann.decideApproval(seen!, NO)).toBe(false);
    expect(await ours.approval()).toEqual(seen);
  });

  it('that was asked for anew, or used, is not decided on by what was seen before', async () => {
    const ours = await open();
    const lease = leaseOf(await ours.acquire(holder('r1'), 60_000));
    expect(await ours.decideApproval(ASKED, YES)).toBe(false);
    const later = { ...ASKED, since: '2026-01-01T10:00:05.000Z' };
    await ours.putApproval(lease, later);
    expect(await ours.decideApproval(ASKED, YES)).toBe(false);
    const spent = { ...later, spent: true } as const;
    await ours.putApproval(lease, spent);
    expect(await ours.decideApproval(spent, YES)).toBe(false);
    expect(await ours.approval()).toEqual(spent);
  });
}
