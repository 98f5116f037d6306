import { isChange } from '../support/little/api.ts';
import type { Kind } from '../support/little/kinds.ts';
import type { Scene } from '../support/little/scene.ts';
import { Site, type Run } from '../support/little/site.ts';
import { tellRun } from '../support/little/story.ts';
import { isServing, living, production } from '../support/little/state.ts';
import { fleetOf } from '../support/little/rules.ts';
import { REQUEST_MS } from '../support/little/wire.ts';
import type { Case } from './cases.ts';
import { codeOf, isDated } from './outcome.ts';

/** What happens while AWS throttles a change. */
export const HAPPENINGS = [
  'blue dies',
  'green dies',
  'blue gets sick',
  'green gets sick',
  'green joins production',
] as const;
export type Happening = (typeof HAPPENINGS)[number];

/** The changes that the task makes in fine weather, by the number of the call. */
export async function changesOf(kind: Kind, scene: Scene, { ask, wish }: Case): Promise<readonly number[]> {
  const run = await new Site(scene, { kind }).run(ask, wish);
  return run.process.calls.filter(({ name }) => isChange(name)).map(({ n }) => n);
}

/** Once, and as often as it is tried for that long. */
export const THROTTLED = ['throttled', 'throttled 30 s'] as const;

export interface ThrottleTrial {
  readonly kind: Kind;
  readonly scene: Scene;
  readonly one: Case;
  readonly n: number;
  readonly fault: (typeof THROTTLED)[number];
  readonly what: Happening;
}

/** No run takes longer. */
const LONGEST_MS = 3_600_000;

/** What was wrong about the run whose n-th call, a change, is throttled, and the world turns bad meanwhile. */
export async function tryThrottled({ kind, scene, one, n, fault, what }: ThrottleTrial): Promise<readonly string[]> {
  const site = new Site(scene, { kind });
  const going = site.start(one.ask, one.wish, { fault: { n, kind: fault } });
  await site.clock.until(() => going.process.calls.length >= n || going.run !== undefined, LONGEST_MS);
  // What is on its way has arrived by then: nothing newer could be known.
  await site.clock.pass(2 * REQUEST_MS);
  if (going.run === undefined) happen(site, what);
  await site.clock.until(() => going.run !== undefined, LONGEST_MS);
  const wrong = [...site.watch.broken, ...untrue(site, going.run!)];
  return wrong.length === 0 ? [] : [`call ${n} met: ${fault}; meanwhile ${what}:`, ...wrong, tellRun(going.run!)];
}

/** The world turns bad as the last look of a run begins, or once that has read the health. @returns how the run ends */
export async function tryAtLastLook(
  kind: Kind,
  scene: Scene,
  { ask, wish }: Case,
  { at, what }: { readonly at: 'its begin' | 'the health'; readonly what: Happening },
): Promise<{ readonly code: string; readonly wrong: readonly string[] }> {
  const { calls } = (await new Site(scene, { kind }).run(ask, wish)).process;
  const health = calls.findLastIndex(({ name }) => name === 'DescribeTargetHealth');
  // It begins with what shows the last change, or once the last step is recorded.
  const begin = calls.slice(0, health).findLast(({ name }) => isChange(name) || name === 'store putGoal')!;
  const { n } = at === 'the health' ? calls[health]! : begin;
  const site = new Site(scene, { kind });
  const run = await site.run(ask, wish, { meanwhile: { n, act: () => happen(site, what) } });
  return { code: codeOf(run), wrong: [...site.watch.broken, ...untrue(site, run)] };
}

/** A look takes no longer, or its sentence says so. */
const LOOK_MS = 10_000;

/**
 * `up` says nothing of who serves. What the others say is of their last look, after all that they have changed: what gets sick
 * once that has read the health, while it reads the rest, is not held against it.
 */
function untrue({ cloud, clock, watch }: Site, run: Run): readonly string[] {
  const { ask, process } = run;
  const code = codeOf(run);
  if (code.startsWith('a fault')) return [code];
  if (code !== 'done' || ask === 'up') return [];
  const changedAt = Math.max(0, ...process.calls.filter(({ name }) => isChange(name)).map(({ at }) => at));
  const { shown } = watch.sight(process);
  return production(cloud.state).flatMap(({ name }) => {
    const at = shown.get(name) ?? 0;
    if (at <= changedAt) return [`it says done, and has not looked at ${name} since its last change`];
    if (clock.now - at > LOOK_MS && !isDated(run))
      return [`it says done, and has looked at ${name} ${clock.now - at} ms ago`];
    const then = cloud.stateAt(at);
    const members = [...(then.groups.get(name)?.members.values() ?? [])];
    return members.some((member) => isServing(then, member))
      ? []
      : [`it says done, and was shown nothing healthy in ${name}`];
  });
}

function happen({ cloud }: Site, what: Happening): void {
  const [fleet, ...does] = what.split(' ');
  const boxes = living(cloud.state).filter((box) => fleetOf(box) === fleet && box.state === 'running');
  for (const { id } of boxes) {
    if (does.join(' ') === 'dies') cloud.die(id);
    else if (does.join(' ') === 'gets sick') cloud.behave(id, false);
    else for (const { name } of production(cloud.state)) cloud.register(name, id);
  }
}
