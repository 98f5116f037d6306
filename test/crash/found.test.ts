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
    operators: [[{ afterMs: 0, ask: 'cleanup', wish: { wait: false, discard: false }, calls: {} }]],
    happenings: [{ atMs: 0, what: 'weights are set by hand', who: 0, forMs: 1000 }],
  });
  expect(wrong).toEqual([]);
});
