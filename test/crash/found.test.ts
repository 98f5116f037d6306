import { expect, test } from 'vitest';
import { liveOne } from './random.ts';

/** The shortest histories of those that found something, with the seed that did. */

const ALONE = { seesDeath: false, lagMs: 2000 } as const;
const TAKES_OVER = { takeOver: true } as const;
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

test('a cleanup takes nothing out of a group to which production was moved by hand since (seed 500153)', async () => {
  const asked = { wish: TAKES_OVER, calls: {} };
  const wrong = await liveOne({
    ...ALONE,
    lagMs: 0,
    kind: 1,
    scene: { ...SCENE, start: 'green', size: 2 },
    operators: [
      {
        acts: [
          { ...asked, afterMs: 0, ask: 'promote', calls: { interrupt: { n: 1 } } },
          { ...asked, afterMs: 3000, ask: 'promote', calls: { interrupt: { n: 21 } } },
          { ...asked, afterMs: 0, ask: 'rollback', calls: { pause: { n: 1, ms: 2800 } } },
          { afterMs: 0, ask: 'cleanup', wish: { wait: true, discard: false, ...TAKES_OVER }, calls: {} },
        ],
        clockOffMs: 0,
        store: 0,
      },
      {
        acts: [
          { ...asked, afterMs: 1000, ask: 'rollback' },
          { ...asked, afterMs: 0, ask: 'rollback', calls: { fault: { n: 1, kind: 'throttled' } } },
        ],
        clockOffMs: 0,
        store: 0,
      },
    ],
    happenings: [
      { at: { request: 81 }, what: 'another port joins by hand', who: 1, forMs: 1000 },
      { at: { request: 51 }, what: 'gets sick', who: 0, forMs: 1000 },
      { at: { request: 80 }, what: 'weights are set by hand', who: 1, forMs: 1000 },
    ],
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

test('a resumed up launches no second fleet beside that of another store (seed 2028)', async () => {
  const up = { afterMs: 20_000, ask: 'up', wish: { release: '42', ...TAKES_OVER } } as const;
  const wrong = await liveOne({
    ...ALONE,
    lagMs: 0,
    kind: 0,
    scene: { ...SCENE, start: 'blue' },
    operators: [
      { store: 0, acts: [{ ...up, calls: { kill: { n: 23, when: 'late' } } }] },
      { store: 1, acts: [{ ...up, calls: { kill: { n: 24, when: 'after' } } }] },
    ],
    happenings: [],
  });
  expect(wrong).toEqual([]);
});

test('the time of two machines may be a second apart, and answers be as old as they may be (seed 2030)', async () => {
  const asked = { afterMs: 0, wish: {}, calls: {} };
  const acts = (['promote', 'rollback', 'promote'] as const).map((ask) => ({ ...asked, ask }));
  const wrong = await liveOne({
    ...ALONE,
    lagMs: 0,
    kind: 0,
    scene: SCENE,
    operators: [{ clockOffMs: -3_600_000, acts }],
    happenings: [{ at: { request: 37 }, what: 'stale readings', who: 0, forMs: 1000 }],
  });
  expect(wrong).toEqual([]);
});

test('a cleanup that was stopped by a switch of another store does not say that one release serves (seed 2041)', async () => {
  const wrong = await liveOne({
    ...ALONE,
    lagMs: 0,
    kind: 0,
    scene: { ...SCENE, start: 'green' },
    operators: [
      { store: 1, acts: [{ afterMs: 0, ask: 'cleanup', wish: { discard: true, ...TAKES_OVER }, calls: {} }] },
      { store: 0, acts: [{ afterMs: 0, ask: 'promote', wish: TAKES_OVER, calls: { pause: { n: 23, ms: 2800 } } }] },
    ],
    happenings: [],
  });
  expect(wrong).toEqual([]);
});

test('a look that failed is repeated once all of its requests have ended (seed 500195)', async () => {
  const adopt = { afterMs: 0, ask: 'adopt', wish: { release: '41', ...TAKES_OVER } } as const;
  const wrong = await liveOne({
    ...ALONE,
    lagMs: 0,
    kind: 2,
    scene: { ...SCENE, start: 'unadopted' },
    operators: [
      {
        acts: [
          { ...adopt, calls: { pause: { n: 82, ms: 2800 } } },
          { ...adopt, calls: {} },
        ],
        clockOffMs: 0,
        store: 0,
      },
    ],
    happenings: [{ at: { request: 5 }, what: 'throttling', who: 0, forMs: 30_000 }],
  });
  expect(wrong).toEqual([]);
});

test('what another store has recorded is no minimum for a run that has taken over (seed 500444)', async () => {
  const promote = { ask: 'promote', wish: TAKES_OVER } as const;
  const throttled = { fault: { n: 1, kind: 'throttled' } } as const;
  const wrong = await liveOne({
    ...ALONE,
    lagMs: 0,
    kind: 0,
    scene: { ...SCENE, start: 'rejected', size: 3 },
    operators: [
      { acts: [{ ...promote, afterMs: 70_000, calls: {} }], clockOffMs: 0, store: 0 },
      {
        acts: [
          { ...promote, afterMs: 0, calls: { pause: { n: 1, ms: 2800 } } },
          { afterMs: 0, ask: 'cleanup', wish: { wait: false, discard: false, ...TAKES_OVER }, calls: throttled },
        ],
        clockOffMs: 0,
        store: 1,
      },
    ],
    happenings: [
      { at: { ms: 2863 }, what: 'dies', who: 3, forMs: 1000 },
      { at: { ms: 2863 }, what: 'dies', who: 5, forMs: 1000 },
    ],
  });
  expect(wrong).toEqual([]);
});

test('a green that one reading shows with a share, and another of the same look without, is kept for a while (seed 500919)', async () => {
  const asked = { afterMs: 0, calls: { fault: { n: 1, kind: 'throttled' } } } as const;
  const wrong = await liveOne({
    ...ALONE,
    lagMs: 300,
    kind: 1,
    scene: { ...SCENE, start: 'green', groups: 2 },
    operators: [
      {
        acts: [
          { ...asked, ask: 'cleanup', wish: { wait: false, discard: true, ...TAKES_OVER } },
          { ...asked, ask: 'promote', wish: TAKES_OVER },
        ],
      },
    ],
    happenings: [
      { at: { request: 12 }, what: 'weights are set by hand', who: 0, forMs: 1000 },
      { at: { request: 1 }, what: 'weights are set by hand', who: 1, forMs: 1000 },
    ],
  });
  expect(wrong).toEqual([]);
});

test('an instance that its group has ended since the last answers were true is not held against the switch', async () => {
  const asked = { afterMs: 20_000, wish: TAKES_OVER };
  const wrong = await liveOne({
    ...ALONE,
    kind: 3,
    scene: { ...SCENE, groups: 2 },
    operators: [
      {
        acts: [
          { ...asked, ask: 'rollback', calls: {} },
          { ...asked, ask: 'promote', calls: { fault: { n: 1, kind: 'throttled' } } },
        ],
        clockOffMs: 0,
        store: 0,
      },
    ],
    happenings: [{ at: { ms: 46_551 }, what: 'a group is refreshed by hand', who: 7, forMs: 1000 }],
  });
  expect(wrong).toEqual([]);
});

test('an instance of a group is of the fleet that the group is, and not of the one that has launched it (seed 800186)', async () => {
  const adopt = { ask: 'adopt', wish: { release: '41', ...TAKES_OVER } } as const;
  const wrong = await liveOne({
    ...ALONE,
    kind: 4,
    scene: { ...SCENE, start: 'unadopted' },
    operators: [
      {
        acts: [
          { ...adopt, afterMs: 1000, calls: {} },
          { afterMs: 0, ask: 'resume', wish: {}, calls: { pause: { n: 1, ms: 2800 } } },
        ],
        clockOffMs: 0,
        store: 0,
      },
      { acts: [{ ...adopt, afterMs: 0, calls: { fault: { n: 1, kind: 'throttled' } } }], clockOffMs: 0, store: 1 },
    ],
    happenings: [{ at: { request: 1 }, what: 'a group scales out', who: 0, forMs: 1000 }],
  });
  expect(wrong).toEqual([]);
});

test('a cleanup that has taken over waits also before it empties a group without a share (seed 1206226072)', async () => {
  const wrong = await liveOne({
    ...ALONE,
    kind: 1,
    scene: { ...SCENE, start: 'rejected' },
    operators: [
      {
        acts: [{ afterMs: 0, ask: 'cleanup', wish: { wait: false, discard: false, ...TAKES_OVER }, calls: {} }],
        clockOffMs: 0,
        store: 1,
      },
      {
        acts: [
          {
            afterMs: 0,
            ask: 'promote',
            wish: TAKES_OVER,
            calls: { fault: { n: 49, kind: 'denied, stale 10 s' } },
          },
        ],
        clockOffMs: 0,
        store: 0,
      },
    ],
    happenings: [],
  });
  expect(wrong).toEqual([]);
});

test('a second port of one server is no second server for the way back (seed 3100122)', async () => {
  const wrong = await liveOne({
    ...ALONE,
    lagMs: 0,
    kind: 1,
    scene: { ...SCENE, start: 'rejected', size: 3 },
    operators: [{ acts: [{ afterMs: 20_000, ask: 'rollback', wish: TAKES_OVER, calls: {} }] }],
    happenings: [
      { at: { request: 1 }, what: 'weights are set by hand', who: 1, forMs: 1000 },
      { at: { ms: 0 }, what: 'is deregistered by hand', who: 2, forMs: 1000 },
      { at: { ms: 0 }, what: 'another port joins by hand', who: 0, forMs: 1000 },
    ],
  });
  expect(wrong).toEqual([]);
});
