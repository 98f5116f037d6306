import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Ec2FleetConfig } from '../../src/config/config.ts';
import { readConfig } from '../../src/config/read.ts';
import { resolveConfig } from '../../src/config/resolve.ts';
import { LEAST, mistakesIn, withLines } from '../support/config.ts';

const resolved = (text: string, env = {}) => {
  const read = readConfig('shop.yml', text, env);
  if ('problems' in read) throw new Error(read.shown);
  return resolveConfig(read.data, '/srv/shop/config/shop.yml');
};

describe('a config file', () => {
  it('needs little, and gets a default for the rest', () => {
    expect(resolved(LEAST)).toEqual({
      file: '/srv/shop/config/shop.yml',
      environment: 'shop',
      fleet: { kind: 'ec2', tagPrefix: 'turnout', image: { name: 'shop-{release}', owner: 'self' } },
      traffic: {
        kind: 'target-groups',
        production: [{ targetGroup: 'shop-production' }],
        test: [{ targetGroup: 'shop-test' }],
      },
      gating: { gates: [], onInconclusive: 'hold' },
      hooks: {
        folder: '/srv/shop',
        beforeTask: [],
        afterTask: [],
        beforeInstance: [],
        afterInstance: [],
        onFailure: [],
        onRollback: [],
      },
      timeouts: {
        bootMs: 600_000,
        healthyMs: 300_000,
        releasedMs: 3_600_000,
        provenMs: 300_000,
        warmMs: 300_000,
        dnsMs: 600_000,
        deployMs: 1_800_000,
        idleMs: 300_000,
      },
      aws: { requestsPerSecond: { others: 5, route53: 2, s3: 500 }, maxAttempts: 8, consistencyDelayMs: 10_000 },
      store: { kind: 'file', path: '/srv/shop/.turnout/shop.db', ttlMs: 60_000 },
    });
  });

  it('says durations in milliseconds', () => {
    const text = withLines('timeouts: { boot: 1h30m, healthy: 90s, drained: 500ms }');
    expect(resolved(text).timeouts).toEqual({
      bootMs: 5_400_000,
      healthyMs: 90_000,
      releasedMs: 500,
      provenMs: 300_000,
      warmMs: 300_000,
      dnsMs: 600_000,
      deployMs: 1_800_000,
      idleMs: 300_000,
    });
  });

  it('knows how often each service of AWS may be asked', () => {
    const rates = (text: string) => resolved(withLines(`aws: { requestsPerSecond: ${text} }`)).aws.requestsPerSecond;
    expect(rates('7')).toEqual({ others: 7, s3: 500 });
    expect(rates('{ elasticloadbalancing: 3 }')).toEqual({ others: 5, route53: 2, s3: 500, elasticloadbalancing: 3 });
    expect(mistakesIn(withLines('aws: { requestsPerSecond: { elb: 3 } }'))).toEqual([
      expect.stringContaining('aws.requestsPerSecond.elb: expected one of ec2, elasticloadbalancing, route53'),
    ]);
    expect(mistakesIn(withLines('aws: { requestsPerSecond: often }'))).toEqual([
      'aws.requestsPerSecond: expected a whole number from 1 to 100, or one for each service such as { route53: 2 }; found "often"',
    ]);
  });

  it('keeps the store where its path says, seen from the file', () => {
    expect(resolved(withLines('store: { kind: file, path: ../state/shop.db, ttl: 30s }')).store).toEqual({
      kind: 'file',
      path: '/srv/shop/state/shop.db',
      ttlMs: 30_000,
    });
    const read = readConfig('shop.yml', LEAST, {});
    if ('problems' in read) throw new Error(read.shown);
    expect(resolveConfig(read.data, '/opt/shop/shop.yml').store).toMatchObject({ path: '/opt/shop/.turnout/shop.db' });
  });

  it('takes a version as a number or as text, and $Default without one', () => {
    const template = (map: string) =>
      (resolved(LEAST.replace('kind: ec2', `kind: ec2\n  launchTemplate: ${map}`)).fleet as Ec2FleetConfig)
        .launchTemplate;
    expect(template('{ name: web, version: 7 }')).toEqual({ name: 'web', version: '7' });
    expect(template('{ id: lt-0123456789abcdef0, version: $Latest }')).toEqual({
      id: 'lt-0123456789abcdef0',
      version: '$Latest',
    });
    expect(template('{ name: web }')).toEqual({ name: 'web', version: '$Default' });
    expect(template("{ name: web, versionDescription: 'r {release}' }")).toEqual({
      name: 'web',
      versionDescription: 'r {release}',
    });
  });

  it('has a sandbox with a default for everything', () => {
    expect(resolved(withLines('sandbox: {}')).sandbox).toMatchObject({
      port: 4566,
      instances: 3,
      release: '41',
      releases: [
        { release: '41', behaviour: 'ok' },
        { release: '42', behaviour: 'ok' },
      ],
      boot: 2000,
      healthCheck: { interval: 1000, timeout: 500, healthyThreshold: 2, unhealthyThreshold: 2, path: '/health' },
      adopted: true,
    });
    expect(resolved(LEAST)).not.toHaveProperty('sandbox');
  });
});

describe('mistakes between keys', () => {
  it.each([
    ['nothing depends on the release', LEAST.replace('shop-{release}', 'shop'), 'fleet: expected {release} in'],
    ['{release} where it is not filled in', withLines('profile: p-{release}'), 'profile: expected no {release} here'],
    [
      'a group in production and test',
      LEAST.replace('shop-test', 'shop-production'),
      'traffic.test[0].targetGroup: expected each target group once; found the same one in traffic.production[0]',
    ],
    [
      'a group by its name and by its ARN',
      LEAST.replace(
        'shop-test',
        'arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/shop-production/0123456789abcdef',
      ),
      'traffic.test[0].targetGroup: expected each target group once',
    ],
    [
      'an image by two ways',
      LEAST.replace('image: {', 'image: { parameter: /p,'),
      'fleet.image: expected exactly one of',
    ],
    [
      'an owner of a parameter',
      LEAST.replace('name: ', 'owner: self, parameter: '),
      'fleet.image.owner: expected no owner',
    ],
    [
      'work that is recorded in two places',
      withLines('owner: { idle: [./i], read: [./r], set: [./s], dynamodb: { table: jobs, key: { id: work } } }'),
      'owner: expected read and set, or dynamodb',
    ],
    [
      'a preview by nothing',
      withLines("preview: { value: '42' }"),
      'preview: expected header and value, cookie and value',
    ],
    [
      'a preview by two',
      withLines("preview: { header: a, cookie: b, value: '42' }"),
      'preview: expected header and value, cookie and value',
    ],
    [
      'a preview with wildcards',
      withLines("preview: { header: x-preview, value: '*' }"),
      'preview.value: expected text without',
    ],
    [
      'a preview where names divide production',
      `${readFileSync('config/weighted-dns.yml', 'utf8')}preview: { source: [203.0.113.0/24] }\n`,
      'preview: expected none where DNS names divide production',
    ],
    ['work that nothing sets', withLines('owner: { idle: [./i], read: [./r] }'), 'owner: expected read and set'],
    [
      'an item without a key',
      withLines('owner: { idle: [./i], dynamodb: { table: jobs, key: {} } }'),
      'owner.dynamodb.key: expected a map of the partition key',
    ],
    [
      'an image by no tag at all',
      LEAST.replace("{ name: 'shop-{release}' }", "{ tag: {} }\n  userData: '{release}'"),
      'fleet.image.tag: expected at least one tag',
    ],
    [
      'user data that EC2 does not take',
      LEAST.replace("{ name: 'shop-{release}' }", `{ name: 'shop-{release}' }\n  userData: '${'y'.repeat(16_385)}'`),
      'fleet.userData: expected at most 16 KB',
    ],
    ['a release that is not listed', withLines("sandbox: { release: '40' }"), 'sandbox.release: expected one of'],
    ['one port for two', withLines('sandbox: { productionPort: 8081 }'), 'sandbox.testPort: expected a different port'],
    [
      'a timeout beyond the interval',
      withLines('sandbox: { healthCheck: { timeout: 2s } }'),
      'sandbox.healthCheck.timeout: expected no more than the interval',
    ],
    ['a zone twice', withLines('sandbox: { zones: [a, b, a] }'), 'sandbox.zones[2]: expected each zone once'],
  ])('%s', (_, text, message) => {
    const mistakes = mistakesIn(text);
    expect(mistakes).toHaveLength(1);
    expect(mistakes[0]).toContain(message);
  });

  it('leaves ${release} to the shell', () => {
    const text = LEAST.replace("image: { name: 'shop-{release}' }", 'userData: echo ${release}');
    expect(mistakesIn(text)).toEqual([expect.stringContaining('expected {release} in')]);
  });
});

describe('gates', () => {
  const gates = (...lines: readonly string[]) => withLines(`gates: [${lines.join(', ')}]`);

  it('have their defaults, and programs their folder', () => {
    const text = gates(
      '{ kind: metric, name: errors, max: 0.5% }',
      '{ kind: command, name: smoke, run: [./smoke.sh], timeout: 3s }',
    );
    expect(resolved(`${text}\nbake: { time: 10m, onInconclusive: back }`).gating).toEqual({
      gates: [
        { kind: 'metric', name: 'errors', dryRun: false, rise: 0.01, max: 0.005 },
        { kind: 'command', name: 'smoke', dryRun: false, run: ['./smoke.sh'], timeoutMs: 3000, folder: '/srv/shop' },
      ],
      onInconclusive: 'back',
      bakeMs: 600_000,
    });
  });

  it.each([
    [['{ kind: alarm, name: a, alarm: x }', '{ kind: alarm, name: a, alarm: y }'], 'expected each name once'],
    [['{ kind: probe, name: a, url: https://shop.example.com/ }'], 'expected release.marker'],
    [['{ kind: metric, name: a, rise: 60% }'], 'at most 50%'],
    [['{ kind: metric, name: a, rise: 0% }'], 'greater than 0%'],
    [['{ kind: prometheus, name: a, url: http://p, query: up }'], 'max, or min, or both'],
  ])('%j are refused: %s', (lines, message) => {
    expect(() => resolved(gates(...lines))).toThrow(message);
  });
});
