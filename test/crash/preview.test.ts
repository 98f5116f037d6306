import { describe, expect, test } from 'vitest';
import type { AnyOptions } from '../../tasks/index.ts';
import { KINDS, type Kind } from '../support/little/kinds.ts';
import type { Call, Calls } from '../support/little/process.ts';
import { Site, type Ask, type Run } from '../support/little/site.ts';
import type { MadeRule, State } from '../support/little/state.ts';
import { STORE_FAULTS } from '../support/little/store.ts';
import { FAULTS } from '../support/little/wire.ts';
import { IS_WHOLE, sampled } from '../support/sampled.ts';
import { codeOf, lies } from './outcome.ts';

/**
 * Rules that lead some requests to green: every verb that makes or deletes them is killed, stopped and failed at its calls, and goes on, goes
 * back, or is given up. None is left behind, none is deleted but ours, and none leads to what it was not made for.
 */
interface Row {
  readonly verb: 'up' | 'promote' | 'rollback' | 'cleanup';
  readonly wish: AnyOptions;
  /** What was done well before. */
  readonly before: readonly (readonly [Ask, AnyOptions])[];
}

const UP = ['up', { release: '42' }] as const;
const ROWS: readonly Row[] = [
  { verb: 'up', wish: { release: '42' }, before: [] },
  { verb: 'promote', wish: {}, before: [UP] },
  { verb: 'rollback', wish: {}, before: [UP] },
  { verb: 'cleanup', wish: { discard: true }, before: [UP] },
  // It is up already, and its rule went with the promote.
  {
    verb: 'up',
    wish: { release: '42' },
    before: [UP, ['promote', {}], ['rollback', {}]],
  },
];

/** The ways on, by anybody from anywhere. */
const WAYS: readonly (readonly [Ask, AnyOptions])[] = [
  ['resume', {}],
  ['promote', {}],
  ['rollback', {}],
  ['cleanup', { discard: true }],
  ['abandon', {}],
];

/** Of another environment, and above the same listener. */
const THEIRS: MadeRule = {
  arn: 'arn:80/theirs',
  listener: 'arn:80',
  port: 80,
  priority: 48_000,
  group: 'theirs',
  tags: { 'turnout:environment': 'blog', 'turnout:fleet': 'x', 'turnout:preview': 'arn:80' },
};

const HOUR_MS = 3_600_000;

async function siteOf(kind: Kind, { before }: Row): Promise<Site> {
  const site = new Site({ start: 'blue', groups: 1, size: 2, draining: false }, { kind, preview: true });
  site.cloud.change((state) => ({ ...state, made: new Map([[THEIRS.arn, THEIRS]]) }));
  for (const [ask, wish] of before) expect(codeOf(await site.run(ask, wish))).toBe('done');
  // What was so before is not read any more.
  await site.clock.pass(60_000);
  return site;
}

function rules({ made }: State): readonly MadeRule[] {
  return [...(made?.values() ?? [])].filter(({ arn }) => arn !== THEIRS.arn);
}

/** What is wrong with the rules after a run that says that it is done. */
function left(run: Run, verb: string, state: State): readonly string[] {
  const now = rules(state);
  const theirs = state.made?.get(THEIRS.arn) === THEIRS ? [] : ['a rule of others was deleted'];
  if (codeOf(run) !== 'done') return theirs;
  const want = verb === 'up' ? 1 : 0;
  return now.length === want ? theirs : [...theirs, `${verb} is done, and there are ${now.length} rules`];
}

/** A rule never leads to a group where its release is not; one that is on its way to be deleted may. */
function misled(state: State): readonly string[] {
  return rules(state).flatMap(({ group, tags }) => {
    const members = [...(state.groups.get(group)?.members.values() ?? [])];
    const blue = members.some(({ id, health }) => id.startsWith('i-blue') && health !== 'draining');
    return blue ? [`people who look at ${tags['turnout:release']} get blue`] : [];
  });
}

function killed({ n }: Call): readonly Calls[] {
  return [{ kill: { n, when: 'before' } }, { kill: { n, when: 'after' } }, { kill: { n, when: 'late' } }];
}

function disruptions(call: Call): readonly Calls[] {
  const { n, name } = call;
  const faults = name.startsWith('store ') ? STORE_FAULTS : FAULTS;
  return [
    ...killed(call),
    { interrupt: { n } },
    { pause: { n, ms: 300_000 } },
    ...faults.map((kind) => ({ fault: { n, kind } })),
  ];
}

/** The whole of a row is thousands of trials. */
const LIMIT_MS = IS_WHOLE ? 1_800_000 : 120_000;

const ABOUT = /^(?:CreateRule|DeleteRule|DescribeRules)$/;

/** What happens, and the way on. */
type Trial = readonly [calls: Calls, way: (typeof WAYS)[number]];

/** Deaths at what makes and deletes a rule, with every way on; of all the rest a sample. */
async function trialsOf(kind: Kind, row: Row): Promise<readonly Trial[]> {
  const site = await siteOf(kind, row);
  const run = await site.run(row.verb, row.wish);
  expect([codeOf(run), ...left(run, row.verb, site.cloud.state), ...site.watch.broken]).toEqual(['done']);
  const { calls } = run.process;
  const about = calls.filter(({ name }) => ABOUT.test(name));
  const others = calls.filter(({ name }) => !ABOUT.test(name));
  const deaths = calls.filter(({ name }) => name === 'CreateRule' || name === 'DeleteRule').flatMap(killed);
  const withWays = (one: Calls): readonly Trial[] => WAYS.map((way) => [one, way]);
  return [
    ...deaths.flatMap(withWays),
    ...sampled(about.flatMap(disruptions).flatMap(withWays), 53),
    ...sampled(others.flatMap(disruptions).flatMap(withWays), 499),
  ];
}

async function disrupted(
  kind: Kind,
  row: Row,
  calls: Calls,
  [way, wish]: (typeof WAYS)[number],
): Promise<readonly string[]> {
  const site = await siteOf(kind, row);
  const first = site.start(row.verb, row.wish, calls);
  if (calls.pause === undefined) await site.clock.until(() => first.run !== undefined, HOUR_MS);
  else await site.clock.pass(120_000);
  site.store.isDead = false;
  const verb = way === 'resume' ? (site.store.goal?.goal.verb ?? row.verb) : way;
  const second = await site.run(way, wish);
  const wrong = [...left(second, verb, site.cloud.state), ...misled(site.cloud.state)];
  if (way !== 'abandon') wrong.push(...lies(second, verb as Row['verb'], site.cloud.state));
  await site.clock.until(() => first.run !== undefined, HOUR_MS);
  await site.clock.pass(120_000);
  // Whatever has become of it: these end it, and need nothing that was remembered.
  await site.run('rollback');
  const last = await site.run('cleanup', { discard: true, wait: true });
  wrong.push(...left(last, 'cleanup', site.cloud.state));
  if (codeOf(last) !== 'done') wrong.push(`cleanup ended with ${JSON.stringify(last.ended)}`);
  return [...wrong, ...site.watch.broken];
}

describe.each(KINDS.slice(0, 2))('preview, $fleet behind $traffic', (kind) => {
  test.each(ROWS)(
    '$verb (%#) that is disrupted leaves no rule behind',
    async (row) => {
      const wrong: string[] = [];
      const trials = await trialsOf(kind, row);
      for (const [calls, way] of trials) {
        const found = await disrupted(kind, row, calls, way);
        wrong.push(...found.map((what) => `${JSON.stringify(calls)}, then ${way[0]}: ${what}`));
      }
      expect(trials.length).toBeGreaterThan(3 * WAYS.length);
      expect(wrong).toEqual([]);
    },
    LIMIT_MS,
  );
});
