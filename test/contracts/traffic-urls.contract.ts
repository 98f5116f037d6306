import { expect, test } from 'vitest';
import { errorOf } from '../support/expect-advice.ts';
import { at, poolOf, POOLS, PRODUCTION, states, TEST, type TrafficWorld } from './traffic-world.ts';

/** Where people reach each pool. */
export function urlContract(start: () => Promise<TrafficWorld>, byRules: boolean): void {
  test('lead to the pool that they belong to', async () => {
    const world = await start();
    const port = world.open();
    const [id] = (await world.boot(1)) as [string];
    await port.register(await poolOf(port, TEST), at(8080, [id]));
    await expect.poll(async () => states(port, TEST)).toEqual([`${id}:8080 healthy`]);
    const urls = await port.urls();
    expect(Object.keys(urls).toSorted()).toEqual([...POOLS].toSorted());
    expect(await (await fetch(urls[TEST]?.[0] ?? '')).text()).toContain(id);
    expect(await (await fetch(urls[PRODUCTION]?.[0] ?? '')).text()).not.toContain(id);
  });

  test.runIf(byRules)(
    'a deleted test listener is reported as unreadable, a production listener is an error',
    async () => {
      const world = await start();
      const running = world.open();
      await running.readTraffic();
      await world.unplug(TEST);
      const traffic = await world.open().readTraffic();
      expect(traffic).toMatchObject({
        unreadable: [{ code: 'route-not-found', why: expect.stringContaining('listener') }],
      });
      expect('routes' in traffic && traffic.routes.map(({ role }) => role)).not.toContain('test');
      await world.unplug(PRODUCTION);
      expect(await errorOf(world.open().urls())).toMatchObject({ code: 'route-not-found' });
      expect(await errorOf(running.readTraffic())).toMatchObject({
        code: 'route-not-found',
        message: expect.stringMatching(/^AWS does not know \S+:\d+ any more\.$/),
      });
    },
  );

  test.runIf(!byRules)('a pool without a listener has none', async () => {
    const world = await start();
    await world.unplug(TEST);
    const urls = await world.open().urls();
    expect(urls[TEST]).toEqual([]);
    expect(urls[PRODUCTION]).toHaveLength(1);
  });
}
