import { describe, expect } from 'vitest';
import { poll } from '../support/poll.ts';
import { callElbv2 } from '../support/quick-sandbox.ts';
import { scenario, type Rig, type RigOptions } from '../support/rig.ts';

const PREVIEW = { preview: "{ header: x-preview, value: '42' }" };

/** The release that answers at each of production's URLs, to a request with these headers. */
async function answers(shop: Rig, headers: Readonly<Record<string, string>>): Promise<readonly string[]> {
  const urls = shop.sandbox.elbv2.urls().slice(0, 2);
  const bodies = urls.map(async ({ url }) => (await (await fetch(url, { headers })).json()) as { release: string });
  return (await Promise.all(bodies)).map(({ release }) => release);
}

/** As in AWS, a load balancer goes by a rule a moment after it was made. */
async function answeredBy(shop: Rig, headers: Readonly<Record<string, string>>, release: string): Promise<void> {
  await poll(async () => (await answers(shop, headers)).every((one) => one === release), `answers of ${release}`);
}

/** Rules with a tag of ours, by listener and priority. */
async function previews(shop: Rig): Promise<readonly string[]> {
  const listeners = shop.sandbox.elbv2.urls().map(({ listenerArn }) => listenerArn);
  const all = await Promise.all(
    listeners.map(async (ListenerArn, n) => {
      const { Rules } = await callElbv2(shop.sandbox, 'DescribeRules', { ListenerArn });
      const rules = Rules as readonly { RuleArn: string; Priority: string; IsDefault: boolean }[];
      const ours = rules.map(async ({ RuleArn, Priority, IsDefault }) => {
        const { TagDescriptions } = await callElbv2(shop.sandbox, 'DescribeTags', { ResourceArns: [RuleArn] });
        const tags = TagDescriptions[0].Tags as readonly { Key: string }[];
        return !IsDefault && tags.some(({ Key }) => Key === 'turnout:preview') ? [`${n}:${Priority}`] : [];
      });
      return (await Promise.all(ours)).flat();
    }),
  );
  return all.flat();
}

const WEIGHTED: RigOptions = {
  production: [{ name: 'shop-blue', port: 8080 }],
  test: [{ name: 'shop-green', port: 8080 }],
  weighted: { production: [{ port: 0 }, { port: 0, priority: 10 }], test: [{ port: 0 }] },
};

describe.concurrent('preview', () => {
  scenario('who has the header gets green, everybody else blue, until production moves', async ({ rig }) => {
    const shop = await rig({ ...WEIGHTED, marker: 'json: release', config: PREVIEW });
    const up = await shop.task('up --release 42');
    expect(up.message).toContain('With header x-preview: 42 it answers at ');
    expect(await previews(shop)).toEqual(['0:49000', '1:9']);
    await answeredBy(shop, { 'x-preview': '42' }, '42');
    expect(await answers(shop, { 'x-preview': '421' })).toEqual(['41', '41']);
    expect(await answers(shop, {})).toEqual(['41', '41']);
    const { stdout } = await shop.run('status');
    expect(stdout).toMatch(/Preview: +header x-preview: 42 leads to 42 \(shop:\d+ priority 49000\)/);
    expect(stdout, 'nobody else has a rule there').not.toContain('Others:');
    expect((await shop.run('promote --plan')).stdout).toContain('delete the preview rule');
    await shop.task('promote');
    expect(await previews(shop)).toEqual([]);
    await answeredBy(shop, {}, '42');
    await shop.expectNoFailures();
  });

  scenario('by a cookie, where servers move; a run that is killed, and given up, leaves no rule', async ({ rig }) => {
    const config = { preview: "{ cookie: preview, value: 'yes' }" };
    const shop = await rig({ marker: 'json: release', config });
    await shop.task('up --release 42');
    await answeredBy(shop, { cookie: 'preview=yes' }, '42');
    const seen = await Promise.all(
      ['preview=yes', 'a=b; preview=yes; c=d', 'a=b; preview=yes', 'xpreview=yes', 'preview=yes2', 'a=b'].map(
        async (cookie) => (await answers(shop, { cookie }))[0],
      ),
    );
    expect(seen).toEqual(['42', '42', '42', '41', '41', '41']);
    const end = shop.slow('RegisterTargets', 20_000);
    const run = shop.start('promote --yes --json');
    await expect.poll(async () => shop.changes.includes('DeleteRule')).toBe(true);
    run.kill('SIGKILL');
    end();
    await shop.task('abandon');
    expect(await previews(shop)).toEqual([]);
    await shop.task('cleanup --discard');
    await shop.expectNoFailures();
  });
});
