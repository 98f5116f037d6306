import { expect, test } from 'vitest';
import { liveOne } from './random.ts';

/** The shortest histories of those that found something, with the seed that did. */

const ALONE = { seesDeath: false, lagMs: 2000 } as const;
const SCENE = { start: 'promoted', groups: 1, size: 1, sick: false, draining: false } as const;

test('a cleanup that has begun when production is given to the parked group does not end it (seed 33)', async () => {
  const wrong = await liveOne({
    ...ALONE,
    kind: 1,
    scene: SCENE,
    operators: [{ acts: [{ afterMs: 0, ask: 'cleanup', wish: { wait: false, discard: false }, calls: {} }] }],
    happenings: [{ at: { ms: 0 }, what: 'weights are set by hand', who: 0, forMs: 1000 }],
  });
  expect(wrong).toEqual([]);
});

test('a resumed adopt tags nothing that has left production since (seed 11)', async () => {
  const interrupted = { afterMs: 0, ask: 'adopt', wish: { release: '41' }, calls: { interrupt: { n: 18 } } } as const;
  const wrong = await liveOne({
    ...ALONE,
    lagMs: 0,
    kind: 0,
    scene: { ...SCENE, start: 'unadopted' },
    operators: [
      { acts: [interrupted, { afterMs: 0, ask: 'cleanup', wish: {}, calls: { kill: { n: 1, when: 'before' } } }] },
    ],
    happenings: [
      { at: { ms: 349 }, what: 'is deregistered by hand', who: 0, forMs: 1000 },
      { at: { ms: 350 }, what: 'loses its tags by hand', who: 0, forMs: 1000 },
    ],
  });
  expect(wrong).toEqual([]);
});

test('a cleanup during which production is moved by hand ends with a sentence, and no fault (seed 32)', async () => {
  const asked = { wish: {}, calls: { pause: { n: 1, ms: 5000 } } };
  const wrong = await liveOne({
    ...ALONE,
    lagMs: 0,
    kind: 1,
    scene: SCENE,
    operators: [
      {
        acts: [
          { afterMs: 0, ask: 'promote', wish: {}, calls: {} },
          { afterMs: 20_000, ask: 'rollback', ...asked },
          { afterMs: 20_000, ask: 'cleanup', ...asked },
        ],
      },
    ],
    happenings: [{ at: { ms: 50_859 }, what: 'weights are set by hand', who: 1, forMs: 1000 }],
  });
  expect(wrong).toEqual([]);
});
