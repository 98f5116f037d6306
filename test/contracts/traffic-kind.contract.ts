import { expect, test } from 'vitest';
import type { TrafficSettings } from '../../src/domain/traffic.ts';
import { TEST, type TrafficWorld } from './traffic-world.ts';

/** What a way of moving traffic says of itself, and what it does not have. */
export function kindContract(start: () => Promise<TrafficWorld>, kind: string, traffic: TrafficSettings['kind']): void {
  test('is of one kind, as are the settings, however it is read', async () => {
    const port = (await start()).open();
    expect([port.kind, port.settings.kind]).toEqual([kind, traffic]);
    for (const read of [await port.readTraffic(), await port.follow(), await port.residual([TEST])])
      expect(read.kind).toBe(traffic);
  });

  test.runIf(traffic === 'membership')('a change of weights is not for it', async () => {
    await expect((await start()).open().setWeights(new Map())).rejects.toThrow('no such thing');
  });

  test.runIf(traffic !== 'dns-weights')('a change of TTLs is not for it', async () => {
    await expect((await start()).open().setTtls(new Map())).rejects.toThrow('no such thing');
  });
}
