import { describe, expect, test } from 'vitest';
import { retentionProblem, residualTrafficProblem } from '../../src/domain/retention.ts';
import { withTraffic } from '../../src/domain/routes.ts';
import { noteServed } from '../../src/domain/served.ts';
import type { Snapshot } from '../../src/domain/snapshot.ts';
import type { Outside, Traffic } from '../../src/domain/traffic.ts';
import { observe, refresh } from '../../src/observe/observe.ts';
import { ALL_POOLS } from '../../src/observe/reads.ts';
import { nothingInPlace } from '../../src/run/deploys/nothing-in-place.ts';
import { Rig } from '../support/fake-run-task.ts';
import { FakeWorld } from '../support/fake-world.ts';
import { weigh } from '../support/hands.ts';
import { entry } from '../support/store-samples.ts';
import { VirtualClock } from '../support/virtual-clock.ts';
import { NOTHING_TOLD } from '../support/worlds.ts';
import { HOLD_S, settingsIn, weightedWorld } from '../support/weighted-worlds.ts';

/** Green, which was never promoted, has a share for a moment by hand. */

const KEPT_S = 60;

function worldWith(share: number): Snapshot {
  const fleets = [
    { id: 'A', marks: { current: '2026-06-01T00:00:00.000Z' }, members: [{ one: 'healthy' }] },
    { id: 'B', marks: {}, members: [{ two: 'healthy' }] },
  ] as const;
  return weightedWorld({ fleets, production: [share], test: 100 });
}

const [QUIET, SHARED] = [worldWith(0), worldWith(10)];
const GREEN = QUIET.fleets[1]!;

/** What leads here, as it is seen while production's route gives green that share. */
function outsideWith(share: number): Outside {
  const { routes } = worldWith(share).traffic as Extract<Traffic, { kind: 'listener-weights' }>;
  const seen = routes.map(({ name, url, weights }) => ({ name, by: 'listener', url, weights, stickyS: 0 }) as const);
  return { state: 'seen', groups: [], routes: seen, owned: [], unsearched: 0 };
}

/** Readings of routes and of all that leads here, by the shares that they show, one after the other. */
function readersOf(routes: Snapshot['traffic'][], outside: readonly number[] = []) {
  const looks = [...outside];
  const { pools, fleets, unmanaged } = QUIET;
  const readTraffic = async () => routes.shift() ?? Promise.reject(new Error('It was read once more.'));
  const read = async () => ({ pools, unreadable: [] });
  const traffic = { read, readTraffic, follow: readTraffic, residual: readTraffic, urls: async () => ({}) };
  const fleet = {
    read: async () => ({ fleets, unmanaged }),
    readFleets: async () => fleets,
    carries: async () => true,
  };
  const clock = new VirtualClock();
  const nothing = { names: [], impaired: {}, volumes: [], unread: [] };
  const around = { look: async () => outsideWith(looks.shift() ?? 0), lookAround: async () => nothing };
  const inPlace = nothingInPlace({ environment: 'shop' }, clock);
  return { fleet, traffic, outside: around, ...NOTHING_TOLD, clock, inPlace };
}

const again = { ...ALL_POOLS, outsideOf: [] };

describe('what was seen to serve is kept', () => {
  test('for as long as after a share that was recorded, though it was never promoted', () => {
    const seen = { ...QUIET, served: noteServed(SHARED, 'routes', QUIET.at).served } as Snapshot;
    expect(retentionProblem(QUIET, GREEN, KEPT_S)).toBeUndefined();
    expect(retentionProblem(seen, GREEN, KEPT_S)).toMatch('Production has left B 0 s ago');
    expect(retentionProblem({ ...seen, at: QUIET.at + KEPT_S * 1000 }, GREEN, KEPT_S)).toBeUndefined();
    expect(retentionProblem(seen, GREEN, 0)).toBeUndefined();
  });

  test('and its requests count', () => {
    const { traffic } = QUIET;
    const residual = { state: 'counted', requests: { two: 11 }, withinS: 300 } as const;
    const counted = withTraffic(QUIET, { ...traffic, residual } as Traffic);
    const seen = { ...counted, served: noteServed(SHARED, 'routes', QUIET.at).served } as Snapshot;
    expect(residualTrafficProblem(counted, GREEN, { most: 10, withinS: 300 })).toBeUndefined();
    expect(residualTrafficProblem(seen, GREEN, { most: 10, withinS: 300 })).toMatch('11 requests came to B');
  });

  test('where only the look at all that leads here saw it, and then the routes are read once more', async () => {
    const readers = readersOf([QUIET.traffic, QUIET.traffic], [10]);
    const seen = await observe(readers, { outside: 'all' });
    expect(seen.pools.find(({ name }) => name === 'two')?.role).toBe('test');
    expect(retentionProblem(seen, GREEN, KEPT_S)).toBeDefined();
    expect((await observe(readersOf([QUIET.traffic, SHARED.traffic], [10]), { outside: 'all' })).pools).toEqual(
      SHARED.pools,
    );
  });

  test('where the readings agree, they are not made again', async () => {
    const seen = await observe(readersOf([SHARED.traffic], [10]), { outside: 'all' });
    expect(seen.pools).toEqual(SHARED.pools);
  });

  test.each([
    { what: 'the routes', routes: [SHARED.traffic, QUIET.traffic], outside: [0, 0] },
    { what: 'a later look at all that leads here', routes: [QUIET.traffic, QUIET.traffic], outside: [10, 0] },
  ])('where $what showed it in an earlier look of the run', async ({ routes, outside }) => {
    const readers = readersOf(routes, outside);
    const seen = await refresh(readers, await refresh(readers, QUIET, again), again);
    expect(retentionProblem(seen, GREEN, KEPT_S)).toBeDefined();
    const { served } = seen;
    const whole = await observe(readersOf([QUIET.traffic], []), { outside: seen.outside, ...(served && { served }) });
    expect(retentionProblem(whole, GREEN, KEPT_S)).toBeDefined();
  });
});

describe('a hand gives green a share, and takes it back, while a cleanup', () => {
  function cleaning(): Rig {
    const fake = new FakeWorld(QUIET);
    Object.assign(fake.ports, { traffic: { ...fake.ports.traffic, settings: settingsIn(QUIET).traffic } });
    return new Rig(fake);
  }

  function lend({ fake }: Rig, ms: number): void {
    weigh(90, 10)(fake);
    fake.later(ms, () => weigh(100, 0)(fake));
  }

  const ended = ({ log }: Rig): readonly string[] => log.filter((line) => line.startsWith('terminate'));

  test('does not begin yet, since another run has just ended: it is refused', async () => {
    const rig = cleaning();
    rig.settleMs = 10_000;
    const now = new Date(rig.fake.clock.now()).toISOString();
    await rig.store.log(entry('r0', now, { outcome: 'failed', until: now }));
    lend(rig, 3000);
    expect((await rig.run('cleanup', { discard: true })).code).toBe('retained');
    expect(ended(rig)).toEqual([]);
  });

  test('takes it out of its group: it ends once it was kept for as long', async () => {
    const rig = cleaning();
    const at = { lent: 0, ended: 0 };
    rig.onEvent = (event) => {
      if (event.type !== 'step-started' || !event.title.startsWith('deregister')) return;
      at.lent = rig.fake.clock.monotonic();
      lend(rig, 300);
    };
    rig.on('terminate', () => (at.ended = rig.fake.clock.monotonic()));
    expect((await rig.run('cleanup', { discard: true })).code).toBe('done');
    expect(at.ended - at.lent).toBeGreaterThan(HOLD_S * 1000);
  });

  test('is not there yet: what no run has seen is not known', async () => {
    expect((await cleaning().run('cleanup', { discard: true })).code).toBe('done');
  });
});
