import { expect, test } from 'vitest';
import { errorOf, expectAdvice } from '../support/expect-advice.ts';
import { repeated } from '../support/repeat.ts';
import { AT, fleetOf, idsOf, launchGreen, launchStep, launchRequestOf, ZONES } from './fleet-world.ts';
import type { FleetSuite, FleetWorld, Start } from './fleet-world.ts';

export function launchContract(start: Start, { changes, refused }: FleetSuite): void {
  test('boots what was wished, tagged from its first moment', async () => {
    const world = await start();
    const port = world.open();
    const spec = await port.resolve(await launchRequestOf(port));
    world.requests();
    await port.launch(launchStep(spec));
    expect(world.requests().changes).toHaveLength(changes.launch);
    const green = await fleetOf(port, 'green');
    expect(green).toMatchObject({ release: '42', marks: {} });
    expect(green.instances.map(({ zone }) => zone).toSorted()).toEqual([ZONES[0], ZONES[0], ZONES[1]]);
  });

  test('launches nothing twice, from any process', async () => {
    const world = await start();
    const port = world.open();
    const step = launchStep(await port.resolve(await launchRequestOf(port)));
    await Promise.all([port.launch(step), world.open().launch(step)]);
    await port.launch(step);
    const ofAnotherRun = { ...step, run: 'run-2' };
    await world.open().launch(ofAnotherRun);
    expect(await world.living()).toHaveLength(world.blue.length + 3);
  });

  test('boots nothing in the place of one that died: that is for the person to decide', async () => {
    const world = await start();
    const port = await launchGreen(world);
    const { instances } = await fleetOf(port, 'green');
    world.lose(instances[0]?.id ?? '');
    const spec = await port.resolve(await launchRequestOf(port));
    await world.open().launch(launchStep(spec));
    expect(await world.living()).toHaveLength(world.blue.length + 2);
  });

  test('boots nothing twice when the effect took place and the answer was an error', async () => {
    const world = await start();
    const port = world.open();
    const step = launchStep(await port.resolve(await launchRequestOf(port)));
    world.fault('lost', 'launch');
    await port.launch(step).catch(expectAdvice);
    world.heal();
    await world.open().launch(step);
    expect(await world.living()).toHaveLength(world.blue.length + 3);
  });

  test('continues with the other zones when one is refused', async () => {
    const world = await start();
    const port = world.open();
    const step = launchStep(await port.resolve(await launchRequestOf(port)));
    world.fault('refused', 'launch', 1);
    const error = await errorOf(port.launch(step));
    expect(error.code).toBe(refused);
    expectAdvice(error);
    expect((await world.living()).length).toBeLessThan(world.blue.length + 3);
    await world.open().launch(step);
    expect(await world.living()).toHaveLength(world.blue.length + 3);
  });

  test('nothing is under way any more when it rejects', async () => {
    const world = await start();
    const port = world.open();
    const step = launchStep(await port.resolve(await launchRequestOf(port)));
    world.fault('refused', 'launch', 1);
    world.fault('slow', 'launch', 1);
    await errorOf(port.launch(step));
    const booted = (await world.living()).length;
    expect(booted).toBeGreaterThan(world.blue.length);
    expect(world.requests().changes).toHaveLength(changes.refused);
  });

  test('gives each fleet its own instances, also for the same release', async () => {
    const world = await start();
    const port = await launchGreen(world);
    const spec = await port.resolve(await launchRequestOf(port));
    await port.launch(launchStep(spec, 'green-2'));
    const { fleets } = await port.read([]);
    expect(fleets.map(({ id, instances }) => [id, instances.length])).toEqual([
      ['shop-41', world.blue.length],
      ['green', 3],
      ['green-2', 3],
    ]);
  });
}

export function sizeContract(start: Start, requests: Readonly<Record<number, Readonly<Record<string, number>>>>): void {
  for (const size of Object.keys(requests).map(Number)) {
    test(`${size} instances take few requests`, async () => {
      expect(await requestsOf(await start(), size)).toEqual(requests[size]);
    });
  }
}

/** Requests that each verb of the port takes for a fleet of that size. */
async function requestsOf(world: FleetWorld, size: number): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  const count = async <T>(what: string, act: () => Promise<T>): Promise<T> => {
    world.requests();
    const result = await act();
    const { changes, reads } = world.requests();
    counts[what] = changes.length + reads.length;
    return result;
  };
  const port = world.open();
  const spec = await port.resolve(
    await launchRequestOf(port, { zones: { [ZONES[0]]: size / 2, [ZONES[1]]: size / 2 } }),
  );
  await count('launch', async () => port.launch(launchStep(spec)));
  const green = await count('read', async () => fleetOf(port, 'green'));
  expect(green.instances).toHaveLength(size);
  await count('mark', async () => port.mark(green, { promoted: AT }));
  await count('terminate', async () => port.terminate(green));
  const instances = await world.unmanaged(size);
  const { unmanaged } = await count('unmanaged', async () => port.read(instances));
  expect(unmanaged).toHaveLength(size);
  await count('claim', async () => port.claim({ fleet: 'found', release: '40', instances, marks: { current: AT } }));
  return counts;
}

export function faultContract(start: Start): void {
  test('an answer from the past is no error, only the past', async () => {
    const world = await start();
    world.fault('stale', 'read');
    const port = world.open();
    const unmanaged = await world.unmanaged(1);
    // The past that is shown ends a moment after the world began, and that moment is longer on a busy machine.
    await expect.poll(async () => (await port.read(unmanaged)).unmanaged).toEqual([]);
    world.heal();
    const spec = await port.resolve(await launchRequestOf(port));
    world.fault('stale', 'read');
    await port.launch(launchStep(spec));
    const launched = async () => (await port.read([])).fleets.find(({ id }) => id === 'green')?.instances ?? [];
    await expect.poll(launched).toEqual([]);
    await world.open().launch(launchStep(spec)).catch(expectAdvice);
    world.heal();
    expect((await fleetOf(port, 'green')).instances).toHaveLength(3);
  });

  for (const kind of ['throttled', 'broken', 'lost'] as const) {
    test(`requests that are ${kind} at first can be repeated, and take effect once`, async () => {
      const world = await start();
      const port = world.open();
      for (const on of ['read', 'launch', 'tag', 'terminate'] as const) world.fault(kind, on, 1);
      const spec = await port.resolve(await launchRequestOf(port));
      await repeated(async () => port.launch(launchStep(spec)));
      const green = await fleetOf(port, 'green');
      expect(green.instances).toHaveLength(3);
      await repeated(async () => port.mark(green, { promoted: AT }));
      expect((await fleetOf(port, 'green')).marks).toEqual({ promoted: AT });
      await repeated(async () => port.terminate(green));
      expect(idsOf(await world.living())).toEqual([...world.blue].toSorted());
    });
  }

  test('gives up on what stays broken, with a sentence', async () => {
    const world = await start();
    world.fault('throttled', 'read');
    const error = await errorOf(world.open().read([]));
    expect(error.code).toBe('throttled');
    expectAdvice(error);
  });
}
