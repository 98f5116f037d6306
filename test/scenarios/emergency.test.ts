import { DatabaseSync } from 'node:sqlite';
import { describe, expect } from 'vitest';
import { callElbv2 } from '../support/quick-sandbox.ts';
import { scenario, type Rig } from '../support/rig.ts';

/** The way back is open, whatever beside production is broken. */

async function switched(shop: Rig): Promise<void> {
  await shop.task('up --release 42');
  await shop.task('promote');
  await shop.healthyIn('shop-test', '41');
}

/** As by hand in the console: the listener goes, and then the group. */
async function deleteTestGroup({ sandbox }: Rig): Promise<void> {
  const { url, arn: TargetGroupArn } = sandbox.test[0]!;
  const { listenerArn: ListenerArn } = sandbox.elbv2.urls().find((one) => url.startsWith(one.url))!;
  await sandbox.elbv2.operations['DeleteListener']!({ ListenerArn });
  await sandbox.elbv2.operations['DeleteTargetGroup']!({ TargetGroupArn });
}

/** As by a newer version, or by a disk. */
function spoilRecords({ storePath }: Rig): void {
  const database = new DatabaseSync(storePath);
  database.exec(
    "UPDATE journal SET entry = '{}'; INSERT OR REPLACE INTO goal (environment, goal) VALUES ('shop', '{}')",
  );
  database.close();
}

describe.concurrent('production goes back', () => {
  scenario('without a test group and a readable record: status names them, rollback needs neither', async ({ rig }) => {
    const shop = await rig();
    await switched(shop);
    await deleteTestGroup(shop);
    spoilRecords(shop);
    const missing = 'shop-test could not be read. AWS has no target group shop-test.';
    const status = await shop.run('status --json');
    expect(status.exitCode).toBe(0);
    expect(status.lines.at(-1)).toMatchObject({
      unreadable: [missing, expect.stringContaining('did not end cannot be read') as string],
      rollback: { ready: true },
    });
    expect((await shop.run('status')).stdout).toContain(`Not read: ${missing}`);
    expect(await shop.task('cleanup', 'refused')).toMatchObject({ code: 'goal-unreadable', exitCode: 2 });
    expect((await shop.run('history')).stdout).toContain('unreadable');
    const { message } = await shop.task('rollback');
    expect(message).toMatch(/^41 serves production\. 42 stays up\. /);
    expect(shop.statesIn('shop-production', '41')).toEqual(['healthy', 'healthy', 'healthy']);
    expect(shop.statesIn('shop-production', '42').filter((state) => state !== 'draining')).toEqual([]);
    expect(shop.health.lowest()).toBe(3);
    await shop.expectNoFailures();
  });

  scenario(
    'after the listener of production was deleted, by a listener that the refusal says how to make',
    async ({ rig }) => {
      const shop = await rig();
      await switched(shop);
      const { elbv2, production } = shop.sandbox;
      const { url, listenerArn } = elbv2.urls().find((one) => production[0]!.url.startsWith(one.url))!;
      shop.mayFail('nothing listens for clients of production');
      await callElbv2(shop.sandbox, 'DeleteListener', { ListenerArn: listenerArn });
      const refused = await shop.task('rollback', 'refused');
      expect(refused.code).toBe('unused-target-group');
      expect(refused.message).toContain('forwards to shop-production: no clients would reach it');
      expect(refused.message).toMatch(/42 is registered there, and gets no requests\.$/);
      const [, balancer, group] =
        /`aws elbv2 create-listener --load-balancer-arn (\S+) --protocol HTTP --port 80 --default-actions Type=forward,TargetGroupArn=(\S+)`/.exec(
          refused.next.join('\n'),
        )!;
      // The port is free again.
      await callElbv2(shop.sandbox, 'CreateListener', {
        LoadBalancerArn: balancer,
        Protocol: 'HTTP',
        Port: Number(new URL(url).port),
        DefaultActions: [{ Type: 'forward', TargetGroupArn: group }],
      });
      const { message } = await shop.task('rollback');
      expect(message).toMatch(/^41 serves production\. 42 stays up /);
      expect(shop.statesIn('shop-production', '41')).toEqual(['healthy', 'healthy', 'healthy']);
    },
  );
});
