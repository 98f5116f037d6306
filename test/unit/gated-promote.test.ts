import { describe, expect, test } from 'vitest';
import type { GateVerdict } from '../../src/domain/gates.ts';
import type { Rig } from '../support/fake-run-task.ts';
import { ALARM_GATE, COMMAND_GATE, gated, METRIC_GATE } from '../support/gated.ts';
import { sicken } from '../support/hands.ts';

function served(rig: Rig): readonly string[] {
  const { traffic, pools } = rig.fake.now;
  if (traffic.kind !== 'membership')
    return traffic.routes.filter(({ role }) => role === 'production').map(({ weights }) => JSON.stringify(weights));
  return pools
    .filter(({ role }) => role === 'production')
    .flatMap(({ targets }) => targets.filter(({ state }) => state !== 'draining').map(({ id }) => id));
}

test.each(['members', 'weights'] as const)(
  'green bakes with all of production, and every verdict is kept (%s)',
  async (world) => {
    const { rig, asked, verdicts } = gated(world, { bakeS: 120 });
    expect(await rig.run('promote')).toMatchObject({ result: 'done' });
    expect((asked.at(-1)!.now - asked[0]!.since) / 1000).toBeGreaterThanOrEqual(120);
    expect(asked.at(-1)).toMatchObject({ percent: 100, seconds: 120, green: { release: 'B' } });
    expect(asked.at(-1), 'nothing else serves').not.toHaveProperty('blue');
    expect(verdicts()).toEqual([
      expect.objectContaining({ gate: 'smoke', verdict: 'pass', percent: 100 }),
      ...verdicts().slice(1),
    ]);
    const [entry] = await rig.store.history(1);
    expect(entry?.verdicts).toEqual([expect.objectContaining({ gate: 'smoke', verdict: 'pass' })]);
    expect(await rig.run('promote'), 'what has baked does not bake again').toMatchObject({
      message: expect.stringMatching(/^Nothing to do/),
    });
  },
);

test('between steps both sides are judged, with the share that they have', async () => {
  const { rig, asked } = gated('weights', { bakeS: 30 });
  await rig.run('promote', { steps: [10, 50, 100], every: 60 });
  expect([...new Set(asked.map(({ percent, seconds }) => `${percent} ${seconds}`))]).toEqual([
    '10 60',
    '50 60',
    '100 30',
  ]);
  expect(asked[0]).toMatchObject({ green: { release: 'B' }, blue: { release: 'A' } });
  expect(asked[0]?.green.pools.map(({ name }) => name)).toEqual(['two']);
  expect(asked[0]?.blue?.pools.map(({ name }) => name)).toEqual(['one']);
  asked.length = 0;
  expect(await rig.run('promote', { bake: 30 }), 'unless it is asked for').toMatchObject({ result: 'done' });
  expect(asked.at(-1)).toMatchObject({ percent: 100, seconds: 30 });
});

describe.each(['members', 'weights'] as const)('a gate that fails (%s)', (world) => {
  test('leads back at once, onto a side that is whole', async () => {
    const { rig, asked } = gated(world, { bakeS: 600 }, (_occasion, n) => (n < 3 ? 'inconclusive' : 'fail'));
    const before = served(rig);
    expect(await rig.run('promote')).toMatchObject({
      result: 'undone',
      exitCode: 3,
      message: expect.stringMatching(/^A gate failed. smoke: it was fail. It was undone. A serves production/),
    });
    expect((asked.at(-1)!.now - asked[0]!.since) / 1000).toBeLessThan(120);
    expect(served(rig)).toEqual(before);
    expect((await rig.store.history(1))[0]?.verdicts).toMatchObject([{ gate: 'smoke', verdict: 'fail' }]);
  });

  test('leads to nothing that is not whole: it stops, and says so', async () => {
    const { rig } = gated(world, { bakeS: 600 }, () => {
      sicken(world === 'members' ? 'test' : 'one', 'A-0')(rig.fake);
      return 'fail';
    });
    const ended = await rig.run('promote');
    expect(ended).toMatchObject({ code: 'needs-attention', exitCode: 4 });
    expect(ended.message).toContain('Production was not moved back: 1 of 2 instances of A are healthy.');
    expect(JSON.stringify(served(rig))).toMatch(/B-0|"two\\*":1/);
  });
});

describe('a gate that is inconclusive at the end', () => {
  test('holds: the weights stay, and resume goes on', async () => {
    let verdict: GateVerdict = 'inconclusive';
    const { rig, asked } = gated('weights', { bakeS: 60 }, () => verdict);
    const ended = await rig.run('promote', { to: 10 });
    expect(ended).toMatchObject({ result: 'failed', code: 'held', exitCode: 6 });
    expect(ended.message).toMatch(/^A gate is inconclusive. smoke: it was inconclusive. B keeps 10 % of production./);
    expect(ended.next.join()).toMatch(/turnout resume.*turnout rollback/);
    expect(asked.at(-1)?.now).toBeGreaterThanOrEqual((asked[0]?.since ?? 0) + 60_000);
    const changes = rig.fake.changes.length;
    verdict = 'pass';
    expect(await rig.run('promote', { resumes: await recordedRun(rig) })).toMatchObject({ result: 'done' });
    expect(rig.fake.changes.slice(changes), 'no weight was touched').toEqual([]);
  });

  test.each([
    ['back', 'undone', 3],
    ['go', 'done', 0],
  ] as const)('leads %s, where the config says so', async (onInconclusive, result, exitCode) => {
    const { rig } = gated('members', { bakeS: 60, onInconclusive }, () => 'inconclusive');
    expect(await rig.run('promote')).toMatchObject({ result, exitCode });
  });
});

async function recordedRun(rig: Rig): Promise<string> {
  const recorded = await rig.store.goal();
  if (recorded === undefined || !('goal' in recorded)) throw new Error('No goal is on record.');
  return recorded.goal.run;
}

test('a gate in dry run judges, and decides nothing', async () => {
  const { rig, verdicts } = gated('members', { bakeS: 60, gates: [{ ...COMMAND_GATE, dryRun: true }] }, () => 'fail');
  expect(await rig.run('promote')).toMatchObject({ result: 'done' });
  expect(verdicts()[0]).toMatchObject({ verdict: 'fail', dryRun: true });
});

test('a verdict of before the end is not the last word', async () => {
  const { rig } = gated('members', { bakeS: 600 }, ({ now, since }) => (now < since + 600_000 ? 'pass' : 'fail'));
  expect(await rig.run('promote')).toMatchObject({ result: 'undone' });
});

test('a rollback is never gated, nor is what leads back', async () => {
  const { rig, asked } = gated('weights', { bakeS: 60 });
  await rig.run('promote');
  asked.length = 0;
  expect(await rig.run('rollback')).toMatchObject({ result: 'done' });
  expect(asked).toEqual([]);
});

test('a bake without gates is watched for health', async () => {
  const { rig } = gated('members', { gates: [] });
  const sick = (): void => sicken('prod', 'B-0', 'B-1')(rig.fake);
  rig.onEvent = (event) => void (event.type === 'step-started' && event.title.startsWith('bake') && sick());
  expect(await rig.run('promote', { bake: 120 })).toMatchObject({ result: 'undone' });
});

describe('the plan', () => {
  const plan = { plan: true };
  const notes = (rig: Rig) => rig.events.flatMap((event) => (event.type === 'planned' ? event.notes : [])).join(' ');

  test('says when each gate can judge, and how long it bakes where nothing else says it', async () => {
    const { rig } = gated('weights', { gates: [COMMAND_GATE, ALARM_GATE, { ...METRIC_GATE, max: 0.01 }] });
    await rig.run('promote', { steps: [10, 100], every: 400 }, plan);
    expect(notes(rig)).toContain(
      'With 10 % it bakes for 6 min 40 s, judged by smoke (command, at once), alarm (alarm, after 6 min) and errors (metric, after 4 min and 970 requests to green or more). ' +
        'With 100 % it bakes for 6 min, judged by smoke (command, at once), alarm (alarm, after 6 min) and errors (metric, after 4 min and 1077 requests to green or more). ' +
        'Where blue fails some requests too, more are needed: with fewer, the verdict is inconclusive.',
    );
  });

  test.each([
    ['--bake', { bake: 60 }, 100],
    ['--every', { steps: [10, 100], every: 60 }, 10],
  ])('refuses a %s in which a gate cannot judge, with one that is long enough', async (flag, options, percent) => {
    const { rig } = gated('weights', { gates: [{ ...METRIC_GATE, max: 0.01 }] });
    const ended = await rig.run('promote', options, plan);
    expect(ended).toMatchObject({ result: 'refused', code: 'gate-too-slow' });
    expect(ended.message).toContain(`needs 4 min until it can judge green with ${percent} % of production, and 1 min`);
    expect(ended.next[0]).toContain(`${flag} 240s`);
    const enough = flag === '--bake' ? { bake: 240 } : { ...options, every: 240 };
    expect(await rig.run('promote', enough, plan)).toMatchObject({ result: 'planned' });
  });

  test('refuses a gate that would never judge', async () => {
    const { rig } = gated('members', { gates: [METRIC_GATE] });
    expect(await rig.run('promote', {}, plan)).toMatchObject({ result: 'refused', code: 'gate-never-judged' });
    const steps = gated('weights', { gates: [METRIC_GATE] });
    expect(await steps.rig.run('promote', { steps: [50, 100], every: 240 }, plan)).toMatchObject({ result: 'planned' });
  });

  test('refuses while an alarm is in ALARM, or is not there, unless it is ignored', async () => {
    const { rig, gates } = gated('members', { gates: [ALARM_GATE] });
    const alarm = { name: 'shop-5xx', why: 'Threshold crossed.', needsS: 60, isPartial: false };
    for (const [state, code] of [
      ['ALARM', 'alarm-active'],
      ['not-found', 'no-such-alarm'],
    ] as const) {
      gates.alarms = async () => [{ ...alarm, state }];
      const ended = await rig.run('promote', {}, plan);
      expect(ended).toMatchObject({ result: 'refused', code });
      expect(ended.next.join()).toContain('--ignore-alarm shop-5xx');
      expect(await rig.run('promote', { ignoreAlarm: ['shop-5xx'] }, plan)).toMatchObject({ result: 'planned' });
      expect(notes(rig)).toContain('The alarm shop-5xx is ignored');
    }
    const given = { overrideFreeze: 'fix of it', ignoreAlarm: ['other'] };
    expect((await rig.run('promote', given, plan)).next, 'with what was given').toContain(
      "`turnout promote --ignore-alarm shop-5xx --ignore-alarm other --override-freeze 'fix of it'` goes on without it.",
    );
    gates.alarms = async () => [{ ...alarm, state: 'INSUFFICIENT_DATA' }];
    expect(await rig.run('promote', {}, plan)).toMatchObject({ result: 'planned' });
  });

  test.each(['members', 'weights'] as const)('asks again directly before production moves (%s)', async (world) => {
    const { rig, gates } = gated(world, { gates: [ALARM_GATE], bakeS: 600 });
    const before = served(rig);
    const isCalm = gates.alarms;
    rig.on('mark B promoted', () => {
      gates.alarms = async (names) =>
        (await isCalm(names)).map((alarm) => ({ ...alarm, state: 'ALARM', why: 'Threshold crossed.' }));
    });
    const ended = await rig.run('promote');
    expect(ended).toMatchObject({ result: 'undone' });
    expect(ended.message).toContain('The alarm shop-5xx is in ALARM before production has moved. Threshold crossed.');
    expect(served(rig)).toEqual(before);
    expect(rig.fake.changes.filter((change) => /^(register prod|weigh) /.test(change))).toEqual([]);
  });

  test('refuses metrics of a Network Load Balancer', async () => {
    const { rig } = gated('members', { gates: [{ ...METRIC_GATE, max: 0.01 }] });
    const loadBalancers = ['arn:aws:elasticloadbalancing:eu-west-1:1:loadbalancer/net/shop/1'];
    rig.fake.set((snapshot) => ({ ...snapshot, pools: snapshot.pools.map((pool) => ({ ...pool, loadBalancers })) }));
    expect(await rig.run('promote', {}, plan)).toMatchObject({ result: 'refused', code: 'gate-no-metrics' });
  });
});
