import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { USES, type Use } from '../../src/aws/grants.ts';
import { POLICY_MAX, policyFor, splitPolicy, type Policy } from '../../src/aws/policy.ts';
import { readConfig } from '../../src/config/read.ts';
import { resolveConfig } from '../../src/config/resolve.ts';
import type { Config } from '../../src/config/config.ts';
import type { Verb } from '../../src/domain/goal.ts';
import { LEAST, withLines } from '../support/config.ts';

const file = (name: string) => readFileSync(new URL(`../../${name}`, import.meta.url), 'utf8');
const examples = readdirSync(new URL('../../config/', import.meta.url)).filter((name) => name.endsWith('.yml'));

function configOf(text: string): Config {
  const read = readConfig('shop.yml', text, {});
  if ('problems' in read) throw new Error(read.shown);
  return resolveConfig(read.data, '/shop/shop.yml');
}

const SSM = ['deploy: { kind: ssm, document: shop-deploy }'];
const SCALED = LEAST.replace('  kind: ec2\n', '  kind: auto-scaling\n  groups: [shop-a, shop-b]\n');
const configs = [
  ...examples.map((name) => configOf(file(`config/${name}`))),
  configOf(withLines(...SSM, 'store: { kind: dynamodb }', 'freeze: { calendars: [shop-holidays] }')),
  configOf(
    file('config/weighted-listener.yml').replace(
      '{ loadBalancer: shop, port: 8080 }',
      '{ loadBalancer: shop, port: 8080, priority: 10 }',
    ),
  ),
  configOf(withLines('gates: [{ kind: alarm, name: a, alarm: x }]')),
  configOf(withLines("preview: { header: x-preview, value: '42' }")),
  configOf(SCALED),
  configOf(withLines(...SSM).replace('  kind: ec2\n', '  kind: auto-scaling\n  groups: [shop-a, shop-b]\n')),
  configOf(LEAST.replace('  kind: ec2\n', '  kind: auto-scaling\n  clone: shop-web\n')),
  configOf(LEAST.replace("{ name: 'shop-{release}' }", '{ parameter: "/shop/{release}/ami" }')),
];

const HERE = ["account: '123456789012'", 'region: eu-west-1'];
const statement = (policy: Policy, sid: string) => policy.Statement.find(({ Sid }) => Sid === sid);
const policy = (use: Use, ...lines: readonly string[]) => policyFor(configOf(withLines(...HERE, ...lines)), use);

describe('the least policy of a config', () => {
  test('has, over all kinds of config, the actions of docs/permissions.md and no others', () => {
    const said = new Set(
      file('docs/permissions.md').match(
        /\b(?:autoscaling|ec2|elasticloadbalancing|route53|cloudwatch|ssm|opsworks|dynamodb|iam):[A-Z]\w+/g,
      ),
    );
    // Only `init` sends it, before there is a config.
    said.delete('route53:ListHostedZones');
    const granted = configs.flatMap((config) => USES.flatMap((use) => policyFor(config, use).Statement));
    const actions = new Set(granted.flatMap(({ Action }) => Action));
    expect([...actions].toSorted()).toEqual([...said].toSorted());
  });

  test('only looks with --read-only', () => {
    const actions = configs.flatMap((config) => policyFor(config, 'read').Statement.flatMap(({ Action }) => Action));
    expect(actions.filter((action) => !/:(?:Describe|List|Get|Query|Simulate)/.test(action))).toEqual([]);
  });

  test('moves servers of the groups in the config only', () => {
    const arn = 'arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup';
    expect(statement(policy('run'), 'MoveServers')?.Resource).toEqual([
      `${arn}/shop-production/*`,
      `${arn}/shop-test/*`,
    ]);
  });

  test('moves servers of all groups where deploys are in place, which leave every group', () => {
    const arn = 'arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/*/*';
    expect(statement(policy('run', ...SSM), 'MoveServers')?.Resource).toEqual([arn]);
  });

  test('terminates, tags and commands only what has the ownership tag', () => {
    const own = { 'aws:ResourceTag/turnout:environment': 'shop' };
    const run = policy('run', ...SSM);
    for (const sid of ['TerminateOwn', 'TagOwn', 'SendToOwn'])
      expect(statement(run, sid)?.Condition?.['StringEquals']).toEqual(own);
    const tagging = run.Statement.filter(({ Action }) => Action.includes('ec2:CreateTags'));
    expect(tagging.map(({ Sid }) => Sid)).toEqual(['TagAtLaunch', 'TagOwn']);
  });

  test('changes the rule, the listener or the records of the config only', () => {
    const listener = policyFor(configOf(file('config/weighted-listener.yml')), 'run');
    expect(statement(listener, 'MoveByListeners')?.Resource).toContain(
      'arn:aws:elasticloadbalancing:eu-west-1:*:listener/app/shop/*/*',
    );
    const dns = policyFor(configOf(file('config/weighted-dns.yml')), 'run');
    const names = 'route53:ChangeResourceRecordSetsNormalizedRecordNames';
    const limits = statement(dns, 'MoveName1')?.Condition?.['ForAllValues:StringEquals']?.[names] ?? [];
    expect(file('config/weighted-dns.yml').toLowerCase()).toContain(limits[0]);
  });

  test('reads alarms and metrics where gates do', () => {
    const gate = 'gates:\n  - { kind: alarm, name: a, alarm: x }\n  - { kind: metric, name: b, max: 1% }\n';
    const actions = (text: string) => statement(policyFor(configOf(text), 'read'), 'Gates')?.Action;
    expect(actions(file('config/ec2.yml') + gate)).toEqual([
      'cloudwatch:GetMetricStatistics',
      'cloudwatch:DescribeAlarms',
    ]);
    expect(actions(file('config/weighted-listener.yml') + gate)).toEqual(['cloudwatch:DescribeAlarms']);
    expect(actions(file('config/ec2.yml'))).toBeUndefined();
  });

  test('reads and changes the item that says who takes work, in its own region', () => {
    const item = 'owner: { idle: [./idle.sh], dynamodb: { table: jobs, key: { id: work }, region: eu-north-1 } }';
    const Resource = ['arn:aws:dynamodb:eu-north-1:123456789012:table/jobs'];
    expect(statement(policy('read', item), 'ReadOwner')).toMatchObject({ Action: ['dynamodb:GetItem'], Resource });
    expect(statement(policy('run', item), 'WriteOwner')).toMatchObject({ Action: ['dynamodb:UpdateItem'], Resource });
    expect(statement(policy('read', item), 'WriteOwner')).toBeUndefined();
    const programs = 'owner: { idle: [./idle.sh], read: [./read.sh], set: [./set.sh] }';
    expect(statement(policy('run', programs), 'WriteOwner')).toBeUndefined();
  });

  test('for one task leaves out what other tasks need', () => {
    const config = configOf(withLines(...HERE, ...SSM));
    const actions = (task: Verb) => policyFor(config, 'run', task).Statement.flatMap(({ Action }) => Action);
    expect(actions('promote')).not.toEqual(expect.arrayContaining(['ec2:RunInstances']));
    expect(actions('up')).not.toContain('ec2:TerminateInstances');
    expect(actions('cleanup')).toContain('ec2:TerminateInstances');
    expect(actions('cleanup')).not.toContain('ssm:SendCommand');
    expect(actions('rolling')).toContain('ssm:SendCommand');
    expect(actions('rolling')).not.toContain('ec2:RunInstances');
    const ofGroups = (task: Verb) => policyFor(configOf(SCALED), 'run', task).Statement.flatMap(({ Action }) => Action);
    const refreshes = ['autoscaling:StartInstanceRefresh', 'ec2:RunInstances', 'ec2:CreateLaunchTemplateVersion'];
    expect(ofGroups('rolling')).toEqual(expect.arrayContaining(refreshes));
    expect(ofGroups('rolling'), 'root volumes get other tags').toContain('ec2:DeleteTags');
    expect(ofGroups('up')).not.toContain('autoscaling:StartInstanceRefresh');
    const cloned = configOf(SCALED.replace('groups: [shop-a, shop-b]', 'clone: shop-web'));
    const ofClones = (task: Verb) => policyFor(cloned, 'run', task).Statement.flatMap(({ Action }) => Action);
    const [makes, ends] = [
      ['autoscaling:CreateAutoScalingGroup', 'cloudwatch:PutMetricAlarm'],
      ['autoscaling:DeleteAutoScalingGroup', 'cloudwatch:DeleteAlarms'],
    ];
    const has = (task: Verb) => [...makes, ...ends].filter((action) => ofClones(task).includes(action));
    expect([has('up'), has('cleanup'), has('promote'), has('rolling')]).toEqual([makes, ends, [], []]);
    expect(ofClones('rolling')).toEqual(expect.arrayContaining(refreshes));
  });

  test('is several policies where one would be too long, with the same permissions', () => {
    const names = Array.from({ length: 120 }, (_, n) => `{ targetGroup: shop-production-${n} }`);
    const long = policyFor(
      configOf(withLines(...HERE).replace('{ targetGroup: shop-production }', names.join(', '))),
      'run',
    );
    expect(JSON.stringify(long).length).toBeGreaterThan(2 * POLICY_MAX);
    const parts = splitPolicy(long);
    for (const part of parts) expect(JSON.stringify(part).length).toBeLessThanOrEqual(POLICY_MAX);
    const all = parts.flatMap(({ Statement }) => Statement);
    const grants = (statements: Policy['Statement']) =>
      statements
        .flatMap(({ Action, Resource, Condition }) =>
          Action.flatMap((action) => Resource.map((resource) => JSON.stringify([action, resource, Condition]))),
        )
        .toSorted();
    expect(grants(all)).toEqual(grants(long.Statement));
    expect(new Set(all.map(({ Sid }) => Sid)).size).toBe(all.length);
    expect(splitPolicy(policy('run'))).toEqual([policy('run')]);
  });

  test('fits into a managed policy', () => {
    for (const config of configs)
      for (const use of USES) expect(JSON.stringify(policyFor(config, use)).length).toBeLessThan(POLICY_MAX);
  });
});
