import { expect, it } from 'vitest';
import { checkLocation, openLocated, type KnownLocation } from '../../src/stores/located.ts';
import type { Store } from '../../src/stores/store.ts';
import { entry, goal, holder, leaseOf, type World } from '../support/store-samples.ts';

const MINUTE = 60_000;
const EU = { account: '111111111111', region: 'eu-west-1' };
const US = { account: '111111111111', region: 'us-east-1' };
const EU_OTHER = { account: '222222222222', region: 'eu-west-1' };

/** One store for environments of one name in several places. */
export function locations(world: World): void {
  const at = async (known: KnownLocation): Promise<Store> =>
    openLocated('shop', known, async (key) => world.open(key === 'shop' ? undefined : key));

  it('are kept apart by region: lease, queue, goal and journal', async () => {
    const eu = await at({ region: EU.region });
    const lease = leaseOf(await eu.acquire(holder('r1'), MINUTE));
    await checkLocation(eu, EU, 'record');
    await eu.putGoal(lease, goal('r1'));
    await eu.acquire(holder('r2'), MINUTE, MINUTE);
    await eu.log(entry('r1', '2026-01-01T10:00:00.000Z'));
    const us = await at({ region: US.region });
    expect([await us.held(), await us.goal(), await us.queue(), await us.history(9)]).toEqual([
      undefined,
      undefined,
      [],
      [],
    ]);
    await us.clearGoal(leaseOf(await us.acquire(holder('r3'), MINUTE)));
    await checkLocation(us, US, 'record');
    expect(await (await at({ region: EU.region })).goal()).toEqual(goal('r1'));
    expect((await (await at({ region: US.region })).held())?.holder.run).toBe('r3');
    expect(await us.id()).toBe(await eu.id());
  });

  it('are those of before locations were recorded, for the first that is', async () => {
    const before = await world.open();
    const id = await before.id();
    const lease = leaseOf(await before.acquire(holder('r1'), MINUTE));
    await before.putGoal(lease, goal('r1'));
    const eu = await at(EU);
    await checkLocation(eu, EU, 'read');
    expect(await eu.fact('region')).toBeUndefined();
    await checkLocation(eu, EU, 'record');
    expect(await eu.goal()).toEqual(goal('r1'));
    expect((await eu.held())?.holder.run).toBe('r1');
    expect(await eu.id()).toBe(id);
    expect(await (await at(US)).goal()).toBeUndefined();
  });

  it('of another account are refused by name, until the config says which account', async () => {
    await checkLocation(await at({ region: EU.region }), EU, 'record');
    const error: unknown = await checkLocation(await at({ region: EU.region }), EU_OTHER, 'record').catch(String);
    expect(error).toMatch(/of account 111111111111, eu-west-1; the answers come from account 222222222222, eu-west-1/);
    const other = await at(EU_OTHER);
    await checkLocation(other, EU_OTHER, 'record');
    expect(await other.fact('account')).toBe(EU_OTHER.account);
    const third = { ...EU, account: '333333333333' };
    await checkLocation(await at(third), third, 'record');
    expect(await (await at(EU)).fact('account')).toBe(EU.account);
  });

  it('of a region that was recorded meanwhile are refused, too', async () => {
    const [eu, us] = [await at({ region: EU.region }), await at({ region: US.region })];
    await us.held();
    await checkLocation(eu, EU, 'record');
    const records = await world.open();
    await expect(checkLocation(records, US, 'record')).rejects.toMatchObject({ code: 'other-location' });
  });
}
