import type { StepKind, StepOf } from '../../src/steps/index.ts';
import { blueAndGreen, FakeWorld } from './fake-world.ts';
import { weightedWorld } from './weighted-worlds.ts';
import { HOME, PROMOTED } from './worlds.ts';

/** Kinds that take nothing from production, and give nothing to it: they wait, look, tag or boot. */
export const HARMLESS = [
  'launch',
  'await-running',
  'await-healthy',
  'await-drained',
  'tag-share',
  'watch',
  'set-ttl',
  'tag-lowered-ttl',
  'await-lowered-ttl',
  'await-insync',
  'await-dns-answers',
  'await-ttl',
  'verify-release',
  'await-retention',
  'await-residual-traffic',
  'claim',
  'mark',
  // It is about the database.
  'migrate',
  'check-instances',
  'tag-release',
] as const satisfies readonly StepKind[];

export type Grave = Exclude<StepKind, (typeof HARMLESS)[number]>;

type Act = (fake: FakeWorld) => void;

export interface Case<K extends StepKind> {
  readonly name: string;
  readonly world: () => FakeWorld;
  readonly step: StepOf<K>;
  /** What happens, and what the refusal says. */
  readonly refused: Readonly<Record<string, readonly [act: Act, says: string]>>;
  /** What happens, and nothing comes of it. */
  readonly allowed: Readonly<Record<string, Act>>;
}

export const MINIMUM = { total: 2, zones: { a: 2 } };
const SICK = 'Target.Timeout';

const sicken =
  (pool: string, ...ids: readonly string[]): Act =>
  (fake) =>
    ids.forEach((id) => fake.target(pool, id, 'unhealthy', SICK));
const enter =
  (pool: string, id: string, state: 'healthy' | 'draining' | 'initial' | 'unhealthy' = 'healthy'): Act =>
  (fake) =>
    fake.target(pool, id, state);
const leave =
  (pool: string, ...ids: readonly string[]): Act =>
  (fake) =>
    ids.forEach((id) => fake.target(pool, id, 'gone'));
const die =
  (...ids: readonly string[]): Act =>
  (fake) =>
    ids.forEach((id) => fake.instance(id, 'terminated'));
const weigh =
  (one: number, two: number): Act =>
  (fake) =>
    fake.weigh(new Map([['shop:0', { one, two }]]));
/** Both fleets are healthy in production, as directly before blue leaves it. */
function bothInProduction(): FakeWorld {
  const fake = blueAndGreen();
  for (const id of ['B-0', 'B-1']) fake.target('prod', id, 'healthy');
  return fake;
}

/** Two groups, of which `one` has all of production, by the rules of a listener or by names. */
export const divided =
  (byName: boolean, two = 0): (() => FakeWorld) =>
  () => {
    const blue = { one: 'healthy' } as const;
    const green = { two: 'healthy' } as const;
    const fleets = [
      { id: 'A', marks: HOME, members: [blue, blue] },
      { id: 'B', marks: PROMOTED, members: [green, green] },
    ];
    return new FakeWorld(weightedWorld({ fleets, production: [two], test: 100, byName }));
  };

const KEEPS_A = { fleet: 'A', groups: [{ pools: ['prod'], minimum: MINIMUM }] };
const PLACES = { 'A-0': [{ pool: 'prod', port: 8080 }] };
const DEPLOY = { fleet: 'A', instances: ['A-0'], release: '42', run: 'r1', since: '2026-06-01T00:00:00.000Z' } as const;

const shift = (byName: boolean): Case<'shift-weights'> => ({
  name: byName ? 'by names' : 'by the rules of a listener',
  world: divided(byName),
  step: {
    do: 'shift-weights',
    role: 'production',
    pool: 'two',
    fleet: 'B',
    percent: 100,
    from: { 'shop:0': 0 },
    minimumHealthy: MINIMUM,
  },
  refused: {
    'green dies': [sicken('two', 'B-0', 'B-1'), '0 of 2 instances of B are healthy in two'],
    'one of green gets sick': [sicken('two', 'B-1'), '1 short in a'],
    'an unmanaged server joins its group': [enter('two', 'i-other'), 'Production would go to i-other'],
    'somebody sets other weights': [weigh(70, 30), 'changed the weights of shop:0'],
  },
  allowed: {
    'blue dies': sicken('one', 'A-0', 'A-1'),
    'an unmanaged server joins the group that loses its share': enter('one', 'i-other'),
  },
});

export const CASES: { readonly [K in Grave]: readonly Case<K>[] } = {
  register: [
    {
      name: 'with production',
      world: blueAndGreen,
      step: { do: 'register', pool: 'prod', fleet: 'B' },
      refused: {
        'green gets sick where it is tested': [sicken('test', 'B-0', 'B-1'), 'No instance of B is healthy now'],
        'green leaves the test group': [leave('test', 'B-0', 'B-1'), 'No instance of B is healthy now'],
      },
      allowed: {
        'blue dies': sicken('prod', 'A-0', 'A-1'),
        'one of green gets sick': sicken('test', 'B-1'),
        'an unmanaged server joins production': enter('prod', 'i-other'),
      },
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
        'green drains, by hand': [
          (fake) => ['B-0', 'B-1'].forEach((id) => fake.target('prod', id, 'draining')),
          'nothing healthy',
        ],
      },
      allowed: {
        'blue gets sick': sicken('prod', 'A-0', 'A-1'),
        'green gets sick where it was tested': sicken('test', 'B-0', 'B-1'),
        'an unmanaged server joins production': enter('prod', 'i-other'),
      },
    },
  ],
  'shift-weights': [shift(false), shift(true)],
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
      },
      allowed: {
        'it gets sick': sicken('test', 'B-0', 'B-1'),
        'it leaves the test group': leave('test', 'B-0', 'B-1'),
        'an unmanaged server joins production': enter('prod', 'i-other'),
      },
    },
    ...[false, true].map((byName): Case<'terminate'> => ({
      name: byName ? 'that names have left' : 'that rules have left',
      world: divided(byName),
      step: {
        do: 'terminate',
        fleet: 'B',
        retentionS: 0,
        keeps: { fleet: 'A', groups: [{ pools: ['one'], minimum: MINIMUM }] },
      },
      refused: {
        'somebody gives it a share again': [weigh(90, 10), 'never terminated'],
        'the serving fleet dies': [sicken('one', 'A-0', 'A-1'), 'B may be the way back'],
      },
      allowed: { 'it gets sick': sicken('two', 'B-0', 'B-1') },
    })),
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
      refused: { 'it is registered with production by hand': [enter('prod', 'B-0'), 'never terminated'] },
      allowed: { 'the serving fleet dies': sicken('prod', 'A-0', 'A-1') },
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
      },
      allowed: {
        'another one gets sick': sicken('prod', 'A-1'),
        'it is registered with a test group': enter('test', 'A-0'),
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
      },
      allowed: {
        'it gets sick itself': sicken('prod', 'A-0'),
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
      },
      allowed: { 'the other one gets sick': sicken('prod', 'A-1') },
    },
  ],
};
