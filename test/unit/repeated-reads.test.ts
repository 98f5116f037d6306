import { describe, expect, test } from 'vitest';
import { RepeatedReads, type RouteReads } from '../../src/traffic/repeated-reads.ts';
import { VirtualClock } from '../support/virtual-clock.ts';

const TRIP_MS = 1000;

/** Answers that are made when the request arrives, and come a round trip later. */
function world() {
  const clock = new VirtualClock();
  const asked: string[] = [];
  const listeners = ['80'];
  const answer = async (name: string, value: () => unknown): Promise<unknown> => {
    asked.push(name);
    await clock.sleep(TRIP_MS / 2);
    const now = value();
    await clock.sleep(TRIP_MS / 2);
    return now;
  };
  const reads = {
    listeners: async () => answer('listeners', () => [...listeners]),
    rules: async (listener: string) =>
      answer(`rules of ${listener}`, () => {
        if (!listeners.includes(listener)) throw new Error(`no listener ${listener}`);
        return [`rule of ${listener}`];
      }),
  } as unknown as RouteReads;
  const repeated = new RepeatedReads(reads);
  const look = async () => {
    const from = clock.monotonic();
    const before = asked.length;
    const looking = repeated.look(async (elbv2) => {
      const found = (await elbv2.listeners('shop')) as unknown as readonly string[];
      return (await Promise.all(found.map(async (one) => elbv2.rules(one)))).flat();
    });
    const ended = { yet: false };
    void looking.finally(() => (ended.yet = true));
    while (!ended.yet) await clock.advance(TRIP_MS / 4);
    return { seen: await looking, trips: (clock.monotonic() - from) / TRIP_MS, asked: asked.slice(before) };
  };
  return { listeners, look, repeated };
}

describe('what one look after the other reads', () => {
  test('is asked for at once from the second look on', async () => {
    const { look } = world();
    expect(await look()).toMatchObject({ trips: 2, asked: ['listeners', 'rules of 80'] });
    expect(await look()).toMatchObject({ seen: ['rule of 80'], trips: 1, asked: ['listeners', 'rules of 80'] });
  });

  test('is what is there now: what has come is read, and what has gone counts for nothing', async () => {
    const { listeners, look } = world();
    await look();
    listeners.splice(0, 1, '443');
    expect(await look()).toMatchObject({
      seen: ['rule of 443'],
      trips: 2,
      asked: ['listeners', 'rules of 80', 'rules of 443'],
    });
    expect(await look()).toMatchObject({ trips: 1, asked: ['listeners', 'rules of 443'] });
  });

  test('is not asked for where others read it from now on', async () => {
    const { look, repeated } = world();
    await look();
    repeated.forget('rules', '80');
    expect(await look()).toMatchObject({ trips: 2, asked: ['listeners', 'rules of 80'] });
  });
});
