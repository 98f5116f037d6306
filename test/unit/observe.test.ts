import { expect, test } from 'vitest';
import { refresh } from '../../src/observe/observe.ts';
import type { Fleet, Snapshot } from '../../src/domain/snapshot.ts';
import { nothingInPlace } from '../../src/run/deploys/nothing-in-place.ts';
import { VirtualClock } from '../support/virtual-clock.ts';
import { NOTHING_TOLD, ALONE, NOTHING_OUTSIDE } from '../support/worlds.ts';

const AT = '2026-11-22T06:12:00.000Z';
const LOOK = { pools: [], fleets: [], marks: { fleet: 'green', marks: { promoted: AT } } } as const;

function fleetOf(id: string, ...instances: readonly string[]): Fleet {
  const all = instances.map((one) => ({ id: one, zone: 'a', state: 'running', launchedAt: 0 }) as const);
  return { id, release: id, marks: {}, instances: all };
}

const BEFORE: Snapshot = {
  at: 0,
  fleets: [fleetOf('blue', 'i-1'), fleetOf('green', 'i-2', 'i-3')],
  unmanaged: [],
  pools: [],
  unreadable: [],
  traffic: { kind: 'membership' },
  outside: ALONE,
  answers: { state: 'no-marker' },
};

/** @param carries whether the tags of the mark are seen @param now what is read of the fleets that are asked for */
async function lookWith(
  carries: boolean,
  now: readonly Fleet[],
): Promise<{ snapshot: Snapshot; asked: readonly string[] }> {
  const asked: string[] = [];
  const fleet = {
    read: async () => Promise.reject(new Error('It asked for everything.')),
    readFleets: async (ids: readonly string[]) => (asked.push(...ids), now),
    carries: async () => carries,
  };
  const readTraffic = async () => BEFORE.traffic;
  const urls = async () => ({});
  const read = async () => ({ pools: [], unreadable: [] });
  const traffic = { read, readTraffic, follow: readTraffic, residual: readTraffic, urls };
  const clock = new VirtualClock();
  const inPlace = nothingInPlace({ environment: 'shop' }, clock);
  const readers = { fleet, traffic, outside: NOTHING_OUTSIDE, ...NOTHING_TOLD, clock, inPlace };
  const snapshot = await refresh(readers, BEFORE, LOOK);
  return { snapshot, asked };
}

test('a mark that the whole fleet carries is known without reading it', async () => {
  const { snapshot, asked } = await lookWith(true, []);
  expect(snapshot.fleets.map(({ marks }) => marks)).toEqual([{}, { promoted: AT }]);
  expect(asked).toEqual([]);
});

test('where one does not carry it, the fleet is read again: it may have lost that one', async () => {
  const smaller = { ...fleetOf('green', 'i-3'), marks: { promoted: AT } };
  const { snapshot, asked } = await lookWith(false, [smaller]);
  expect(snapshot.fleets).toEqual([BEFORE.fleets[0], smaller]);
  expect(asked).toEqual(['green']);
});

test('a fleet of which nothing is left is gone', async () => {
  const { snapshot } = await lookWith(false, []);
  expect(snapshot.fleets).toEqual([BEFORE.fleets[0]]);
});
