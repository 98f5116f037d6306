/** Change batches: AWS's errors, and that a batch is applied completely or not at all. */
import type { Change } from '@aws-sdk/client-route-53';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { alias, BALANCER_ZONE, create, NamesRig, plain, remove, upsert, weighted } from '../support/names.ts';

const WWW = 'www.shop.test';

/** The error for `changes` of a zone with `records`. */
async function refusal(records: readonly Change[], changes: readonly Change[]): Promise<string> {
  const rig = new NamesRig();
  rig.balancers.set('blue.elb.test', { address: '127.0.0.2', healthy: true });
  const zone = await rig.zone();
  if (records.length > 0) await rig.change(zone, ...records);
  const before = await rig.records(zone);
  const said = await rig.change(zone, ...changes).then(
    () => 'no refusal',
    (error: { code: string; status: number; message: string }) => `${error.code} ${error.status} ${error.message}`,
  );
  const unchanged = JSON.stringify(await rig.records(zone)) === JSON.stringify(before);
  // A rejected batch has changed nothing.
  return said === 'no refusal' || unchanged ? said : `${said}, but it had an effect`;
}

const both = [create(weighted('blue', 255, '127.0.0.2')), create(weighted('green', 0, '127.0.0.3'))];
const cname = plain(WWW, 'other.shop.test', { Type: 'CNAME' });
const apexNs = plain('shop.test', 'ns.example.com', { Type: 'NS', TTL: 172_800 });

describe('a batch is rejected', () => {
  test.each<[string, readonly Change[], readonly Change[], string]>([
    [
      'what exists is created',
      both,
      [both[0]!],
      `[name='www.shop.test.', type='A', set-identifier='blue'] but it already exists`,
    ],
    [
      'what does not exist is deleted',
      [],
      [remove(plain(WWW, '127.0.0.2'))],
      `[name='www.shop.test.', type='A'] but it was not found`,
    ],
    [
      'the value is another',
      [create(plain(WWW, '127.0.0.2'))],
      [remove(plain(WWW, '127.0.0.3'))],
      'but the values provided do not match the current values',
    ],
    [
      'the TTL is another',
      [create(plain(WWW, '127.0.0.2'))],
      [remove(plain(WWW, '127.0.0.2', { TTL: 61 }))],
      'do not match',
    ],
    ['the weight is another', both, [remove(weighted('blue', 254, '127.0.0.2'))], 'do not match'],
    [
      'weighted siblings differ in TTL',
      both,
      [upsert(weighted('blue', 1, '127.0.0.2', { TTL: 5 }))],
      'must contain the same TTL',
    ],
    [
      'a weighted record joins a plain one',
      [create(plain(WWW, '127.0.0.2'))],
      [both[1]!],
      'a non-weighted set exists with the same name and type',
    ],
    [
      'a plain record joins weighted ones',
      both,
      [create(plain(WWW, '127.0.0.2'))],
      'other RRSets exist with the same name and type',
    ],
    [
      'a CNAME joins another type',
      both,
      [create(cname)],
      'RRSet of type CNAME with DNS name www.shop.test. is not permitted as it conflicts with other records with the same DNS name in zone shop.test.',
    ],
    [
      'another type joins a CNAME',
      [create(cname)],
      [create(plain(WWW, '127.0.0.2'))],
      'because a conflicting RRSet of type CNAME with the same DNS name already exists',
    ],
    [
      'a CNAME at the apex',
      [],
      [create({ ...cname, Name: 'shop.test' })],
      'is not permitted at apex in zone shop.test.',
    ],
    [
      'another zone',
      [],
      [create(plain('www.other.test', '127.0.0.2'))],
      'RRSet with DNS name www.other.test. is not permitted in zone shop.test.',
    ],
    [
      'a value that is no address',
      [],
      [create(plain(WWW, 'localhost'))],
      'ARRDATAIllegalIPv4Address (Value is not a valid IPv4 address)',
    ],
    [
      'a text without quotes',
      [],
      [create(plain(WWW, 'text', { Type: 'TXT' }))],
      'Value should be enclosed in quotation marks',
    ],
    [
      'the same set twice',
      [],
      [upsert(weighted('blue', 1, '127.0.0.2')), upsert(weighted('blue', 2, '127.0.0.2'))],
      "invalid set of changes for a resource record set 'A www.shop.test.'",
    ],
    ['an alias to nowhere', [], [create(alias('blue', 1, 'none.elb.test'))], 'but that target was not found'],
    [
      'an alias whose zone is not the load balancer`s',
      [],
      [
        create({
          ...alias('blue', 1, 'blue.elb.test'),
          AliasTarget: { HostedZoneId: 'ZOTHER', DNSName: 'blue.elb.test', EvaluateTargetHealth: true },
        }),
      ],
      'but the alias target name does not lie within the target zone',
    ],
    ['the NS records of the zone go', [create(plain(WWW, '127.0.0.2'))], [remove(apexNs)], 'do not match'],
  ])('%s: InvalidChangeBatch', async (_, records, changes, message) => {
    const said = await refusal(records, changes);
    expect(said).toMatch(/^InvalidChangeBatch 400 \[/);
    expect(said).toContain(message);
  });

  test.each<[string, Change, string]>([
    [
      'an alias with a TTL',
      create({ ...alias('blue', 1, 'blue.elb.test'), TTL: 60 }),
      'found more than one in Change with [Action=CREATE, Name=www.shop.test, Type=A, SetIdentifier=blue]',
    ],
    ['neither alias nor values', create({ Name: WWW, Type: 'A' }), 'but found none in Change with'],
    [
      'values without a TTL',
      create({ Name: WWW, Type: 'A', ResourceRecords: [{ Value: '127.0.0.2' }] }),
      'but found none',
    ],
    ['a weight without an identifier', create(plain(WWW, '127.0.0.2', { Weight: 1 })), "Missing field 'SetIdentifier'"],
    [
      'an identifier without a weight',
      create(plain(WWW, '127.0.0.2', { SetIdentifier: 'a' })),
      'Expected exactly one of [Weight, ',
    ],
    ['a weight over 255', create(weighted('blue', 256, '127.0.0.2')), "maxInclusive '255'"],
    ['a weight below 0', create(weighted('blue', -1, '127.0.0.2')), "minInclusive '0'"],
    ['another action', { Action: 'REPLACE' as 'UPSERT', ResourceRecordSet: plain(WWW, '127.0.0.2') }, 'enumeration'],
    [
      'a routing policy that is not here',
      create(plain(WWW, '127.0.0.2', { SetIdentifier: 'a', Region: 'eu-west-1' })),
      'does not support routing by Region',
    ],
  ])('%s: InvalidInput', async (_, change, message) => {
    const said = await refusal([], [change]);
    expect(said).toMatch(/^InvalidInput 400 /);
    expect(said).toContain(message);
  });

  test('a health check that does not exist: NoSuchHealthCheck', async () => {
    const change = create(weighted('blue', 1, '127.0.0.2', { HealthCheckId: 'none' }));
    expect(await refusal([], [change])).toMatch(/^NoSuchHealthCheck 404 /);
  });

  test('the SOA record of a zone cannot be deleted', async () => {
    const rig = new NamesRig();
    const zone = await rig.zone();
    const { ResourceRecordSets } = await rig.call('ListResourceRecordSets', { HostedZoneId: zone });
    const own: Change[] = ResourceRecordSets.map(remove);
    const refused = rig.change(zone, ...own);
    await expect(refused).rejects.toMatchObject({ code: 'InvalidChangeBatch' });
    const { message } = (await refused.catch((error: unknown) => error as Error)) as Error;
    expect(message).toContain('A HostedZone must contain exactly one SOA record.');
    expect(message).toContain('A HostedZone must contain at least one NS record for the zone itself.');
  });

  test('with all problems in one error', async () => {
    const said = await refusal(both, [both[0]!, both[1]!]);
    expect(said).toMatch(/^InvalidChangeBatch 400 \[Tried to create .*'blue'.*, Tried to create .*'green'.*\]$/);
  });

  test('over 1000 values, of which UPSERT counts twice', async () => {
    const values = (action: typeof create, count: number) =>
      Array.from({ length: count }, (_, index) => action(plain(`n${index}.shop.test`, '127.0.0.2')));
    expect(await refusal([], values(create, 1000))).toBe('no refusal');
    expect(await refusal([], values(upsert, 501))).toContain('Number of records limit of 1000 exceeded.');
  });
});

describe('a batch is applied', () => {
  test('both weights together, or neither', async () => {
    expect(
      await refusal(both, [upsert(weighted('blue', 0, '127.0.0.2')), upsert(weighted('green', 255, '127.0.0.3'))]),
    ).toBe('no refusal');
    await refusal(both, [upsert(weighted('blue', 0, '127.0.0.2')), upsert(weighted('green', 256, '127.0.0.3'))]);
  });

  test('a new TTL for all siblings; delete and create of one set', async () => {
    const ttl = (id: string, value: string) => upsert(weighted(id, 1, value, { TTL: 5 }));
    expect(await refusal(both, [ttl('blue', '127.0.0.2'), ttl('green', '127.0.0.3')])).toBe('no refusal');
    const again = [remove(weighted('blue', 255, '127.0.0.2')), create(weighted('blue', 0, '127.0.0.2'))];
    expect(await refusal(both, again)).toBe('no refusal');
  });

  test('names are equal in upper case, without the trailing dot, with dualstack', async () => {
    const rig = new NamesRig();
    rig.balancers.set('blue.elb.test', { address: '127.0.0.2', healthy: true });
    const zone = await rig.zone('SHOP.test.');
    await rig.change(
      zone,
      create({ ...alias('blue', 1, 'dualstack.Blue.elb.test.'), Name: 'WWW.shop.test.' }),
      create(plain('*.shop.test', '127.0.0.9')),
    );
    expect(await rig.records(zone)).toEqual([
      '\\052.shop.test. A 127.0.0.9',
      'www.shop.test. A blue 1 -> dualstack.blue.elb.test.',
    ]);
    await rig.change(zone, remove(alias('blue', 1, 'dualstack.blue.elb.test')));
    expect(await rig.records(zone)).toEqual(['\\052.shop.test. A 127.0.0.9']);
    expect(BALANCER_ZONE).not.toBe(zone);
  });

  test('any batch: no changes if it is rejected, all of them otherwise', async () => {
    const address = fc.integer({ min: 2, max: 5 }).map((last) => `127.0.0.${last}`);
    const set = fc.oneof(
      fc
        .tuple(fc.constantFrom('blue', 'green'), fc.integer({ min: 0, max: 3 }), address)
        .map((args) => weighted(...args)),
      address.map((each) => plain(WWW, each)),
      fc.constant(cname),
    );
    const change = fc.tuple(fc.constantFrom(create, upsert, remove), set).map(([action, given]) => action(given));
    const batches = fc.array(fc.array(change, { minLength: 1, maxLength: 4 }), { maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(batches, async (all) => {
        const rig = new NamesRig();
        const zone = await rig.zone();
        for (const batch of all) {
          const before = await rig.records(zone);
          const done = await rig.change(zone, ...batch).then(
            () => true,
            () => false,
          );
          const now = await rig.records(zone);
          const made = batch.filter(({ Action }) => Action !== 'DELETE').map(valueOf);
          expect(done ? made.filter((value) => !now.join().includes(value)) : []).toEqual([]);
          expect(done ? [] : now).toEqual(done ? [] : before);
          expect(coexist(now)).toBe(true);
        }
      }),
      { numRuns: 200 },
    );
  });
});

function valueOf({ ResourceRecordSet: set }: Change): string {
  return set?.ResourceRecords?.[0]?.Value ?? '';
}

/** Whether the records can coexist: not simple with weighted ones, nor a CNAME with others. */
function coexist(lines: readonly string[]): boolean {
  const kinds = lines.map((line) =>
    line.includes(' CNAME ') ? 'cname' : /blue|green/.test(line) ? 'weighted' : 'plain',
  );
  return new Set(kinds).size <= 1 && (kinds[0] === 'weighted' || kinds.length <= 1);
}
