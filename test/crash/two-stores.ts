import { ExitCode } from '../../src/errors.ts';
import type { AnyOptions } from '../../tasks/index.ts';
import { serving } from '../support/little/goals.ts';
import type { Kind } from '../support/little/kinds.ts';
import type { Scene } from '../support/little/scene.ts';
import { Site, type Ask, type Run } from '../support/little/site.ts';
import { isServing, production } from '../support/little/state.ts';
import { tellRun } from '../support/little/story.ts';
import { codeOf } from './outcome.ts';

/** Runs of two stores on one environment, each with a lease: what one of them does, the other one must not undo at the same time. */

export interface Order {
  readonly ask: Ask;
  readonly wish: AnyOptions;
}

export interface StoresTrial {
  readonly kind: Kind;
  readonly scene: Scene;
  /** One after the other, each with a store of its own. */
  readonly orders: readonly [first: Order, second: Order];
  /** How much later the second one starts. */
  readonly afterMs: number;
  /** How old AWS's answers are. */
  readonly lagMs: number;
  /** The second one stops for a while at this call, counted from 1. */
  readonly pauseAt?: number;
}

/** Shorter than a decision holds: what was decided before it is still sent. */
const PAUSE_MS = 2800;
/** Health takes long enough for one run to wait while the other one begins and ends. */
const TIMES = { registrationMs: 20_000 };

/** No run takes longer. */
const LONGEST_MS = 3_600_000;

export interface Tried {
  readonly wrong: readonly string[];
  readonly codes: readonly string[];
}

/** What was wrong about the two runs, and how they ended. */
export async function tryStores({ kind, scene, orders, afterMs, lagMs, pauseAt }: StoresTrial): Promise<Tried> {
  const site = new Site(scene, { kind, stores: 2, times: TIMES });
  site.weather.lagMs = lagMs;
  const runs: Run[] = [];
  for (const [store, { ask, wish }] of orders.entries()) {
    const calls = store === 1 && pauseAt !== undefined ? { pause: { n: pauseAt, ms: PAUSE_MS } } : {};
    site.clock.after(store * afterMs, () => site.start(ask, wish, calls, (run) => runs.push(run), { store }));
  }
  await site.clock.until(() => runs.length === orders.length, LONGEST_MS);
  const wrong = [...site.watch.broken, ...untrue(site, runs)];
  const what = orders.map(({ ask }) => ask).join(' and ');
  const told = [`${what}, ${afterMs} ms apart, answers ${lagMs} ms old:`, ...wrong, ...runs.map(tellRun)];
  return { wrong: wrong.length === 0 ? [] : told, codes: runs.map(codeOf) };
}

function untrue({ cloud: { state } }: Site, runs: readonly Run[]): readonly string[] {
  const down = production(state).filter(({ members }) => ![...members.values()].some((one) => isServing(state, one)));
  const faults = runs.map(codeOf).filter((code) => code.startsWith('a fault'));
  return [...faults, ...down.map(({ name }) => `nothing is healthy in ${name}`), ...lieOf(state, runs.at(-1)!)];
}

/** What the one that ended last says of production. */
function lieOf(state: Site['cloud']['state'], { ended }: Run): readonly string[] {
  const said = ended.how === 'ended' && ended.exitCode === ExitCode.done ? ended.message : '';
  const alone = /(\S+) serves production/.exec(said)?.[1];
  const now = serving(state);
  if (alone === undefined || (now.length === 1 && now[0] === alone)) return [];
  return [`it says that ${alone} serves production; it is ${now.join(' and ')}`];
}
