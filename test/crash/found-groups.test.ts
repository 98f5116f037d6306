import { expect, test } from 'vitest';
import type { History } from './histories.ts';
import { liveOne } from './random.ts';

/** The shortest histories that found something since Auto Scaling groups are in the random worlds, with the seed that did. */

const ALONE = { seesDeath: false, lagMs: 0 } as const;
const TAKES_OVER = { takeOver: true } as const;
const SCENE = { start: 'promoted', groups: 1, size: 1, sick: false, draining: false } as const;
const [BY_LISTENER, BY_NAMES, ATTACHED] = [3, 4, 5];
const HOLDS_GREEN = { holds: ['green'], by: 'listener', ofCluster: false, ports: false, unmanaged: false } as const;
/** What serves is registered at a second port too, and about to be replaced. */
const SECOND_PORTS = {
  ...SCENE,
  start: 'rejected',
  sick: true,
  outsiders: { ...HOLDS_GREEN, holds: [], ports: true },
} as const;

type Act = History['operators'][number]['acts'][number];

/** One operator, at one desk. */
const by = (...acts: readonly Act[]): History['operators'] => [{ acts, clockOffMs: 0, store: 0 }];

const promote: Act = { afterMs: 0, ask: 'promote', wish: TAKES_OVER, calls: {} };
const cleanup: Act = { afterMs: 0, ask: 'cleanup', wish: { wait: false, discard: false, ...TAKES_OVER }, calls: {} };

const FOUND: readonly (readonly [name: string, seed: number | 'was not kept', history: History])[] = [
  [
    'adopt may tag what its group has ended since',
    900083,
    {
      ...ALONE,
      lagMs: 2000,
      kind: BY_LISTENER,
      scene: { ...SCENE, start: 'unadopted', sick: true, outsiders: { ...HOLDS_GREEN, holds: [] } },
      operators: [
        ...by(promote, { afterMs: 20_000, ask: 'adopt', wish: { release: '41', ...TAKES_OVER }, calls: {} }, promote),
        ...by({ afterMs: 0, ask: 'up', wish: { release: '42', ...TAKES_OVER }, calls: {} }),
      ],
      happenings: [{ at: { request: 1 }, what: 'a group scales out', who: 0, forMs: 1000 }],
    },
  ],
  [
    'a group is attached though what was known of it has been replaced since',
    900094,
    {
      ...ALONE,
      lagMs: 2000,
      kind: ATTACHED,
      scene: { ...SCENE, start: 'rejected' },
      operators: by(promote, promote).map((one) => ({ ...one, store: 1 })),
      happenings: [{ at: { request: 1 }, what: 'a group rebalances', who: 3, forMs: 1000 }],
    },
  ],
  [
    'who has died can be ended, wherever it is registered',
    900171,
    {
      ...ALONE,
      kind: BY_LISTENER,
      scene: { ...SCENE, start: 'rejected', outsiders: HOLDS_GREEN },
      operators: by(cleanup),
      happenings: [{ at: { request: 1 }, what: 'dies', who: 7, forMs: 1000 }],
    },
  ],
  [
    'a process that was stopped during its first look begins it anew',
    900241,
    {
      ...ALONE,
      kind: BY_LISTENER,
      scene: SCENE,
      operators: by({ afterMs: 0, ask: 'rollback', wish: TAKES_OVER, calls: { pause: { n: 2, ms: 50_000 } } }),
      happenings: [{ at: { ms: 0 }, what: 'a group scales out', who: 3, forMs: 1000 }],
    },
  ],
  [
    'what was taken out by hand of the only fleet that serves goes back into its own group',
    'was not kept',
    {
      ...ALONE,
      kind: BY_NAMES,
      scene: { ...SCENE, start: 'rejected', sick: true },
      operators: [
        ...by(promote, { ...promote, calls: { kill: { n: 24, when: 'after' } } }),
        ...by({ ...cleanup, calls: { interrupt: { n: 1 } } }),
      ],
      happenings: [
        { at: { ms: 18_703 }, what: 'is deregistered by hand', who: 0, forMs: 1000 },
        { at: { request: 1 }, what: 'another port joins by hand', who: 7, forMs: 1000 },
      ],
    },
  ],
  [
    'an old reading of an instance may show tags that it has lost',
    910169,
    {
      ...ALONE,
      kind: 0,
      scene: { ...SCENE, start: 'green' },
      operators: [
        ...by(
          { afterMs: 0, ask: 'adopt', wish: { release: '41', ...TAKES_OVER }, calls: { pause: { n: 1, ms: 2800 } } },
          promote,
        ),
        ...by({ ...promote, calls: { kill: { n: 1, when: 'before' } } }),
      ],
      happenings: [
        { at: { request: 15 }, what: 'stale readings', who: 0, forMs: 1000 },
        { at: { request: 1 }, what: 'loses its tags by hand', who: 3, forMs: 1000 },
      ],
    },
  ],
  [
    'an abandon that has given something back and then fails has not refused',
    910149,
    {
      ...ALONE,
      lagMs: 2000,
      kind: BY_NAMES,
      scene: { ...SCENE, groups: 2, sick: true },
      operators: [
        ...by(
          { afterMs: 0, ask: 'abandon', wish: {}, calls: { fault: { n: 84, kind: 'fails after writing' } } },
          { afterMs: 0, ask: 'resume', wish: {}, calls: {} },
        ),
        ...by({ afterMs: 0, ask: 'resume', wish: {}, calls: {} }),
      ],
      happenings: [{ at: { request: 1 }, what: 'dies', who: 0, forMs: 1000 }],
    },
  ],
  [
    'what others have terminated is ended by nobody else, though its group has not let go of it yet',
    961142,
    {
      seesDeath: true,
      lagMs: 0,
      kind: ATTACHED,
      scene: { ...SCENE, start: 'rejected', sick: true, outsiders: { ...HOLDS_GREEN, owned: 'blue' } },
      operators: by(
        { ...promote, calls: { kill: { n: 33, when: 'late' } } },
        { ...promote, afterMs: 20_000, ask: 'rollback' },
        { ...cleanup, afterMs: 1000, calls: { interrupt: { n: 48 } } },
      ),
      happenings: [
        { at: { ms: 13_103 }, what: 'is deregistered by hand', who: 5, forMs: 1000 },
        { at: { request: 1 }, what: 'a group scales in', who: 0, forMs: 1000 },
        { at: { request: 84 }, what: 'an instance of a group is terminated by hand', who: 1, forMs: 1000 },
      ],
    },
  ],
  [
    'what a group was shown to have left out is registered, also where that answer was older than the one about the group',
    961020,
    {
      ...ALONE,
      kind: ATTACHED,
      scene: SCENE,
      operators: by(
        { ...promote, afterMs: 3000, ask: 'rollback', calls: { fault: { n: 7, kind: 'reset after effect always' } } },
        { ...promote, afterMs: 1000, calls: { kill: { n: 31, when: 'late' } } },
        promote,
      ),
      happenings: [{ at: { ms: 19_305 }, what: 'stale readings', who: 0, forMs: 1000 }],
    },
  ],
  [
    'a group that has nothing for a moment may launch for clients of others, and is not ended',
    5_000_249,
    {
      ...ALONE,
      kind: BY_LISTENER,
      scene: { ...SCENE, start: 'blue', outsiders: { ...HOLDS_GREEN, holds: [] } },
      operators: by(
        { ...promote, ask: 'up', wish: { release: '44-sick', ...TAKES_OVER } },
        { ...promote, ask: 'adopt', wish: { release: '41', ...TAKES_OVER }, calls: { pause: { n: 1, ms: 2800 } } },
        { ...promote, ask: 'cleanup', wish: { wait: false, discard: true, ...TAKES_OVER } },
      ),
      happenings: [{ at: { ms: 0 }, what: 'another rule leads here by hand', who: 3, forMs: 1000 }],
    },
  ],
  [
    'a second port of what a group has replaced is taken out, though it is of no group any more',
    5_000_258,
    {
      ...ALONE,
      kind: ATTACHED,
      scene: { ...SECOND_PORTS, start: 'promoted' },
      operators: by(
        { ...promote, ask: 'cleanup', wish: { wait: false, discard: false, ...TAKES_OVER } },
        { ...promote, afterMs: 3000, ask: 'rollback' },
      ),
      happenings: [
        { at: { request: 1 }, what: 'is registered by hand', who: 0, forMs: 1000 },
        { at: { request: 20 }, what: 'stale readings', who: 0, forMs: 10_000 },
      ],
    },
  ],
  [
    'a group that has just replaced what is adopted is adopted with what it has launched',
    3_200_581,
    {
      ...ALONE,
      lagMs: 2000,
      kind: BY_NAMES,
      scene: { ...SCENE, start: 'unadopted', groups: 2 },
      operators: [
        {
          clockOffMs: 0,
          store: 0,
          acts: [
            { ...promote, afterMs: 3000, calls: { pause: { n: 1, ms: 5000 } } },
            { ...promote, calls: { fault: { n: 1, kind: 'throttled' } } },
            { ...promote, ask: 'adopt', wish: { release: '41', ...TAKES_OVER } },
            { ...promote, calls: { interrupt: { n: 1 } } },
          ],
        },
        {
          clockOffMs: 0,
          store: 1,
          acts: [
            { ...promote, afterMs: 3000, ask: 'abandon', wish: {} },
            { ...promote, afterMs: 3000, calls: { kill: { n: 6, when: 'before' } } },
          ],
        },
      ],
      happenings: [{ at: { request: 27 }, what: 'an instance of a group is terminated by hand', who: 0, forMs: 1000 }],
    },
  ],
  ...(
    [
      [
        920104,
        SECOND_PORTS,
        [
          { ...promote, calls: { interrupt: { n: 26 } } },
          { ...promote, calls: { kill: { n: 1, when: 'before' } } },
        ],
      ],
      [
        920237,
        { ...SECOND_PORTS, start: 'blue' },
        [
          { ...promote, ask: 'up', wish: { release: '42', ...TAKES_OVER } },
          { ...promote, calls: { pause: { n: 1, ms: 300_000 } } },
        ],
      ],
      [920320, { ...SECOND_PORTS, groups: 2 }, [{ ...promote, calls: { fault: { n: 79, kind: 'takes 100 s' } } }]],
    ] as const
  ).map(([seed, scene, acts]): (typeof FOUND)[number] => [
    'what a group has replaced serves no longer, though a second port of it stays registered',
    seed,
    { ...ALONE, kind: ATTACHED, scene, operators: by(...acts), happenings: [] },
  ]),
];

test.each(FOUND)('%s (seed %s)', async (_name, _seed, history) => {
  expect(await liveOne(history)).toEqual([]);
});
