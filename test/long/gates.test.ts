import { CloudWatchClient, PutMetricAlarmCommand } from '@aws-sdk/client-cloudwatch';
import { cp, mkdir } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, onTestFinished } from 'vitest';
import { startDynalite } from '../support/dynalite.ts';
import { finished, type Program } from '../support/program.ts';
import { scenario, type Rig, type RigOptions } from '../support/rig.ts';

/** Gates on CloudWatch in their own time: metrics by the minute, of which the last two are not settled. */

const TTL = '30s';
const MINUTES = 15;

const WEIGHTED = {
  production: [{ name: 'shop-blue', port: 8080 }],
  test: [{ name: 'shop-green', port: 8080 }],
  weighted: { production: [{ port: 0 }], test: [{ port: 0 }] },
  traffic: 'retention: 1s',
} satisfies RigOptions;

/** A store that every machine reaches, and gates on what ALB counts of green. */
async function watched(rig: (options?: RigOptions) => Promise<Rig>, alarmMore = ''): Promise<Rig> {
  const dynamodb = await startDynalite();
  onTestFinished(async () => dynamodb[Symbol.asyncDispose]());
  const shop = await rig({
    ...WEIGHTED,
    config: {
      store: `{ kind: dynamodb, table: deploys, endpoint: '${dynamodb.url}', ttl: ${TTL} }`,
      gates: `[{ kind: metric, name: errors, rise: 20%, max: 20% }, { kind: alarm, name: pages, alarm: green-5xx${alarmMore} }]`,
    },
  });
  const client = new CloudWatchClient({
    region: shop.sandbox.region,
    endpoint: shop.sandbox.url,
    credentials: { accessKeyId: 'sandbox', secretAccessKey: 'sandbox' },
  });
  onTestFinished(() => client.destroy());
  const [, loadBalancer = ''] = shop.sandbox.elbv2.urls()[0]!.listenerArn.split(':listener/');
  const dimensions = {
    LoadBalancer: loadBalancer.split('/').slice(0, 3).join('/'),
    TargetGroup: shop.sandbox.test[0]!.arn.split(':').at(-1)!,
  };
  await client.send(
    new PutMetricAlarmCommand({
      AlarmName: 'green-5xx',
      Namespace: 'AWS/ApplicationELB',
      MetricName: 'HTTPCode_Target_5XX_Count',
      Dimensions: Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value })),
      Statistic: 'Sum',
      Period: 60,
      EvaluationPeriods: 1,
      Threshold: 20,
      ComparisonOperator: 'GreaterThanThreshold',
      TreatMissingData: 'notBreaching',
    }),
  );
  // The alarm is the operator's.
  shop.forgetRequests();
  await shop.run('store create');
  await shop.task('up --release 42');
  return shop;
}

const seconds = async (run: Program, least: number) =>
  run.line(({ type, word, have }) => type === 'step-waiting' && word === 'seconds' && Number(have) >= least);

describe.concurrent('gates on CloudWatch', () => {
  scenario(
    'a bake that is killed goes on on another machine with the minutes that have passed, and both gates pass',
    { timeout: MINUTES * 60_000 },
    async ({ rig }) => {
      const shop = await watched(rig);
      const refused = finished(await shop.run('promote --bake 3m --plan --json'));
      expect(refused).toMatchObject({ code: 'gate-too-slow' });
      expect(refused.next.join()).toContain('--bake 240s');
      const run = shop.start('promote --bake 240s --yes --json');
      await seconds(run, 60);
      run.kill('SIGKILL');
      await run.ended;
      const folder = path.join(shop.folder, 'second');
      await mkdir(folder);
      const config = path.join(folder, 'shop.yml');
      await cp(path.join(shop.folder, 'shop.yml'), config);
      const before = Date.now();
      const resumed = await shop.start('resume --wait 60s --yes --json', {
        TURNOUT_CONFIG: config,
        TURNOUT_WHO: 'ci@build-1',
      }).ended;
      expect(finished(resumed)).toMatchObject({ result: 'done', exitCode: 0 });
      expect(Date.now() - before).toBeLessThan(230_000);
      const first = resumed.lines.find(({ type, word }) => type === 'step-waiting' && word === 'seconds');
      expect(first?.['have']).toBeGreaterThanOrEqual(60);
      const last = Object.fromEntries(
        resumed.lines.filter(({ type }) => type === 'verdict').map((one) => [one['gate'], one]),
      );
      expect(last).toMatchObject({
        errors: { verdict: 'pass', numbers: { failed: 0, needed: expect.any(Number) } },
        pages: { verdict: 'pass', why: 'green-5xx is OK' },
      });
      await shop.expectNoFailures();
    },
  );

  scenario(
    'errors of the release are counted by the minute, and lead back; an alarm in dry run is shown, and decides nothing',
    { timeout: MINUTES * 60_000 },
    async ({ rig }) => {
      const shop = await watched(rig, ', dryRun: true');
      const run = shop.start('promote --bake 10m --yes --json');
      await seconds(run, 1);
      shop.sandbox.instances.setReleaseBehaviour('42', { name: 'errors', ms: 0, percent: 50 });
      const ended = await run.ended;
      const last = finished(ended);
      expect(last).toMatchObject({ result: 'undone', exitCode: 3 });
      expect(last.message).toMatch(
        /^A gate failed\. errors: \d+ of \d+ requests .* It was undone\. 41 serves production/,
      );
      const said = ended.lines.filter(({ type, verdict }) => type === 'verdict' && verdict === 'fail');
      expect(said.map(({ gate }) => gate)).toEqual(expect.arrayContaining(['pages', 'errors']));
      expect(await shop.roles()).toEqual({ '41': 'blue', '42': 'rejected' });
    },
  );
});
