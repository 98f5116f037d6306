import { expect, test } from 'vitest';
import { isRefusal } from '../../src/domain/goal.ts';
import { planFor } from '../laws/check.ts';
import { HOME, PROMOTED, world, type FleetSpec } from '../support/worlds.ts';

/** In an emergency each health check that is waited for twice is time in which clients meet the bad release. */

const green: FleetSpec = { id: 'B', marks: PROMOTED, members: [{ prod: 'healthy' }, { prod: 'healthy' }] };
const blue = (...members: FleetSpec['members']): FleetSpec => ({ id: 'A', marks: HOME, members });

async function steps(parked: FleetSpec): Promise<readonly string[]> {
  const planned = await planFor(world([parked, green]), 'rollback', {});
  return isRefusal(planned)
    ? [planned.refused]
    : planned.plan.steps.map((step) => `${step.do} ${'pool' in step ? step.pool : ''}`);
}

const BACK = ['register prod', 'await-healthy prod', 'deregister prod', 'register test', 'deregister test'];

test('directly after a promote the health of the parked fleet is checked in production alone', async () => {
  expect(await steps(blue({ test: 'initial' }, { test: 'initial' }))).toEqual(BACK);
  expect(await steps(blue({ test: 'initial' }, { test: 'healthy' }))).toEqual(BACK);
});

test('a promote that was killed before the parked fleet entered the test group', async () => {
  expect(await steps(blue({}, {}))).toEqual(BACK.slice(0, -1));
});

test('one that the test group knows to be sick does not enter production', async () => {
  expect(await steps(blue({ test: 'unhealthy' }, { test: 'initial' }))).toEqual(['not-healthy']);
});
