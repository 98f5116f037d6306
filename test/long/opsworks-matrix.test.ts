import { afterAll, describe, expect, test } from 'vitest';
import { OPSWORKS, OPSWORKS_BY_WEIGHTS, type Kind } from '../support/little/kinds.ts';
import type { Scene } from '../support/little/scene.ts';
import { Site } from '../support/little/site.ts';
import { casesOf, type Case } from '../crash/cases.ts';
import { crashes, FOLLOW_UPS, tryCrash } from '../crash/crash.ts';
import { faults, tryFault } from '../crash/fault.ts';
import { codeOf } from '../crash/outcome.ts';

/**
 * The matrices for layers of OpsWorks, which take many requests for what EC2 does in one: every task is killed at every call, and
 * each of its calls meets faults. Each crash has one way on, and each reading one fault, by turns.
 */
const counted = { crashes: 0, faults: 0 };

afterAll(() => void process.stdout.write(`opsworks: ${counted.crashes} crashes, ${counted.faults} faults\n`));

const sceneOf = (one: Case, size: number) => ({ groups: 1, size, start: one.start, draining: one.draining ?? false });

/** Where weights move traffic what is asked of OpsWorks is the same: a switch, and the end of who is still visited, are enough. */
function rows(kind: Kind): readonly { readonly kind: Kind; readonly name: string; readonly one: Case }[] {
  const all = casesOf(kind).map((row) => ({ ...row, kind }));
  if (kind === OPSWORKS) return all;
  const isPlain = ({ start, ask, wish, draining }: Case): boolean =>
    draining === true || (start === 'green' && ask === 'promote' && Object.keys(wish).length === 0);
  return all.filter(({ one }) => isPlain(one)).map((row) => ({ ...row, name: `${row.name}, ${kind.traffic}` }));
}

describe.each([OPSWORKS, ...OPSWORKS_BY_WEIGHTS].flatMap(rows))('$name', ({ kind, one }) => {
  test('is killed at each call', async () => {
    const scene = sceneOf(one, 2);
    // Between two readings of the same world few of them are enough.
    const points = (await crashes(kind, scene, one)).filter(({ isSame }, n) => !isSame || n % 5 === 0);
    const wrong: string[] = [];
    for (const [index, point] of points.entries()) {
      const followUp = FOLLOW_UPS[index % FOLLOW_UPS.length]!;
      const afterwards = point.when === 'late' ? 'what was sent takes effect 9 s later' : 'fine';
      const tried = await tryCrash({ kind, scene, one, point, followUp, afterwards });
      counted.crashes += 1;
      if (tried.wrong.length > 0) wrong.push(...tried.wrong, ...(wrong.length === 0 ? [tried.story()] : []));
    }
    expect(points.length).toBeGreaterThan(20);
    expect(wrong).toEqual([]);
  });

  test('meets faults', async () => {
    const scene = sceneOf(one, 1);
    const points = (await faults(kind, scene, one)).filter(
      ({ name }, index) => isOwn(name) || index % strideOf(kind) === 0,
    );
    const wrong: string[] = [];
    for (const point of points) {
      const tried = await tryFault({ kind, scene, one, point });
      counted.faults += 1;
      if (tried.wrong.length > 0) wrong.push(...tried.wrong, ...(wrong.length === 0 ? [tried.story()] : []));
    }
    expect(points.length).toBeGreaterThan(15);
    expect(wrong).toEqual([]);
  });
});

/** Changes that OpsWorks alone has meet every fault. */
const isOwn = (name: string): boolean => /^(Create|Start|Stop|Delete|Tag)(Layer|Instance|Resource)$/.test(name);

/** No divisors of the number of faults, so that each call meets other ones. */
const strideOf = (kind: Kind): number => (kind === OPSWORKS ? 29 : 59);

test('a layer that was left before it got its tags is shown, and deleted by a cleanup', async () => {
  const scene: Scene = { start: 'blue', groups: 1, size: 1 };
  const wish = { release: '42' };
  const { calls } = (await new Site(scene, { kind: OPSWORKS }).run('up', wish)).process;
  const n = calls.find(({ name }) => name === 'TagResource')?.n ?? 0;
  const site = new Site(scene, { kind: OPSWORKS });
  await site.run('up', wish, { kill: { n, when: 'before' } });
  await site.run('abandon');
  const layers = (): readonly string[] => [...(site.cloud.state.stack?.layers.keys() ?? [])];
  expect(layers()).toHaveLength(2);
  const [, left] = (await site.status()).snapshot.fleets;
  expect(left).toMatchObject({ release: '42', holder: expect.stringContaining('layer shop-42-r1') as string });
  expect(codeOf(await site.run('cleanup', { discard: true }))).toBe('done');
  expect(layers()).toEqual(['layer-blue']);
  expect(site.watch.broken).toEqual([]);
});
