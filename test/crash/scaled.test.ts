import { afterAll, describe, expect, test } from 'vitest';
import { ATTACHED, SCALED } from '../support/little/kinds.ts';
import { MINIMUM } from '../support/little/scene-scaling.ts';
import { stillHeld } from '../support/little/scaling-rules.ts';
import type { Scene } from '../support/little/scene.ts';
import { Site } from '../support/little/site.ts';
import { tellRun } from '../support/little/story.ts';
import { REACHED } from '../support/little/goals.ts';
import { sampled } from '../support/sampled.ts';
import { possibleOn, type Case } from './cases.ts';
import { crashes, FOLLOW_UPS, tryCrash } from './crash.ts';
import { faults, tryFault } from './fault.ts';
import { codeOf } from './outcome.ts';
import { suspended, terminated, type Answered } from './signals.ts';

/**
 * The matrices for Auto Scaling groups, which launch, register and replace by themselves: every task is killed, meets faults, is
 * asked to stop and is stopped for a while at its calls. Each crash has one way on, by turns; `npm run test:whole` looks at all calls.
 */
const counted = { crashes: 0, faults: 0, signals: 0 };

afterAll(() =>
  process.stdout.write(
    `auto-scaling: ${counted.crashes} crashes, ${counted.faults} faults, ${counted.signals} signals\n`,
  ),
);

const sceneOf = (one: Case, size: number): Scene => ({
  groups: 1,
  size,
  start: one.start,
  draining: one.draining ?? false,
});

/** Tells the whole story of the first one only; it mostly explains the others. */
class Wrong {
  readonly all: string[] = [];

  note({ wrong, story }: Pick<Answered, 'wrong' | 'story'>): void {
    if (wrong.length > 0) this.all.push(...wrong, ...(this.all.length === 0 ? [story()] : []));
  }
}

const rows = [...SCALED, ATTACHED].flatMap((kind) =>
  possibleOn(kind).map((one) => {
    const name = `${one.ask} ${JSON.stringify(one.wish)} in ${one.start}${one.draining ? ', draining' : ''}, ${kind.traffic}`;
    return { kind, one, name };
  }),
);

describe.each(rows)('$name', ({ kind, one }) => {
  test('reaches its goal, and leaves nothing held that needs not be', async () => {
    const site = new Site(sceneOf(one, 3), { kind });
    const run = await site.run(one.ask, one.wish);
    expect(codeOf(run), tellRun(run)).toBe('done');
    expect(REACHED[one.ask](site.cloud.state)).toBeUndefined();
    expect([...site.watch.broken, ...stillHeld(site.cloud.state, MINIMUM)]).toEqual([]);
  });

  test('is killed at its calls', async () => {
    const scene = sceneOf(one, 2);
    const wrong = new Wrong();
    const points = [...(await crashes(kind, scene, one)).entries()];
    for (const [index, point] of sampled(points, 60)) {
      const followUp = FOLLOW_UPS[index % FOLLOW_UPS.length]!;
      const afterwards = point.when === 'late' ? 'what was sent takes effect 9 s later' : 'fine';
      wrong.note(await tryCrash({ kind, scene, one, point, followUp, afterwards }));
      counted.crashes += 1;
    }
    expect(points.length).toBeGreaterThan(20);
    expect(wrong.all).toEqual([]);
  });

  test('meets faults', async () => {
    const scene = sceneOf(one, 1);
    const wrong = new Wrong();
    // No divisor of the number of faults, so that each call meets other ones.
    for (const point of sampled(await faults(kind, scene, one), 601)) {
      wrong.note(await tryFault({ kind, scene, one, point }));
      counted.faults += 1;
    }
    expect(wrong.all).toEqual([]);
  });

  test('is asked to stop, and is stopped for a while', async () => {
    const scene = sceneOf(one, 2);
    const wrong = new Wrong();
    const { calls } = (await new Site(scene, { kind }).run(one.ask, one.wish)).process;
    for (const { n } of sampled(calls, 90)) {
      wrong.note(await terminated({ kind, scene, one, n }));
      wrong.note(await suspended({ kind, scene, one, n }, n % 2 === 0 ? 'same' : 'opposite'));
      counted.signals += 2;
    }
    expect(wrong.all).toEqual([]);
  });
});
