import { afterEach, describe, expect, test } from 'vitest';
import { errorOf, expectAdvice } from '../support/expect-advice.ts';
import { faultContract, launchContract, sizeContract } from './fleet-launch.contract.ts';
import { AT, blueOf, fleetOf, idsOf, launchGreen, launchStep, launchRequestOf, ZONES } from './fleet-world.ts';
import type { FleetSuite, FleetWorld, FleetWorldOptions, Start, Way } from './fleet-world.ts';

/** What every kind of fleet must do: see `FleetPort`. Each test has a world of its own. */
export function fleetContract(name: string, suite: FleetSuite): void {
  const { setup, ways, requests } = suite;
  const open: FleetWorld[] = [];
  const start = async (options?: FleetWorldOptions): Promise<FleetWorld> => {
    const world = await setup(options);
    open.push(world);
    return world;
  };
  afterEach(async () => {
    await Promise.all(open.splice(0).map(async (world) => world.close()));
  });
  describe(`${name} is a fleet`, () => {
    describe('read', () => {
      readContract(start);
    });
    describe('resolve', () => {
      resolveContract(start, ways);
    });
    describe('launch', () => {
      launchContract(start, suite);
    });
    describe('claim and mark', () => {
      tagContract(start);
    });
    describe('terminate', () => {
      terminateContract(start, suite);
    });
    describe('of any size', () => {
      sizeContract(start, requests);
    });
    describe('over a poor line', () => {
      faultContract(start);
    });
  });
}

function readContract(start: Start): void {
  test('finds the fleet by its tags: release, marks, zones, states and addresses', async () => {
    const world = await start();
    const { fleets, unmanaged } = await world.open().read([]);
    expect(fleets.map(({ id, release }) => ({ id, release }))).toEqual([{ id: 'shop-41', release: '41' }]);
    const [blue] = fleets;
    expect(Date.parse(blue?.marks.current ?? '')).toBeGreaterThan(0);
    expect(blue?.marks.promoted).toBeUndefined();
    expect(idsOf(blue?.instances ?? [])).toEqual([...world.blue].toSorted());
    expect(new Set(blue?.instances.map(({ zone }) => zone))).toEqual(new Set(ZONES));
    for (const instance of blue?.instances ?? []) {
      expect(instance).toMatchObject({ state: 'running', address: expect.stringMatching(/^127\./) as string });
      expect(Math.abs(instance.launchedAt - Date.now())).toBeLessThan(60_000);
    }
    expect(unmanaged).toEqual([]);
  });

  test('tells unmanaged instances by their id, and only those that were asked for', async () => {
    const world = await start();
    const [asked, other] = (await world.unmanaged(2)) as [string, string];
    const neighbour = await world.neighbour();
    const { fleets, unmanaged } = await world.open().read([asked, neighbour, ...world.blue]);
    expect(fleets.map(({ id }) => id)).toEqual(['shop-41']);
    expect(idsOf(unmanaged)).toEqual([asked, neighbour].toSorted());
    expect(unmanaged[0]).toMatchObject({ state: 'running', zone: expect.stringMatching(/^eu-west-1[ab]$/) as string });
    expect(idsOf(unmanaged)).not.toContain(other);
  });

  test('leaves out what is no instance of this account', async () => {
    const world = await start();
    const unknown = ['i-0123456789abcdef0', 'i-01234567', '10.0.0.7', 'arn:aws:lambda:eu-west-1:1:function:f'];
    const { fleets, unmanaged } = await world.open().read(unknown);
    expect(unmanaged).toEqual([]);
    expect(fleets).toHaveLength(1);
  });

  test('shows those that are gone as gone, and why', async () => {
    const world = await start();
    const [dead] = world.blue as [string];
    world.lose(dead);
    const blue = await blueOf(world.open());
    expect(blue.instances).toHaveLength(world.blue.length);
    const gone = blue.instances.filter(({ state }) => state !== 'running');
    expect(gone).toMatchObject([{ id: dead, state: 'terminated', reason: expect.stringMatching(/\w/) as string }]);
  });

  test('puts fleets in order of launch, and changes nothing', async () => {
    const world = await start();
    const port = await launchGreen(world);
    world.requests();
    const { fleets } = await port.read([]);
    expect(fleets.map(({ id }) => id)).toEqual(['shop-41', 'green']);
    expect(world.requests().changes).toEqual([]);
  });

  test('reads some of them alone, and as they are among all', async () => {
    const world = await start();
    const port = await launchGreen(world);
    const { fleets } = await port.read([]);
    for (const fleet of fleets) expect(await port.readFleets([fleet.id])).toEqual([fleet]);
    expect(await port.readFleets(['green', 'nobody'])).toEqual(fleets.filter(({ id }) => id === 'green'));
  });
}

function resolveContract(start: Start, ways: readonly Way[]): void {
  for (const way of ways) {
    test(`${way.name}: to exact ids, without a change, and that is what boots`, async () => {
      const world = await start();
      const port = world.open(way.name);
      const request = await launchRequestOf(port);
      world.requests();
      const spec = await port.resolve(request);
      expect(world.requests().changes).toEqual([]);
      expect(spec.request).toMatchObject(await way.pins(world));
      expect(spec.summary.join('\n')).not.toMatch(/undefined/);
      expect(spec.summary.length).toBeGreaterThan(0);
      expect(spec.batches.map(({ zone, count }) => [zone, count])).toEqual(Object.entries(request.zones));
      // It is kept in a store, and a second machine may go on with it.
      await world.open(way.name).launch(launchStep(spec));
      const booted = (await world.living()).filter(({ id }) => !world.blue.includes(id));
      expect(booted.map(({ release }) => release)).toEqual(Array.from({ length: 3 }, () => '42'));
    });
  }

  for (const way of ways.filter(({ missing }) => missing !== undefined)) {
    test(`${way.name}: says in a sentence that a release is not there`, async () => {
      const world = await start();
      const port = world.open(way.name);
      const request = await launchRequestOf(port, { release: '666' });
      world.requests();
      const error = await errorOf(port.resolve(request));
      expect(error.code).toBe(way.missing);
      expectAdvice(error);
      expect(world.requests().changes).toEqual([]);
    });
  }

  test('refuses when a zone has no instance of blue to take the subnet from', async () => {
    const world = await start();
    const port = world.open();
    const blue = await blueOf(port);
    for (const { id } of blue.instances.filter(({ zone }) => zone === ZONES[1])) world.lose(id);
    const error = await errorOf(port.resolve(await launchRequestOf(port)));
    expect(error.code).toBe('no-sample');
    expectAdvice(error);
  });
}

const LATER = '2026-02-04T04:05:06.000Z';

function tagContract(start: Start): void {
  test('claim makes unmanaged instances the current fleet, in one request, as often as it is asked', async () => {
    const world = await start();
    const port = world.open();
    const instances = await world.unmanaged(3);
    const request = { fleet: 'found', release: '40', instances, marks: { current: AT } };
    world.requests();
    await port.claim(request);
    expect(world.requests().changes).toHaveLength(1);
    await world.open().claim(request);
    const found = await fleetOf(port, 'found');
    expect(found).toMatchObject({ release: '40', marks: { current: AT } });
    expect(idsOf(found.instances)).toEqual([...instances].toSorted());
    expect((await port.read(instances)).unmanaged).toEqual([]);
  });

  test('a mark is on every living instance, and keeps the others', async () => {
    const world = await start();
    const port = await launchGreen(world);
    const green = await fleetOf(port, 'green');
    world.lose(green.instances[0]?.id ?? '');
    await port.mark(await fleetOf(port, 'green'), { promoted: AT });
    expect((await fleetOf(port, 'green')).marks).toEqual({ promoted: AT });
    const now = await fleetOf(port, 'green');
    const marks = [{ promoted: AT }, { promoted: LATER }, { current: AT }, { promoted: AT, current: AT }];
    expect(await Promise.all(marks.map(async (some) => port.carries(now, some)))).toEqual([true, false, false, false]);
    expect(await port.carries(await blueOf(port), { promoted: AT })).toBe(false);
    await port.mark(await fleetOf(port, 'green'), { current: LATER });
    expect((await fleetOf(port, 'green')).marks).toEqual({ promoted: AT, current: LATER });
    expect((await blueOf(port)).marks).not.toHaveProperty('promoted');
  });

  test('a fleet without instances is marked without a request', async () => {
    const world = await start();
    const port = await launchGreen(world);
    await port.terminate(await fleetOf(port, 'green'));
    const green = await fleetOf(port, 'green');
    world.requests();
    await port.mark(green, { promoted: AT });
    await port.terminate(green);
    expect(world.requests().changes).toEqual([]);
  });
}

function terminateContract(start: Start, { changes, protects }: FleetSuite): void {
  test('terminates the whole fleet and nothing else, in few requests', async () => {
    const world = await start();
    const port = await launchGreen(world);
    const green = await fleetOf(port, 'green');
    world.requests();
    await port.terminate(green);
    expect(world.requests().changes).toHaveLength(changes.terminate);
    expect(idsOf(await world.living())).toEqual([...world.blue].toSorted());
    const states = (await fleetOf(port, 'green')).instances.map(({ state }) => state);
    expect(states.filter((state) => state !== 'shutting-down' && state !== 'terminated')).toEqual([]);
  });

  test.runIf(protects)(
    'says which one is protected, terminates those of other zones, and the rest when allowed',
    async () => {
      const world = await start();
      const port = await launchGreen(world);
      const green = await fleetOf(port, 'green');
      const kept = green.instances.find(({ zone }) => zone === ZONES[0])?.id ?? '';
      await world.protect(kept, true);
      const error = await errorOf(port.terminate(green));
      expect(error.code).toBe('termination-protected');
      expectAdvice(error);
      expect(error.message).toContain(kept);
      const left = (await fleetOf(port, 'green')).instances.filter(({ state }) => state === 'running');
      expect(left.map(({ zone }) => zone)).toEqual([ZONES[0], ZONES[0]]);
      await world.protect(kept, false);
      await world.open().terminate(await fleetOf(port, 'green'));
      expect(idsOf(await world.living())).toEqual([...world.blue].toSorted());
    },
  );
}
