import { describe, expect } from 'vitest';
import { callOpsWorks } from '../support/quick-sandbox.ts';
import { poll } from '../support/poll.ts';
import { scenario, type Rig } from '../support/rig.ts';

const STACK = { stack: 'shop', layer: 'web', app: 'shop' };
const CONFIG = { fleet: '{ kind: opsworks, stack: shop, app: shop }' };

async function layers({ sandbox }: Rig): Promise<readonly { Name: string }[]> {
  const { Stacks } = await callOpsWorks(sandbox, 'DescribeStacks', {});
  return (await callOpsWorks(sandbox, 'DescribeLayers', { StackId: Stacks[0].StackId })).Layers;
}

async function accepted(shop: Rig, verb: string): Promise<void> {
  const now = async () => (await shop.status()).verbs.find((one) => one.verb === verb)?.accepted === true;
  await poll(now, `${verb} to be accepted`, 20_000);
}

describe.concurrent('layers of OpsWorks', () => {
  scenario('are adopted, brought up, switched there and back, and deleted, and no client notices', async ({ rig }) => {
    const shop = await rig({ opsworks: STACK, config: CONFIG, adopted: false });
    await shop.task('adopt --release 41');
    const planned = await shop.run('up --release 42 --plan');
    expect(planned.stdout).toMatch(/layer web cloned/);
    expect(planned.stdout).toMatch(/shop at revision 42/);
    expect(planned.stdout).toMatch(/Auto healing replaces instances of the layer web/);
    expect(await layers(shop)).toHaveLength(1);

    // A setup that fails: explained, production untouched, and what is left of it goes with its layer.
    const fault = shop.sandbox.faults.add({ kind: 'lifecycle', event: 'setup' });
    const failed = await shop.task('up --release 42', 'failed');
    shop.sandbox.faults.remove(fault);
    expect(failed.exitCode).toBe(3);
    // All of them fail, each in its own time; the run ends with the first one that it sees.
    expect(failed.message).toMatch(/[123] of 3 instances failed.*setup ended with exit code 1, its log: http/);
    await shop.task('cleanup --discard');
    expect(await layers(shop)).toHaveLength(1);

    await shop.task('up --release 42');
    expect(shop.where()).toEqual({ 'shop-production': '41 × 3', 'shop-test': '42 × 3' });
    await shop.task('promote');
    await accepted(shop, 'rollback');
    await shop.task('rollback');
    expect(shop.where()).toEqual({ 'shop-production': '41 × 3', 'shop-test': '42 × 3' });
    await accepted(shop, 'promote');
    await shop.task('promote');
    await shop.task('cleanup --wait');
    expect(shop.where()).toEqual({ 'shop-production': '42 × 3', 'shop-test': '' });
    expect((await layers(shop)).map(({ Name }) => Name)).toEqual([expect.stringMatching(/^shop-42-/) as string]);
    expect(shop.instancesOf('41')).toEqual([]);
    expect(shop.health.lowest()).toBe(3);
    await shop.expectNoFailures();
  });
});

describe.concurrent('a rolling deploy', () => {
  scenario(
    'by deployments of OpsWorks: no request fails, and the layer carries the release afterwards',
    async ({ rig }) => {
      const shop = await rig({
        opsworks: STACK,
        config: { ...CONFIG, deploy: '{ kind: opsworks }', migrate: 'with-deploy' },
      });
      const [{ LayerId }] = (await layers(shop)) as unknown as [{ LayerId: string }];
      // The only one of its zone comes last: the migrations of the first are through by then.
      const unlucky = shop.sandbox.blue.at(-1);

      // A deployment that fails keeps its instance out of traffic, and shows its log.
      const says = 'no space left on device';
      const fault = shop.sandbox.faults.add({ kind: 'lifecycle', event: 'deploy', instance: unlucky, says });
      const failed = await shop.task('rolling --release 42', 'failed');
      shop.sandbox.faults.remove(fault);
      expect(failed.message).toMatch(/failed with exit code 1/);
      expect((await shop.run('history --json')).stdout + JSON.stringify(failed)).toContain(says);

      await shop.task('rolling --release 42');
      expect(shop.where()).toEqual({ 'shop-production': '42 × 3', 'shop-test': '' });
      const { Layers } = await callOpsWorks(shop.sandbox, 'DescribeLayers', { LayerIds: [LayerId] });
      expect(JSON.parse(Layers[0].CustomJson).deploy.shop.scm.revision).toBe('42');
      const { Tags } = await callOpsWorks(shop.sandbox, 'ListTags', { ResourceArn: Layers[0].Arn });
      expect(Tags['turnout:release']).toBe('42');
      expect(await migrations(shop)).toEqual(['true']);
      await shop.expectNoFailures();
    },
  );

  scenario('by Run Command: no request fails', async ({ rig }) => {
    const shop = await rig({ config: { deploy: '{ kind: ssm, document: shop-deploy }' } });
    await shop.task('rolling --release 42');
    expect(shop.where()).toEqual({ 'shop-production': '42 × 3', 'shop-test': '' });
    await shop.expectNoFailures();
  });
});

/** What deployments were told about migrations, where they were to run them. */
async function migrations({ sandbox }: Rig): Promise<readonly string[]> {
  const { Stacks } = await callOpsWorks(sandbox, 'DescribeStacks', {});
  const { Deployments } = await callOpsWorks(sandbox, 'DescribeDeployments', { StackId: Stacks[0].StackId });
  return Deployments.map(({ Command }: { Command: { Args: { migrate: string[] } } }) => Command.Args.migrate[0]).filter(
    (value: string) => value === 'true',
  );
}
