import { describe, expect } from 'vitest';
import { poll } from '../support/poll.ts';
import { callElbv2 } from '../support/quick-sandbox.ts';
import { QUICK_CHECKS, scenario, type Rig, type RigOptions } from '../support/rig.ts';

/** Two listeners that bring production, one for tests, and two target groups behind all of them. */
const WEIGHTED: RigOptions = {
  production: [{ name: 'shop-blue', port: 8080 }],
  test: [{ name: 'shop-green', port: 8080 }],
  weighted: { production: [{ port: 0 }, { port: 0, priority: 10 }], test: [{ port: 0 }] },
};

const PLACES = { '41': 'shop-blue', '42': 'shop-green' };

/** Weights of the two groups by listener, as ELB has them: `100/0`. */
async function weights(shop: Rig): Promise<readonly string[]> {
  const arns = [...shop.sandbox.production, ...shop.sandbox.test].map(({ arn }) => arn);
  const listeners = shop.sandbox.elbv2.urls().map(({ listenerArn }) => listenerArn);
  return Promise.all(
    listeners.map(async (ListenerArn) => {
      const { Rules } = await callElbv2(shop.sandbox, 'DescribeRules', { ListenerArn });
      const tuples: { TargetGroupArn: string; Weight: number }[] = Rules[0].Actions[0].ForwardConfig.TargetGroups;
      return arns.map((arn) => tuples.find(({ TargetGroupArn: one }) => one === arn)?.Weight ?? '-').join('/');
    }),
  );
}

/** Changes of rules and default actions, since `forgetRequests`. */
function shifts(shop: Rig): readonly string[] {
  return shop.changes.filter((name) => name.startsWith('Modify'));
}

async function setShare(shop: Rig, green: number): Promise<void> {
  const [blueGroup, greenGroup] = [...shop.sandbox.production, ...shop.sandbox.test];
  const TargetGroups = [
    { TargetGroupArn: blueGroup?.arn, Weight: 100 - green },
    { TargetGroupArn: greenGroup?.arn, Weight: green },
  ];
  const [listener] = shop.sandbox.elbv2.urls();
  const DefaultActions = [{ Type: 'forward', ForwardConfig: { TargetGroups } }];
  await callElbv2(shop.sandbox, 'ModifyListener', { ListenerArn: listener?.listenerArn, DefaultActions });
}

/** Clients of the first listener get this release and no other one. */
async function expectOnly(shop: Rig, release: keyof typeof PLACES): Promise<void> {
  await poll(async () => {
    const before = await shop.answered();
    await poll(
      async () => ((await shop.answered())[release] ?? 0) > (before[release] ?? 0) + 10,
      `traffic of ${release}`,
    );
    const after = await shop.answered();
    return Object.keys(PLACES).every((name) => name === release || after[name] === before[name]);
  }, `nothing but ${release}`);
}

describe.concurrent('a weighted listener', () => {
  scenario('promote and rollback change each rule once and no target moves', async ({ rig }) => {
    const shop = await rig(WEIGHTED);
    expect(shop.where()).toEqual({ 'shop-blue': '41 × 3', 'shop-green': '' });
    await shop.task('up --release 42');
    const both = { 'shop-blue': '41 × 3', 'shop-green': '42 × 3' };
    for (const [task, now] of [
      ['promote', ['0/100', '0/100', '100/0']],
      ['rollback', ['100/0', '100/0', '0/100']],
      ['promote', ['0/100', '0/100', '100/0']],
    ] as const) {
      shop.forgetRequests();
      await shop.task(task);
      expect(shifts(shop), task).toEqual(['ModifyListener', 'ModifyRule', 'ModifyListener']);
      expect(await weights(shop)).toEqual(now);
      expect(shop.where(), 'no target is registered or deregistered').toEqual(both);
      await expectOnly(shop, task === 'promote' ? '42' : '41');
    }
    expect(await shop.roles()).toEqual({ '41': 'parked', '42': 'blue' });
    await shop.task('cleanup --wait');
    expect(shop.where()).toEqual({ 'shop-blue': '', 'shop-green': '42 × 3' });
    expect(shop.instancesOf('41')).toEqual([]);
    // The next release goes into the other group.
    await shop.task('up --release 43');
    expect(shop.where()).toEqual({ 'shop-blue': '43 × 3', 'shop-green': '42 × 3' });
    await shop.expectNoFailures();
  });

  scenario('in steps, as far as was asked for, and on', async ({ rig }) => {
    const shop = await rig({ ...WEIGHTED, traffic: 'retention: 1s, every: 1s' });
    await shop.task('up --release 42');
    expect((await shop.task('promote --to 10')).message).toContain('42 has 10 % of production');
    expect(await weights(shop)).toEqual(['90/10', '90/10', '0/100']);
    expect(await shop.task('cleanup', 'refused')).toMatchObject({ code: 'mid-switch' });
    await shop.task('promote --steps 5,10,50,100');
    expect(await weights(shop)).toEqual(['0/100', '0/100', '100/0']);
    await expectOnly(shop, '42');
    await shop.task('rollback');
    await shop.task('promote --to 30');
    shop.forgetRequests();
    await shop.task('rollback');
    expect(shifts(shop)).toEqual(['ModifyListener', 'ModifyRule']);
    expect(await weights(shop)).toEqual(['100/0', '100/0', '0/100']);
    await shop.expectNoFailures();
  });

  scenario('what gets sick between two steps goes back, with the reason', async ({ rig }) => {
    const shop = await rig({ ...WEIGHTED, healthCheck: QUICK_CHECKS });
    await shop.task('up --release 42');
    const run = shop.start('promote --steps 10,100 --every 60s --yes --json');
    await run.reaches('watch shop-green');
    const [sick] = shop.instancesOf('42');
    shop.sandbox.instances.setBehaviour(sick!, { name: 'sick', ms: 0 });
    const { lines } = await run.ended;
    expect(lines.at(-1)).toMatchObject({ result: 'undone', message: expect.stringContaining(`${sick}: unhealthy`) });
    expect(await weights(shop)).toEqual(['100/0', '100/0', '0/100']);
    expect(await shop.roles()).toEqual({ '41': 'blue', '42': 'rejected' });
  });

  scenario('weights set by hand are shown, and promote refuses to start from them', async ({ rig }) => {
    const shop = await rig(WEIGHTED);
    await shop.task('up --release 42');
    await setShare(shop, 30);
    const { message, next } = await shop.task('promote', 'refused');
    expect(message).toMatch(/gives 30 % of production to shop-green/);
    expect(next.join()).toContain('turnout rollback');
    await shop.task('rollback');
    expect(await weights(shop)).toEqual(['100/0', '100/0', '0/100']);
    await shop.task('promote');
    await setShare(shop, 30);
    const moved =
      /leads to 41 \(70 %\) and 42 \(30 %\) now, and led to 42 after the last run \(promote of 42 by \S+, .*\)/;
    expect(await shop.status()).toMatchObject({ movedByOthers: expect.stringMatching(moved) as string });
    expect((await shop.run('status')).stdout.replaceAll(/\s+/g, ' ')).toMatch(moved);
    await shop.task('rollback');
    expect(await shop.status()).toMatchObject({ movedByOthers: null });
    await shop.expectNoFailures();
  });

  scenario('killed between two rules it is healed by the next run', async ({ rig }) => {
    const shop = await rig(WEIGHTED);
    await shop.task('up --release 42');
    // Its other rule is the default action of a listener, which ModifyListener changes.
    const end = shop.slow('ModifyRule', 60_000);
    shop.forgetRequests();
    const run = shop.start('promote --yes --json');
    await poll(async () => (await weights(shop))[0] === '0/100', 'the first rule', 20_000);
    run.kill('SIGKILL');
    await run.ended;
    end();
    expect(await weights(shop)).toEqual(['0/100', '100/0', '0/100']);
    expect(await shop.roles()).toEqual({ '41': 'blue', '42': 'green' });
    await shop.task('resume');
    expect(await weights(shop)).toEqual(['0/100', '0/100', '100/0']);
    await expectOnly(shop, '42');
    await shop.expectNoFailures();
  });

  scenario('the parked fleet is held until nothing can be on its way to it', async ({ rig }) => {
    const shop = await rig({ ...WEIGHTED, traffic: 'retention: 1h' });
    await shop.task('up --release 42');
    await shop.task('promote');
    const { code, message, next } = await shop.task('cleanup', 'refused');
    expect({ code, next }).toEqual({
      code: 'retained',
      next: [expect.stringContaining('cleanup --wait'), expect.stringContaining('--ignore-residual-traffic')],
    });
    expect(message).toContain('it is kept for 1 h');
    expect(shop.instancesOf('41')).toHaveLength(3);
    await shop.expectNoFailures();
  });

  scenario('where servers are moved there are no steps, but batches', async ({ rig }) => {
    const shop = await rig();
    await shop.task('up --release 42');
    for (const options of ['--steps 10,100', '--to 10', '--every 1s']) {
      expect(await shop.task(`promote ${options}`, 'refused')).toMatchObject({ code: 'no-weights' });
    }
    for (const [task, release] of [
      ['promote --batch 2', '42'],
      ['rollback --batch 1', '41'],
    ] as const) {
      shop.forgetRequests();
      await shop.task(task);
      expect(shop.where()['shop-production']).toBe(`${release} × 3`);
      const batches = shop.changes.filter((name) => name === 'RegisterTargets').length;
      expect(batches, task).toBe(task.endsWith('1') ? 4 : 3);
    }
    expect(shop.health.lowest()).toBeGreaterThanOrEqual(3);
    await shop.expectNoFailures();
  });

  scenario('where weights are moved there are no batches', async ({ rig }) => {
    const shop = await rig(WEIGHTED);
    await shop.task('up --release 42');
    expect(await shop.task('promote --batch 1', 'refused')).toMatchObject({ code: 'no-batches' });
  });
});
