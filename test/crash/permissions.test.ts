import { afterAll, describe, expect, test } from 'vitest';
import { ATTACHED, KINDS, OPSWORKS, OPSWORKS_BY_WEIGHTS, SCALED } from '../support/little/kinds.ts';
import type { Scene } from '../support/little/scene.ts';
import { withOwnImages } from '../support/little/scene-scaling.ts';
import { casesOf, rowsOf } from './cases.ts';
import { grantsOf, grantsOfAll, tryCancelling, tryPermission, type PermissionTrial } from './permissions.ts';

/**
 * The permission matrix: every task works with exactly the policy that `turnout permissions` prints, and with each grant taken out
 * it ends as it should: refused or undone, with who serves, the action that is missing, and where to add it. With all
 * permissions it then reaches its goal.
 */
const counted = { whole: 0, without: 0, stopped: 0 };

afterAll(() => {
  const { whole, without, stopped } = counted;
  process.stdout.write(
    `permissions: ${whole} runs with the whole policy, ${without} without one grant, of which ${stopped} were stopped\n`,
  );
});

/** In `npm test`, each case has another third of the grants. */
const SHARE = 3;
let cases = 0;

async function withoutEach(trial: PermissionTrial): Promise<readonly string[]> {
  const whole = await tryPermission(trial);
  counted.whole += 1;
  if (whole.wrong.length > 0) return [...whole.wrong, whole.story()];
  cases += 1;
  const all = grantsOf(trial);
  const wrong: string[] = [];
  for (const without of rowsOf(
    trial.kind,
    all,
    all.filter((_, n) => (n + cases) % SHARE === 0),
  )) {
    const tried = await tryPermission({ ...trial, without });
    counted.without += 1;
    if (tried.code !== 'done') counted.stopped += 1;
    if (tried.wrong.length > 0) wrong.push(...tried.wrong, ...(wrong.length === 0 ? [tried.story()] : []));
  }
  return wrong;
}

describe.each([...KINDS, OPSWORKS, ...OPSWORKS_BY_WEIGHTS])('$fleet behind $traffic', (kind) => {
  test.each(casesOf(kind))('$name', async ({ one }) => {
    const scene = { groups: 2, size: 2, start: one.start, draining: one.draining ?? false };
    expect(await withoutEach({ kind, scene, one })).toEqual([]);
  });
});

// Groups grow by themselves.
// A group may replace what restarts while it serves.
test.each([KINDS[0], OPSWORKS])('in waves, $fleet behind $traffic', async (kind) => {
  const inPlace = { by: 'pull', before: [] } as const;
  expect(await withoutEach({ kind, scene: IN_PLACE, one: WAVES, inPlace })).toEqual([]);
});

describe.each([...SCALED, ATTACHED])('$fleet behind $traffic', (kind) => {
  test.each(casesOf(kind))('$name', async ({ one }) => {
    const scene = { groups: 1, size: 3, start: one.start, draining: one.draining ?? false };
    expect(await withoutEach({ kind, scene, one })).toEqual([]);
  });
});

const FIRST = { instances: ['i-blue-1'] };
const IN_PLACE = { start: 'blue', groups: 1, size: 2 } as const;
const DRAIN = { ask: 'drain', wish: FIRST } as const;
const DEPLOY = { ask: 'deploy', wish: { ...FIRST, release: '42' } } as const;

const ROLLING = { ask: 'rolling', wish: { release: '42' } } as const;
const WAVES = { ask: 'rolling', wish: { release: '42', wave: [50, 100] } } as const;
const REFRESH = { ask: 'rolling', wish: { release: '42', refresh: true } } as const;
const BY_STEPS = [
  { one: ROLLING, before: [] },
  { one: DRAIN, before: [] },
  { one: DEPLOY, before: [DRAIN] },
  { one: { ask: 'join', wish: FIRST }, before: [DRAIN, DEPLOY] },
] as const;
const SOME = [KINDS[0], OPSWORKS, SCALED[0], ATTACHED];

describe.each(SOME)('in place by SSM, $fleet behind $traffic', (kind) => {
  test.each(BY_STEPS)('$one.ask', async ({ one, before }) => {
    expect(await withoutEach({ kind, scene: IN_PLACE, one, inPlace: { by: 'ssm', before } })).toEqual([]);
  });
});

describe.each(SOME)('in place by permits, $fleet behind $traffic', (kind) => {
  test.each(BY_STEPS)('$one.ask', async ({ one, before }) => {
    expect(await withoutEach({ kind, scene: IN_PLACE, one, inPlace: { by: 'pull', before } })).toEqual([]);
  });
});

describe.each([...SCALED, ATTACHED])('instance refresh, $fleet behind $traffic', (kind) => {
  test('to the release before, while one is under way', async () => {
    const before = [{ ...REFRESH, killedAfter: 'StartInstanceRefresh' }];
    const one = { ask: 'rolling', wish: { release: '41', refresh: true } } as const;
    const inPlace = { by: 'refresh', before } as const;
    expect(await withoutEach({ kind, scene: IN_PLACE, one, inPlace })).toEqual([]);
  });

  test('that `abandon --cancel-refresh` is to end', async () => {
    const trial = { kind, scene: IN_PLACE, one: REFRESH, inPlace: { by: 'refresh', before: [] } } as const;
    expect(await tryCancelling(trial)).toEqual({ code: 'done', isRecorded: false, wrong: [] });
    const tried: string[] = [];
    for (const without of grantsOfAll(trial)) {
      const { code, isRecorded, wrong } = await tryCancelling(trial, without);
      expect(wrong).toEqual([]);
      // What it could not end is not forgotten.
      if (code !== 'done') tried.push(`${without.action}${isRecorded ? '' : ' forgotten'}`);
      counted.without += 1;
      if (code !== 'done') counted.stopped += 1;
    }
    expect(tried).toContain('autoscaling:CancelInstanceRefresh');
    expect(tried.filter((text) => text.endsWith('forgotten'))).toEqual([]);
  });

  test.each(['refresh', 'rootVolumes'])('%s to the next release', async (how) => {
    const one = { ask: 'rolling', wish: { release: '42', [how]: true } } as const;
    const inPlace = { by: 'refresh', before: [] } as const;
    const stage = (scene: Scene) => withOwnImages(kind.stage(scene));
    const as = how === 'refresh' ? kind : { ...kind, stage };
    expect(await withoutEach({ kind: as, scene: IN_PLACE, one, inPlace })).toEqual([]);
  });
});
