import { describe, expect, test } from 'vitest';
import type { PreviewPlace, PreviewRule } from '../../src/domain/preview.ts';
import type { Snapshot } from '../../src/domain/snapshot.ts';
import { previewSentence, previewTexts } from '../../src/domain/preview-rules.ts';
import { previewFacts } from '../../src/plan/preview.ts';
import { giveBack, type GiveBack } from '../../src/run/task/give-back.ts';
import { behaviourOf } from '../../src/steps/index.ts';
import { up } from '../../tasks/up.ts';
import { BALANCER, FakePreviews, PLACE } from '../support/fake-previews.ts';
import { LIMITS } from '../support/fake-run.ts';
import { Rig } from '../support/fake-run-task.ts';
import { blueAndGreen, FakeWorld } from '../support/fake-world.ts';
import { boot, copyFleet, enter, leave, sicken, type Act } from '../support/hands.ts';
import { ALONE, HOME, world } from '../support/worlds.ts';

function behind(fake: FakeWorld): FakeWorld {
  fake.set((now) => ({ ...now, pools: now.pools.map((pool) => ({ ...pool, loadBalancers: [BALANCER] })) }));
  return fake;
}

function rigWith(fake: FakeWorld = blueAndGreen()): { rig: Rig; previews: FakePreviews } {
  const rig = new Rig(behind(fake));
  const previews = new FakePreviews(rig.log);
  Object.assign(fake.ports, { preview: previews });
  return { rig, previews };
}

function blueAlone(): FakeWorld {
  const blue = { prod: 'healthy', test: '-' } as const;
  return new FakeWorld(world([{ id: 'A', marks: HOME, members: [blue, blue] }]));
}

/** A rule that was found as those of others are. */
const FOUND = {
  name: 'shop:80 priority 49000',
  by: 'listener',
  url: 'http://shop/',
  weights: { test: 1 },
  stickyS: 0,
  isPreview: true,
} as const;

function toolsOf({ ports }: FakeWorld): GiveBack {
  const { signal } = new AbortController();
  const lease = { lost: signal, check: async () => {} } as unknown as GiveBack['lease'];
  const decision = { made: () => {} } as unknown as GiveBack['decision'];
  return { ports, signal, lease, decision, limits: LIMITS, settleMs: 10_000, emit: () => {} };
}

const told = ({ log }: Rig): readonly string[] => log.filter((what) => /rule|prod|terminate|launch/.test(what));

describe('preview', () => {
  test('is made once green is healthy, and once only', async () => {
    const { rig } = rigWith(blueAlone());
    expect(await rig.run('up', { release: '42' })).toMatchObject({
      result: 'done',
      message: expect.stringContaining('With header x-preview: 42 it answers at http://shop/.'),
    });
    expect(told(rig)).toEqual([expect.stringMatching(/^launch 42-/), 'create rule for 42']);
    expect(await rig.run('up', { release: '42' })).toMatchObject({ result: 'refused', code: 'green-exists' });
  });

  test('that the config changes meanwhile is made anew by the same `up`, and nothing else is touched', async () => {
    const { rig, previews } = rigWith();
    previews.add('B').by = 'header x-preview: 43';
    await rig.run('promote', {}, { plan: true });
    const another = expect.stringContaining('is not as `preview` and production');
    expect(rig.events).toContainEqual(
      expect.objectContaining({ type: 'planned', notes: expect.arrayContaining([another]) }),
    );
    expect(await rig.run('up', { release: 'B', count: 2 })).toMatchObject({ code: 'green-exists' });
    expect(await rig.run('up', { release: 'B' })).toMatchObject({
      result: 'done',
      message: expect.stringContaining('With header x-preview: 43 it answers at http://shop/.'),
    });
    expect(told(rig)).toEqual(['delete arn:rule-B', 'create rule for B']);
    expect(await rig.run('up', { release: 'B' })).toMatchObject({ code: 'green-exists' });
  });

  test('is made again by `up` once production was moved back, and the rollback says so', async () => {
    const { rig } = rigWith();
    const advised = '`turnout up --release B` leads header x-preview: 42 to it';
    await rig.run('promote');
    expect((await rig.run('rollback')).next).toContain(advised);
    rig.log.length = 0;
    expect(await rig.run('up', { release: 'B' })).toMatchObject({ result: 'done' });
    expect(told(rig)).toEqual(['create rule for B']);
  });

  test('that a promote has deleted, which was undone, is not forgotten', async () => {
    const { rig, previews } = rigWith();
    previews.add('B');
    rig.on('register prod', () => void rig.fake.sick.add('B-0').add('B-1'));
    const { result, next } = await rig.run('promote');
    expect([result, previews.rules]).toEqual(['undone', []]);
    expect(next).toContain('`turnout up --release B` leads header x-preview: 42 to it');
  });

  test('that is lacking is told by status, with what makes it, or why nothing does', () => {
    const by = 'header x-preview: 42';
    const seen = (places: readonly PreviewPlace[], rules: readonly PreviewRule[] = []): Snapshot => ({
      ...behind(blueAndGreen()).now,
      preview: { state: 'seen', by, rules, places },
    });
    const rule = { arn: 'arn:rule', name: 'shop:80 priority 49000', fleet: 'B', release: 'B', above: PLACE.arn };
    expect(previewFacts(seen([PLACE]))).toEqual([
      `${by} does not lead to B: \`turnout up --release B\` makes the rule.`,
    ]);
    expect(previewFacts(seen([{ ...PLACE, problem: 'Taken.' }]))).toEqual([`${by} does not lead to B: Taken.`]);
    expect(previewFacts(seen([PLACE], [{ ...rule, group: 'arn:test' }]))).toEqual([
      `${by} leads to B (shop:80 priority 49000).`,
    ]);
  });

  test('ends directly before production moves', async () => {
    const { rig, previews } = rigWith();
    previews.add('B');
    expect(await rig.run('promote')).toMatchObject({ result: 'done' });
    expect(told(rig)).toEqual(['delete arn:rule-B', 'register prod B-0 B-1', 'deregister prod A-0 A-1']);
  });

  test('ends in a rollback once production has moved', async () => {
    const { rig, previews } = rigWith();
    await rig.run('promote');
    previews.add('B');
    rig.log.length = 0;
    expect(await rig.run('rollback')).toMatchObject({ result: 'done' });
    expect(told(rig)).toEqual(['register prod A-0 A-1', 'deregister prod B-0 B-1', 'delete arn:rule-B']);
  });

  test('ends before the servers do; of a release that stays, it stays', async () => {
    const { rig, previews } = rigWith();
    previews.add('B').add('A');
    expect(await rig.run('cleanup', { discard: true, release: 'B' })).toMatchObject({ result: 'done' });
    expect(told(rig)).toEqual(['delete arn:rule-B', 'terminate B']);
    expect(await rig.run('cleanup', { discard: true })).toMatchObject({ result: 'done' });
    expect(previews.rules).toEqual([]);
  });

  test('that may not be deleted keeps production where it is, and a rollback from nothing', async () => {
    const { rig, previews } = rigWith();
    previews.add('B').denied = true;
    expect(await rig.run('promote')).toMatchObject({ exitCode: 3 });
    expect(told(rig)).toEqual([]);
    previews.denied = false;
    await rig.run('promote');
    previews.add('B').denied = true;
    expect(await rig.run('rollback')).toMatchObject({ result: 'done' });
    expect(rig.events).toContainEqual(
      expect.objectContaining({ type: 'warning', message: expect.stringContaining('delete the preview rule') }),
    );
  });

  test('that cannot be read stops what would leave it behind, and not what leads back', async () => {
    const { rig, previews } = rigWith();
    await rig.run('promote');
    previews.unreadable = true;
    for (const verb of ['promote', 'cleanup'] as const)
      expect(await rig.run(verb)).toMatchObject({ result: 'refused', code: 'preview-unreadable' });
    expect(await rig.run('rollback')).toMatchObject({ result: 'done' });
  });

  test('that shows only at the end is not called gone', async () => {
    const { rig, previews } = rigWith();
    previews.add('B').isLate = () => true;
    rig.on('deregister prod', () => void (previews.isLate = () => false));
    const { exitCode, message, next } = await rig.run('promote');
    expect([exitCode, message]).toEqual([
      4,
      expect.stringContaining('this is not so any more, or not yet: delete the preview rule shop:80 priority 49000.'),
    ]);
    expect(next).toContain('`turnout promote` does it again');
    expect(await rig.run('promote')).toMatchObject({ result: 'done' });
    expect(previews.rules).toEqual([]);
  });

  test('that does not show yet means that readings are older than the `up` that made it', () => {
    const { now } = blueAndGreen();
    const by = 'header x-preview: 42';
    const seen = (rules: readonly PreviewRule[]): Snapshot => ({
      ...now,
      preview: { state: 'seen', by, rules, places: [PLACE] },
    });
    const rule = { arn: 'arn:rule', name: 'shop:80 priority 49000', fleet: 'B', release: 'B', above: PLACE.arn };
    const visible = [now, seen([]), seen([rule]), seen([{ ...rule, release: 'C' }])].map((one) =>
      up.isVisible(one, 'B'),
    );
    expect(visible).toEqual([true, false, true, false]);
  });

  test('that was made before the config lost it is deleted, too', async () => {
    const { rig, previews } = rigWith();
    previews.add('B').isWanted = false;
    rig.fake.set((now) => ({ ...now, outside: { ...ALONE, routes: [FOUND] } }));
    expect(await rig.run('promote')).toMatchObject({ result: 'done' });
    expect(previews.rules).toEqual([]);
  });

  test.each([true, false])('is deleted by abandon, whether the config has it (%s)', async (isWanted) => {
    const { rig, previews } = rigWith();
    previews.add('B').isWanted = isWanted;
    rig.fake.set((now) => ({ ...now, outside: isWanted ? ALONE : { ...ALONE, routes: [FOUND] } }));
    const giveUp = async (verb: 'promote' | 'rolling') => rig.fake.finish(giveBack(toolsOf(rig.fake), verb));
    expect(await giveUp('rolling')).toEqual([]);
    expect(await giveUp('promote')).toEqual(['The preview rule shop:80 priority 49000 is deleted.']);
    expect(previews.rules).toEqual([]);
  });

  test.each<readonly [string, Partial<PreviewRule>, string | undefined, string]>([
    ['leads to green', {}, 'header x-preview: 42', 'header x-preview: 42 leads to B (shop:80 priority 49000).'],
    ['is of another value', { isOutdated: true }, 'header x-preview: 43', 'say now, not header x-preview: 43.'],
    ['is wanted no more', {}, undefined, 'needs `elasticloadbalancing:DeleteRule`'],
    ['was changed', { group: undefined } as object, 'header x-preview: 42', 'others have changed where it leads'],
  ])('that %s is told so', (_what, change, by, says) => {
    const rule = { arn: 'arn:rule', name: 'shop:80 priority 49000', fleet: 'B', release: 'B', above: PLACE.arn };
    const rules = [{ ...rule, group: 'arn:test', ...change }];
    const seen = { preview: { state: 'seen', ...(by && { by }), rules, places: [PLACE] } } as const;
    expect(previewTexts(seen)).toEqual([expect.stringContaining(says)]);
    expect(previewSentence(seen, 'B') !== '').toBe(says.startsWith('header'));
  });

  test.each<readonly [string, Partial<PreviewPlace>[], RegExp]>([
    ['without a listener', [], /^No listener leads to production/],
    ['without a free priority', [{ problem: 'No priority is free directly above shop:80.' }], /^No priority is free/],
    ['at another load balancer', [{ balancer: 'arn:other' }], /^No target group of the new servers is behind/],
  ])('%s is refused before anything boots', async (_where, places, says) => {
    const { rig, previews } = rigWith(blueAlone());
    previews.places = places.map((one) => ({ ...PLACE, ...one }));
    expect(await rig.run('up', { release: '42' })).toMatchObject({
      code: 'no-preview',
      message: expect.stringMatching(says),
    });
    expect(told(rig)).toEqual([]);
  });

  const step = { do: 'create-preview', fleet: 'B', release: 'B', pool: 'test', above: PLACE.arn } as const;
  const seen = (act: Act, places = [PLACE]): Snapshot => {
    const fake = behind(blueAndGreen());
    act(fake);
    return { ...fake.now, preview: { state: 'seen', by: 'header', rules: [], places } };
  };

  test.each<readonly [string, Act, string | undefined]>([
    ['green is there', () => {}, undefined],
    ['one of green is sick', sicken('test', 'B-0'), undefined],
    ['somebody tries a server of theirs there', enter('test', 'i-hand'), undefined],
    ['green is sick', sicken('test', 'B-0', 'B-1'), 'Nothing of B is healthy in test now.'],
    ['green has left', leave('test', 'B-0', 'B-1'), 'Nothing of B is in test any more.'],
    ['blue is there', enter('test', 'A-0'), 'A is in test, too.'],
    [
      'another release is there',
      (fake) => [copyFleet('B', 'C'), boot('C', 'C-0'), enter('test', 'C-0')].forEach((act) => act(fake)),
      'B is in test, too.',
    ],
  ])('leads nobody there unless it is green: %s', (_what, act, says) => {
    expect(behaviourOf(step).guard(seen(act))).toBe(says);
  });

  test('leads nobody there above what leads to production no more, or where others stand', () => {
    expect(behaviourOf(step).guard(seen(() => {}, []))).toBe('arn:80 does not lead to production any more.');
    expect(behaviourOf(step).guard(seen(() => {}, [{ ...PLACE, problem: 'Taken.' }]))).toBe('Taken.');
  });
});
