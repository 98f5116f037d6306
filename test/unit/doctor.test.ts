import { describe, expect, test } from 'vitest';
import type { Snapshot } from '../../src/domain/snapshot.ts';
import { OperatorError } from '../../src/errors.ts';
import { about, hasFailures, inOrder, type Finding } from '../../src/run/doctor/finding.ts';
import { launchFindings, type LaunchView } from '../../src/run/doctor/launch.ts';
import { worldFindings, type WorldView } from '../../src/run/doctor/world.ts';
import { doctorData, doctorText } from '../../src/views/doctor.ts';
import { scaledWorld } from '../support/scaled-worlds.ts';
import { settingsIn } from '../support/weighted-worlds.ts';
import { SPEC } from '../support/fake-world.ts';
import { autoScaling, withOwner, withRule, withShared } from '../support/hands.ts';
import { weightedWorld } from '../support/weighted-worlds.ts';
import { HOME, PLAIN, world, type FleetSpec } from '../support/worlds.ts';

/** Each line of `doctor`, by what leads to it. */

const SERVES = { prod: 'healthy' } as const;
const BLUE: FleetSpec = { id: 'A', marks: HOME, members: [SERVES, SERVES] };
const SHOP = world([BLUE]);

/** The state, the code where there is one, and the beginning of the sentence. */
function lines(findings: readonly Finding[]): readonly string[] {
  return findings.map(({ topic, state, code, says }) => `${topic}: ${state}${code ? ` ${code}` : ''}: ${says}`);
}

function seen(snapshot: Snapshot, view: Partial<WorldView> = {}): readonly string[] {
  const { traffic } = settingsIn(snapshot);
  const all = { snapshot, fleetCount: undefined, differences: [], lastProduction: undefined, traffic, ...view };
  return lines(worldFindings(all));
}

function unlike(snapshot: Snapshot, view: Partial<WorldView> = {}): readonly string[] {
  return seen(snapshot, view).filter((line) => !seen(SHOP).includes(line));
}

function withPool(snapshot: Snapshot, name: string, facts: object): Snapshot {
  return { ...snapshot, pools: snapshot.pools.map((pool) => (pool.name === name ? { ...pool, ...facts } : pool)) };
}

/** What serves, as nobody has tagged it yet. */
function strange(snapshot: Snapshot): Snapshot {
  return { ...snapshot, fleets: [], unmanaged: snapshot.fleets.flatMap(({ instances }) => instances) };
}

describe('a world that is as it should be', () => {
  test('is described, in one line for each thing', () => {
    expect(seen(SHOP)).toEqual([
      'target groups: ok: prod (production, port 8080, 2 of 2 healthy) and test (test, port 8080, empty).',
      'target groups: ok: Checked every 5 s; a server that leaves drains for up to 30 s.',
      'traffic: ok: Servers move between the target groups.',
      'fleets: ok: A (blue, 2 instances).',
    ]);
  });

  test('says by which routes weights divide traffic', () => {
    expect(seen(weighted())).toContain('traffic: ok: Weights of shop:0 divide it between the target groups.');
  });
});

describe('a failure is what a task would be refused for', () => {
  test.each<[code: string, Snapshot, Partial<WorldView>?]>([
    ['target groups: failure unused-target-group', withPool(SHOP, 'test', { loadBalancers: [] })],
    ['target groups: failure other-port', withPool(SHOP, 'prod', { port: 9000 })],
    ['target groups: failure access-denied', unreadable(SHOP)],
    ['fleets: failure owned-by-others', withOwner(SHOP, autoScaling('web'), ['A-0'])],
    ['fleets: failure nothing-serves', world([{ ...BLUE, members: [{ prod: '-', test: 'healthy' }] }])],
    ['fleets: failure fewer-than-before', withMark(SHOP, 'a=3')],
    ['fleets: failure too-many-tags', withTags(SHOP)],
    ['fleets: failure unmanaged-instance', withStranger(SHOP)],
  ])('%s', (expected, snapshot, view) => {
    const failures = seen(snapshot, view).filter((line) => line.includes(': failure '));
    expect(failures).toEqual([expect.stringContaining(`${expected}: `)]);
  });

  test('of weights, those of the rules', () => {
    const traffic = { ...weighted().traffic, problems: ['The port differs.'] } as Snapshot['traffic'];
    const findings = seen({ ...weighted(), traffic });
    expect(findings).toContainEqual(expect.stringMatching(/^traffic: failure .*The port differs/));
  });

  test('a fixed number of servers is smaller on purpose', () => {
    expect(unlike(withMark(SHOP, 'a=3'), { fleetCount: 2 })).toEqual([]);
  });
});

function unreadable(snapshot: Snapshot): Snapshot {
  const one = { name: 'test-2', code: 'access-denied', why: 'Not allowed.', next: ['Allow it.'] };
  return { ...snapshot, unreadable: [one] };
}

function withMark(snapshot: Snapshot, size: string): Snapshot {
  return { ...snapshot, fleets: snapshot.fleets.map((fleet) => ({ ...fleet, marks: { ...fleet.marks, size } })) };
}

function withTags(snapshot: Snapshot): Snapshot {
  const full = (fleet: Snapshot['fleets'][number]) =>
    fleet.instances.map((one) => ({ ...one, tags: { count: 50, own: [] } }));
  return { ...snapshot, fleets: snapshot.fleets.map((fleet) => ({ ...fleet, instances: full(fleet) })) };
}

function withStranger(snapshot: Snapshot): Snapshot {
  const [pool] = snapshot.pools;
  const targets = [...pool!.targets, { id: 'i-9', port: 8080, state: 'healthy' as const }];
  return withPool(snapshot, 'prod', { targets });
}

describe('a warning', () => {
  test.each<[line: RegExp, Snapshot, Partial<WorldView>?]>([
    [/^target groups: warning: The port differs/, SHOP, { differences: ['The port differs: 1 in a, 2 in b.'] }],
    [
      /^target groups: warning: prod has a deregistration delay of 5 s/,
      withPool(SHOP, 'prod', { deregistrationDelayS: 5 }),
    ],
    [/^fleets: warning: lb:443 priority 7 leads to one too/, withRule(weighted(), { one: 1 })],
    [/^fleets: warning: admin has 1 target of A, where clients/, withShared(SHOP, 'admin', ['A-0'])],
    [/^fleets: warning: A-1 of A is in no target group/, world([{ ...BLUE, members: [SERVES, { prod: '-' }] }])],
    [
      /^fleets: warning: With fewer than 3 healthy targets in prod ELB takes all zones out of DNS/,
      withPool(SHOP, 'prod', { leavesDnsBelow: 3 }),
    ],
    [/^traffic: warning: prod leads to A now, and led to B/, SHOP, { lastProduction: movedFrom('B') }],
  ])('%s', (expected, snapshot, view) => {
    expect(seen(snapshot, view)).toContainEqual(expect.stringMatching(expected));
  });
});

function weighted(): Snapshot {
  return weightedWorld({ fleets: [{ ...BLUE, members: [{ one: 'healthy' }] }], production: [0], test: 0 });
}

function movedFrom(release: string) {
  const production = { prod: [{ fleet: release, release }] };
  return { verb: 'promote', release, who: 'ann', at: '2026-01-01T00:00:00.000Z', production };
}

describe('before the first day', () => {
  test('what serves is looked at as adopt leaves it, and nothing fails', () => {
    expect(unlike(strange(SHOP)).filter((line) => line.includes('failure'))).toEqual([]);
    expect(seen(strange(SHOP))).toContain('fleets: ok: 2 servers would be adopted.');
    expect(unlike(strange(SHOP))).toContainEqual(expect.stringMatching(/^fleets: warning not-adopted: /));
  });

  test('what adopt refuses is a failure', () => {
    const owned = strange(withOwner(SHOP, autoScaling('web'), ['A-0']));
    expect(seen(owned)).toContainEqual(expect.stringContaining('fleets: failure owned-by-others: '));
    const empty = strange(world([{ ...BLUE, members: [{ prod: '-' }] }]));
    expect(seen(empty)).toContainEqual(expect.stringContaining('fleets: failure nothing-serves: '));
  });
});

describe('the next release', () => {
  const launch = async (view: Partial<LaunchView> = {}) => {
    const all = {
      world: SHOP,
      settings: PLAIN,
      fleetCount: undefined,
      named: undefined,
      addresses: new Map(),
      ...view,
    };
    return lines((await launchFindings(all)).findings);
  };
  const named = { release: '42', spec: SPEC };

  test('of Auto Scaling groups is not checked before they are adopted', async () => {
    const view = {
      world: SHOP,
      settings: PLAIN,
      fleetCount: undefined,
      named: 'adopt-first',
      addresses: new Map(),
    } as const;
    const { findings } = await launchFindings(view);
    const next = ['Run `turnout adopt --release R` first, then this again.'];
    expect(findings).toMatchObject([
      { topic: 'release', next },
      { topic: 'capacity', next },
    ]);
  });

  test('is not checked when none is named', async () => {
    expect(await launch()).toEqual([
      'release: not-checked: What a release boots.',
      'capacity: not-checked: Free addresses.',
    ]);
  });

  test('is what up shows, with the room for it', async () => {
    const findings = await launch({ named, addresses: new Map([['subnet-a', 2]]) });
    expect(findings).toEqual([
      'release: ok: 42: image ami-42.',
      expect.stringMatching(/^release: ok: up takes about /),
      'capacity: ok: Free addresses: 2 in a for 2.',
    ]);
  });

  test('is told in phrases, and after them in sentences', async () => {
    const spec = { ...SPEC, summary: ['group b', 'Not copied: a hook.', 'image ami-42', 'It is not compared.'] };
    const [first] = await launch({ named: { release: '42', spec } });
    expect(first).toBe('release: ok: 42: group b; image ami-42. Not copied: a hook. It is not compared.');
  });

  test('has no place for a preview', async () => {
    const preview = { state: 'seen', by: 'header x-preview: 42', rules: [], places: [] } as const;
    expect(await launch({ world: { ...SHOP, preview }, named })).toContainEqual(
      'release: failure no-preview: No listener leads to production: `preview` has no place.',
    );
  });

  test('says what up is refused for, and what cannot be resolved', async () => {
    const green = world([BLUE, { id: 'B', marks: {}, members: [{ test: 'healthy' }] }]);
    expect(await launch({ world: green, named })).toContainEqual(
      expect.stringMatching(/^release: failure green-exists: /),
    );
    const spec = new OperatorError('no-such-image', 'No available image has name shop-42.');
    const unknown = { world: SHOP, settings: PLAIN, fleetCount: undefined, addresses: new Map() } as const;
    const { findings } = await launchFindings({ ...unknown, named: { release: '42', spec } });
    expect(lines(findings)[0]).toBe('release: failure no-such-image: No available image has name shop-42.');
    // The release was named.
    expect(findings[1]?.next).toEqual(['Fix the failure of the release first.']);
  });

  test('of a group needs addresses in any of its subnets', async () => {
    const shop = scaledWorld([{ id: 'A', size: 3 }]);
    const group = {
      name: 'group-B',
      count: 3,
      capacity: 3,
      minimum: 1,
      targetGroups: ['arn:two'],
      subnets: ['s-1', 's-2'],
    };
    const view = {
      world: shop,
      settings: settingsIn(shop),
      named: { release: '42', spec: { ...SPEC, batches: [], group } },
    };
    const of = async (...free: readonly (readonly [string, number])[]) => launch({ ...view, addresses: new Map(free) });
    expect(await of(['s-1', 1], ['s-2', 2])).toContain(
      'capacity: ok: The subnets of group-B have 3 free addresses for 3.',
    );
    expect(await of(['s-1', 1], ['s-2', 0])).toContain(
      'capacity: failure: The subnets of group-B have 1 free address, and 3 servers would boot there.',
    );
  });

  test('needs addresses and room at the load balancer', async () => {
    expect(await launch({ named, addresses: new Map([['subnet-a', 1]]) })).toContain(
      'capacity: failure: subnet-a in a has 1 free address, and 2 servers would boot there.',
    );
    const denied = new OperatorError('access-denied', 'Not allowed to call ec2:DescribeSubnets.');
    expect(await launch({ named, addresses: denied })).toContain(
      'capacity: not-checked: Free addresses: Not allowed to call ec2:DescribeSubnets.',
    );
    const small = withPool(SHOP, 'prod', { targetsMax: 3 });
    expect(await launch({ world: small })).toContainEqual(
      expect.stringMatching(/^capacity: failure too-many-targets: /),
    );
  });
});

describe('what is shown', () => {
  const { ok, failure } = about('store');
  const findings = inOrder([
    about('hooks').notChecked('Nothing.'),
    failure('It is full.', 'Empty it.', 'Or use another.'),
    ok('It is there.'),
    ok('It is near.'),
    failure('It is full.'),
  ]);
  const report = { environment: 'shop', location: { account: '1', region: 'eu-west-1' }, findings };

  test('comes in the order of the topics, each thing once', () => {
    expect(lines(findings)).toEqual([
      'store: failure: It is full.',
      'store: ok: It is there.',
      'store: ok: It is near.',
      'hooks: not-checked: Nothing.',
    ]);
    expect(hasFailures(findings)).toBe(true);
    expect(hasFailures([ok('')])).toBe(false);
  });

  test('is one paragraph for what is ok, and one line with the first way on for each other thing', () => {
    expect(doctorText(report, 80).split('\n')).toEqual([
      'Doctor of shop',
      'In account 1, eu-west-1',
      'ok  store          It is there. It is near.',
      'x   store          Failure: It is full.',
      '    -> Empty it.',
      '-   hooks          Not checked: Nothing.',
      '1 failure and 1 not checked; the rest is ok.',
    ]);
    expect(doctorText({ ...report, findings: [ok('Yes.')] }, 80)).toContain('All is ok.');
    expect(doctorData(report)).toMatchObject({ type: 'doctor', failures: 1, findings: { length: 4 } });
    expect(doctorData({ ...report, location: undefined }).location).toBeNull();
  });
});
