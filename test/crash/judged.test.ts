import { describe, expect, test } from 'vitest';
import { ExitCode } from '../../src/errors.ts';
import type { Freeze } from '../../src/domain/freeze.ts';
import { serving } from '../support/little/goals.ts';
import { LittleJudges } from '../support/little/judges.ts';
import { KINDS, type Kind } from '../support/little/kinds.ts';
import type { Call, Calls } from '../support/little/process.ts';
import { Site, type Run } from '../support/little/site.ts';
import { production, type State } from '../support/little/state.ts';
import { STORE_FAULTS } from '../support/little/store.ts';
import { LittleWork } from '../support/little/work.ts';
import { sampled } from '../support/sampled.ts';
import { codeOf, lies } from './outcome.ts';

/**
 * A promote with everything that decides on one: an approval, a closed time that is asked for, work that moves, gates and a bake. Green is
 * good or bad; or its last share is rejected, never answered, or approved when a closed time has begun. It is
 * killed, stopped and failed at a sample of its calls, other ones each time. Never do both sides take work, never is an approval used
 * twice, and never does production go back to what is not whole.
 */
const FATES = ['good', 'bad', 'bad, and blue is sick', 'rejected', 'not approved', 'late for a closed time'] as const;
type Fate = (typeof FATES)[number];

const WISH = { 'target-groups': {}, 'weighted-listener': { steps: [50, 100], every: 3 }, 'weighted-dns': {} } as const;
const MINUTE_MS = 60_000;

/** Of the others all is undone. */
const ENDINGS: Partial<Record<Fate, ExitCode>> = {
  good: ExitCode.done,
  'bad, and blue is sick': ExitCode.needsAttention,
};

const CLOSED: Freeze = { state: 'closed', why: 'the weekend' };

interface Judged {
  readonly site: Site;
  readonly work: LittleWork;
  readonly wrong: string[];
}

function siteOf(kind: Kind, fate: Fate): Judged {
  const work = new LittleWork('41');
  const judges = new LittleJudges(kind.traffic === 'weighted-listener' ? [50, 100] : []);
  const wrong: string[] = [];
  const site = new Site(
    { start: 'green', groups: 1, size: 2, draining: false },
    { kind, work, judges, onEffect: (state) => void wrong.push(...noted(state)) },
  );
  // The last share is what it is about: where weights move traffic, green has half of production by then.
  const isLast = (share: number): boolean => share === (judges.terms.shares.at(-1) ?? share);
  const answers: Partial<Record<Fate, 'rejected' | undefined>> = { rejected: 'rejected', 'not approved': undefined };
  site.store.answer = ({ share }) => (fate in answers && isLast(share) ? answers[fate] : 'approved');
  site.store.onAsked = ({ share }) => {
    if (fate === 'late for a closed time' && isLast(share)) judges.freeze = CLOSED;
  };
  let level = 0;
  const noted = (state: State): readonly string[] => {
    const before = level;
    level = shareOfGreen(state);
    const goesBack = level < before && isBlueSick(state);
    const steps = judges.terms.shares.length === 0 ? [1] : judges.terms.shares;
    site.store.used += steps.filter((share) => before < share && share <= level).length;
    return [
      ...(goesBack ? ['production went back to what is not whole'] : []),
      ...(level > before && judges.freeze.state === 'closed' ? ['green got more in a closed time'] : []),
      ...(site.store.used > site.store.given ? [`${site.store.used} shares with ${site.store.given} approvals`] : []),
    ];
  };
  judges.verdict = ({ percent, since, now }) => {
    if (!fate.startsWith('bad') || percent < 100) return { verdict: 'pass', why: 'fine', numbers: {} };
    // So early that ELB has noticed it when the bake is over.
    if (fate === 'bad, and blue is sick' && now < since + judges.bakeS * 1000) {
      site.cloud.behave('i-blue-1', false);
      return { verdict: 'inconclusive', why: 'not yet', numbers: {} };
    }
    return { verdict: 'fail', why: 'errors', numbers: {} };
  };
  return { site, work, wrong };
}

/** As ELB has noticed it: nobody can know earlier, such as where a run that was killed has judged for the last time just before. */
function isBlueSick({ groups }: State): boolean {
  const targets = [...groups.values()].flatMap(({ members }) => [...members.values()]);
  return targets.some(({ id, health }) => id.startsWith('i-blue') && health === 'unhealthy');
}

/** In percent. */
function shareOfGreen(state: State): number {
  const own = production(state).filter((group) =>
    [...group.members.values()].some(({ id, health }) => id.startsWith('i-green') && health !== 'draining'),
  );
  if (state.ways === undefined) return own.length > 0 ? 100 : 0;
  const led = [...state.ways.values()].filter(({ role }) => role === 'production');
  const shares = led.map(({ weights }) => {
    const all = [...weights.values()].reduce((sum, weight) => sum + weight, 0);
    return (own.reduce((sum, { name }) => sum + (weights.get(name) ?? 0), 0) / Math.max(1, all)) * 100;
  });
  return Math.max(0, ...shares);
}

/** What can happen at a call: a death, a signal, a stop while another operator goes on, a fault. */
function disruptions({ n, name }: Call): readonly Calls[] {
  const faults = name.startsWith('store ') ? STORE_FAULTS : name.startsWith('gate') ? ['no answer'] : [];
  return [
    { kill: { n, when: 'before' } },
    { kill: { n, when: 'after' } },
    { kill: { n, when: 'late' } },
    { interrupt: { n } },
    { pause: { n, ms: 5 * MINUTE_MS } },
    ...faults.map((kind) => ({ fault: { n, kind } })),
  ];
}

/** Each call that is about what decides, and the others. */
const DECIDES = /^(?:gate|work|freeze|store (?:approval|putApproval|putGoal|clearGoal))/;

async function pointsOf(kind: Kind, fate: Fate): Promise<readonly Calls[]> {
  const { site } = siteOf(kind, fate);
  const { process, ended } = await site.run('promote', WISH[kind.traffic as keyof typeof WISH]);
  expect(ended, fate).toMatchObject({ exitCode: ENDINGS[fate] ?? ExitCode.safe });
  const about = process.calls.filter(({ name }) => DECIDES.test(name));
  const others = process.calls.filter(({ name }) => !DECIDES.test(name));
  return [...sampled(about.flatMap(disruptions), 20), ...sampled(others.flatMap(disruptions), 100)];
}

async function disrupted(kind: Kind, fate: Fate, calls: Calls): Promise<readonly string[]> {
  const { site, work, wrong } = siteOf(kind, fate);
  const first = site.start('promote', WISH[kind.traffic as keyof typeof WISH], calls);
  if (calls.pause === undefined) await site.clock.until(() => first.run !== undefined, 60 * MINUTE_MS);
  // Longer than a lease lives.
  else await site.clock.pass(2 * MINUTE_MS);
  const { goal: recorded } = site.store;
  const way = recorded === undefined ? 'promote' : 'resume';
  const runs = [await site.run(way, way === 'promote' ? WISH[kind.traffic as keyof typeof WISH] : {})];
  await site.clock.until(() => first.run !== undefined, 60 * MINUTE_MS);
  wrong.push(
    ...work.wrong,
    ...site.watch.broken,
    ...lies(runs[0] as Run, recorded?.goal.verb ?? 'promote', site.cloud.state),
  );
  // What a person does then ends it well: blue is whole again.
  site.cloud.behave('i-blue-1', true);
  site.store.isDead = false;
  await site.clock.pass(2 * MINUTE_MS);
  runs.push(await site.run('rollback'));
  wrong.push(...work.wrong, ...site.watch.broken);
  const served = serving(site.cloud.state).join();
  if (served !== work.owner) wrong.push(`${served} serves, and ${work.owner} takes work`);
  if (served !== '41') wrong.push(`after a rollback ${served} serves`);
  const said = [first.run, ...runs].map((run) => run && codeOf(run)).join(', ');
  return [...new Set(wrong)].map((what) => `${JSON.stringify(calls)} of ${fate} (${said}): ${what}`);
}

describe.each(KINDS)('$fleet behind $traffic', (kind) => {
  test.each(FATES)('a promote of a release that is %s', async (fate) => {
    const wrong: string[] = [];
    for (const calls of await pointsOf(kind, fate)) wrong.push(...(await disrupted(kind, fate, calls)));
    expect(wrong).toEqual([]);
  });
});
