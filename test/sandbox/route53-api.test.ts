/** Route 53's API with the SDK's client. */
import {
  ChangeResourceRecordSetsCommand,
  ChangeTagsForResourceCommand,
  CreateHealthCheckCommand,
  CreateHostedZoneCommand,
  DeleteHealthCheckCommand,
  DeleteHostedZoneCommand,
  GetChangeCommand,
  GetHealthCheckCommand,
  GetHealthCheckStatusCommand,
  GetHostedZoneCommand,
  InvalidChangeBatch,
  ListHostedZonesByNameCommand,
  ListHostedZonesCommand,
  ListResourceRecordSetsCommand,
  ListTagsForResourceCommand,
  NoSuchHostedZone,
  paginateListHostedZones,
  PriorRequestNotComplete,
  Route53Client,
  type Change,
  type ListResourceRecordSetsRequest,
  type ListResourceRecordSetsResponse,
} from '@aws-sdk/client-route-53';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { THROTTLE_RULES } from '../../src/sandbox/api/throttle.ts';
import type { Sandbox } from '../../src/sandbox/index.ts';
import { create, plain, upsert, weighted } from '../support/names.ts';
import { poll } from '../support/poll.ts';
import { quickSandbox } from '../support/quick-sandbox.ts';

let sandbox: Sandbox;
let client: Route53Client;
beforeAll(async () => {
  sandbox = await quickSandbox({ instances: 1, pageSize: 2, dns: { processing: 0, propagation: 50, insync: 100 } });
  const credentials = { accessKeyId: 'sandbox', secretAccessKey: 'sandbox' };
  client = new Route53Client({ endpoint: sandbox.url, region: 'eu-west-1', credentials, maxAttempts: 1 });
});
afterAll(async () => {
  client.destroy();
  await sandbox.close();
});

let zones = 0;
async function makeZone(name = `zone${++zones}.test`): Promise<string> {
  const output = await client.send(new CreateHostedZoneCommand({ Name: name, CallerReference: name }));
  return output.HostedZone!.Id!;
}

async function change(zone: string, ...Changes: Change[]) {
  return client.send(new ChangeResourceRecordSetsCommand({ HostedZoneId: zone, ChangeBatch: { Changes } }));
}

/** The SDK has no paginator for records. */
async function listAll(HostedZoneId: string): Promise<string[]> {
  const listed: string[] = [];
  for (let start: Partial<ListResourceRecordSetsRequest> | undefined = {}; start;) {
    const page: ListResourceRecordSetsResponse = await client.send(
      new ListResourceRecordSetsCommand({ HostedZoneId, ...start }),
    );
    expect(page.MaxItems).toBe(2);
    listed.push(...page.ResourceRecordSets!.map((set) => `${set.Name} ${set.Type} ${set.SetIdentifier ?? ''}`.trim()));
    const { NextRecordName: StartRecordName, NextRecordType: StartRecordType } = page;
    const next = { StartRecordName, StartRecordType, StartRecordIdentifier: page.NextRecordIdentifier };
    start = page.IsTruncated ? next : undefined;
  }
  return listed;
}

async function refused(request: Promise<unknown>): Promise<Error & { $metadata?: { httpStatusCode?: number } }> {
  return request.then(
    () => Promise.reject(new Error('no refusal')),
    (error: unknown) => error as Error,
  );
}

describe('hosted zones', () => {
  test('are created with name servers and with NS and SOA records', async () => {
    const made = await client.send(
      new CreateHostedZoneCommand({ Name: 'Made.test', CallerReference: 'm', HostedZoneConfig: { Comment: 'a & b' } }),
    );
    expect(made.$metadata.httpStatusCode).toBe(201);
    expect(made.Location).toBe(`https://route53.amazonaws.com/2013-04-01${made.HostedZone!.Id}`);
    expect(made.HostedZone).toMatchObject({
      Name: 'made.test.',
      ResourceRecordSetCount: 2,
      Config: { Comment: 'a & b' },
    });
    expect(made.DelegationSet?.NameServers).toHaveLength(4);
    const got = await client.send(new GetHostedZoneCommand({ Id: made.HostedZone!.Id! }));
    expect(got).toMatchObject({ HostedZone: made.HostedZone, DelegationSet: made.DelegationSet });
    const again = new CreateHostedZoneCommand({ Name: 'other.test', CallerReference: 'm' });
    expect(await refused(client.send(again))).toMatchObject({
      name: 'HostedZoneAlreadyExists',
      $metadata: { httpStatusCode: 409 },
    });
  });

  test('are listed in pages, and by name with reversed labels', async () => {
    const ids = [await makeZone('b.example'), await makeZone('a.b.example'), await makeZone('a.example')];
    const listed: (string | undefined)[] = [];
    for await (const page of paginateListHostedZones({ client }, {}))
      listed.push(...page.HostedZones!.map(({ Id }) => Id));
    expect(listed).toEqual(expect.arrayContaining(ids));
    expect(new Set(listed).size).toBe(listed.length);
    const byName = await client.send(new ListHostedZonesByNameCommand({ DNSName: 'example', MaxItems: 3 }));
    expect(byName.HostedZones?.map(({ Name }) => Name)).toEqual(['a.example.', 'b.example.', 'a.b.example.']);
    const one = await client.send(new ListHostedZonesByNameCommand({ DNSName: 'b.example', MaxItems: 1 }));
    expect(one).toMatchObject({ IsTruncated: true, NextDNSName: 'a.b.example.', MaxItems: 1 });
  });

  test('can be deleted when only their NS and SOA records are left', async () => {
    const zone = await makeZone();
    await change(zone, create(plain(`www.zone${zones}.test`, '127.0.0.2')));
    expect(await refused(client.send(new DeleteHostedZoneCommand({ Id: zone })))).toMatchObject({
      name: 'HostedZoneNotEmpty',
    });
    await change(zone, { Action: 'DELETE', ResourceRecordSet: plain(`www.zone${zones}.test`, '127.0.0.2') });
    await client.send(new DeleteHostedZoneCommand({ Id: zone }));
    const error = await refused(client.send(new GetHostedZoneCommand({ Id: zone })));
    expect(error).toBeInstanceOf(NoSuchHostedZone);
    expect(error).toMatchObject({ name: 'NoSuchHostedZone', $metadata: { httpStatusCode: 404 } });
  });

  test('have tags', async () => {
    const ResourceId = (await makeZone()).replace('/hostedzone/', '');
    const resource = { ResourceType: 'hostedzone' as const, ResourceId };
    const AddTags = [
      { Key: 'a', Value: '1' },
      { Key: 'b', Value: '' },
    ];
    await client.send(new ChangeTagsForResourceCommand({ ...resource, AddTags }));
    await client.send(
      new ChangeTagsForResourceCommand({ ...resource, RemoveTagKeys: ['a'], AddTags: [{ Key: 'c', Value: '3' }] }),
    );
    const { ResourceTagSet } = await client.send(new ListTagsForResourceCommand(resource));
    expect(ResourceTagSet?.Tags?.map(({ Key }) => Key)).toEqual(['b', 'c']);
  });
});

describe('records', () => {
  test('are listed in pages, in the order of reversed name, type and identifier', async () => {
    const zone = await makeZone('shop.test');
    await change(
      zone,
      create(weighted('green', 0, '127.0.0.3')),
      create(weighted('blue', 255, '127.0.0.2')),
      create(plain('a.shop.test', '127.0.0.4')),
      create(plain('z.a.shop.test', '127.0.0.5')),
    );
    const listed = await listAll(zone);
    expect(listed).toEqual([
      'shop.test. NS',
      'shop.test. SOA',
      'a.shop.test. A',
      'z.a.shop.test. A',
      'www.shop.test. A blue',
      'www.shop.test. A green',
    ]);
    const from = { HostedZoneId: zone, StartRecordName: 'www.shop.test', StartRecordType: 'A' as const };
    const start = await client.send(new ListResourceRecordSetsCommand({ ...from, StartRecordIdentifier: 'green' }));
    expect(start).toMatchObject({
      IsTruncated: false,
      ResourceRecordSets: [{ SetIdentifier: 'green', Weight: 0, TTL: 60 }],
    });
  });

  test('a change is PENDING, then INSYNC', async () => {
    const zone = await makeZone();
    const { ChangeInfo } = await change(zone, upsert(plain(`www.zone${zones}.test`, '127.0.0.2')));
    expect(ChangeInfo).toMatchObject({ Status: 'PENDING', SubmittedAt: expect.any(Date) as Date });
    const status = async () => (await client.send(new GetChangeCommand({ Id: ChangeInfo!.Id! }))).ChangeInfo?.Status;
    await poll(async () => (await status()) === 'INSYNC', 'INSYNC');
  });

  test('a rejected batch is an InvalidChangeBatch error of the SDK', async () => {
    const zone = await makeZone();
    const error = await refused(change(zone, create(plain('www.elsewhere.test', '127.0.0.2'))));
    expect(error).toBeInstanceOf(InvalidChangeBatch);
    expect(error.message).toContain('RRSet with DNS name www.elsewhere.test. is not permitted in zone');
    expect(error.$metadata?.httpStatusCode).toBe(400);
  });

  test('a change while another one of the zone is processed: PriorRequestNotComplete', async () => {
    const zone = await makeZone();
    const www = upsert(plain(`www.zone${zones}.test`, '127.0.0.2'));
    const inside = sandbox.route53.state.zones.get(zone.replace('/hostedzone/', ''))!;
    inside.busy = true;
    const error = await refused(change(zone, www));
    expect(error).toBeInstanceOf(PriorRequestNotComplete);
    expect(error.$metadata?.httpStatusCode).toBe(400);
    inside.busy = false;
    await expect(change(zone, www)).resolves.toMatchObject({ ChangeInfo: { Status: 'PENDING' } });
  });
});

describe('health checks', () => {
  test('are created, described, failing because of a fault, and deleted', async () => {
    const input = {
      CallerReference: 'h',
      HealthCheckConfig: { Type: 'HTTP' as const, IPAddress: '127.0.0.1', Port: 80 },
    };
    const { HealthCheck, Location } = await client.send(new CreateHealthCheckCommand(input));
    const HealthCheckId = HealthCheck!.Id!;
    expect(Location).toContain(HealthCheckId);
    expect((await client.send(new CreateHealthCheckCommand(input))).HealthCheck?.Id).toBe(HealthCheckId);
    const shown = await client.send(new GetHealthCheckCommand({ HealthCheckId }));
    expect(shown.HealthCheck?.HealthCheckConfig).toEqual(input.HealthCheckConfig);
    const fault = sandbox.faults.add({ kind: 'health-check', id: HealthCheckId });
    const status = async () => {
      const { HealthCheckObservations } = await client.send(new GetHealthCheckStatusCommand({ HealthCheckId }));
      return HealthCheckObservations?.[0]?.StatusReport?.Status;
    };
    expect(await status()).toMatch(/^Failure/);
    sandbox.faults.remove(fault);
    expect(await status()).toMatch(/^Success/);
    await client.send(new DeleteHealthCheckCommand({ HealthCheckId }));
    expect(await refused(client.send(new GetHealthCheckCommand({ HealthCheckId })))).toMatchObject({
      name: 'NoSuchHealthCheck',
    });
  });
});

describe('the endpoint', () => {
  async function post(path: string, body: string, method = 'POST'): Promise<{ status: number; text: string }> {
    const headers = { authorization: 'AWS4-HMAC-SHA256 Credential=x' };
    const response = await fetch(`${sandbox.url}${path}`, { method, headers, ...(method === 'POST' && { body }) });
    return { status: response.status, text: await response.text() };
  }

  test('rejects invalid XML, missing members and unknown operations with AWS`s errors', async () => {
    const zone = await makeZone();
    const path = `/2013-04-01${zone}/rrset`;
    const broken = await post(path, '<ChangeResourceRecordSetsRequest><Change');
    expect(broken).toMatchObject({ status: 400, text: expect.stringContaining('<Code>InvalidInput</Code>') as string });
    const lacking =
      '<Change><Action>CREATE</Action><ResourceRecordSet><Name>a.test</Name></ResourceRecordSet></Change>';
    const batch = `<ChangeBatch><Changes>${lacking}</Changes></ChangeBatch>`;
    const incomplete = await post(path, `<ChangeResourceRecordSetsRequest>${batch}</ChangeResourceRecordSetsRequest>`);
    expect(incomplete.text).toContain("The content of element 'ResourceRecordSet' is not complete.");
    expect(await post('/2013-04-01/nothing', '')).toMatchObject({
      status: 404,
      text: expect.stringContaining('UnknownOperationException') as string,
    });
    expect(await post('/2013-04-01/hostedzone?maxitems=x', '', 'GET')).toMatchObject({ status: 400 });
    const unsigned = await fetch(`${sandbox.url}/2013-04-01/hostedzone`);
    expect(unsigned.status).toBe(403);
  });

  test('throttles at 5 requests per second if enabled', async () => {
    expect(THROTTLE_RULES.find(({ service }) => service === 'route53')).toMatchObject({ burst: 5, perSecond: 5 });
    sandbox.throttle.limit('route53', { burst: 5, perSecond: 0 });
    sandbox.throttle.enabled = true;
    try {
      const list = () => client.send(new ListHostedZonesCommand({}));
      const all = await Promise.allSettled(Array.from({ length: 20 }, list));
      const failed = all.flatMap((each) => (each.status === 'rejected' ? [each.reason as Error] : []));
      expect(failed).toHaveLength(15);
      const throttled = { name: 'Throttling', message: 'Rate exceeded', $metadata: { httpStatusCode: 400 } };
      expect(failed[0]).toMatchObject(throttled);
    } finally {
      sandbox.throttle.enabled = false;
    }
  });

  test('supports faults like the other services', async () => {
    sandbox.faults.add({ kind: 'error-after', operation: 'CreateHostedZone', count: 1 });
    expect(await refused(makeZone('after.test'))).toMatchObject({ $metadata: { httpStatusCode: 500 } });
    const { HostedZones } = await client.send(new ListHostedZonesByNameCommand({ DNSName: 'after.test', MaxItems: 1 }));
    expect(HostedZones?.[0]?.Name).toBe('after.test.');
    expect(sandbox.requests.all).toContainEqual(
      expect.objectContaining({ service: 'route53', operation: 'CreateHostedZone', status: 500 }),
    );
  });
});
