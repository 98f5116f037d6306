import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { mustBeNew, writeNew } from '../../src/commands/new-file.ts';
import { readConfig } from '../../src/config/read.ts';
import { markerFor, markersIn } from '../../src/run/init/marker.ts';
import { missingCommands, missingTerraform } from '../../src/run/init/missing.ts';
import { patternOf, releasesIn } from '../../src/run/init/releases.ts';
import { configText } from '../../src/run/init/texts.ts';
import { trustPolicy, workflowText } from '../../src/run/init/workflow.ts';
import { errorOf } from '../support/expect-advice.ts';
import {
  account,
  found,
  group,
  PLAIN,
  proposal,
  route,
  server,
  TRIAL,
  trying,
  WEB,
  ALB,
} from '../support/init-world.ts';
import { blocks } from './docs/blocks.ts';

/** What `init` makes of an account. */

describe('traffic', () => {
  test('is what serves, and an empty group beside it', () => {
    expect(found(PLAIN)).toMatchObject({ production: WEB, test: TRIAL, weighted: false });
  });

  test('is divided by weights where a rule does so', () => {
    const weighted = account([WEB, TRIAL], route('acme:80 priority 5', 'acme-web', 'acme-trial'));
    expect(found(weighted)).toMatchObject({ test: TRIAL, weighted: true, testRoutes: [] });
    const text = configText(proposal(found(weighted)));
    expect(text).toContain('  production: [{ loadBalancer: acme, port: 80, priority: 5 }]');
    expect(readConfig('acme.yml', text, {})).toHaveProperty('data.traffic.kind', 'weighted-listener');
  });

  test('is asked about where several groups would do', async () => {
    const two = account(
      [WEB, group('shop', { targets: WEB.targets }), TRIAL],
      route('acme:80', 'acme-web'),
      route('shop:80', 'shop'),
    );
    expect(await errorOf(trying(() => found(two)))).toMatchObject({
      code: 'ambiguous-account',
      message: 'Which target group is for production traffic? There are: acme-web and shop.',
      next: ['Name it with --production, for example --production acme-web.'],
    });
    expect(found(two, { production: 'shop' }).production.name).toBe('shop');
    expect(found(two, { loadBalancer: 'acme' }).production.name).toBe('acme-web');
    const trials = account([WEB, TRIAL, group('acme-other')], route('acme:80', 'acme-web'));
    expect(await errorOf(trying(() => found(trials)))).toMatchObject({ next: [expect.stringContaining('--test ')] });
  });

  test('has to be there', async () => {
    expect(await errorOf(trying(() => found(account([TRIAL]))))).toMatchObject({ code: 'nothing-to-propose' });
    expect(await errorOf(trying(() => found(PLAIN, { test: 'nix' })))).toMatchObject({
      code: 'usage',
      next: ['There are: acme-trial.'],
    });
  });

  test('never takes a group of another VPC or protocol for test traffic', () => {
    const others = [
      group('a', { vpc: 'vpc-2' }),
      group('b', { protocol: 'TCP' }),
      group('c', { targets: WEB.targets }),
    ];
    expect(found(account([WEB, ...others], route('acme:80', 'acme-web'))).test).toBeUndefined();
  });
});

describe('what is missing', () => {
  const bare = found(account([WEB], route('acme:80', 'acme-web')));

  test('is printed as commands and as Terraform, with the health check of production', () => {
    expect(missingCommands(bare)).toEqual([
      "TEST=$(aws elbv2 create-target-group --name acme-web-test --protocol HTTP --port 80 --vpc-id vpc-1 --health-check-protocol HTTP --health-check-port traffic-port --health-check-path '/health' --matcher HttpCode=200-299 --health-check-interval-seconds 10 --health-check-timeout-seconds 4 --healthy-threshold-count 3 --unhealthy-threshold-count 2 --query TargetGroups[0].TargetGroupArn --output text)",
      `aws elbv2 create-listener --load-balancer-arn ${ALB} --protocol HTTP --port 8081 --default-actions Type=forward,TargetGroupArn=$TEST`,
    ]);
    expect(missingCommands(bare, 'aws --region eu-west-1')[1]).toMatch(/^aws --region eu-west-1 elbv2 /);
    for (const line of ['path     = "/health"', 'matcher  = "200-299"', 'interval = 10'])
      expect(missingTerraform(bare)).toContain(line);
    expect(missingTerraform(bare)).toContain('target_group_arn = aws_lb_target_group.test.arn');
  });

  test('is the listener alone where the group is there, and nothing where both are', () => {
    const group0 = found(account([WEB, TRIAL], route('acme:80', 'acme-web')));
    expect(missingCommands(group0)).toEqual([
      expect.stringMatching(/create-listener .*TargetGroupArn=arn:acme-trial$/),
    ]);
    expect(missingTerraform(group0)).not.toContain('aws_lb_target_group');
    expect(missingCommands(found(PLAIN))).toEqual([]);
    expect(missingTerraform(found(PLAIN))).toBe('');
  });
});

describe('a release', () => {
  test.each([
    ['shop-41', 'shop-{release}', '41'],
    ['web-v1.20.3', 'web-{release}', 'v1.20.3'],
    ['web-2026-11-22', 'web-{release}', '2026-11-22'],
    ['web-3f9c2ab1', 'web-{release}', '3f9c2ab1'],
  ])('in the name %s', (name, pattern, release) => {
    expect(patternOf(name)).toEqual({ pattern, release });
  });

  test('is in no name without one', () => {
    expect(patternOf('golden')).toBeUndefined();
  });

  test('is told by the header or the JSON that names the one that is known', () => {
    expect(markerFor(markersIn({ 'x-version': '9', server: 'nginx' }, '{"release":"41"}'), '41')).toEqual({
      kind: 'json',
      key: 'release',
      value: '41',
    });
    expect(markerFor(markersIn({ 'x-release': '41' }, 'hello'), undefined)).toMatchObject({
      kind: 'header',
      key: 'x-release',
    });
    expect(markerFor(markersIn({ server: 'nginx' }, 'null'), '41')).toBeUndefined();
  });
});

test('a config is valid, whatever was seen', () => {
  const [source] = releasesIn(server({ image: { id: 'ami-1', name: 'web-41', tags: {} } })).sources;
  const template = { id: 'lt-0123456789abcdef0', from: 'i-1 was launched from it.' };
  const marker = { url: 'http://acme/', kind: 'json' as const, key: 'release', value: '41' };
  for (const more of [{}, { source }, { template, marker }, { source, template, marker, ci: true }]) {
    const text = configText(proposal(found(PLAIN), more));
    expect(readConfig('acme.yml', text, {})).toHaveProperty('data.environment', 'acme');
  }
  const text = configText(proposal(found(account([WEB], route('acme:80', 'acme-web'))), { source }));
  expect(text).toContain('# Not there yet: the commands that `init` has printed make it.');
  expect(text).toContain('production: [{ targetGroup: acme-web, port: 8080 }]');
});

test('no file is written over', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'turnout-new-file-'));
  onTestFinished(async () => rm(folder, { recursive: true }));
  const file = path.join(folder, 'config', 'acme.yml');
  mustBeNew(file);
  await writeNew(file, 'one');
  expect(await errorOf(trying(() => mustBeNew(file)))).toMatchObject({ code: 'config-exists' });
  // It came between the question and the answer.
  expect(await errorOf(writeNew(file, 'two'))).toMatchObject({ code: 'config-not-written' });
  expect(await readFile(file, 'utf8')).toBe('one');
});

test('the workflow and the trust policy are those of the documentation', async () => {
  const [workflow] = await blocks('docs/github-actions.md', 'yaml');
  const at = { account: '123456789012', region: 'eu-west-1', config: 'config/production.yml', version: '0.1.0' };
  expect(workflowText(at)).toBe(workflow);
  const [trust = ''] = await blocks('docs/github-actions.md', 'json');
  expect(trustPolicy('123456789012', 'YOUR-ORG/shop')).toEqual(JSON.parse(trust));
});
