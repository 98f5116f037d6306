import { ExitCode } from '../../src/errors.ts';
import { REACHED, serving, servesAlone } from '../support/little/goals.ts';
import type { Kind } from '../support/little/kinds.ts';
import type { Calls } from '../support/little/process.ts';
import type { Scene } from '../support/little/scene.ts';
import { Site, type Run } from '../support/little/site.ts';
import { tellRun } from '../support/little/story.ts';
import type { Case } from './cases.ts';
import { leaks } from './leaks.ts';
import { codeOf, isDated, lies } from './outcome.ts';

/** What comes from outside while the run waits for an answer. */
export interface Signalled {
  readonly kind: Kind;
  readonly scene: Scene;
  readonly one: Case;
  readonly n: number;
}

export interface Answered {
  readonly wrong: readonly string[];
  readonly code: string;
  readonly runs: number;
  story(): string;
}

/** SIGTERM at the n-th call: it stops, says so, and the goal can be resumed; or it was about to end anyway. */
export async function terminated({ kind, scene, one, n }: Signalled): Promise<Answered> {
  const site = new Site(scene, { kind });
  const first = await site.run(one.ask, one.wish, { interrupt: { n } });
  const wrong = [...lies(first, one.ask, site.cloud.state), ...site.watch.broken];
  if (site.store.lease !== undefined) wrong.push('the lease was not given back');
  if (codeOf(first) === 'done') return answer(site, [first], wrong, `SIGTERM at call ${n}`);
  if (codeOf(first) !== 'interrupted') wrong.push(`SIGTERM made it end with ${codeOf(first)}`);
  if (first.changes > 0 && site.store.goal === undefined) wrong.push('the goal was forgotten');
  const second = await site.run(site.store.goal === undefined ? one.ask : 'resume', one.wish);
  const missing = REACHED[one.ask](site.cloud.state);
  if (missing !== undefined) wrong.push(`then ${codeOf(second)}, but ${missing}`);
  return answer(site, [first, second], wrong, `SIGTERM at call ${n}`);
}

/** Longer than a lease lives. */
const STOPPED_MS = 300_000;
const LATER_MS = 70_000;

/**
 * SIGSTOP at the n-th call; a while later another operator goes on, or the other way; then SIGCONT. The one that slept must
 * not change anything any more.
 */
export async function suspended(trial: Signalled, other: 'same' | 'opposite'): Promise<Answered> {
  const { kind, scene, one, n } = trial;
  const site = new Site(scene, { kind });
  const calls: Calls = { pause: { n, ms: STOPPED_MS } };
  const sleeper = site.start(one.ask, one.wish, calls);
  await site.clock.pass(LATER_MS);
  const isAsleep = sleeper.run === undefined;
  const { ask, wish } = (other === 'opposite' ? one.opposite : undefined) ?? one;
  const second = await site.run(ask, wish);
  const between = site.cloud.state;
  await site.clock.until(() => sleeper.run !== undefined, 3_600_000);
  const first = sleeper.run as Run;
  const wrong = [...site.watch.broken, ...lies(second, ask, between)];
  if (first.ended.how === 'fault') wrong.push(codeOf(first));
  // A process that slept while its lease was taken over says so, and nothing else.
  if (first.changes > 0 && second.changes > 0 && !isSafeEnd(first))
    wrong.push(`the sleeper ended with ${codeOf(first)}`);
  if (isAsleep && codeOf(first) === 'done' && !isDated(first)) wrong.push('the sleeper takes for new what is old');
  const missing = servesAlone(site.cloud.state, serving(site.cloud.state)[0] ?? '?');
  if (missing !== undefined && codeOf(second) === 'done') wrong.push(missing);
  return answer(site, [first, second], wrong, `SIGSTOP at call ${n}, then ${ask} by another operator`);
}

async function answer(site: Site, runs: readonly Run[], wrong: string[], title: string): Promise<Answered> {
  wrong.push(...(await leaks(site)));
  const code = runs[0] ? codeOf(runs[0]) : '';
  return { wrong, code, runs: runs.length, story: () => [title, ...runs.map(tellRun)].join('\n\n') };
}

function isSafeEnd({ ended }: Run): boolean {
  return ended.how === 'ended' && (ended.exitCode === ExitCode.done || ended.exitCode === ExitCode.leaseLost);
}
