import { describe, expect, test } from 'vitest';
import type { ResourceRecordSet } from '../../src/aws/route53.ts';
import { problemsIn, recordNotes } from '../../src/traffic/weighted-dns/checks.ts';
import type { DnsAnswers } from '../../src/domain/traffic.ts';
import type { Found } from '../../src/traffic/weighted-dns/records.ts';
import { countAnswers, valuesByPool, type Ask } from '../../src/traffic/weighted-dns/dns-answers.ts';

const GROUPS = ['shop-blue', 'shop-green'];
const PLACE = {
  name: 'www.shop.test',
  zone: 'shop.test',
  type: 'A',
  blue: 'one',
  green: 'two',
  zoneId: 'Z1',
  nameServers: [],
} as const;

function record(facts: Partial<ResourceRecordSet>): ResourceRecordSet {
  return {
    Name: 'www.shop.test.',
    Type: 'A',
    TTL: 60,
    Weight: 100,
    ResourceRecords: [{ Value: '192.0.2.1' }],
    ...facts,
  };
}

function found(
  one: ResourceRecordSet | undefined,
  two: ResourceRecordSet | undefined,
  others: ResourceRecordSet[] = [],
): Found {
  return { place: PLACE, sides: [one, two], others, crossed: [] };
}

describe('records that must not be switched', () => {
  test.each<[string, Found, string]>([
    ['one that is not there', found(record({}), undefined), 'www.shop.test has no record with the set identifier two.'],
    [
      'one that is not weighted',
      found(record({}), { Name: 'www.shop.test.', Type: 'A' }),
      'The record two of www.shop.test is not weighted.',
    ],
    [
      'others that are not weighted',
      found(record({}), record({ Weight: 0 }), [{ Name: 'www.shop.test.', Type: 'A' }]),
      'www.shop.test has records that are not weighted.',
    ],
  ])('%s', (_what, one, fault) => {
    expect(problemsIn([one], GROUPS)).toEqual([fault]);
  });

  test('a correct pair has no problem and no note', () => {
    const pair = found(record({}), record({ Weight: 0 }));
    expect([...problemsIn([pair], GROUPS), ...recordNotes([pair], GROUPS)]).toEqual([]);
  });
});

describe('notes before names are switched', () => {
  const alias = { HostedZoneId: 'Z2', DNSName: 'lb.test.', EvaluateTargetHealth: true };
  test.each<[string, Partial<ResourceRecordSet>, string]>([
    ['a long TTL', { TTL: 600 }, 'may keep answers of www.shop.test for 10 min'],
    ['weights that are all 0', { Weight: 0 }, 'Route 53 answers with each of its records equally often'],
    ['health checks', { HealthCheckId: 'h' }, 'have health checks, which beat the weights'],
  ])('%s', (_what, facts, note) => {
    expect(recordNotes([found(record(facts), record({ Weight: 0 }))], GROUPS)).toEqual([expect.stringContaining(note)]);
  });

  const evaluates = record({ AliasTarget: alias, SetIdentifier: 'evaluates' });
  const ignores = record({ AliasTarget: { ...alias, EvaluateTargetHealth: false } });
  const nothing = expect.stringContaining('one with an empty target group counts as unhealthy');
  const alone = expect.stringContaining('only evaluates does: the other record counts as healthy');
  test.each([
    ['both', evaluates, evaluates, [nothing]],
    ['the first', evaluates, ignores, [nothing, alone]],
    ['the second', ignores, evaluates, [nothing, alone]],
    ['one beside a plain record', evaluates, record({}), [nothing, alone]],
    ['neither', ignores, ignores, []],
    ['plain ones', record({}), record({}), []],
  ])('EvaluateTargetHealth at %s', (_which, one, two, notes) => {
    expect(recordNotes([found(one, two)], GROUPS)).toEqual(notes);
  });
});

function failure(code: string): Error {
  return Object.assign(new Error(`query ${code}`), { code });
}

describe('what name servers tell', () => {
  const POOLS = ['blue', 'green'];
  const pair = found(record({}), record({ Weight: 0, ResourceRecords: [{ Value: '192.0.2.2' }] }));
  const told = async (...answers: (readonly string[] | Error)[]) => {
    const left = [...answers];
    const ask: Ask = async () => {
      const next = left.shift();
      if (next instanceof Error) throw next;
      return next ?? [];
    };
    const values = await valuesByPool(ask, undefined, pair, POOLS);
    let so: DnsAnswers = { state: 'not-asked' };
    while (left.length > 0) so = await countAnswers(ask, so, [{ server: undefined, found: pair, values }]);
    return so;
  };

  test('answers of one side count on; another one, both, or none begin anew', async () => {
    const [blue, green] = [['192.0.2.1'], ['192.0.2.2']] as const;
    expect(await told(green, green)).toMatchObject({ pool: 'green', streak: 2 });
    expect(await told(green, blue)).toMatchObject({ pool: 'blue', streak: 1 });
    expect(await told(green, [...blue, ...green])).toEqual({ state: 'unclear' });
    expect(await told(green, failure('ENODATA'))).toEqual({ state: 'unclear' });
  });

  test('a server that cannot be asked is named, with its port', async () => {
    const why = (server: string | undefined) =>
      countAnswers(async () => Promise.reject(failure('ETIMEOUT')), { state: 'not-asked' }, [
        { server, found: pair, values: new Map() },
      ]);
    expect(await told(['192.0.2.2'], failure('ECONNREFUSED'))).toMatchObject({ state: 'unreachable' });
    expect(await why('10.0.0.2')).toMatchObject({
      why: '10.0.0.2 port 53 gives no answer for www.shop.test (ETIMEOUT)',
    });
    expect(await why('127.0.0.1:4553')).toMatchObject({ why: expect.stringContaining('127.0.0.1 port 4553') });
    expect(await why('[::1]:4553')).toMatchObject({ why: expect.stringContaining('[::1] port 4553') });
    expect(await why(undefined)).toMatchObject({ why: expect.stringContaining("the system's resolver") });
  });

  test('of an alias it is known by the addresses of its load balancer', async () => {
    const target = (DNSName: string): Partial<ResourceRecordSet> => ({
      AliasTarget: { HostedZoneId: 'Z2', DNSName, EvaluateTargetHealth: false },
    });
    const aliases = found(record(target('blue.lb.')), record(target('green.lb.')));
    const ask: Ask = async (_server, name) => (name === 'blue.lb.' ? ['192.0.2.1'] : ['192.0.2.2', '192.0.2.3']);
    const values = await valuesByPool(ask, undefined, aliases, POOLS);
    expect(values).toEqual(
      new Map([
        ['blue', new Set(['192.0.2.1'])],
        ['green', new Set(['192.0.2.2', '192.0.2.3'])],
      ]),
    );
  });
});
