import { afterEach, describe, expect, test } from 'vitest';
import { errorOf, expectAdvice } from '../support/expect-advice.ts';
import { repeated } from '../support/repeat.ts';
import { at, draining, INTERNAL, poolOf, POOLS, PRODUCTION, states, TEST } from './traffic-world.ts';
import type { Fault, TrafficWorld } from './traffic-world.ts';
import type { TrafficSettings } from '../../src/domain/traffic.ts';
import { kindContract } from './traffic-kind.contract.ts';
import { urlContract } from './traffic-urls.contract.ts';
import type { TrafficPort } from '../../src/traffic/traffic.ts';

export interface TrafficSuite {
  readonly kind: TrafficPort['kind'];
  /** What its traffic and its settings are called. */
  readonly traffic: TrafficSettings['kind'];
  /** What is wrapped around it, for the names of tests. */
  readonly decorated?: string;
  readonly setup: () => Promise<TrafficWorld>;
  /** Requests that registering this many targets takes. */
  readonly batches: Readonly<Partial<Record<10 | 1_000, number>>>;
  /** Weights say who is in production, and not the config. */
  readonly byWeights?: true;
  /** Where pools are reached is a matter of rules that the config names. */
  readonly byRules?: true;
}

type Start = () => Promise<TrafficWorld>;

/** What every way of moving traffic must do: see `TrafficPort`. Each test has a world of its own. */
export function trafficContract({
  kind,
  traffic,
  decorated = '',
  setup,
  batches,
  byWeights,
  byRules,
}: TrafficSuite): void {
  const open: TrafficWorld[] = [];
  const start: Start = async () => {
    const world = await setup();
    open.push(world);
    return world;
  };
  afterEach(async () => {
    await Promise.all(open.splice(0).map(async (world) => world.close()));
  });
  describe(`${kind}${decorated} is a way of moving traffic`, () => {
    describe('traffic', () => {
      kindContract(start, kind, traffic);
    });
    describe('read', () => {
      readContract(start, byWeights ?? false);
      // ELB says the same of a target whatever divides the traffic.
      if (!byWeights) stateContract(start);
    });
    describe('register and deregister', () => {
      changeContract(start);
      sizeContract(start, batches);
    });
    describe('urls', () => {
      urlContract(start, byRules ?? false);
    });
    describe('over a poor line', () => {
      faultContract(start, byWeights ? ['lost'] : ['throttled', 'broken', 'lost']);
    });
  });
}

function readContract(start: Start, byWeights: boolean): void {
  test('shows the pools in the order of the config, with settings and targets', async () => {
    const world = await start();
    const { pools } = await world.open().read();
    expect(pools.map(({ name, role, port }) => [name, role, port])).toEqual([
      [PRODUCTION, byWeights ? 'test' : 'production', 8080],
      [INTERNAL, byWeights ? 'test' : 'production', 9090],
      [TEST, 'test', 8080],
    ]);
    const settings = {
      intervalS: 1,
      timeoutS: 1,
      healthyThreshold: 2,
      unhealthyThreshold: 2,
      deregistrationDelayS: 30,
    };
    expect(pools[0]).toMatchObject({ ...settings, urls: [] });
    const healthy = world.blue.map((id) => ({ id, port: 8080, state: 'healthy' }));
    expect(pools[0]?.targets.toSorted((a, b) => (a.id < b.id ? -1 : 1))).toEqual(
      healthy.toSorted((a, b) => (a.id < b.id ? -1 : 1)),
    );
    expect(pools[2]?.targets).toEqual([]);
  });

  test('knows pools by name or by id, and calls them the same', async () => {
    const world = await start();
    const named = await world.open('names').read();
    expect(await world.open('ids').read()).toEqual(named);
  });

  test('takes one request a pool, and reads the settings once', async () => {
    const world = await start();
    const port = world.open();
    await Promise.all([port.read(), port.read()]);
    world.requests();
    await port.read();
    expect(world.requests()).toBe(POOLS.length);
    await port.read([TEST]);
    expect(world.requests()).toBe(1);
    expect((await port.read([])).pools).toEqual([]);
    expect((await port.read(['shop-unknown'])).pools).toEqual([]);
    expect(world.requests()).toBe(0);
  });

  test('says which pool it does not know', async () => {
    const world = await start();
    for (const spelling of ['names', 'ids'] as const) {
      const error = await errorOf(world.open(spelling, { [INTERNAL]: 'shop-intrenal' }).read());
      expect(error.code).toBe('target-group-not-found');
      expect(error.message).toContain('shop-intrenal');
      expect(error.message).not.toContain(PRODUCTION);
      expectAdvice(error);
    }
  });
}

/** Each state and reason, in ELB's words. */
function stateContract(start: Start): void {
  test('a new target is initial, then healthy', async () => {
    const world = await start();
    const port = world.open();
    const [id] = (await world.boot(1)) as [string];
    world.slowRegistration(true);
    await port.register(await poolOf(port, TEST), at(8080, [id]));
    expect(await states(port, TEST)).toEqual([`${id}:8080 initial Elb.RegistrationInProgress`]);
    await port.deregister(await poolOf(port, TEST), at(8080, [id]));
    world.slowRegistration(false);
    await port.register(await poolOf(port, TEST), at(8080, [id]));
    await expect.poll(async () => states(port, TEST)).toEqual([`${id}:8080 healthy`]);
  });

  test('a sick target says what its checks got', async () => {
    const world = await start();
    const port = world.open();
    const [sick, slow] = (await world.boot(2)) as [string, string];
    world.behave(sick, 'sick');
    world.behave(slow, 'slow');
    await port.register(await poolOf(port, TEST), at(8080, [sick, slow]));
    const wanted = [`${sick}:8080 unhealthy Target.ResponseCodeMismatch`, `${slow}:8080 unhealthy Target.Timeout`];
    await expect.poll(async () => states(port, TEST), { timeout: 5_000 }).toEqual(wanted.toSorted());
    const { targets } = await poolOf(port, TEST);
    expect(targets.find(({ id }) => id === sick)?.description).toContain('503');
  });

  test('a target that leaves drains', async () => {
    const world = await start();
    const port = world.open();
    await port.deregister(await poolOf(port, PRODUCTION), at(8080, world.blue.slice(0, 1)));
    expect(await states(port, PRODUCTION)).toContain(`${world.blue[0]}:8080 draining Target.DeregistrationInProgress`);
    expect(draining(await states(port, INTERNAL))).toEqual([]);
  });

  test('a dead instance is unused, and is still a target', async () => {
    const world = await start();
    const port = world.open();
    world.lose(world.blue[0] as string);
    await expect
      .poll(async () => states(port, PRODUCTION))
      .toContain(`${world.blue[0]}:8080 unused Target.InvalidState`);
  });

  test('a pool without a listener has unused targets', async () => {
    const world = await start();
    const port = world.open();
    await world.unplug(TEST);
    const [id] = (await world.boot(1)) as [string];
    await port.register(await poolOf(port, TEST), at(8080, [id]));
    expect(await states(port, TEST)).toEqual([`${id}:8080 unused Target.NotInUse`]);
  });
}

function changeContract(start: Start): void {
  test('a target is registered at the port that it was asked for, and leaves by the same', async () => {
    const world = await start();
    const port = world.open();
    const ids = await world.boot(2);
    const pool = await poolOf(port, INTERNAL);
    await port.register(pool, at(pool.port, ids));
    const entered = (await poolOf(port, INTERNAL)).targets.filter(({ id }) => ids.includes(id));
    expect(entered.map((target) => target.port)).toEqual([9090, 9090]);
    await port.deregister(pool, at(8080, ids));
    expect(draining(await states(port, INTERNAL))).toEqual([]);
    await port.deregister(pool, entered);
    const left = ids.map((id) => `${id}:9090 draining Target.DeregistrationInProgress`).toSorted();
    expect(draining(await states(port, INTERNAL))).toEqual(left);
  });

  test('asking twice changes nothing', async () => {
    const world = await start();
    const port = world.open();
    const pool = await poolOf(port, PRODUCTION);
    const before = await states(port, PRODUCTION);
    await port.register(pool, at(8080, world.blue));
    expect(await states(port, PRODUCTION)).toEqual(before);
    await port.deregister(pool, at(8080, world.blue));
    const drained = await states(port, PRODUCTION);
    await port.deregister(pool, at(8080, [...world.blue, ...(await world.boot(1))]));
    expect(await states(port, PRODUCTION)).toEqual(drained);
  });

  test('who drains may come back, and is checked anew', async () => {
    const world = await start();
    const port = world.open();
    const pool = await poolOf(port, PRODUCTION);
    await port.deregister(pool, at(8080, world.blue));
    await port.register(pool, at(8080, world.blue));
    expect(draining(await states(port, PRODUCTION))).toEqual([]);
    await expect
      .poll(async () => states(port, PRODUCTION))
      .toEqual(world.blue.map((id) => `${id}:8080 healthy`).toSorted());
  });

  test('an empty list needs no request', async () => {
    const world = await start();
    const port = world.open();
    const pool = await poolOf(port, PRODUCTION);
    world.requests();
    await port.register(pool, []);
    await port.deregister(pool, []);
    expect(world.requests()).toBe(0);
  });

  test('an instance that does not run is refused by its id', async () => {
    const world = await start();
    const port = world.open();
    const [id] = (await world.boot(1)) as [string];
    await world.stop(id);
    const error = await errorOf(port.register(await poolOf(port, TEST), at(8080, [id])));
    expectAdvice(error);
    expect(error.message).toContain(id);
    expect(await states(port, TEST)).toEqual([]);
  });
}

function sizeContract(start: Start, batches: TrafficSuite['batches']): void {
  for (const [size, requests] of Object.entries(batches).map(([key, count]) => [Number(key), count] as const)) {
    test(`${size} targets move in batches, and are read in one request`, async () => {
      const world = await start();
      const port = world.open();
      const targets = at(8080, await world.boot(size));
      const pool = await poolOf(port, TEST);
      world.slowRegistration(true);
      world.requests();
      await port.register(pool, targets);
      expect(world.requests()).toBe(requests);
      expect((await poolOf(port, TEST)).targets).toHaveLength(size);
      // Near a quota that is asked for once.
      expect(world.requests()).toBe(size < 100 ? 1 : 2);
      await port.deregister(pool, targets);
      expect(world.requests()).toBe(requests);
      expect(new Set((await poolOf(port, TEST)).targets.map(({ state }) => state))).toEqual(new Set(['draining']));
    });
  }
}

function faultContract(start: Start, kinds: readonly Fault[]): void {
  for (const kind of kinds) {
    test(`requests that are ${kind} at first can be repeated, and take effect once`, async () => {
      const world = await start();
      const port = world.open();
      const ids = await world.boot(2);
      for (const on of ['settings', 'read', 'register', 'deregister'] as const) world.fault(kind, on, 1);
      const pool = await poolOf(port, TEST);
      await repeated(async () => port.register(pool, at(8080, ids)));
      expect((await poolOf(port, TEST)).targets).toHaveLength(2);
      await repeated(async () => port.deregister(pool, at(8080, ids)));
      expect(new Set((await poolOf(port, TEST)).targets.map(({ state }) => state))).toEqual(new Set(['draining']));
    });
  }

  test('settings that could not be read are read the next time', async () => {
    const world = await start();
    const port = world.open();
    world.fault('broken', 'settings');
    expectAdvice(await errorOf(port.read()));
    world.heal();
    expect((await port.read()).pools).toHaveLength(POOLS.length);
  });
}
