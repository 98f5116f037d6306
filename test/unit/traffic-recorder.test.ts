import { expect, test } from 'vitest';
import { dnsOf } from '../../src/domain/routes.ts';
import { TrafficRecorder } from '../../src/probe/traffic-recorder.ts';
import type { Elbv2 } from '../../src/aws/elbv2.ts';
import { createDiscovery } from '../../src/traffic/discover.ts';
import type { TrafficPort } from '../../src/traffic/traffic.ts';
import { VirtualClock } from '../support/virtual-clock.ts';
import { OWNER } from '../support/worlds.ts';
import { settingsIn, weightedWorld } from '../support/weighted-worlds.ts';

const BLUE = { id: 'A', marks: {}, members: [{ one: 'healthy' }] } as const;
const WORLD = weightedWorld({ fleets: [BLUE], production: [0], test: 100, byName: true });
const POOL = WORLD.pools[0]!;
const READING = { pools: WORLD.pools, unreadable: [] };

/** A port that notes how it is asked. */
function noting(calls: unknown[]): TrafficPort {
  const note = (what: string, ...args: readonly unknown[]): void => void calls.push([what, ...args]);
  return {
    kind: 'noting',
    settings: settingsIn(WORLD).traffic,
    groupNames: async () => (note('groupNames'), ['one']),
    read: async (...args) => (note('read', ...args), READING),
    urls: async () => (note('urls'), {}),
    register: async (...args) => note('register', ...args),
    deregister: async (...args) => note('deregister', ...args),
    readTraffic: async () => (note('readTraffic'), WORLD.traffic),
    follow: async () => (note('follow'), WORLD.traffic),
    residual: async (...args) => (note('residual', ...args), WORLD.traffic),
    setWeights: async (...args) => note('setWeights', ...args),
    setTtls: async (...args) => note('setTtls', ...args),
  };
}

/** Not asked as long as nothing else was found. */
const UNASKED = {} as Elbv2;

const DECORATORS: Readonly<Record<string, (port: TrafficPort) => TrafficPort>> = {
  'the recorder of a report': (port) => new TrafficRecorder(new VirtualClock()).watching(port),
  discovery: (port) => createDiscovery(port, UNASKED, OWNER),
};

test.each(Object.entries(DECORATORS))('%s hands on everything that a run asks of traffic', async (_name, decorate) => {
  const calls: unknown[] = [];
  const inner = noting(calls);
  const port = decorate(inner);
  expect([port.kind, port.settings]).toEqual([inner.kind, inner.settings]);
  expect(await port.groupNames()).toEqual(['one']);
  expect(await port.read(['one'])).toEqual(READING);
  await port.urls();
  await port.register(POOL, [{ id: 'i-1', port: 80 }]);
  await port.deregister(POOL, [{ id: 'i-2', port: 80 }]);
  for (const read of [port.readTraffic(), port.follow(), port.residual(['one'])])
    expect(await read).toBe(WORLD.traffic);
  await port.setWeights(new Map([['shop:0', { one: 1 }]]));
  await port.setTtls(new Map([['shop:0', 10]]));
  expect(calls).toEqual([
    ['groupNames'],
    ['read', ['one']],
    ['urls'],
    ['register', POOL, [{ id: 'i-1', port: 80 }]],
    ['deregister', POOL, [{ id: 'i-2', port: 80 }]],
    ['readTraffic'],
    ['follow'],
    ['residual', ['one']],
    ['setWeights', new Map([['shop:0', { one: 1 }]])],
    ['setTtls', new Map([['shop:0', 10]])],
  ]);
  // A member that is added to the port has to be asked for here, too.
  expect(Object.keys(inner).length).toBe(calls.length + 2);
});

test('what was seen twice in a row is kept once, weights of any reading included', async () => {
  const recorder = new TrafficRecorder(new VirtualClock());
  const port = recorder.watching(noting([]));
  for (let n = 0; n < 2; n += 1) {
    await port.read();
    await port.readTraffic();
    await port.follow();
    await port.residual([]);
  }
  const { name, weights } = dnsOf(WORLD).routes[0]!;
  expect(recorder.frames).toEqual([
    ...WORLD.pools.map((pool) => expect.objectContaining({ pool: pool.name })),
    { at: expect.any(Number), route: name, weights },
  ]);
});
