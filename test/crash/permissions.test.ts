import { afterAll, describe, expect, test } from 'vitest';
import { ATTACHED, KINDS, OPSWORKS, OPSWORKS_BY_WEIGHTS, SCALED } from '../support/little/kinds.ts';
import { casesOf, rowsOf } from './cases.ts';
import { grantsOf, tryPermission, type PermissionTrial } from './permissions.ts';

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
describe.each([...SCALED, ATTACHED])('$fleet behind $traffic', (kind) => {
  test.each(casesOf(kind))('$name', async ({ one }) => {
    const scene = { groups: 1, size: 3, start: one.start, draining: one.draining ?? false };
    expect(await withoutEach({ kind, scene, one })).toEqual([]);
  });
});

const FIRST = { instances: ['i-blue-1'] };
const DRAIN = { ask: 'drain', wish: FIRST } as const;
const DEPLOY = { ask: 'deploy', wish: { ...FIRST, release: '42' } } as const;

const IN_PLACE = [
  { one: { ask: 'rolling', wish: { release: '42' } }, before: [] },
  { one: DRAIN, before: [] },
  { one: DEPLOY, before: [DRAIN] },
  { one: { ask: 'join', wish: FIRST }, before: [DRAIN, DEPLOY] },
] as const;

describe.each([KINDS[0], OPSWORKS])('in place, $fleet behind $traffic', (kind) => {
  test.each(IN_PLACE)('$one.ask', async ({ one, before }) => {
    const scene = { start: 'blue', groups: 1, size: 2 } as const;
    expect(await withoutEach({ kind, scene, one, inPlace: { before } })).toEqual([]);
  });
});
