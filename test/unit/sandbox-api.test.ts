import {
  CreateTagsCommand,
  DescribeInstancesCommand,
  DescribeAddressesCommand,
  DescribeVpcsCommand,
  RunInstancesCommand,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2';
import { GetParameterCommand, ListCommandsCommand, PutParameterCommand } from '@aws-sdk/client-ssm';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { eventually, startCloud, type Cloud } from '../support/cloud.ts';

let cloud: Cloud;
beforeEach(async () => {
  cloud = await startCloud();
});
afterEach(() => cloud.close());

const SIGNED = { authorization: 'AWS4-HMAC-SHA256 Credential=sandbox/20261122/eu-west-1/ec2/aws4_request' };

async function post(body: string, headers: Record<string, string> = SIGNED) {
  const response = await fetch(cloud.url, { method: 'POST', headers, body });
  return { status: response.status, text: await response.text(), id: response.headers.get('x-amzn-requestid') };
}

async function admin(method: string, page: string, body?: unknown) {
  const init =
    body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
  const response = await fetch(`${cloud.url}/_turnout/${page}`, { method, ...init });
  return { status: response.status, body: await response.json() };
}

async function launch(count = 1): Promise<string[]> {
  const input = { ImageId: cloud.image, MinCount: count, MaxCount: count };
  const output = await cloud.ec2.send(new RunInstancesCommand(input));
  return (output.Instances ?? []).map((instance) => instance.InstanceId!);
}

describe('errors in each protocol', () => {
  test('an unsigned request is rejected', async () => {
    const answer = await post('Action=DescribeVpcs&Version=2016-11-15', {});
    expect(answer.status).toBe(403);
    expect(answer.text).toContain('<Code>MissingAuthenticationToken</Code>');
    expect(answer.text).toContain(`<RequestID>${answer.id}</RequestID>`);
    const json = await post('{}', { 'x-amz-target': 'AmazonSSM.GetParameter' });
    expect(JSON.parse(json.text)).toMatchObject({ __type: 'MissingAuthenticationTokenException' });
  });

  test('an operation that does not exist or is not implemented never succeeds', async () => {
    const unknown = await post('Action=MakeCoffee&Version=2016-11-15');
    expect(unknown).toMatchObject({
      status: 400,
      text: expect.stringContaining('<Code>InvalidAction</Code>') as string,
    });
    const missing = cloud.ec2.send(new DescribeAddressesCommand({}));
    await expect(missing).rejects.toMatchObject({ name: 'InvalidAction', message: /does not implement/ });
    const json = cloud.ssm.send(new ListCommandsCommand({}));
    await expect(json).rejects.toMatchObject({ name: 'UnknownOperationException' });
    const elb = await post('Action=MakeCoffee&Version=2015-12-01');
    expect(elb.text).toMatch(
      /^<ErrorResponse xmlns="[^"]*2015-12-01\/"><Error><Type>Sender<\/Type><Code>InvalidAction<\/Code>/,
    );
    const prototype = await post('Action=constructor&Version=2016-11-15');
    expect(prototype.text).toContain('InvalidAction');
  });

  test('a request to an unknown service is rejected, whatever its protocol', async () => {
    const sts = await post('Action=GetCallerIdentity&Version=2011-06-15');
    expect(sts).toMatchObject({ status: 400, text: expect.stringContaining('<Code>InvalidAction</Code>') as string });
    const dynamo = await post('{}', { ...SIGNED, 'x-amz-target': 'DynamoDB_20120810.ListTables' });
    expect(JSON.parse(dynamo.text)).toMatchObject({ __type: 'UnknownOperationException' });
    const rest = await fetch(`${cloud.url}/2015-03-31/functions/`, { headers: SIGNED });
    expect([rest.status, await rest.json()]).toMatchObject([400, { __type: 'UnknownOperationException' }]);
    expect((await fetch(`${cloud.url}/somewhere`)).status).toBe(404);
  });

  test('missing, malformed and unknown parameters are reported', async () => {
    const missing = await post('Action=TerminateInstances&Version=2016-11-15');
    expect(missing.text).toContain(
      '<Code>MissingParameter</Code><Message>The request must contain the parameter InstanceId<',
    );
    const malformed = await post('Action=RunInstances&Version=2016-11-15&MinCount=two&MaxCount=2');
    expect(malformed.text).toContain('<Code>InvalidParameterValue</Code>');
    const unknown = await post('Action=DescribeVpcs&Version=2016-11-15&Colour=blue');
    expect(unknown.text).toContain('<Code>UnknownParameter</Code>');
    const ssm = await post('{}', { ...SIGNED, 'x-amz-target': 'AmazonSSM.GetParameter' });
    expect(JSON.parse(ssm.text)).toMatchObject({
      __type: 'ValidationException',
      message: expect.stringContaining("'name'") as string,
    });
    const noJson = await post('nonsense', { ...SIGNED, 'x-amz-target': 'AmazonSSM.GetParameter' });
    expect(JSON.parse(noJson.text)).toMatchObject({ __type: 'SerializationException' });
  });

  test('a dry run changes nothing', async () => {
    const input = { ImageId: cloud.image, MinCount: 1, MaxCount: 1, DryRun: true };
    await expect(cloud.ec2.send(new RunInstancesCommand(input))).rejects.toMatchObject({
      name: 'DryRunOperation',
      $metadata: { httpStatusCode: 412 },
    });
    expect(cloud.instances.list()).toEqual([]);
  });

  test('large bodies and other host names are rejected', async () => {
    const huge = await post(`Action=DescribeVpcs&Version=2016-11-15&X=${'x'.repeat(3_000_000)}`);
    expect(huge.status).toBe(413);
    const { request } = await import('node:http');
    const status = await new Promise((resolve) => {
      request(cloud.url, { headers: { host: 'evil.example' } }, (response) => {
        response.resume();
        resolve(response.statusCode);
      }).end();
    });
    expect(status).toBe(403);
  });

  test('a browser gets a page that explains the endpoint', async () => {
    const help = await fetch(cloud.url);
    expect(help.status).toBe(200);
    expect(await help.text()).toContain('AWS_ENDPOINT_URL');
    expect((await fetch(`${cloud.url}/nothing`)).status).toBe(404);
  });
});

describe('the JSON protocol', () => {
  test('parameters can be written and read', async () => {
    await expect(cloud.ssm.send(new GetParameterCommand({ Name: '/a' }))).rejects.toMatchObject({
      name: 'ParameterNotFound',
    });
    await cloud.ssm.send(new PutParameterCommand({ Name: '/a', Value: 'ü <1>', Type: 'String' }));
    const again = new PutParameterCommand({ Name: '/a', Value: '2', Type: 'String' });
    await expect(cloud.ssm.send(again)).rejects.toMatchObject({ name: 'ParameterAlreadyExists' });
    await cloud.ssm.send(new PutParameterCommand({ Name: '/b', Value: '2', Type: 'String' }));
    const second = await cloud.ssm.send(new PutParameterCommand({ Name: '/b', Value: '3', Overwrite: true }));
    expect(second.Version).toBe(2);
    const { Parameter } = await cloud.ssm.send(new GetParameterCommand({ Name: '/a' }));
    expect(Parameter).toMatchObject({ Name: '/a', Value: 'ü <1>', Type: 'String', Version: 1 });
    expect(Parameter?.LastModifiedDate).toBeInstanceOf(Date);
  });
});

describe('faults', () => {
  const describeVpcs = () => cloud.ec2.send(new DescribeVpcsCommand({}));

  test('throttling affects a number of requests of one operation', async () => {
    cloud.faults.add({ kind: 'throttle', operation: 'DescribeV*', count: 2 });
    const throttled = { name: 'RequestLimitExceeded', $metadata: { httpStatusCode: 503 } };
    await expect(describeVpcs()).rejects.toMatchObject(throttled);
    await cloud.ec2.send(new DescribeInstancesCommand({}));
    await expect(describeVpcs()).rejects.toMatchObject(throttled);
    expect((await describeVpcs()).Vpcs).toHaveLength(1);
    expect(cloud.faults.list()).toEqual([]);
  });

  test('an error prevents the change; an error after the change does not', async () => {
    cloud.faults.add({ kind: 'error', operation: 'RunInstances', count: 1, code: 'InsufficientInstanceCapacity' });
    await expect(launch()).rejects.toMatchObject({ name: 'InsufficientInstanceCapacity' });
    expect(cloud.instances.list()).toHaveLength(0);
    cloud.faults.add({ kind: 'error-after', operation: 'RunInstances', count: 1 });
    await expect(launch()).rejects.toMatchObject({ name: 'InternalError', $metadata: { httpStatusCode: 500 } });
    expect(cloud.instances.list()).toHaveLength(1);
  });

  test('a connection is closed before the change, or after it', async () => {
    cloud.faults.add({ kind: 'reset', operation: 'RunInstances', count: 1 });
    await expect(launch()).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect(cloud.instances.list()).toHaveLength(0);
    cloud.faults.add({ kind: 'reset-after', operation: 'RunInstances', count: 1 });
    await expect(launch()).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect(cloud.instances.list()).toHaveLength(1);
    expect(cloud.log.all.map(({ status, faults }) => [status, faults])).toEqual([
      [0, ['reset']],
      [0, ['reset-after']],
    ]);
  });

  test('a stale read returns the earlier state, others the current one', async () => {
    await launch();
    const count = async () => (await cloud.ec2.send(new DescribeInstancesCommand({}))).Reservations?.length;
    cloud.faults.add({ kind: 'stale', operation: 'DescribeInstances', ms: 60_000, count: 1 });
    expect(await count()).toBe(0);
    expect(await count()).toBe(1);
  });

  test('a request and its answer take as long as to a service far away', async () => {
    cloud.times.latencyMs = 60;
    const began = performance.now();
    await cloud.ec2.send(new DescribeInstancesCommand({}));
    expect(performance.now() - began).toBeGreaterThan(55);
    cloud.times.latencyMs = 0;
  });

  test('eventual consistency: a new resource is not visible yet', async () => {
    cloud.times.consistencyMs = 60_000;
    const [id] = await launch();
    const read = new DescribeInstancesCommand({ InstanceIds: [id!] });
    await expect(cloud.ec2.send(read)).rejects.toMatchObject({ name: 'InvalidInstanceID.NotFound' });
    cloud.times.consistencyMs = 0;
    expect((await cloud.ec2.send(read)).Reservations).toHaveLength(1);
  });

  test('a fault ends after its time, or when it is removed', async () => {
    const id = cloud.faults.add({ kind: 'error', operation: 'DescribeVpcs' });
    await expect(describeVpcs()).rejects.toThrow('internal error');
    expect(cloud.faults.remove(id)).toBe(true);
    await describeVpcs();
    cloud.faults.add({ kind: 'error', operation: 'DescribeVpcs', forMs: 30 });
    await expect(describeVpcs()).rejects.toThrow('internal error');
    await eventually('the end of the fault', () => cloud.faults.list().length === 0);
    await describeVpcs();
  });

  test('a response can be delayed', async () => {
    cloud.faults.add({ kind: 'delay', operation: 'DescribeVpcs', ms: 60, count: 1 });
    const began = performance.now();
    await describeVpcs();
    expect(performance.now() - began).toBeGreaterThan(50);
  });

  test('an unknown fault is rejected with the list of faults', () => {
    expect(() => cloud.faults.add({ kind: 'earthquake' })).toThrow(/Faults: throttle, .*, sick, .*release/);
    expect(() => cloud.faults.add({ kind: 'error', operation: 'X', count: -1 })).toThrow(/count/);
    expect(() => cloud.faults.add({ kind: 'die', instance: 'i-1' })).toThrow(/no instance i-1/);
  });
});

describe('the admin pages', () => {
  test('faults are started, listed and ended over HTTP', async () => {
    const added = await admin('POST', 'faults', { kind: 'throttle', operation: 'DescribeVpcs', count: 3 });
    expect(added).toEqual({ status: 200, body: { id: 'fault-1' } });
    expect((await admin('GET', 'faults')).body).toMatchObject([{ id: 'fault-1', left: 3 }]);
    expect((await admin('DELETE', 'faults/fault-1')).status).toBe(200);
    expect((await admin('DELETE', 'faults/fault-1')).status).toBe(404);
    expect((await admin('POST', 'faults', { kind: 'x' })).body).toMatchObject({ error: 'InvalidFault' });
    await admin('POST', 'faults', { kind: 'throttle' });
    await admin('DELETE', 'faults');
    expect((await admin('GET', 'faults')).body).toEqual([]);
  });

  test('only JSON is accepted, so that web pages cannot send requests', async () => {
    const response = await fetch(`${cloud.url}/_turnout/faults`, { method: 'POST', body: '{"kind":"throttle"}' });
    expect(response.status).toBe(415);
    expect(cloud.faults.list()).toEqual([]);
  });

  test('the log has every request, and can be reset', async () => {
    await cloud.ec2.send(new DescribeVpcsCommand({}));
    await expect(cloud.ec2.send(new TerminateInstancesCommand({ InstanceIds: ['i-1'] }))).rejects.toThrow('Invalid id');
    expect((await admin('GET', 'requests')).body).toMatchObject([
      {
        service: 'ec2',
        operation: 'DescribeVpcs',
        status: 200,
        agent: expect.stringContaining('aws-sdk-js') as string,
      },
      { operation: 'TerminateInstances', status: 400, code: 'InvalidInstanceID.Malformed' },
    ]);
    await admin('DELETE', 'requests');
    expect(cloud.log.all).toEqual([]);
    expect((await admin('GET', 'nothing')).status).toBe(404);
    expect((await admin('PATCH', 'requests')).status).toBe(405);
  });
});

describe('throttling', () => {
  test('a burst is admitted, then a rate per second', async () => {
    cloud.throttle.enabled = true;
    cloud.throttle.limit('ec2-reads', { burst: 3, perSecond: 0 });
    const results = await Promise.allSettled(
      Array.from({ length: 5 }, () => cloud.ec2.send(new DescribeVpcsCommand({}))),
    );
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(3);
    const refused = results.flatMap((result) => (result.status === 'rejected' ? [result.reason as Error] : []));
    expect(refused.map(({ name }) => name)).toEqual(['RequestLimitExceeded', 'RequestLimitExceeded']);
    // Changes have a separate bucket.
    const tag = new CreateTagsCommand({ Resources: [cloud.image], Tags: [{ Key: 'a', Value: 'b' }] });
    await cloud.ec2.send(tag);
    cloud.throttle.enabled = false;
    await cloud.ec2.send(new DescribeVpcsCommand({}));
  });
});
