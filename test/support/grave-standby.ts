import type { FleetGroup } from '../../src/domain/scaling.ts';
import { changeInstances, changePrepared, changeSizes } from '../../src/steps/world.ts';
import { FakeWorld, SPEC } from './fake-world.ts';
import type { Case } from './grave-case.ts';
import { die, enter, leave, sicken, untag, type Act } from './hands.ts';
import { scaledWorld } from './scaled-worlds.ts';

/** What may happen to steps that take instances of an Auto Scaling group out of service, and put them back. */

const ASKED = { run: 'r1', who: 'ann', since: '2026-06-01T00:00:00.000Z' };
const PREPARED = { before: 1, at: 2, paused: ['AZRebalance'], ...ASKED };
const BATCH = { fleet: 'A', instances: ['A-0'], places: { 'A-0': [{ pool: 'one', port: 8080 }] } };

const regroup =
  (group: Partial<FleetGroup>): Act =>
  (fake) =>
    fake.set((snapshot) => ({
      ...snapshot,
      fleets: snapshot.fleets.map((one) => (one.group ? { ...one, group: { ...one.group, ...group } } : one)),
    }));

/** A group of three whose minimum leaves room for one. */
export function preparedWorld(): FakeWorld {
  return new FakeWorld(changePrepared(scaledWorld([{ id: 'A', size: 3 }]), 'A', PREPARED));
}

/** The same with the first one in Standby. */
export function worldWithStandby(): FakeWorld {
  const fake = preparedWorld();
  fake.target('one', 'A-0', 'gone');
  fake.set((snapshot) => {
    const left = [{ pool: 'one', port: 8080 }];
    const out = changeInstances(snapshot, ['A-0'], (one) => ({ ...one, lifecycle: 'Standby', left }));
    return changeSizes(out, 'A', -1, -1);
  });
  return fake;
}

const enterCases: readonly Case<'enter-standby'>[] = [
  {
    name: 'one of three',
    world: preparedWorld,
    step: { do: 'enter-standby', ...BATCH, minimumHealthy: { one: { total: 2, zones: {} } } },
    refused: {
      'another one gets sick': [sicken('one', 'A-1'), 'would leave 1 healthy there, and it must keep 2'],
      'another one is taken out by hand': [leave('one', 'A-1'), 'it must keep 2'],
      'it loses its tags': [untag('A-0'), 'A-0 is not of the fleet any more'],
      'somebody raises the minimum': [regroup({ minimum: 3 }), 'group-A has a minimum of 3'],
      'an alarm scales it in': [regroup({ desired: 2 }), 'and a desired capacity of 2'],
      'somebody resumes the balance of its zones': [regroup({ suspended: [] }), 'AZRebalance of group-A was resumed'],
      'somebody begins a refresh': [regroup({ refresh: 'InProgress' }), 'An instance refresh of group-A is under way'],
    },
    allowed: {
      'it gets sick itself': sicken('one', 'A-0'),
      'the group scales out': regroup({ desired: 4 }),
      'an unmanaged server joins': enter('one', 'i-other'),
    },
  },
];

const exitCases: readonly Case<'exit-standby'>[] = [
  {
    name: 'where it was',
    world: worldWithStandby,
    step: { do: 'exit-standby', ...BATCH },
    refused: {
      'it dies': [die('A-0'), 'went away'],
      'the group scales out to its maximum': [regroup({ desired: 20 }), 'a maximum of 20 and was scaled out to 20'],
    },
    allowed: { 'another one gets sick': sicken('one', 'A-1'), 'the group scales out': regroup({ desired: 19 }) },
  },
];

const LAUNCH = { name: 'group-A', count: 3, capacity: 3, minimum: 1, targetGroups: [], subnets: [] };
const TO = { ...SPEC, batches: [], group: LAUNCH, request: { template: { id: 'lt-1', version: '42' } } };
const BESIDE_IT = { id: 'r', status: 'InProgress', template: 'lt-9 version 1', percent: 3, startedAt: 0 };

const refreshCases: readonly Case<'start-refresh'>[] = [
  {
    name: 'of the group that serves',
    world: () => new FakeWorld(scaledWorld([{ id: 'A', size: 3 }])),
    step: { do: 'start-refresh', fleet: 'A', release: '42', spec: TO, minPercent: 100, maxPercent: 134, ...ASKED },
    refused: {
      'the group loses all but one': [die('A-0', 'A-1'), 'group-A has one instance in service'],
      'somebody begins another one': [regroup({ newest: BESIDE_IT }), 'to lt-9 version 1 is under way (InProgress)'],
      'somebody suspends refreshes': [regroup({ suspended: ['InstanceRefresh'] }), 'InstanceRefresh of group-A is'],
    },
    allowed: {
      'one gets sick': sicken('one', 'A-0'),
      'another one has ended': regroup({ newest: { ...BESIDE_IT, status: 'Successful' } }),
    },
  },
];

export const STANDBY_CASES = {
  'enter-standby': enterCases,
  'exit-standby': exitCases,
  'start-refresh': refreshCases,
};

/** They take nothing away: what would is a step of its own. */
export const PREPARES = ['prepare-group', 'restore-group', 'await-refresh', 'finish-refresh'] as const;
