import { expect, test } from 'vitest';
import { liveOne } from './random.ts';

/** Histories that found something about looks whose readings are of different moments, as while requests wait for their turn. */

const TAKES_OVER = { takeOver: true } as const;
const SCENE = { groups: 1, size: 4, sick: false, draining: false } as const;
const NOBODY = { holds: [], by: 'listener', ofCluster: false, ports: false, unmanaged: false } as const;
const DESK = { clockOffMs: 0, store: 0 } as const;

test('a target of an instance that was terminated since is not counted as healthy (seed 3000430)', async () => {
  const asked = { afterMs: 0, calls: {} };
  const adopt = { ...asked, ask: 'adopt', wish: { release: '41', ...TAKES_OVER } } as const;
  const resume = { ...asked, ask: 'resume', wish: {} } as const;
  const wrong = await liveOne({
    seesDeath: false,
    lagMs: 0,
    kind: 2,
    scene: { ...SCENE, start: 'rejected' },
    operators: [
      {
        ...DESK,
        acts: [
          { ...adopt, calls: { fault: { n: 5, kind: 'throttled 30 s' } } },
          { ...asked, ask: 'promote', wish: TAKES_OVER },
          resume,
        ],
      },
      {
        ...DESK,
        store: 1,
        acts: [
          { ...resume, afterMs: 3000 },
          { ...adopt, afterMs: 20_000, calls: { pause: { n: 1, ms: 2800 } } },
          adopt,
        ],
      },
    ],
    happenings: [
      { at: { request: 142 }, what: 'dies', who: 7, forMs: 1000 },
      { at: { request: 124 }, what: 'throttling', who: 0, forMs: 1000 },
      { at: { ms: 0 }, what: 'another port joins by hand', who: 7, forMs: 1000 },
    ],
  });
  expect(wrong).toEqual([]);
});

test('what an old reading of listeners and rules has hidden is not held against a cleanup (seed 3000364)', async () => {
  const promote = { afterMs: 0, ask: 'promote', wish: TAKES_OVER, calls: {} } as const;
  const killed = { kill: { n: 1, when: 'before' } } as const;
  const wrong = await liveOne({
    seesDeath: false,
    lagMs: 300,
    kind: 0,
    scene: { ...SCENE, start: 'rejected', size: 1, outsiders: NOBODY },
    operators: [
      {
        ...DESK,
        acts: [
          { afterMs: 20_000, ask: 'resume', wish: {}, calls: killed },
          { afterMs: 20_000, ask: 'cleanup', wish: { wait: false, discard: false, ...TAKES_OVER }, calls: {} },
          { ...promote, calls: killed },
        ],
      },
      {
        ...DESK,
        acts: [
          { ...promote, afterMs: 70_000 },
          { ...promote, calls: { pause: { n: 1, ms: 2800 } } },
        ],
      },
    ],
    happenings: [
      { at: { request: 1 }, what: 'another rule leads here by hand', who: 3, forMs: 1000 },
      { at: { ms: 41_623 }, what: 'stale readings', who: 0, forMs: 1000 },
    ],
  });
  expect(wrong).toEqual([]);
});

test('an instance that is healthy at a port by hand may have its own one, too (seed 3000742)', async () => {
  const wrong = await liveOne({
    seesDeath: false,
    lagMs: 0,
    kind: 1,
    scene: { ...SCENE, start: 'unadopted' },
    operators: [
      {
        ...DESK,
        acts: [
          { afterMs: 0, ask: 'adopt', wish: { release: '41', ...TAKES_OVER }, calls: {} },
          { afterMs: 8000, ask: 'up', wish: { release: '42', ...TAKES_OVER }, calls: { pause: { n: 9, ms: 2800 } } },
          { afterMs: 0, ask: 'promote', wish: TAKES_OVER, calls: {} },
        ],
      },
    ],
    happenings: [
      { at: { ms: 8519 }, what: 'weights are set by hand', who: 1, forMs: 1000 },
      { at: { ms: 14_643 }, what: 'another port joins by hand', who: 6, forMs: 1000 },
    ],
  });
  expect(wrong).toEqual([]);
});

test('what a group has just lost by itself makes no smaller minimum (seed 3100003)', async () => {
  const outsiders = { ...NOBODY, ports: true };
  const promote = { afterMs: 0, ask: 'promote', wish: TAKES_OVER, calls: {} } as const;
  const wrong = await liveOne({
    seesDeath: false,
    lagMs: 0,
    kind: 3,
    scene: { ...SCENE, start: 'rejected', size: 1, outsiders },
    operators: [
      { ...DESK, acts: [promote, { ...promote, afterMs: 8000 }] },
      { ...DESK, acts: [{ afterMs: 0, ask: 'resume', wish: {}, calls: { kill: { n: 1, when: 'before' } } }] },
    ],
    happenings: [{ at: { request: 1 }, what: 'a group rebalances', who: 0, forMs: 1000 }],
  });
  expect(wrong).toEqual([]);
});

test('a group of which something was healthy when it was looked at may be attached (seed 3100056)', async () => {
  const throttled = { fault: { n: 1, kind: 'throttled' } } as const;
  const wrong = await liveOne({
    seesDeath: false,
    lagMs: 2000,
    kind: 5,
    scene: { ...SCENE, start: 'rejected', groups: 2, size: 1 },
    operators: [
      { ...DESK, acts: [{ afterMs: 0, ask: 'promote', wish: TAKES_OVER, calls: throttled }] },
      { ...DESK, acts: [{ afterMs: 0, ask: 'up', wish: { release: '42', ...TAKES_OVER }, calls: {} }] },
    ],
    happenings: [{ at: { request: 1 }, what: 'a group rebalances', who: 3, forMs: 1000 }],
  });
  expect(wrong).toEqual([]);
});

test('a run that was stopped in its last look looks again before it says who serves (seed 3100160)', async () => {
  const wrong = await liveOne({
    seesDeath: false,
    lagMs: 0,
    kind: 1,
    scene: { ...SCENE, start: 'green', groups: 2, size: 1 },
    operators: [
      {
        ...DESK,
        acts: [
          { afterMs: 0, ask: 'promote', wish: TAKES_OVER, calls: { pause: { n: 50, ms: 50_000 } } },
          { afterMs: 0, ask: 'up', wish: { release: '42', ...TAKES_OVER }, calls: {} },
        ],
      },
      {
        ...DESK,
        store: 1,
        acts: [
          { afterMs: 0, ask: 'rollback', wish: TAKES_OVER, calls: { pause: { n: 1, ms: 2800 } } },
          {
            afterMs: 0,
            ask: 'cleanup',
            wish: { wait: false, discard: false, ...TAKES_OVER },
            calls: { kill: { n: 22, when: 'after' } },
          },
        ],
      },
    ],
    happenings: [],
  });
  expect(wrong).toEqual([]);
});

test('a group that comes to life after a take-over keeps the mark that it had (seed 3100088)', async () => {
  const wrong = await liveOne({
    seesDeath: false,
    lagMs: 0,
    kind: 4,
    scene: { ...SCENE, start: 'promoted', size: 1 },
    operators: [
      {
        ...DESK,
        store: 1,
        acts: [{ afterMs: 0, ask: 'promote', wish: TAKES_OVER, calls: { pause: { n: 1, ms: 2800 } } }],
      },
      { ...DESK, acts: [{ afterMs: 0, ask: 'rollback', wish: TAKES_OVER, calls: {} }] },
    ],
    happenings: [{ at: { request: 28 }, what: 'a group is refreshed by hand', who: 0, forMs: 1000 }],
  });
  expect(wrong).toEqual([]);
});

test('an abandon waits until AWS can be asked again for what the run has held (seed 3200080)', async () => {
  const wrong = await liveOne({
    seesDeath: true,
    lagMs: 0,
    kind: 5,
    scene: { ...SCENE, start: 'rejected', size: 1, outsiders: NOBODY },
    operators: [
      {
        ...DESK,
        acts: [
          {
            afterMs: 0,
            ask: 'cleanup',
            wish: { wait: false, discard: false, ...TAKES_OVER },
            calls: { kill: { n: 68, when: 'before' } },
          },
          { afterMs: 0, ask: 'abandon', wish: {}, calls: { fault: { n: 22, kind: 'throttled 30 s' } } },
        ],
      },
    ],
    happenings: [],
  });
  expect(wrong).toEqual([]);
});

test('weights that the rules of a listener show are seen, where they were set after it was read (seed 5000599)', async () => {
  const wrong = await liveOne({
    seesDeath: false,
    lagMs: 0,
    kind: 1,
    scene: {
      ...SCENE,
      start: 'rejected',
      size: 1,
      outsiders: { ...NOBODY, holds: ['green', 'others'], by: 'nothing', ports: true },
    },
    operators: [{ ...DESK, acts: [{ afterMs: 0, ask: 'cleanup', wish: { wait: false, discard: false }, calls: {} }] }],
    happenings: [{ at: { request: 45 }, what: 'weights are set by hand', who: 1, forMs: 1000 }],
  });
  expect(wrong).toEqual([]);
});

test('a run that cannot have seen the mark of another store is given the time to end what it does (seed 6000024)', async () => {
  const promote = { afterMs: 0, ask: 'promote', wish: TAKES_OVER } as const;
  const adopt = {
    afterMs: 0,
    ask: 'adopt',
    wish: { release: '41', ...TAKES_OVER },
    calls: { kill: { n: 1, when: 'before' } },
  } as const;
  const wrong = await liveOne({
    seesDeath: false,
    lagMs: 0,
    kind: 0,
    scene: { groups: 1, size: 1, sick: false, draining: false, start: 'green' },
    operators: [
      { ...DESK, acts: [{ ...promote, calls: { pause: { n: 2, ms: 2800 } } }, adopt] },
      { ...DESK, store: 1, acts: [{ ...promote, calls: { interrupt: { n: 30 } } }, adopt] },
    ],
    happenings: [],
  });
  expect(wrong).toEqual([]);
});
