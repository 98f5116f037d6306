import * as fc from 'fast-check';
import type { AnyOptions } from '../../tasks/index.ts';
import { ExitCode } from '../../src/errors.ts';
import { serving } from '../support/little/goals.ts';
import { KINDS } from '../support/little/kinds.ts';
import type { Calls } from '../support/little/process.ts';
import { STARTS, type Scene } from '../support/little/scene.ts';
import { Site, type Ask, type Run } from '../support/little/site.ts';
import { living, production, withWeights, type Box } from '../support/little/state.ts';
import { STORE_FAULTS } from '../support/little/store.ts';
import { tellRun } from '../support/little/story.ts';
import { fleetOf } from '../support/little/rules.ts';
import { FAULTS } from '../support/little/wire.ts';
import { leaks } from './leaks.ts';
import { codeOf, isDated, refusedWell } from './outcome.ts';

/** What an operator types, and what becomes of that process. */
interface Act {
  /** Milliseconds after the one before. */
  readonly afterMs: number;
  readonly ask: Ask;
  readonly wish: AnyOptions;
  readonly calls: Calls;
}

/** By itself, and by the hand of an operator who uses AWS's console. */
const HAPPENINGS = [
  'dies',
  'gets sick',
  'gets well',
  'throttling',
  'stale readings',
  'is registered by hand',
  'is deregistered by hand',
  'loses its tags by hand',
  'weights are set by hand',
  'an unmanaged server joins by hand',
] as const;

/** What happens without any run's doing. */
interface Happening {
  readonly atMs: number;
  readonly what: (typeof HAPPENINGS)[number];
  /** Which instance, counted over those of ours that live. */
  readonly who: number;
  readonly forMs: number;
}

/** A little world, two operators, and what happens to them. */
interface History {
  /** Which kind of fleet and of traffic, counted over those there are. */
  readonly kind: number;
  readonly scene: Scene;
  readonly seesDeath: boolean;
  /** How old readings always are. */
  readonly lagMs: number;
  readonly operators: readonly (readonly Act[])[];
  readonly happenings: readonly Happening[];
}

const SOON = [0, 100, 1000, 3000, 8000, 20_000, 70_000];

const place = fc.integer({ min: 1, max: 110 });

const calls: fc.Arbitrary<Calls> = fc.oneof(
  { weight: 3, arbitrary: fc.constant<Calls>({}) },
  fc.record({ kill: fc.record({ n: place, when: fc.constantFrom('before' as const, 'after' as const) }) }),
  fc.record({ pause: fc.record({ n: place, ms: fc.constantFrom(5000, 50_000, 70_000, 300_000) }) }),
  fc.record({ interrupt: fc.record({ n: place }) }),
  fc.record({ fault: fc.record({ n: place, kind: fc.constantFrom<string>(...FAULTS, ...STORE_FAULTS) }) }),
);

const asked: fc.Arbitrary<Pick<Act, 'ask' | 'wish'>> = fc.oneof(
  fc.record({
    ask: fc.constant('up' as const),
    wish: fc.record({ release: fc.constantFrom('42', '43', '44-sick') }),
  }),
  {
    weight: 3,
    arbitrary: fc.record({ ask: fc.constantFrom('promote' as const, 'rollback' as const), wish: fc.constant({}) }),
  },
  fc.record({ ask: fc.constant('cleanup' as const), wish: fc.record({ wait: fc.boolean(), discard: fc.boolean() }) }),
  fc.record({ ask: fc.constantFrom('resume' as const, 'abandon' as const, 'unlock' as const), wish: fc.constant({}) }),
  fc.record({ ask: fc.constant('adopt' as const), wish: fc.constant({ release: '41' }) }),
);

const act: fc.Arbitrary<Act> = fc
  .tuple(fc.constantFrom(...SOON), asked, calls)
  .map(([afterMs, what, plan]) => ({ afterMs, ...what, calls: plan }));

const happening: fc.Arbitrary<Happening> = fc.record({
  atMs: fc.integer({ min: 0, max: 60_000 }),
  what: fc.constantFrom(...HAPPENINGS),
  who: fc.nat({ max: 7 }),
  forMs: fc.constantFrom(1000, 10_000, 30_000),
});

const histories: fc.Arbitrary<History> = fc.record({
  kind: fc.nat({ max: KINDS.length - 1 }),
  scene: fc.record({
    start: fc.constantFrom(...STARTS),
    groups: fc.integer({ min: 1, max: 2 }),
    size: fc.integer({ min: 1, max: 4 }),
    sick: fc.boolean(),
    draining: fc.boolean(),
  }),
  seesDeath: fc.boolean(),
  lagMs: fc.constantFrom(0, 0, 300, 2000),
  operators: fc.array(fc.array(act, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 2 }),
  happenings: fc.array(happening, { maxLength: 4 }),
});

/** No history takes longer. */
const LONGEST_MS = 24 * 3_600_000;
const TTL_MS = 60_000;

interface Lived {
  readonly wrong: readonly string[];
  readonly runs: number;
  story(): string;
}

/** Lives a history, and in fine weather afterwards ends what is unfinished. */
async function live({ kind, scene, seesDeath, lagMs, operators, happenings }: History): Promise<Lived> {
  const site = new Site(scene, { seesDeath, kind: KINDS[kind] ?? KINDS[0] });
  site.weather.lagMs = lagMs;
  const runs: Run[] = [];
  const wrong: string[] = [];
  const ended = (run: Run): void => {
    runs.push(run);
    wrong.push(...untrue(site, run, happenings));
  };
  for (const one of happenings) site.clock.after(one.atMs, () => happen(site, one));
  const left = { operators: operators.length };
  for (const acts of operators) perform(site, acts, ended, () => (left.operators -= 1));
  await site.clock.until(() => left.operators === 0, LONGEST_MS);
  await calm(site);
  if (site.store.goal !== undefined) ended(await site.run('resume'));
  // What has lost its tags by hand cannot be told from another team's.
  const isUntagged = happenings.some(({ what }) => what === 'loses its tags by hand');
  wrong.push(...site.watch.broken, ...(isUntagged ? [] : await leaks(site)));
  return { wrong, runs: runs.length, story: () => runs.map(tellRun).join('\n\n') };
}

/** One after the other, each a while after the end of the one before. */
function perform(site: Site, [first, ...rest]: readonly Act[], ended: (run: Run) => void, over: () => void): void {
  if (first === undefined) return over();
  site.clock.after(first.afterMs, () =>
    site.start(first.ask, first.wish, first.calls, (run) => {
      ended(run);
      perform(site, rest, ended, over);
    }),
  );
}

function happen(site: Site, { what, who, forMs }: Happening): void {
  const { cloud, clock, weather } = site;
  if (what === 'throttling') weather.throttledUntil = clock.now + forMs;
  if (what === 'stale readings') weather.staleUntil = clock.now + forMs;
  const ours = living(cloud.state).filter((box) => fleetOf(box) !== undefined && box.state === 'running');
  const box = ours[who % Math.max(1, ours.length)];
  if (box === undefined) return;
  if (what === 'dies') cloud.die(box.id);
  if (what === 'gets sick') cloud.behave(box.id, false);
  if (what === 'gets well') cloud.behave(box.id, true);
  if (what.endsWith('by hand')) byHand(site, what, box, who);
}

/** An operator changes something, and the watch records it. */
function byHand({ cloud, watch }: Site, what: Happening['what'], box: Box, who: number): void {
  const groups = production(cloud.state);
  const group = groups[who % Math.max(1, groups.length)]?.name;
  const way = [...(cloud.state.ways ?? [])].find(([, { role }]) => role === 'production');
  const names = [...cloud.state.groups.keys()];
  watch.byHand(() => {
    if (what === 'is registered by hand' && group !== undefined) cloud.register(group, box.id);
    if (what === 'is deregistered by hand' && group !== undefined) cloud.deregister(group, box.id);
    if (what === 'loses its tags by hand') cloud.untag(box.id, ['turnout:environment', 'turnout:fleet']);
    if (what === 'weights are set by hand' && way !== undefined) {
      const weights = new Map(names.map((name, n) => [name, (n + who) % 2 === 0 ? 100 : who * 10]));
      cloud.change((state) => withWeights(state, way[0], weights));
    }
    if (what === 'an unmanaged server joins by hand' && group !== undefined) {
      const { zone, image } = box;
      cloud.register(group, cloud.boot({ zone, image, fit: true, tags: {} }));
    }
  });
}

async function calm(site: Site): Promise<void> {
  site.store.isDead = false;
  site.weather.throttledUntil = 0;
  site.weather.staleUntil = 0;
  await site.clock.pass(2 * TTL_MS);
}

/** What is untrue of what a run said at its end. While others are at it too, only what it did itself is held against it. */
function untrue(site: Site, run: Run, happenings: readonly Happening[]): readonly string[] {
  const { ended, ask } = run;
  if (ended.how === 'killed') return [];
  if (ended.how === 'fault') return [`${run.process.name} ${ask}: ${codeOf(run)}`];
  if (ended.exitCode === ExitCode.fault) return [`${run.process.name} ${ask}: a fault of ours`];
  if (ended.exitCode === ExitCode.refused) return refusedWell(run).map((what) => `${run.process.name} ${ask}: ${what}`);
  const alone = isDated(run) ? undefined : /(\S+) serves production/.exec(ended.message)?.[1];
  const isQuiet = happenings.every(({ what }) => what === 'throttling' || what === 'stale readings');
  const isCertain = isQuiet && site.store.lease === undefined && ended.exitCode !== ExitCode.leaseLost;
  const now = serving(site.cloud.state);
  if (alone === undefined || !isCertain || (now.length === 1 && now[0] === alone)) return [];
  return [`${run.process.name} ${ask} says that ${alone} serves production; it is ${now.join(' and ') || 'nothing'}`];
}

/** Lives one history that was found; @returns what it breaks */
export async function liveOne(history: History): Promise<readonly string[]> {
  return (await live(history)).wrong;
}

/** Lives many; throws with the seed and the shortest history that breaks something. @returns the number of runs */
export async function liveMany(count: number, seed?: number): Promise<number> {
  let runs = 0;
  const property = fc.asyncProperty(histories, async (history) => {
    const lived = await live(history);
    runs += lived.runs;
    if (lived.wrong.length > 0) throw new Error([...lived.wrong, lived.story()].join('\n'));
  });
  await fc.assert(property, { numRuns: count, ...(seed === undefined ? {} : { seed }) });
  return runs;
}
