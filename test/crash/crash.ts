import { isChange } from '../support/little/api.ts';
import { REACHED, serving, servesAlone } from '../support/little/goals.ts';
import type { Kind } from '../support/little/kinds.ts';
import type { Scene } from '../support/little/scene.ts';
import { Site, type Run } from '../support/little/site.ts';
import { tellRun } from '../support/little/story.ts';
import type { State } from '../support/little/state.ts';
import { IS_WHOLE } from '../support/sampled.ts';
import type { Case } from './cases.ts';
import { leaks } from './leaks.ts';
import { codeOf, lies, refusedWell } from './outcome.ts';

/** What is done after the crash. */
export const FOLLOW_UPS = ['resume', 'same verb', 'opposite verb', 'abandon'] as const;
export type FollowUp = (typeof FOLLOW_UPS)[number];

export interface Point {
  readonly n: number;
  readonly name: string;
  readonly when: 'before' | 'after' | 'late';
  /** Nothing was changed, and no time has passed, since the point before: the world is the same, and its process is dead. */
  readonly isSame: boolean;
}

const STORE_WRITES = new Set(['acquire', 'putGoal', 'clearGoal', 'log', 'release'].map((name) => `store ${name}`));

/**
 * Every moment at which the task can die with another outcome: before each call, and after each one that writes; and while
 * such a one is on its way, so that it takes effect when others are at work already.
 */
export async function crashes(kind: Kind, scene: Scene, { ask, wish }: Case): Promise<readonly Point[]> {
  const run = await new Site(scene, { kind }).run(ask, wish);
  const { calls } = run.process;
  const isQuick = (index: number): boolean => (calls[index]?.at ?? 0) - (calls[index - 1]?.at ?? -SAME_MS) < SAME_MS;
  const isRead = (index: number): boolean => !writes(calls[index]?.name ?? '');
  return calls.flatMap(({ n, name }, index): Point[] => {
    // After what was written there is a point of its own, which sees the death where this one does not, or the other way round.
    const isSame = isQuick(index) && (isRead(index - 1) || !IS_WHOLE);
    // In one of the two ways or the other, it was tried then.
    const isKnown = !IS_WHOLE && isSame && isRead(index - 1) && isQuick(index - 1);
    const before = { n, name, when: 'before', isSame } as const;
    if (!writes(name)) return isKnown ? [] : [before];
    return [before, { n, name, when: 'after', isSame: false }, { n, name, when: 'late', isSame: false }];
  });
}

/** A request's time: more of it is a pause. */
const SAME_MS = 50;

function writes(name: string): boolean {
  return isChange(name) || STORE_WRITES.has(name);
}

export interface Trial {
  readonly kind: Kind;
  readonly scene: Scene;
  readonly one: Case;
  readonly point: Point;
  readonly followUp: FollowUp;
  readonly afterwards: Afterwards;
}

/** What the world is like after the crash; readings are old for 10 s. */
export type Afterwards = 'fine' | 'readings are 10 s old' | 'what was sent takes effect 9 s later';

/** How it went: what was wrong (nothing, it is hoped), and the story. */
export interface Tried {
  readonly wrong: readonly string[];
  readonly runs: number;
  story(): string;
}

const TTL_MS = 60_000;

export async function tryCrash({ kind, scene, one, point, followUp, afterwards }: Trial): Promise<Tried> {
  // By turns: on one machine a dead holder is known to be gone; elsewhere its lease has to expire.
  const seesDeath = afterwards !== 'fine' || point.n % 2 === 0;
  const stale = afterwards === 'readings are 10 s old';
  const site = new Site(scene, { kind, seesDeath });
  const runs = [await site.run(one.ask, one.wish, { kill: point })];
  if (stale) site.weather.staleUntil = site.clock.now + site.weather.staleMs;
  const wrong: string[] = [];
  if (!seesDeath && site.store.lease !== undefined) {
    const early = await site.run(one.ask, one.wish);
    runs.push(early);
    if (codeOf(early) !== 'lease-held') wrong.push(`the lease of a dead run was ignored: ${codeOf(early)}`);
    await site.clock.pass(TTL_MS);
  }
  const ways = new Way(site, runs[0] as Run, one, afterwards !== 'fine');
  wrong.push(...(await ways.go(followUp)));
  if (stale) await site.clock.pass(2 * site.weather.staleMs);
  wrong.push(...site.watch.broken, ...(await leaks(site)));
  const all = [...runs, ...ways.runs];
  const title = `killed ${point.when} call ${point.n}, ${point.name}; then ${followUp}`;
  return { wrong, runs: all.length, story: () => [title, ...all.map(tellRun)].join('\n\n') };
}

/** The ways on from a crash, each to its end. */
class Way {
  readonly runs: Run[] = [];
  readonly #site: Site;
  readonly #killed: Run;
  readonly #one: Case;
  readonly #isUncertain: boolean;

  constructor(site: Site, killed: Run, one: Case, isUncertain: boolean) {
    this.#isUncertain = isUncertain;
    this.#site = site;
    this.#killed = killed;
    this.#one = one;
  }

  async go(followUp: FollowUp): Promise<readonly string[]> {
    const ways: Readonly<Record<FollowUp, () => Promise<readonly string[]>>> = {
      resume: async () => this.#resume(),
      'same verb': async () => this.#same(),
      'opposite verb': async () => this.#opposite(),
      abandon: async () => this.#abandon(),
    };
    return ways[followUp]();
  }

  get #state(): State {
    return this.#site.cloud.state;
  }

  async #run(...asked: Parameters<Site['run']>): Promise<Run> {
    const run = await this.#site.run(...asked);
    this.runs.push(run);
    return run;
  }

  /** To the goal; or there was none yet, or no longer. */
  async #resume(): Promise<readonly string[]> {
    const had = this.#site.store.goal !== undefined;
    const run = await this.#run('resume');
    const missing = REACHED[this.#one.ask](this.#state);
    if (codeOf(run) === 'done') return had && missing === undefined ? [] : [`resumed, but ${missing}`];
    if (codeOf(run) !== 'nothing-to-resume' || had) return [`resume ended with ${codeOf(run)}`];
    return this.#killed.changes === 0 || missing === undefined ? [] : [`nothing to resume, but ${missing}`];
  }

  async #same(): Promise<readonly string[]> {
    const run = await this.#run(this.#one.ask, this.#one.wish);
    const missing = REACHED[this.#one.ask](this.#state);
    if (missing !== undefined) return [`the same verb ended with ${codeOf(run)}, but ${missing}`];
    return codeOf(run) === 'done' ? [] : refusedWell(run);
  }

  /** There, or back; or it is refused, or found impossible, and then the first task can still be ended. */
  async #opposite(): Promise<readonly string[]> {
    const { opposite, ask } = this.#one;
    if (opposite === undefined) return [];
    const run = await this.#run(opposite.ask, opposite.wish);
    if (codeOf(run) === 'done') {
      // Once the old fleet is gone, there is nothing to go back to.
      const missing = ask === 'cleanup' ? this.#oneServes() : REACHED[opposite.ask](this.#state);
      return missing === undefined ? [] : [`${opposite.ask} is done, but ${missing}`];
    }
    const wrong = lies(run, opposite.ask, this.#state);
    const again = await this.#run(ask, this.#one.wish);
    const missing = REACHED[ask](this.#state);
    return missing === undefined ? wrong : [...wrong, `${ask} then ended with ${codeOf(again)}, but ${missing}`];
  }

  /** Nothing is touched; everything is shown; and whatever is accepted then can be done. */
  async #abandon(): Promise<readonly string[]> {
    const before = this.#state;
    const run = await this.#run('abandon');
    const wrong = codeOf(run) === 'done' ? [] : refusedWell(run);
    if (this.#site.store.goal !== undefined) wrong.push('the goal is still recorded');
    // Instances go on by themselves meanwhile, and so do groups.
    if (before.scaling === undefined && run.changes > 0) wrong.push('abandon changed something');
    const { verbs } = await this.#site.status();
    for (const { verb, why } of verbs) if (!/[.?)\w]$/.test(why)) wrong.push(`status says of ${verb}: "${why}"`);
    const next = verbs.find(({ verb, accepted }) => accepted && verb === this.#one.ask);
    if (next === undefined) return wrong;
    const again = await this.#run(this.#one.ask, this.#one.wish);
    const missing = REACHED[this.#one.ask](this.#state);
    if (missing === undefined) return wrong;
    // What `status` has read may be old, or not have happened yet; what a task decides by may not.
    const isExcused = this.#isUncertain && refusedWell(again).length === 0;
    return isExcused ? wrong : [...wrong, `after abandon it ended with ${codeOf(again)}, but ${missing}`];
  }

  #oneServes(): string | undefined {
    return servesAlone(this.#state, serving(this.#state)[0] ?? '?');
  }
}
