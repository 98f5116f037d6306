import type { StepKind, StepOf } from '../../src/steps/index.ts';
import type { Case } from './grave-case.ts';
import {
  blind,
  die,
  divided,
  enter,
  lead,
  leave,
  MINIMUM,
  passOver,
  recordShare,
  sicken,
  unname,
  untag,
  visit,
  weigh,
} from './hands.ts';

/** What may happen to steps where weights move traffic: by the rules of a listener, and by names. */
export const WEIGHTED = [false, true] as const;

const wayOf = (byName: boolean): string => (byName ? 'by names' : 'by the rules of a listener');

const NO_MINIMUM = { total: 0, zones: {} };

/** Green gets all of production. */
export const SHIFT: StepOf<'shift-weights'> = {
  do: 'shift-weights',
  role: 'production',
  pool: 'two',
  fleet: 'B',
  percent: 100,
  from: { 'shop:0': 0 },
  minimumHealthy: MINIMUM,
  refusesUnmanaged: true,
};

export const shiftCases = (byName: boolean): readonly Case<'shift-weights'>[] => [
  {
    name: `${wayOf(byName)}, all of it`,
    world: divided(byName),
    step: SHIFT,
    refused: {
      'green dies': [sicken('two', 'B-0', 'B-1'), '0 of 2 instances of B are healthy in two'],
      'one of green gets sick': [sicken('two', 'B-1'), '1 short in a'],
      'an unmanaged server joins its group': [enter('two', 'i-other'), 'Production would go to i-other'],
      'one of blue is put into its group': [enter('two', 'A-0'), 'Production would go to A-0'],
      'an operator sets other weights': [weigh(70, 30), 'weights of shop:0 were changed'],
      ...(byName && {
        'an operator deletes its record': [unname('two'), 'no weighted record any more'],
        'Route 53 passes over its record': [passOver('two'), 'two is passed over'],
      }),
    },
    allowed: {
      'blue dies': sicken('one', 'A-0', 'A-1'),
      'an unmanaged server joins the group that loses its share': enter('one', 'i-other'),
      'one that drains is still shown in its group': enter('two', 'i-other', 'draining'),
    },
  },
  {
    name: `${wayOf(byName)}, a part, where one that is healthy was accepted`,
    world: divided(byName, 10),
    step: {
      do: 'shift-weights',
      role: 'production',
      pool: 'two',
      fleet: 'B',
      percent: 50,
      from: { 'shop:0': 10 },
      minimumHealthy: { total: 1, zones: { a: 1 } },
      refusesUnmanaged: true,
    },
    refused: {
      'green dies': [sicken('two', 'B-0', 'B-1'), '0 of 2 instances of B are healthy in two'],
      'an operator takes its share away': [weigh(100, 0), 'weights of shop:0 were changed'],
    },
    allowed: {
      'one of green gets sick': sicken('two', 'B-1'),
      'an operator sets the same weights on another scale': weigh(180, 20),
    },
  },
];

/** The way back. */
export const backCase = (byName: boolean): Case<'shift-weights'> => {
  const [whole] = shiftCases(byName);
  return {
    name: `${wayOf(byName)}, back to what served before`,
    world: divided(byName),
    step: { ...whole!.step, refusesUnmanaged: false },
    refused: {
      'it dies': [sicken('two', 'B-0', 'B-1'), '0 of 2 instances of B are healthy in two'],
      'one of the others is put into its group': [enter('two', 'A-0'), 'Production would go to A-0'],
      ...(byName && { 'an operator deletes its record': [unname('two'), 'no weighted record any more'] }),
    },
    allowed: {
      'an unmanaged server joins its group': enter('two', 'i-other'),
      'Route 53 passes over its record': passOver('two'),
    },
  };
};

/** Requests that count as none; a cookie leads clients for an hour. */
const RESIDUAL = { most: 10, withinS: 60, cookieS: 3600 };

export const terminateCase = (byName: boolean): Case<'terminate'> => ({
  name: `what production has left ${wayOf(byName)}`,
  world: () => {
    const fake = divided(byName)();
    recordShare('B', '0@2025-12-02T00:00:00.000Z')(fake);
    return fake;
  },
  step: {
    do: 'terminate',
    fleet: 'B',
    retentionS: 60,
    residual: RESIDUAL,
    keeps: { fleet: 'A', groups: [{ pools: ['one'], minimum: MINIMUM }] },
  },
  refused: {
    'an operator gives it a share again': [weigh(90, 10), 'never terminated'],
    'the serving fleet dies': [sicken('one', 'A-0', 'A-1'), 'B may be the way back'],
    'an operator gives all to its group, which it has left': [
      (fake) => [leave('two', 'B-0', 'B-1'), weigh(0, 100)].forEach((act) => act(fake)),
      'two gets production traffic now',
    ],
    'clients come by what they had before': [visit(11, 'two'), '11 requests came to B'],
    'another run records a later share of the other fleet': [
      recordShare('A', '0@2025-12-03T00:00:00.000Z'),
      'not known when production has left B',
    ],
    ...(byName && { 'what serves is passed over by Route 53': [passOver('one'), 'So B may be what clients get'] }),
  },
  allowed: {
    'it gets sick': sicken('two', 'B-0', 'B-1'),
    'hardly any client comes': visit(10, 'two'),
    'its own record is passed over by Route 53': passOver('two'),
    'what serves is passed over, and it is nowhere any more': (fake) =>
      [passOver('one'), leave('two', 'B-0', 'B-1')].forEach((act) => act(fake)),
    'clients come who find nothing there already': (fake) =>
      [visit(11, 'two'), leave('two', 'B-0', 'B-1')].forEach((act) => act(fake)),
    'an earlier share of the other fleet is recorded': recordShare('A', '0@2025-12-01T00:00:00.000Z'),
  },
});

/**
 * Steps about a group that only test traffic reached when the plan was made: by its role it needs no guard, until an operator
 * gives it a share.
 */
export const givenShareCases = (byName: boolean): readonly Case<StepKind>[] => [
  register(byName),
  deregister(byName),
  ...(byName ? [newcomer(), lastByName()] : [lastOfOthers()]),
  deregisterEverywhere(byName),
  remove(byName),
  deployRelease(byName),
];

const IS_REGISTERED = 'registered with two again';
const SHARE = weigh(90, 10);

function register(byName: boolean): Case<'register'> {
  return {
    name: `register ${wayOf(byName)}`,
    world: () => {
      const fake = divided(byName)();
      for (const id of ['B-0', 'B-1']) fake.target('two', id, 'gone');
      return fake;
    },
    step: { do: 'register', pool: 'two', fleet: 'B' },
    refused: { 'an operator gives it a share': [SHARE, 'No instance of B is healthy now'] },
    allowed: { 'blue dies': sicken('one', 'A-0', 'A-1'), 'one of green loses its tags': untag('B-1') },
  };
}

/** Of `up`: its first healthy server would be answered with. */
function newcomer(): Case<'register'> {
  const { world, step } = register(true);
  return {
    name: 'register what is to have no client yet',
    world,
    step: { ...step, isNew: true },
    refused: { 'what serves is passed over by Route 53': [passOver('one'), 'one is passed over'] },
    allowed: { 'its own record is passed over': passOver('two'), 'blue dies': sicken('one', 'A-0', 'A-1') },
  };
}

function deregister(byName: boolean): Case<'deregister'> {
  return {
    name: `deregister ${wayOf(byName)}`,
    world: divided(byName),
    step: { do: 'deregister', pool: 'two', fleet: 'B', minimumHealthy: NO_MINIMUM },
    refused: { 'an operator gives it a share': [SHARE, 'nothing healthy'] },
    allowed: { 'blue dies': sicken('one', 'A-0', 'A-1'), 'it gets sick': sicken('two', 'B-0', 'B-1') },
  };
}

function lastByName(): Case<'deregister'> {
  return {
    name: 'deregister for good, by names',
    world: divided(true),
    step: { do: 'deregister', pool: 'two', fleet: 'B', minimumHealthy: NO_MINIMUM, atEnd: true },
    refused: {
      'what serves is passed over by Route 53': [passOver('one'), 'So B may be what clients get'],
      'an operator gives it a share': [SHARE, 'two has a share of production now'],
    },
    allowed: { 'its own record is passed over': passOver('two') },
  };
}

/** Before it ends, it leaves a group to which others may lead clients. */
function lastOfOthers(): Case<'deregister'> {
  return {
    name: 'deregister for good',
    world: divided(false),
    step: {
      do: 'deregister',
      pool: 'two',
      fleet: 'B',
      minimumHealthy: NO_MINIMUM,
      outsiders: 'spared',
      residual: RESIDUAL,
      atEnd: true,
    },
    refused: {
      'clients come by what they had before': [visit(11, 'two'), '11 requests came to B'],
      'an operator gives it a share': [SHARE, 'two has a share of production now'],
      'an operator gives it a share, and another server': [
        (fake) => [enter('two', 'i-other'), SHARE].forEach((act) => act(fake)),
        'two has a share of production now',
      ],
      'others lead to it': [lead('two'), 'priority 7 leads to two, which would have nothing healthy left'],
      'what others have there cannot be read': [blind, 'could not be read'],
    },
    allowed: {
      'others lead to it, where others stay': (fake) =>
        [enter('two', 'i-other'), lead('two')].forEach((act) => act(fake)),
      'others lead to it with no weight': lead('two', 0),
      'others lead to the group that serves': lead('one'),
    },
  };
}

function deregisterEverywhere(byName: boolean): Case<'deregister-everywhere'> {
  const there = [{ pool: 'two', port: 8080 }];
  return {
    name: `deregister-everywhere ${wayOf(byName)}`,
    world: divided(byName),
    step: {
      do: 'deregister-everywhere',
      fleet: 'B',
      instances: ['B-0', 'B-1'],
      places: { 'B-0': there, 'B-1': there },
      minimumHealthy: {},
    },
    refused: {
      'an operator gives it a share': [SHARE, 'nothing healthy'],
      ...(byName ? {} : { 'others lead to it': [lead('two'), 'nothing healthy'] }),
    },
    allowed: { 'blue dies': sicken('one', 'A-0', 'A-1') },
  };
}

function remove(byName: boolean): Case<'remove'> {
  return {
    name: `remove ${wayOf(byName)}`,
    world: () => {
      const fake = divided(byName)();
      die('B-0', 'B-1')(fake);
      for (const id of ['B-0', 'B-1']) fake.target('two', id, 'unused', 'Target.InvalidState');
      return fake;
    },
    step: { do: 'remove', fleet: 'B' },
    refused: { 'an operator gives it a share': [SHARE, 'never terminated'] },
    allowed: { 'blue dies': sicken('one', 'A-0', 'A-1') },
  };
}

function deployRelease(byName: boolean): Case<'deploy'> {
  return {
    name: `deploy ${wayOf(byName)}`,
    world: divided(byName),
    step: {
      do: 'deploy',
      fleet: 'B',
      instances: ['B-0'],
      release: '42',
      run: 'r1',
      since: '2026-06-01T00:00:00.000Z',
      number: 1,
      migrate: false,
      words: 'a program',
      offline: true,
    },
    refused: { 'an operator gives it a share': [SHARE, IS_REGISTERED] },
    allowed: { 'blue dies': sicken('one', 'A-0', 'A-1'), 'another one gets sick': sicken('two', 'B-1') },
  };
}
