import * as fc from 'fast-check';
import { ExitCode } from '../../src/errors.ts';
import { serving } from '../support/little/goals.ts';
import { KINDS, LIVED } from '../support/little/kinds.ts';
import { stillHeld } from '../support/little/scaling-rules.ts';
import { MINIMUM } from '../support/little/scene-scaling.ts';
import { Site, type Run } from '../support/little/site.ts';
import { tellRun } from '../support/little/story.ts';
import { expectHappening } from './happen.ts';
import { historiesOf, type Happening, type History, type Operator } from './histories.ts';
import { leaks } from './leaks.ts';
import { codeOf, isDated, refusedWell } from './outcome.ts';

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
  const site = new Site(scene, { seesDeath, kind: LIVED[kind] ?? KINDS[0], stores: 2 });
  site.weather.lagMs = lagMs;
  const runs: Run[] = [];
  const wrong: string[] = [];
  const ended = (run: Run): void => {
    runs.push(run);
    wrong.push(...untrue(site, run, happenings));
  };
  for (const one of happenings) expectHappening(site, one);
  const left = { operators: operators.length };
  for (const one of operators) perform(site, one, ended, () => (left.operators -= 1));
  await site.clock.until(() => left.operators === 0, LONGEST_MS);
  await calm(site);
  for (const [store, { goal }] of site.stores.entries())
    if (goal !== undefined) ended(await site.run('resume', {}, {}, { store }));
  // What cannot be finished is given up.
  for (const [store, { goal }] of site.stores.entries())
    if (goal !== undefined) ended(await site.run('abandon', {}, {}, { store }));
  // What has lost its tags by hand cannot be told from another team's.
  const isUntagged = happenings.some(({ what }) => UNTAGS.includes(what));
  const isSetByHand = happenings.some(({ what }) => what === 'a minimum is set by hand');
  const held = isUntagged ? [] : stillHeld(site.cloud.state, isSetByHand ? undefined : MINIMUM);
  wrong.push(...site.watch.broken, ...held, ...(isUntagged ? [] : await leaks(site)));
  return { wrong, runs: runs.length, story: () => runs.map(tellRun).join('\n\n') };
}

const UNTAGS: readonly Happening['what'][] = ['loses its tags by hand', 'another environment takes it by hand'];

/** One after the other, each a while after the end of the one before. */
function perform(site: Site, { acts, ...desk }: Operator, ended: (run: Run) => void, over: () => void): void {
  const [first, ...rest] = acts;
  if (first === undefined) return over();
  const onEnd = (run: Run): void => {
    ended(run);
    perform(site, { ...desk, acts: rest }, ended, over);
  };
  site.clock.after(first.afterMs, () => site.start(first.ask, first.wish, first.calls, onEnd, desk));
}

async function calm(site: Site): Promise<void> {
  site.forgetRequests();
  for (const store of site.stores) store.isDead = false;
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
  const isCertain =
    isQuiet && site.stores.every(({ lease }) => lease === undefined) && ended.exitCode !== ExitCode.leaseLost;
  const now = serving(site.cloud.state);
  if (alone === undefined || !isCertain || (now.length === 1 && now[0] === alone)) return [];
  return [`${run.process.name} ${ask} says that ${alone} serves production; it is ${now.join(' and ') || 'nothing'}`];
}

/** Lives one history that was found; @returns what it breaks */
export async function liveOne(history: History): Promise<readonly string[]> {
  return (await live(history)).wrong;
}

/** Lives many, of one kind of fleet or of any; throws with the seed and the shortest history that breaks something. @returns the number of runs */
export async function liveMany(count: number, seed?: number, fleet?: string): Promise<number> {
  let runs = 0;
  const property = fc.asyncProperty(historiesOf(fleet), async (history) => {
    const lived = await live(history);
    runs += lived.runs;
    if (lived.wrong.length > 0) throw new Error([...lived.wrong, lived.story()].join('\n'));
  });
  await fc.assert(property, { numRuns: count, ...(seed === undefined ? {} : { seed }) });
  return runs;
}
