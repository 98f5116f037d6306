import { isChange } from '../support/little/api.ts';
import type { Kind } from '../support/little/kinds.ts';
import type { Scene } from '../support/little/scene.ts';
import { Site, type Run } from '../support/little/site.ts';
import { tellRun } from '../support/little/story.ts';
import { isServing, living, production } from '../support/little/state.ts';
import { fleetOf } from '../support/little/rules.ts';
import { REQUEST_MS } from '../support/little/wire.ts';
import type { Case } from './cases.ts';
import { codeOf } from './outcome.ts';

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

/** `up` says nothing of who serves. */
function untrue({ cloud }: Site, run: Run): readonly string[] {
  const code = codeOf(run);
  if (code.startsWith('a fault')) return [code];
  if (code !== 'done' || run.ask === 'up') return [];
  const groups = production(cloud.state).filter(
    ({ members }) => ![...members.values()].some((member) => isServing(cloud.state, member)),
  );
  return groups.map(({ name }) => `it says done, and nothing is healthy in ${name}`);
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
