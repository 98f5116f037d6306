import { productionIn } from '../../src/domain/production-record.ts';
import type { StepKind } from '../../src/steps/index.ts';
import { blueAndGreen } from './fake-world.ts';
import {
  blind,
  bothInProduction,
  copyFleet,
  boot,
  die,
  enter,
  inTwoZones,
  lead,
  leave,
  MINIMUM,
  own,
  share,
  shareByAddress,
  sicken,
  tagAs,
  unlisten,
  untag,
  untested,
} from './hands.ts';
import type { Case } from './grave-case.ts';
import { GROUP_CASES } from './grave-groups.ts';
import { STANDBY_CASES } from './grave-standby.ts';
import { launchCase } from './grave-launch.ts';
import { waveCase } from './grave-wave.ts';
import type { HARMLESS } from './harmless-steps.ts';
import { backCase, shiftCases, terminateCase, WEIGHTED } from './grave-steps-weights.ts';

export type Grave = Exclude<StepKind, (typeof HARMLESS)[number]>;

const KEEPS_A = { fleet: 'A', groups: [{ pools: ['prod'], minimum: MINIMUM }] };
const KEEPS_ONE = { fleet: 'A', groups: [{ pools: ['prod'], minimum: { total: 1, zones: { a: 1 } } }] };
const LEFT = {
  verb: 'promote',
  release: 'A',
  who: 'ann',
  at: '2026-01-01T00:00:00.000Z',
  production: productionIn(blueAndGreen().now),
};
const PLACES = { 'A-0': [{ pool: 'prod', port: 8080 }] };
const DEPLOY = { fleet: 'A', instances: ['A-0'], release: '42', run: 'r1', since: '2026-06-01T00:00:00.000Z' } as const;

export const CASES: { readonly [K in Grave]: readonly Case<K>[] } = {
  launch: [launchCase],
  ...GROUP_CASES,
  ...STANDBY_CASES,
  register: [
    {
      name: 'with production',
      world: blueAndGreen,
      step: { do: 'register', pool: 'prod', fleet: 'B' },
      refused: {
        'green gets sick where it is tested': [sicken('test', 'B-0', 'B-1'), 'No instance of B is healthy now'],
        'green leaves the test group': [leave('test', 'B-0', 'B-1'), 'No instance of B is healthy now'],
        'the listener of production is deleted': [unlisten('prod', 'A-0', 'A-1'), 'No listener forwards to prod now'],
      },
      allowed: {
        'blue dies': sicken('prod', 'A-0', 'A-1'),
        'one of green gets sick': sicken('test', 'B-1'),
        'an unmanaged server joins production': enter('prod', 'i-other'),
        'one of green loses its tags': untag('B-1'),
      },
    },
    {
      name: 'with production, where nothing else shows whether it is healthy',
      world: untested,
      step: { do: 'register', pool: 'prod', fleet: 'B', atLeast: MINIMUM },
      refused: { 'green is seen to be sick': [sicken('test', 'B-0', 'B-1'), 'No instance of B is healthy now'] },
      allowed: { 'blue dies': sicken('prod', 'A-0', 'A-1'), 'one of green is seen to be sick': sicken('test', 'B-1') },
    },
  ],
  deregister: [
    {
      name: 'from production',
      world: bothInProduction,
      step: { do: 'deregister', pool: 'prod', fleet: 'A', minimumHealthy: MINIMUM },
      refused: {
        'green dies': [sicken('prod', 'B-0', 'B-1'), 'nothing healthy'],
        'one of green gets sick': [sicken('prod', 'B-1'), '1 short in a'],
        'green is taken out by hand': [leave('prod', 'B-0', 'B-1'), 'nothing healthy'],
        'an Auto Scaling group takes blue over': [own('web', 'A-0'), 'A-0 belongs to the Auto Scaling group web'],
        'green drains, by hand': [
          (fake) => ['B-0', 'B-1'].forEach((id) => fake.target('prod', id, 'draining')),
          'nothing healthy',
        ],
      },
      allowed: {
        'blue gets sick': sicken('prod', 'A-0', 'A-1'),
        'blue gets sick, and one of green': sicken('prod', 'A-0', 'A-1', 'B-1'),
        'green gets sick where it was tested': sicken('test', 'B-0', 'B-1'),
        'an unmanaged server joins production': enter('prod', 'i-other'),
      },
    },
    {
      name: 'from production, on the way back',
      world: bothInProduction,
      step: { do: 'deregister', pool: 'prod', fleet: 'A', minimumHealthy: MINIMUM, allowedOwners: 'any' },
      refused: { 'the other one dies': [sicken('prod', 'B-0', 'B-1'), 'nothing healthy'] },
      allowed: { 'an Auto Scaling group takes it over': own('web', 'A-0') },
    },
    {
      name: 'from production in two zones',
      world: inTwoZones,
      step: { do: 'deregister', pool: 'prod', fleet: 'A', minimumHealthy: { total: 2, zones: { a: 1, b: 1 } } },
      refused: {
        'green gets sick in one of them': [sicken('prod', 'B-1'), '1 short in b'],
      },
      allowed: {
        'both get sick in one of them': sicken('prod', 'A-1', 'B-1'),
      },
    },
    {
      name: 'from production, where a number in all was asked for',
      world: inTwoZones,
      step: { do: 'deregister', pool: 'prod', fleet: 'A', minimumHealthy: { total: 2, zones: { a: 0, b: 0 } } },
      refused: {
        'one of green gets sick': [sicken('prod', 'B-1'), '1 short of the minimum of 2'],
      },
      allowed: {
        'blue gets sick, and one of green': sicken('prod', 'A-0', 'A-1', 'B-1'),
      },
    },
  ],
  'shift-weights': WEIGHTED.flatMap((byName) => [...shiftCases(byName), backCase(byName)]),
  terminate: [
    {
      name: 'the parked fleet',
      world: blueAndGreen,
      step: { do: 'terminate', fleet: 'B', retentionS: 0, keeps: KEEPS_A },
      refused: {
        'it is put back into production': [enter('prod', 'B-0'), 'never terminated'],
        'it is registered, and not healthy yet': [enter('prod', 'B-0', 'initial'), 'never terminated'],
        'it drains from production again': [enter('prod', 'B-1', 'draining'), 'never terminated'],
        'the serving fleet dies': [sicken('prod', 'A-0', 'A-1'), 'B may be the way back'],
        'one of the serving fleet gets sick': [sicken('prod', 'A-1'), 'B may be the way back'],
        'the serving fleet is taken out by hand': [leave('prod', 'A-0', 'A-1'), 'B may be the way back'],
        'one that serves gets its tags': [tagAs('B', 'A-0'), 'never terminated'],
        'another group gets one of it': [share('admin', 'B-0'), 'admin, which would have nothing healthy left'],
        'another group gets one of it beside others': [share('admin', 'B-0', 'A-0'), 'admin, which would have 1 of 2'],
        'what others have there cannot be read': [blind, 'could not be read'],
        'an Auto Scaling group takes it over': [own('web', 'B-0'), 'B-0 belongs to the Auto Scaling group web'],
      },
      allowed: {
        'it gets sick': sicken('test', 'B-0', 'B-1'),
        'it leaves the test group': leave('test', 'B-0', 'B-1'),
        'an unmanaged server joins production': enter('prod', 'i-other'),
        'one of it loses its tags': untag('B-1'),
        'another group gets others': share('admin', 'A-0'),
        'others lead to the test group, which it leaves': (fake) =>
          [leave('test', 'B-0', 'B-1'), lead('test')].forEach((act) => act(fake)),
      },
    },
    {
      name: 'the parked fleet, where one that is healthy was accepted',
      world: blueAndGreen,
      step: { do: 'terminate', fleet: 'B', retentionS: 0, keeps: KEEPS_ONE },
      refused: { 'the serving fleet dies': [sicken('prod', 'A-0', 'A-1'), 'B may be the way back'] },
      allowed: { 'one of the serving fleet gets sick': sicken('prod', 'A-1') },
    },
    {
      name: 'the parked fleet, where the last run has left production as it is',
      world: blueAndGreen,
      step: { do: 'terminate', fleet: 'B', retentionS: 0, keeps: { ...KEEPS_ONE, lastProduction: LEFT } },
      refused: {
        'another fleet is put beside the one that serves': [
          (fake) => [copyFleet('A', 'C'), boot('C', 'C-0'), enter('prod', 'C-0')].forEach((act) => act(fake)),
          'something other than turnout has changed it',
        ],
      },
      allowed: { 'one of the serving fleet gets sick': sicken('prod', 'A-1') },
    },
    ...WEIGHTED.map((byName) => terminateCase(byName)),
  ],
  remove: [
    {
      name: 'what held the parked fleet',
      world: () => {
        const fake = blueAndGreen();
        for (const id of ['B-0', 'B-1']) {
          fake.target('test', id, 'gone');
          fake.instance(id, 'terminated');
        }
        return fake;
      },
      step: { do: 'remove', fleet: 'B' },
      refused: {
        'it is registered with production by hand': [enter('prod', 'B-0'), 'never terminated'],
        'another instance boots in it': [boot('B', 'B-2'), 'Time limit'],
      },
      allowed: {
        'the serving fleet dies': sicken('prod', 'A-0', 'A-1'),
        'one that has ended is still shown in the test group': enter('test', 'B-0', 'unused'),
      },
    },
  ],
  deploy: [
    {
      name: 'to an instance that was taken out',
      world: () => {
        const fake = blueAndGreen();
        fake.target('prod', 'A-0', 'gone');
        return fake;
      },
      step: { do: 'deploy', ...DEPLOY, number: 1, migrate: false, words: 'a program', offline: true },
      refused: {
        'it is put back by hand': [enter('prod', 'A-0'), 'registered with prod again'],
        'it dies': [die('A-0'), 'went away'],
        'it loses its tags': [untag('A-0'), 'went away'],
      },
      allowed: {
        'another one gets sick': sicken('prod', 'A-1'),
        'it is registered with a test group': enter('test', 'A-0'),
      },
    },
  ],
  'permit-wave': [waveCase],
  migrate: [
    {
      name: 'by way of one instance',
      world: blueAndGreen,
      step: { do: 'migrate', ...DEPLOY },
      refused: {
        'it dies': [die('A-0'), 'went away'],
        'it loses its tags': [untag('A-0'), 'went away'],
      },
      allowed: {
        'it is taken out by hand': leave('prod', 'A-0'),
        'another one dies': die('A-1'),
      },
    },
  ],
  'deregister-everywhere': [
    {
      name: 'one of two',
      world: blueAndGreen,
      step: {
        do: 'deregister-everywhere',
        fleet: 'A',
        instances: ['A-0'],
        places: PLACES,
        minimumHealthy: { prod: { total: 1, zones: {} } },
      },
      refused: {
        'the other one gets sick': [sicken('prod', 'A-1'), 'nothing healthy'],
        'the other one is taken out by hand': [leave('prod', 'A-1'), 'nothing healthy'],
        'the other one drains': [enter('prod', 'A-1', 'draining'), 'nothing healthy'],
        'it loses its tags': [untag('A-0'), 'A-0 is not of the fleet any more'],
        'an Auto Scaling group takes it over': [own('web', 'A-0'), 'belongs to the Auto Scaling group web'],
        'another group gets it': [share('admin', 'A-0'), 'out of admin would leave nothing healthy'],
        'another group gets both, and this one by another address': [
          shareByAddress('admin', 'A-0', 'A-1'),
          'A-0 is registered with admin at 10.0.0.9',
        ],
        'what others have there cannot be read': [blind, 'could not be read'],
      },
      allowed: {
        'it gets sick itself': sicken('prod', 'A-0'),
        'both get sick': sicken('prod', 'A-0', 'A-1'),
        'another group gets the other one': share('admin', 'A-1'),
        'an unmanaged server joins': enter('prod', 'i-other'),
      },
    },
  ],
  'register-back': [
    {
      name: 'where it was',
      world: () => {
        const fake = blueAndGreen();
        fake.target('prod', 'A-0', 'gone');
        return fake;
      },
      step: { do: 'register-back', fleet: 'A', instances: ['A-0'], places: PLACES },
      refused: {
        'it dies': [die('A-0'), 'went away'],
        'it loses its tags': [untag('A-0'), 'went away'],
      },
      allowed: { 'the other one gets sick': sicken('prod', 'A-1') },
    },
  ],
};
