import { describe, expect } from 'vitest';
import { DEPLOYS, giveScript } from '../support/deploys.ts';
import { poll } from '../support/poll.ts';
import { QUICK_CHECKS, scenario, type Rig, type RigOptions } from '../support/rig.ts';

/** Where clients of a zone reach the targets of that zone only, what each zone keeps is seen under traffic. */

type Start = (options?: RigOptions) => Promise<Rig>;

const Attributes = [{ Key: 'load_balancing.cross_zone.enabled', Value: 'false' }];

async function zonalShop(rig: Start, options: RigOptions = {}): Promise<Rig> {
  const shop = await rig({ instances: 4, healthCheck: QUICK_CHECKS, ...options });
  for (const { arn } of [...shop.sandbox.production, ...shop.sandbox.test])
    await shop.sandbox.elbv2.operations['ModifyTargetGroupAttributes']!({ TargetGroupArn: arn, Attributes });
  return shop;
}

function idsIn(shop: Rig, release: string, zone: string): readonly string[] {
  return shop.instancesOf(release).filter((id) => shop.sandbox.instances.find(id)?.zone === zone);
}

describe.concurrent('without cross-zone load balancing', () => {
  scenario('a switch and the way back keep something in each zone', async ({ rig }) => {
    const shop = await zonalShop(rig);
    await shop.task('up --release 42');
    const [sick, other] = idsIn(shop, '42', 'eu-west-1b');
    for (const instance of [sick, other]) shop.sandbox.faults.add({ kind: 'sick', instance });
    await poll(
      () => shop.statesIn('shop-test', '42').filter((state) => state === 'healthy').length === 2,
      'two are sick',
      15_000,
    );
    const missing = await shop.task('promote --min-healthy 2', 'refused');
    expect([missing.code, missing.message]).toEqual(['not-healthy', expect.stringContaining('1 short in eu-west-1b')]);
    shop.sandbox.faults.clear();
    await shop.healthyIn('shop-test', '42');
    await shop.task('promote --min-healthy 2');
    await shop.task('rollback');
    await shop.expectNoFailures();
  });

  scenario('servers leave a zone one after the other', async ({ rig }) => {
    const shop = await zonalShop(rig, { config: DEPLOYS });
    await giveScript(shop);
    await shop.task('rolling --release 42 --min-healthy 2');
    const [first, second] = idsIn(shop, '42', 'eu-west-1a');
    await shop.task(`drain ${first}`);
    const last = await shop.task(`drain ${second} --min-healthy 1`, 'refused');
    expect(last.message).toContain('eu-west-1a');
    await shop.expectNoFailures();
  });

  scenario('as a control: clients of a zone fail when others take its last server', async ({ rig }) => {
    const shop = await zonalShop(rig);
    const Targets = idsIn(shop, '41', 'eu-west-1a').map((Id) => ({ Id, Port: 8080 }));
    await shop.sandbox.elbv2.operations['DeregisterTargets']!({
      TargetGroupArn: shop.sandbox.production[0]!.arn,
      Targets,
    });
    const fails = async (): Promise<boolean> => {
      const { sent, ok, inFlight } = await shop.meters[0]!.read();
      return sent - inFlight > ok;
    };
    await poll(fails, 'requests of its clients fail');
  });
});
