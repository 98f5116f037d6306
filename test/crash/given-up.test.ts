import { describe, expect, test } from 'vitest';
import type { AnyOptions } from '../../tasks/index.ts';
import { ATTACHED, SCALED } from '../support/little/kinds.ts';
import { scalingOf } from '../support/little/scaling-state.ts';
import { stillHeld } from '../support/little/scaling-rules.ts';
import { Site, type Ask, type Run } from '../support/little/site.ts';
import type { Start } from '../support/little/scene.ts';
import { sampled } from '../support/sampled.ts';
import { codeOf } from './outcome.ts';

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

const ROWS: readonly (readonly [start: Start, ask: Ask, wish: AnyOptions])[] = [
  ['blue', 'up', { release: '42' }],
  ['green', 'promote', {}],
  ['promoted', 'rollback', {}],
  ['promoted', 'cleanup', { wait: true }],
];

/** Whether another machine, with a store of its own, ends all: what is wrong then. */
async function endedElsewhere(site: Site): Promise<readonly string[]> {
  const elsewhere = async (verb: Ask, wish: AnyOptions) =>
    site.run(verb, { ...wish, takeOver: true }, {}, { store: 1 });
  const back = await elsewhere('rollback', {});
  const last = await elsewhere('cleanup', { discard: true, wait: true });
  const ended = codeOf(last) === 'done' ? [] : ['cleanup was not done'];
  const wrong = [...ended, ...site.watch.broken, ...stillHeld(site.cloud.state, 1)];
  return wrong.length === 0 ? [] : [...wrong, messageOf(back), messageOf(last)];
}

describe.each([...SCALED, ATTACHED])('what another machine ends, with a store of its own, $traffic', (kind) => {
  test.each(ROWS)('in %s: %s, killed at a call, leaves nothing held', async (start, ask, wish) => {
    const scene = { start, groups: 1, size: SIZE } as const;
    const { calls } = (await new Site(scene, { kind }).run(ask, wish)).process;
    const found: string[] = [];
    for (const [index, { n, name }] of sampled([...calls.entries()], 12)) {
      const site = new Site(scene, { kind, stores: 2 });
      await site.run(ask, wish, { kill: { n, when: index % 2 === 0 ? 'before' : 'after' } });
      if (index % 3 === 0) await site.run('abandon');
      const wrong = await endedElsewhere(site);
      if (wrong.length > 0) found.push(`killed at ${n} (${name}): ${wrong.join(' / ')}`);
    }
    expect(found).toEqual([]);
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
