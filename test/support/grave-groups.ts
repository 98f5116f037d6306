import type { FleetGroup } from '../../src/domain/scaling.ts';
import { FakeWorld, SPEC } from './fake-world.ts';
import type { Case } from './grave-case.ts';
import { attachedGroups, regrouped } from './attached-worlds.ts';
import { enter, leave, MINIMUM, own, passOver, sicken, unlisten, weigh, type Act } from './hands.ts';
import { scaledWorld, type GroupSpec } from './scaled-worlds.ts';

/** What may happen to steps about Auto Scaling groups. */

const BLUE: GroupSpec = { id: 'A', size: 3 };
const GREEN: GroupSpec = { id: 'B', size: 2 };
const ASKED = { run: 'r1', who: 'ann', since: '2026-06-01T00:00:00.000Z' };

/** The group of a fleet is like this from now on. */
const regroup =
  (fleet: string, group: Partial<FleetGroup>): Act =>
  (fake) =>
    fake.set((snapshot) => regrouped(snapshot, fleet, group));

/** Another run has given the other group a release. */
const fill: Act = (fake) => {
  const { fleets, pools } = scaledWorld([BLUE, { ...GREEN, id: 'D' }]);
  fake.set((snapshot) => ({ ...snapshot, fleets, pools }));
};

const LAUNCH = { name: 'group-C', count: 3, capacity: 3, minimum: 1, targetGroups: ['arn:two'], subnets: [] };

const fillCases: readonly Case<'fill-group'>[] = [false, true].map((byName) => {
  return {
    name: `the empty group, where ${byName ? 'names' : 'rules'} divide production`,
    world: () => new FakeWorld(scaledWorld([BLUE], 0, byName)),
    step: {
      do: 'fill-group',
      fleet: 'C',
      release: 'C',
      spec: { ...SPEC, batches: [], group: LAUNCH },
      group: LAUNCH,
      ...ASKED,
    },
    refused: {
      'another run launches a fleet': [fill, '2 instances of D (fleet D) are beside production now'],
      'an operator gives its target group a share': [weigh(50, 50), 'group-C is attached to two, which has production'],
      'a server is put into its target group': [enter('two', 'i-other'), 'i-other is in two beside group-C'],
      ...(byName && { 'what serves is passed over by Route 53': [passOver('one'), 'one is passed over'] as const }),
    },
    allowed: {
      'blue dies': sicken('one', 'A-0', 'A-1', 'A-2'),
      'one drains from its target group': enter('two', 'i-other', 'draining'),
    },
  };
});

const matchCases: readonly Case<'match-size'>[] = [
  {
    name: 'to what has scaled out meanwhile',
    world: () => new FakeWorld(scaledWorld([BLUE, GREEN])),
    step: { do: 'match-size', fleet: 'B', pool: 'two', ...ASKED },
    refused: {
      'what serves grows beyond its maximum': [
        regroup('A', { capacity: 25, desired: 25 }),
        'group-B has a maximum of 20, and 25 serve now',
      ],
    },
    allowed: { 'blue dies': sicken('one', 'A-0', 'A-1', 'A-2'), 'blue scales out': regroup('A', { capacity: 4 }) },
  },
];

const attachCases: readonly Case<'attach'>[] = [
  {
    name: 'green to production',
    world: () => attachedGroups(),
    step: { do: 'attach', pool: 'prod', fleet: 'B' },
    refused: {
      'green gets sick where it is tested': [sicken('test', 'B-0', 'B-1'), 'No instance of B is healthy now'],
      'an instance refresh of it begins': [regroup('B', { refresh: 'InProgress' }), 'nothing can be attached to it'],
      'the listener of production is deleted': [unlisten('prod', 'A-0', 'A-1'), 'No listener forwards to prod now'],
    },
    allowed: { 'blue dies': sicken('prod', 'A-0', 'A-1'), 'one of green gets sick': sicken('test', 'B-1') },
  },
];

const detachCases: readonly Case<'detach'>[] = [
  {
    name: 'blue from production',
    world: () => attachedGroups(true),
    step: { do: 'detach', pool: 'prod', fleet: 'A', minimumHealthy: MINIMUM },
    refused: {
      'green dies': [sicken('prod', 'B-0', 'B-1'), 'nothing healthy'],
      'green loses an instance': [leave('prod', 'B-1'), '1 short in a'],
      'green is detached by hand': [leave('prod', 'B-0', 'B-1'), 'nothing healthy'],
      'another group takes blue over': [own('web', 'A-0'), 'A-0 belongs to the Auto Scaling group web'],
    },
    allowed: {
      'blue gets sick': sicken('prod', 'A-0', 'A-1'),
      'green gets sick where it was tested': sicken('test', 'B-0', 'B-1'),
      'an instance refresh of it begins': regroup('A', { refresh: 'InProgress' }),
    },
  },
];

/** All launch instances, or move what is there. */
export const GROUP_CASES = {
  'fill-group': fillCases,
  'match-size': matchCases,
  attach: attachCases,
  detach: detachCases,
};

/** They take nothing away: what is held from scaling in stays as it is. */
export const HOLDS = ['hold-minimum', 'release-minimum'] as const;
