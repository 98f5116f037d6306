import {
  CancelCommandCommand,
  CreateDocumentCommand,
  DescribeDocumentCommand,
  DescribeInstanceInformationCommand,
  GetCommandInvocationCommand,
  GetDocumentCommand,
  ListCommandInvocationsCommand,
  ListCommandsCommand,
  SendCommandCommand,
  SSMClient,
  type CommandInvocation,
  type SendCommandCommandInput,
} from '@aws-sdk/client-ssm';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Sandbox } from '../../src/sandbox/index.ts';
import { withoutAws } from '../support/aws.ts';
import { poll } from '../support/poll.ts';
import { quickSandbox } from '../support/quick-sandbox.ts';

let sandbox: Sandbox;
let client: SSMClient;

beforeAll(async () => {
  withoutAws();
  sandbox = await quickSandbox({ instances: 3, deploy: 40, pageSize: 2 });
  const credentials = { accessKeyId: 'sandbox', secretAccessKey: 'sandbox' };
  client = new SSMClient({ endpoint: sandbox.url, region: sandbox.region, credentials, maxAttempts: 1 });
});
afterAll(async () => {
  client.destroy();
  await sandbox.close();
});
beforeEach(() => sandbox.faults.clear());

async function send(given: Partial<SendCommandCommandInput> = {}): Promise<string> {
  const usual = { DocumentName: 'shop-deploy', Parameters: { release: ['42'] }, InstanceIds: [...sandbox.blue] };
  const { Command } = await client.send(new SendCommandCommand({ ...usual, ...given }));
  return Command?.CommandId ?? '';
}

async function invocations(CommandId: string): Promise<readonly CommandInvocation[]> {
  const all: CommandInvocation[] = [];
  let NextToken: string | undefined;
  do {
    const page = await client.send(new ListCommandInvocationsCommand({ CommandId, Details: true, NextToken }));
    all.push(...(page.CommandInvocations ?? []));
    ({ NextToken } = page);
  } while (NextToken !== undefined);
  return all;
}

async function ended(id: string): Promise<readonly CommandInvocation[]> {
  const open = async () =>
    (await invocations(id)).some(({ Status }) => Status === 'Pending' || Status === 'InProgress');
  await poll(async () => !(await open()), 'the end of the command');
  return invocations(id);
}

const releases = async (): Promise<readonly string[]> =>
  Promise.all(
    sandbox.blue.map(async (id) => {
      const response = await fetch(`http://${sandbox.instances.find(id)?.address}:8080/`);
      return ((await response.json()) as { release: string }).release;
    }),
  );

describe('Run Command', () => {
  test('deploys a release to each instance; requests in flight fail', async () => {
    const [first] = sandbox.blue as [string];
    const url = `http://${sandbox.instances.find(first)?.address}:8080`;
    const open = fetch(`${url}/_app/slow?ms=60000`);
    await fetch(url);
    const id = await send({ Comment: 'run-1' });
    await expect(open).rejects.toThrow('fetch failed');
    const all = await ended(id);
    expect(all).toHaveLength(3);
    for (const one of all) expect(one).toMatchObject({ Status: 'Success', Comment: 'run-1' });
    expect(all[0]?.CommandPlugins?.[0]).toMatchObject({
      ResponseCode: 0,
      Output: expect.stringContaining('42') as string,
    });
    expect(await releases()).toEqual(['42', '42', '42']);
  });

  test('reads the release from shell commands too, and does not restart apps without one', async () => {
    const shell = { DocumentName: 'AWS-RunShellScript', InstanceIds: sandbox.blue.slice(0, 1) };
    const [before] = await releases();
    await ended(await send({ ...shell, Parameters: { commands: ['uptime'] } }));
    expect((await releases())[0]).toBe(before);
    await ended(await send({ ...shell, Parameters: { commands: ['RELEASE=43 ./deploy'] } }));
    expect((await releases())[0]).toBe('43');
  });

  test('reports a failure with exit code and output, and restarts nothing', async () => {
    const [first, second] = sandbox.blue as [string, string];
    sandbox.faults.add({ kind: 'lifecycle', event: 'deploy', instance: first, says: 'boom 7' });
    const [before] = await releases();
    const id = await send({ Parameters: { release: ['44'] }, InstanceIds: [first, second] });
    const all = await ended(id);
    expect(all.map(({ Status }) => Status)).toEqual(['Failed', 'Success']);
    const result = await client.send(new GetCommandInvocationCommand({ CommandId: id, InstanceId: first }));
    expect(result).toMatchObject({
      ResponseCode: 1,
      StandardOutputContent: expect.stringContaining('boom 7') as string,
    });
    expect((await releases()).slice(0, 2)).toEqual([before, '44']);
    const { Commands } = await client.send(new ListCommandsCommand({ CommandId: id }));
    expect(Commands).toMatchObject([{ Status: 'Failed', TargetCount: 2, ErrorCount: 1 }]);
  });

  test('is found by its comment, and can be cancelled before it restarts an app', async () => {
    const [first] = sandbox.blue as [string];
    sandbox.faults.add({ kind: 'lifecycle', event: 'deploy', fails: false, ms: 60_000, count: 1 });
    const id = await send({ Comment: 'token-9', InstanceIds: [first], Parameters: { release: ['45'] } });
    const Filters = [{ key: 'InvokedAfter' as const, value: new Date(Date.now() - 60_000).toISOString() }];
    const { Commands } = await client.send(new ListCommandsCommand({ Filters }));
    expect(Commands?.[0]).toMatchObject({ CommandId: id, Comment: 'token-9', Status: 'InProgress' });
    await client.send(new CancelCommandCommand({ CommandId: id }));
    expect((await ended(id)).map(({ Status }) => Status)).toEqual(['Cancelled']);
    expect((await releases())[0]).not.toBe('45');
  });

  test('rejects what AWS rejects', async () => {
    const refused = async (given: Partial<SendCommandCommandInput>, name: string) =>
      expect(send(given)).rejects.toMatchObject({ name });
    await refused({ DocumentName: 'none' }, 'InvalidDocument');
    await refused({ Parameters: { release: ['42'], colour: ['red'] } }, 'InvalidParameters');
    await refused({ Parameters: { migrate: ['true'] } }, 'InvalidParameters');
    await refused({ InstanceIds: ['i-0123456789abcdef0'] }, 'InvalidInstanceId');
    await refused({ InstanceIds: Array.from({ length: 51 }, () => 'i-1') }, 'ValidationException');
    await refused({ Comment: 'x'.repeat(101) }, 'ValidationException');
    await expect(
      client.send(new GetCommandInvocationCommand({ CommandId: 'none', InstanceId: 'i-1' })),
    ).rejects.toMatchObject({ name: 'InvocationDoesNotExist' });
  });

  test.each([
    ['a plug-in that there is not', [{ action: 'aws:runShell', name: 'x' }], /no such plug-in/],
    ['a step without an action', [{ name: 'x' }], /action/],
    [
      'a parameter that is not declared',
      [{ action: 'aws:runShellScript', name: 'x', inputs: { runCommand: ['echo {{ release }}'] } }],
      /release is used/,
    ],
  ])('refuses a document with %s', async (_, mainSteps, says) => {
    const Content = JSON.stringify({ schemaVersion: '2.2', mainSteps });
    await expect(client.send(new CreateDocumentCommand({ Name: 'wrong', Content }))).rejects.toMatchObject({
      name: 'InvalidDocumentContent',
      message: expect.stringMatching(says),
    });
  });

  test('refuses a filter that it does not know', async () => {
    const Filters = [{ Key: 'PingStatus', Values: ['Online'] }];
    await expect(client.send(new DescribeInstanceInformationCommand({ Filters }))).rejects.toMatchObject({
      name: 'InvalidFilterKey',
    });
  });

  test('asks for the step of a document that has several', async () => {
    const Content = JSON.stringify({
      parameters: { release: { type: 'String', allowedValues: ['41', '42'] } },
      mainSteps: ['fetch', 'restart'].map((name) => ({ action: 'aws:runShellScript', name })),
    });
    await client.send(new CreateDocumentCommand({ Name: 'two-steps', Content }));
    const document = { DocumentName: 'two-steps', InstanceIds: sandbox.blue.slice(0, 1) };
    await expect(send({ ...document, Parameters: { release: ['43'] } })).rejects.toMatchObject({
      name: 'InvalidParameters',
    });
    const id = await send({ ...document, Parameters: { release: ['42'] } });
    const [{ InstanceId, CommandPlugins } = {}] = await ended(id);
    expect(CommandPlugins?.map(({ Name, Status }) => `${Name} ${Status}`)).toEqual([
      'fetch Success',
      'restart Success',
    ]);
    const result = async (PluginName?: string) =>
      client.send(new GetCommandInvocationCommand({ CommandId: id, InstanceId, PluginName }));
    for (const step of [undefined, 'none'])
      await expect(result(step)).rejects.toMatchObject({ name: 'InvalidPluginName' });
    expect(await result('restart')).toMatchObject({ PluginName: 'restart', Status: 'Success' });
    const { Content: kept } = await client.send(new GetDocumentCommand({ Name: 'two-steps' }));
    expect(kept).toBe(Content);
  });

  test('describes its documents and the managed instances', async () => {
    const { Document } = await client.send(new DescribeDocumentCommand({ Name: 'shop-deploy' }));
    expect(Document?.Parameters?.map(({ Name }) => Name)).toEqual(['release', 'migrate']);
    const Filters = [{ Key: 'InstanceIds', Values: [sandbox.blue[0]!, 'i-0123456789abcdef0'] }];
    const { InstanceInformationList } = await client.send(new DescribeInstanceInformationCommand({ Filters }));
    expect(InstanceInformationList).toMatchObject([{ InstanceId: sandbox.blue[0], PingStatus: 'Online' }]);
  });
});
