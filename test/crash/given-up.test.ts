import { describe, expect, test } from 'vitest';
import type { AnyOptions } from '../../tasks/index.ts';
import { SCALED } from '../support/little/kinds.ts';
import { scalingOf } from '../support/little/scaling-state.ts';
import { stillHeld } from '../support/little/scaling-rules.ts';
import { Site, type Ask, type Run } from '../support/little/site.ts';
import type { Start } from '../support/little/scene.ts';

/** What is held of Auto Scaling groups, when a run is given up and when a switch has been done for long. */

const MINUTE_MS = 60_000;
const QUARTER_MS = 15 * MINUTE_MS;
const SIZE = 3;

function minima({ cloud }: Site): Readonly<Record<string, string>> {
  const all = [...scalingOf(cloud.state).groups.values()];
  return Object.fromEntries(
    all.map(({ name, minimum, tags }) => [name, `${minimum}${tags['turnout:minimum'] === undefined ? '' : ' held'}`]),
  );
}

const messageOf = ({ ended }: Run): string => (ended.how === 'ended' ? ended.message : ended.how);

/** A site in which a run was killed before its n-th request of that name, and then given up. */
async function givenUp(start: Start, ask: Ask, wish: AnyOptions, at: string, nth = 1): Promise<[Site, string]> {
  const scene = { start, groups: 1, size: SIZE };
  const { calls } = (await new Site(scene, { kind: SCALED[0] }).run(ask, wish)).process;
  const n = calls.filter(({ name }) => name === at)[nth - 1]?.n ?? 0;
  const site = new Site(scene, { kind: SCALED[0] });
  await site.run(ask, wish, { kill: { n, when: 'before' } });
  const said = messageOf(await site.run('abandon'));
  expect(site.watch.broken).toEqual([]);
  return [site, said];
}

describe('a run that is given up', () => {
  test('before green was marked gives back the minimum of what serves, and says what keeps the other one', async () => {
    const [site, said] = await givenUp('green', 'promote', {}, 'CreateOrUpdateTags', 2);
    expect(minima(site)).toEqual({ 'shop-a': '1', 'shop-b': '3 held' });
    expect(said).toMatch(/The minimum of shop-a is what it was\. shop-b is not scaled in: .*`turnout cleanup` ends it/);
  });

  test('directly before production moves leaves it to a rollback, a quarter of an hour later', async () => {
    const [site, said] = await givenUp('green', 'promote', {}, 'ModifyListener');
    expect(said).toMatch(/It goes back to 1 with `turnout cleanup`, or with `turnout rollback` from 00:15Z on: until/);
    await site.clock.pass(QUARTER_MS);
    await site.run('rollback');
    expect(minima(site)).toEqual({ 'shop-a': '1', 'shop-b': '3 held' });
  });

  test('in the middle of a switch leaves both held, and says how to end it', async () => {
    const [site, said] = await givenUp('green', 'promote', { steps: [10, 100], every: 3 }, 'ModifyListener', 2);
    expect(minima(site)).toEqual({ 'shop-a': '3 held', 'shop-b': '3 held' });
    expect(said).toMatch(/shop-a is not scaled in: .* It goes back to 1 after the switch: `turnout promote` goes on/);
  });

  test('after the other group has ended leaves nothing held', async () => {
    const [site, said] = await givenUp('promoted', 'cleanup', { wait: true }, 'UpdateAutoScalingGroup', 2);
    expect(said).toContain('The minimum of shop-b is what it was.');
    expect(stillHeld(site.cloud.state, 1)).toEqual([]);
  });

  test('is forgotten though AWS denies it, and then says so', async () => {
    const site = new Site({ start: 'green', groups: 1, size: 1 }, { kind: SCALED[0] });
    await site.run('promote', {}, { interrupt: { n: 30 } });
    site.gate.policies = [];
    const said = messageOf(await site.run('abandon'));
    expect(said).toMatch(/^Forgotten\. Minima that it may have raised are as they were: .*`turnout status` shows it/);
    expect(site.store.goal).toBeUndefined();
  });
});

test.each(SCALED)(
  'what serves is put back by the same verb a quarter of an hour after the switch, $traffic',
  async (kind) => {
    const site = new Site({ start: 'green', groups: 1, size: SIZE }, { kind });
    await site.run('promote');
    await site.clock.pass(QUARTER_MS - MINUTE_MS);
    await site.run('promote');
    expect(minima(site)).toEqual({ 'shop-a': '3 held', 'shop-b': '3 held' });
    await site.clock.pass(MINUTE_MS);
    await site.run('promote');
    expect(minima(site)).toEqual({ 'shop-a': '3 held', 'shop-b': '1' });
    await site.run('rollback');
    expect(minima(site), 'both are held again while traffic moves').toEqual({ 'shop-a': '3 held', 'shop-b': '3 held' });
    await site.clock.pass(QUARTER_MS);
    await site.run('rollback');
    expect(minima(site)).toEqual({ 'shop-a': '1', 'shop-b': '3 held' });
    expect(site.watch.broken).toEqual([]);
  },
);
