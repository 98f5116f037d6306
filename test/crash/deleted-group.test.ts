import { describe, expect, test } from 'vitest';
import { isChange } from '../support/little/api.ts';
import { ATTACHED, SCALED, type Kind } from '../support/little/kinds.ts';
import { scalingOf } from '../support/little/scaling-state.ts';
import { deleteGroup } from '../support/little/scaling-happens.ts';
import { MINIMUM } from '../support/little/scene-scaling.ts';
import { Site, type Ask } from '../support/little/site.ts';
import { serving } from '../support/little/goals.ts';
import { tellRun } from '../support/little/story.ts';
import type { Start } from '../support/little/scene.ts';
import { codeOf } from './outcome.ts';

/** One of the two groups of the config is deleted by others: what serves in the other one is no dead end. */

const sceneOf = (start: Start) => ({ start, groups: 1, size: 3 });

function siteOf(kind: Kind, start: Start): Site {
  const site = new Site(sceneOf(start), { kind });
  // What others end by force, no run can keep.
  site.watch.acceptedMinimum = 0;
  return site;
}

/** The group is deleted once the n-th last change of the run was answered. */
async function deletedAt(kind: Kind, ask: Ask, back: number): Promise<Site> {
  const { calls } = (await siteOf(kind, 'green').run(ask)).process;
  const n = calls.filter(({ name }) => isChange(name)).at(-back)?.n ?? 0;
  const site = siteOf(kind, 'green');
  const act = (): void => site.watch.byHand(() => deleteGroup(site.cloud, 'shop-b'));
  const run = await site.run(ask, {}, { meanwhile: { n, act } });
  await site.clock.pass(60_000);
  if (codeOf(run) !== 'undone') await site.run('rollback');
  return site;
}

describe.each([...SCALED, ATTACHED])('$traffic', (kind) => {
  test.each([1, 2, 3])('production goes back to what is left, whenever it happens in a promote (%i)', async (back) => {
    const site = await deletedAt(kind, 'promote', back);
    expect(serving(site.cloud.state)).toEqual(['41']);
    await site.run('abandon');
    const { snapshot, verbs } = await site.status();
    expect(snapshot.noGroups?.map(({ name }) => name)).toEqual(['shop-b']);
    expect(verbs.find(({ verb }) => verb === 'up')?.why).toContain('There is no Auto Scaling group shop-b.');
    const refused = await site.run('up', { release: '43' });
    expect(codeOf(refused), tellRun(refused)).toBe('no-such-group');
  });

  test('the way back is there when what serves is deleted', async () => {
    const site = siteOf(kind, 'promoted');
    site.watch.byHand(() => deleteGroup(site.cloud, 'shop-b'));
    await site.clock.pass(60_000);
    const run = await site.run('rollback');
    expect(codeOf(run), tellRun(run)).toBe('done');
    expect(serving(site.cloud.state)).toEqual(['41']);
    const { minimum } = scalingOf(site.cloud.state).groups.get('shop-a')!;
    expect([MINIMUM, 3]).toContain(minimum);
  });
});
