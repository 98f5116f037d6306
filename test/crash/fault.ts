import { REACHED } from '../support/little/goals.ts';
import type { Kind } from '../support/little/kinds.ts';
import type { Scene } from '../support/little/scene.ts';
import { Site, type Run } from '../support/little/site.ts';
import { STORE_FAULTS } from '../support/little/store.ts';
import { tellRun } from '../support/little/story.ts';
import { FAULTS } from '../support/little/wire.ts';
import type { Case } from './cases.ts';
import { leaks } from './leaks.ts';
import { codeOf, lies } from './outcome.ts';

/** What the n-th call meets. */
export interface FaultPoint {
  readonly n: number;
  readonly name: string;
  readonly kind: string;
}

/** Every call that the task makes, with everything that it can meet. */
export async function faults(kind: Kind, scene: Scene, { ask, wish }: Case): Promise<readonly FaultPoint[]> {
  const run = await new Site(scene, { kind }).run(ask, wish);
  return run.process.calls.flatMap(({ n, name }) => {
    const kinds: readonly string[] = name.startsWith('store ') ? STORE_FAULTS : FAULTS;
    return kinds.map((fault) => ({ n, name, kind: fault }));
  });
}

export interface FaultTrial {
  readonly kind: Kind;
  readonly scene: Scene;
  readonly one: Case;
  readonly point: FaultPoint;
}

export interface Faulted {
  readonly wrong: readonly string[];
  /** How the run ended that met the fault. */
  readonly code: string;
  readonly runs: number;
  story(): string;
}

const TTL_MS = 60_000;

/** The run that meets the fault says the truth; and once the weather is fine, the goal is reached. */
export async function tryFault({ kind, scene, one, point }: FaultTrial): Promise<Faulted> {
  const site = new Site(scene, { kind });
  const first = await site.run(one.ask, one.wish, { fault: point });
  const runs = [first];
  const wrong = [...lies(first, one.ask, site.cloud.state), ...site.watch.broken];
  if (codeOf(first) !== 'done') {
    await clear(site);
    runs.push(...(await toTheGoal(site, one)));
    const missing = REACHED[one.ask](site.cloud.state);
    if (missing !== undefined)
      wrong.push(`in fine weather it ended with ${codeOf(runs.at(-1) as Run)}, but ${missing}`);
  }
  await clear(site);
  wrong.push(...site.watch.broken, ...(await leaks(site)));
  const title = `call ${point.n}, ${point.name}, met: ${point.kind}`;
  return { wrong, code: codeOf(first), runs: runs.length, story: () => [title, ...runs.map(tellRun)].join('\n\n') };
}

async function clear(site: Site): Promise<void> {
  site.store.isDead = false;
  site.weather.throttledUntil = 0;
  site.weather.staleUntil = 0;
  await site.clock.pass(TTL_MS);
}

/** As a person would: resume what is unfinished; otherwise ask again. */
async function toTheGoal(site: Site, { ask, wish }: Case): Promise<readonly Run[]> {
  const resumed = await site.run('resume');
  if (codeOf(resumed) !== 'nothing-to-resume') return [resumed];
  return REACHED[ask](site.cloud.state) === undefined ? [resumed] : [resumed, await site.run(ask, wish)];
}
