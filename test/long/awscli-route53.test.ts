/** The AWS CLI speaks to the sandbox's Route 53: botocore has models and a parser of its own. */
import { Resolver } from 'node:dns/promises';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { Sandbox } from '../../src/sandbox/index.ts';
import { aws, needsCli, refusal } from '../support/aws-cli.ts';
import { plain, upsert, weighted } from '../support/names.ts';
import { quickSandbox } from '../support/quick-sandbox.ts';

// Each command starts a Python.
vi.setConfig({ testTimeout: 90_000 });

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await quickSandbox({ instances: 1, pageSize: 2, dns: { propagation: 0, insync: 0 } });
});
afterAll(() => sandbox.close());

const route53 = async (...words: string[]) => aws(sandbox.url, 'route53', ...words);

async function makeZone(name: string): Promise<string> {
  const { HostedZone } = await route53('create-hosted-zone', '--name', name, '--caller-reference', name);
  return HostedZone.Id;
}

describe('aws route53', () => {
  test('create-hosted-zone, list-hosted-zones-by-name, delete-hosted-zone', async (context) => {
    needsCli(context);
    const id = await makeZone('cli.test');
    expect(id).toMatch(/^\/hostedzone\/Z[0-9A-Z]{13}$/);
    const { HostedZones } = await route53('list-hosted-zones-by-name', '--dns-name', 'cli.test', '--max-items', '1');
    expect(HostedZones).toMatchObject([{ Id: id, Name: 'cli.test.', Config: { PrivateZone: false } }]);
    const { ChangeInfo } = await route53('delete-hosted-zone', '--id', id);
    expect(ChangeInfo.Status).toBe('PENDING');
    expect(await refusal(sandbox.url, 'route53', 'get-hosted-zone', '--id', id)).toContain('(NoSuchHostedZone)');
  });

  test('change-resource-record-sets, get-change, list-resource-record-sets over pages, and DNS says so', async (context) => {
    needsCli(context);
    const id = await makeZone('shop.test');
    const text = plain('shop.test', '"ü & <x>"', { Type: 'TXT' });
    const Changes = [
      upsert(weighted('blue', 255, '127.0.0.2')),
      upsert(weighted('green', 0, '127.0.0.3')),
      upsert(text),
    ];
    const batch = ['--change-batch', JSON.stringify({ Comment: 'from the CLI', Changes })];
    const { ChangeInfo } = await route53('change-resource-record-sets', '--hosted-zone-id', id, ...batch);
    expect(ChangeInfo.Comment).toBe('from the CLI');
    const change = await route53('get-change', '--id', ChangeInfo.Id);
    expect(change.ChangeInfo).toMatchObject({ Id: ChangeInfo.Id, Status: 'INSYNC' });
    const { ResourceRecordSets } = await route53('list-resource-record-sets', '--hosted-zone-id', id);
    expect(ResourceRecordSets).toHaveLength(5);
    expect(ResourceRecordSets).toContainEqual({ ...text, Name: 'shop.test.' });
    expect(ResourceRecordSets).toContainEqual({ ...weighted('green', 0, '127.0.0.3'), Name: 'www.shop.test.' });
    const resolver = new Resolver();
    resolver.setServers([sandbox.dns.server]);
    expect(await resolver.resolve4('www.shop.test')).toEqual(['127.0.0.2']);
  });

  test('refusals are read as such', async (context) => {
    needsCli(context);
    const id = await makeZone('refused.test');
    const batch = JSON.stringify({
      Changes: [{ Action: 'DELETE', ResourceRecordSet: plain('a.refused.test', '127.0.0.2') }],
    });
    const words = ['route53', 'change-resource-record-sets', '--hosted-zone-id', id, '--change-batch', batch];
    const unknown = await refusal(sandbox.url, ...words);
    expect(unknown).toContain('(InvalidChangeBatch) when calling the ChangeResourceRecordSets operation');
    expect(unknown).toContain(
      "[Tried to delete resource record set [name='a.refused.test.', type='A'] but it was not found]",
    );
    expect(await refusal(sandbox.url, 'route53', 'get-change', '--id', 'C0')).toContain('(NoSuchChange)');
    expect(await refusal(sandbox.url, 'route53', 'list-traffic-policies')).toContain('(InvalidAction)');
    sandbox.faults.add({ kind: 'throttle', service: 'route53', count: 1 });
    expect(await refusal(sandbox.url, 'route53', 'list-hosted-zones')).toContain('(Throttling)');
  });
});
