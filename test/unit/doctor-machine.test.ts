import { describe, expect, test } from 'vitest';
import { credentialsText } from '../../src/aws/credentials.ts';
import type { DryRun } from '../../src/aws/dry-run.ts';
import { readConfig } from '../../src/config/read.ts';
import { resolveConfig } from '../../src/config/resolve.ts';
import { OperatorError } from '../../src/errors.ts';
import type { Finding } from '../../src/run/doctor/finding.ts';
import {
  configFindings,
  credentialsFindings,
  gateFindings,
  markerFindings,
  notifyFindings,
  programFindings,
  storeFindings,
} from '../../src/run/doctor/machine.ts';
import { policyFor } from '../../src/aws/policy.ts';
import { simulationsOf } from '../../src/run/doctor/simulations.ts';
import { HOME, world } from '../support/worlds.ts';
import { permissionFindings } from '../../src/run/doctor/permissions.ts';
import { worldFindings } from '../../src/run/doctor/world.ts';
import { settingsIn } from '../support/weighted-worlds.ts';
import { LEAST } from '../support/config.ts';

/** Lines of `doctor` that are not about servers: permissions, and what is so on this machine. */

/** The state, the code where there is one, and the sentence. */
function lines(findings: readonly Finding[]): readonly string[] {
  return findings.map(({ topic, state, code, says }) => `${topic}: ${state}${code ? ` ${code}` : ''}: ${says}`);
}

describe('permissions', () => {
  const read = readConfig('shop.yml', LEAST, {});
  if ('problems' in read) throw new Error(read.shown);
  const config = resolveConfig(read.data, '/shop/shop.yml');
  const of = (...asked: readonly DryRun[]) => lines(permissionFindings(config, asked, true));

  test('that EC2 was asked for are known, and the others are said not to be', () => {
    const denied = new OperatorError('access-denied', 'Not allowed to call ec2:TerminateInstances.');
    expect(
      of(
        { operation: 'ec2:RunInstances', outcome: 'allowed' },
        { operation: 'ec2:TerminateInstances', outcome: denied },
        { operation: 'elasticloadbalancing:RegisterTargets', outcome: 'not-asked' },
      ),
    ).toEqual([
      "permissions: ok: Allowed, by EC2's dry runs: ec2:RunInstances.",
      'permissions: failure access-denied: Not allowed to call ec2:TerminateInstances.',
      'permissions: not-checked: A dry run cannot check whether these are allowed: ec2:CreateTags, ec2:DeleteTags, elasticloadbalancing:RegisterTargets and elasticloadbalancing:DeregisterTargets.',
    ]);
  });
});

describe("what IAM's simulation says", () => {
  const read = readConfig('shop.yml', LEAST, {});
  if ('problems' in read) throw new Error(read.shown);
  const config = resolveConfig(read.data, '/shop/shop.yml');

  test('is ok or a failure; what could not be asked is not checked, and says why', () => {
    const denied = [{ action: 'elasticloadbalancing:DeregisterTargets', resource: 'arn:group' }];
    const all = ['ec2:RunInstances', 'ec2:CreateTags', 'ec2:DeleteTags', 'ec2:TerminateInstances'] as const;
    const asked = all.map((operation) => ({ operation, outcome: 'allowed' as const }));
    expect(
      lines(permissionFindings(config, asked, true, { allowed: ['elasticloadbalancing:RegisterTargets'], denied })),
    ).toEqual([
      expect.stringContaining("Allowed, by EC2's dry runs"),
      "permissions: ok: Allowed, by IAM's simulation: elasticloadbalancing:RegisterTargets.",
      "permissions: failure access-denied: IAM's simulation denies elasticloadbalancing:DeregisterTargets on arn:group.",
    ]);
    const [, unknown] = permissionFindings(
      config,
      asked,
      true,
      new OperatorError('access-denied', 'No.', { next: ['Ask.'] }),
    );
    expect(unknown).toMatchObject({ state: 'not-checked', says: expect.stringMatching(/DeregisterTargets\. No\.$/) });
    expect(unknown?.next[0]).toBe('Ask.');
  });

  test('is asked of what is there, with the values that requests have; what is made up is marked', () => {
    const here = { ...config, account: '123456789012', region: 'eu-west-1' };
    const location = { account: '123456789012', region: 'eu-west-1' };
    const arn = (name: string) => `arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/${name}/1`;
    const seen = world([{ id: '41', marks: HOME, members: [{ prod: 'healthy', test: '-' }] }]);
    const pools = seen.pools.map((pool) => ({
      ...pool,
      arn: arn(pool.role === 'test' ? 'shop-test' : 'shop-production'),
    }));
    const wanted = new Set(['elasticloadbalancing:RegisterTargets', 'ec2:TerminateInstances', 'iam:PassRole']);
    const asked = simulationsOf(policyFor(here, 'run'), wanted, { ...seen, pools }, location);
    expect(asked).toEqual([
      expect.objectContaining({ actions: ['iam:PassRole'], isReal: false }),
      {
        actions: ['ec2:TerminateInstances'],
        resources: ['arn:aws:ec2:eu-west-1:123456789012:instance/41-0'],
        isReal: true,
        context: { 'aws:ResourceTag/turnout:environment': ['shop'] },
      },
      {
        actions: ['elasticloadbalancing:RegisterTargets'],
        resources: [arn('shop-production'), arn('shop-test')],
        isReal: true,
        context: {},
      },
    ]);
  });
});

describe('on this machine', () => {
  const NOW = Date.parse('2026-11-22T02:00:00Z');
  const credentials = (view: object) =>
    lines(credentialsFindings({ now: NOW, connection: { credentials: 'Key …MPLE' }, aheadMs: 0, seconds: 0, ...view }));

  test('credentials have an owner, an end and a clock', () => {
    expect(credentials({})).toEqual(['credentials: ok: Key …MPLE.', "credentials: ok: The clock is AWS's."]);
    expect(credentials({ aheadMs: -90_000 })).toContain(
      "credentials: warning: This machine's clock is 1 min 30 s behind AWS's.",
    );
    expect(credentials({ aheadMs: 20_000 })).toContain("credentials: ok: The clock is 20 s from AWS's.");
    const ending = (minutes: number) => ({ credentials: 'Key …MPLE', credentialsEndAt: NOW + minutes * 60_000 });
    expect(credentials({ connection: ending(60) })).toContain('credentials: ok: They end in 1 h.');
    expect(credentials({ connection: ending(20), seconds: 1800 })).toContain(
      'credentials: warning: They end in 20 min, and `up` takes about 30 min.',
    );
    expect(credentials({ connection: ending(-1) })).toContain('credentials: warning: They have ended.');
  });

  test.each([
    ['CREDENTIALS_ENV_VARS', 'environment variables'],
    ['CREDENTIALS_PROFILE_SSO', 'an SSO session'],
    ['CREDENTIALS_IMDS', 'the role of this instance'],
    ['CREDENTIALS_ENV_VARS_STS_WEB_ID_TOKEN', 'a web identity token'],
  ])('%s are from %s, and only the end of the key is shown', (source, words) => {
    const text = credentialsText({ accessKeyId: 'AKIAIOSFODNN7EXAMPLE', $source: { [source]: 'x' } });
    expect(text).toBe(`Key …MPLE, from ${words}`);
  });

  test('a config names its account', () => {
    const config = { file: '/shop/shop.yml', environment: 'shop' };
    const location = { account: '123456789012', region: 'eu-west-1' };
    expect(lines(configFindings(config, location))).toContain(
      'config: warning: It does not say in which account it is.',
    );
    expect(lines(configFindings({ ...config, account: '123456789012' }, location))).toHaveLength(1);
    expect(lines(configFindings(config, { ...location, endpoint: 'http://127.0.0.1:1' }))).toHaveLength(1);
  });

  test('a store has written, or says why not', () => {
    const store = { place: 'file /shop.db', written: 'taken', problems: [], unfinished: undefined } as const;
    expect(lines(storeFindings(store))).toEqual(['store: ok: file /shop.db: the lease was taken and given back.']);
    const problem = new OperatorError('store-file-in-ci', 'This runs in CI.');
    const unfinished = { says: 'An earlier up did not end.', next: ['`turnout resume`'] };
    expect(lines(storeFindings({ ...store, problems: [problem], unfinished }))).toEqual([
      'store: ok: file /shop.db: the lease was taken and given back.',
      'store: failure store-file-in-ci: This runs in CI.',
      'store: warning: An earlier up did not end.',
    ]);
    expect(lines(storeFindings({ ...store, written: problem }))).toEqual([
      'store: failure store-file-in-ci: This runs in CI.',
    ]);
    expect(lines(storeFindings({ ...store, written: { queue: [] } }))[0]).toContain('was not given twice');
  });

  test('a marker names what serves', () => {
    const by = { by: 'marker', url: 'https://shop/', wanted: 2 } as const;
    const marker = (...answers: Parameters<typeof markerFindings>[1]) => lines(markerFindings(by, answers, ['41']));
    expect(marker({ release: '41' })).toEqual(['marker: ok: https://shop/ answers with 41.']);
    expect(marker({ release: 'v41' })).toEqual([
      'marker: warning: https://shop/ answers with v41, and the fleet in production carries 41.',
    ]);
    expect(marker({ release: '41' }, { failed: 'HTTP 404' })).toEqual([
      'marker: failure: https://shop/ does not tell its release (1 answer of 2): HTTP 404.',
    ]);
    expect(lines(markerFindings({ by: 'nothing' }, [], []))).toEqual([
      'marker: warning: Production is not asked for its release: no switch is proven.',
    ]);
    expect(lines(markerFindings(by, [{ release: '41' }], []))).toEqual(['marker: ok: https://shop/ answers with 41.']);
  });

  test('alarms of gates are there, and not in ALARM', () => {
    const gate = { kind: 'alarm', name: 'errors', alarm: '5xx of shop', dryRun: false } as const;
    const alarm = { name: '5xx of shop', why: 'Threshold crossed.', needsS: 60, isPartial: false };
    const said = (state: 'OK' | 'ALARM' | 'not-found', dryRun = false) =>
      lines(gateFindings([{ ...gate, dryRun }], [{ ...alarm, state }]));
    expect(said('OK')).toEqual(['gates: ok: errors (alarm). 1 alarm can be read, and none that decides is in ALARM.']);
    expect(said('ALARM')).toEqual([
      expect.stringMatching(/^gates: warning alarm-active: The alarm 5xx of shop is in ALARM/),
    ]);
    expect(said('not-found')).toEqual([expect.stringMatching(/^gates: failure no-such-alarm: /)]);
    const denied = new OperatorError('access-denied', 'Not allowed to call cloudwatch:DescribeAlarms.');
    expect(lines(gateFindings([gate], denied))).toEqual([
      'gates: failure access-denied: Not allowed to call cloudwatch:DescribeAlarms.',
    ]);
    expect(lines(gateFindings([{ kind: 'command', name: 'smoke', dryRun: false }], []))).toEqual([
      'gates: ok: smoke (command).',
    ]);
    expect(gateFindings([], [])).toEqual([]);
  });

  test('programs can be run', () => {
    const one = { use: 'beforeTask', command: './x.sh', folder: '/shop', found: false };
    expect(lines(programFindings([one, { ...one, command: 'notify' }]))).toEqual([
      'hooks: failure: beforeTask: ./x.sh is not there, or not executable, in /shop.',
      'hooks: failure: beforeTask: notify is not there, or not executable, in any folder of PATH.',
    ]);
    expect(lines(programFindings([{ ...one, found: true }]))).toEqual(['hooks: ok: 1 program can be run.']);
    expect(programFindings([])).toEqual([]);
  });
});

test('webhooks whose URLs are missing are a warning', () => {
  expect(notifyFindings(0, [])).toEqual([]);
  expect(notifyFindings(2, [])).toMatchObject([{ topic: 'notify', state: 'ok' }]);
  expect(notifyFindings(2, ['variable SLACK_URL'])).toMatchObject([
    { topic: 'notify', state: 'warning', says: 'The variable SLACK_URL is not there, or empty.' },
  ]);
});

test('what is advised for a delay is about the target group that has it', () => {
  const seen = world([{ id: '41', marks: HOME, members: [{ prod: 'healthy' }] }]);
  const pools = seen.pools.map((pool) => ({ ...pool, deregistrationDelayS: 5, arn: `arn:aws:${pool.name}` }));
  const snapshot = { ...seen, pools };
  const { traffic } = settingsIn(snapshot);
  const found = worldFindings({ snapshot, fleetCount: undefined, differences: [], lastProduction: undefined, traffic });
  expect(found.flatMap(({ next }) => next).join(' ')).toContain('--target-group-arn arn:aws:prod --attributes ');
});
