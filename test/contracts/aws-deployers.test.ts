import { describe, expect, onTestFinished, test } from 'vitest';
import { Ec2 } from '../../src/aws/ec2.ts';
import { OpsWorks } from '../../src/aws/opsworks.ts';
import { Ssm } from '../../src/aws/ssm.ts';
import type { DeployerPort, DeployRequest } from '../../src/deployers/deployer.ts';
import { createOpsWorksDeployer } from '../../src/deployers/opsworks.ts';
import { createSsmDeployer } from '../../src/deployers/ssm.ts';
import { toInstance } from '../../src/fleets/ec2/tags.ts';
import type { Instance } from '../../src/domain/snapshot.ts';
import type { Sandbox, SandboxOptions } from '../../src/sandbox/index.ts';
import { openSession } from '../support/aws.ts';
import { errorOf, expectAdvice } from '../support/expect-advice.ts';
import { poll } from '../support/poll.ts';
import { callOpsWorks, quickSandbox } from '../support/quick-sandbox.ts';
import { deployerContract, type DeployerWorld, type Fate } from './deployer.contract.ts';

interface AwsWorld extends DeployerWorld {
  readonly sandbox: Sandbox;
}

async function startWorld(
  options: SandboxOptions,
  open: (url: string) => DeployerPort,
  begun: (sandbox: Sandbox, instance: string) => Promise<readonly string[]>,
): Promise<AwsWorld> {
  const sandbox = await quickSandbox({ instances: 2, deploy: 20, ...options });
  const all = await new Ec2(openSession(sandbox.url)).instancesById(sandbox.blue, (one) =>
    toInstance({ environment: 'shop', tagPrefix: 'turnout' }, one),
  );
  const faults = new Map<string, string>();
  return {
    sandbox,
    instances: all as readonly [Instance, Instance],
    open: () => open(sandbox.url),
    fate(instance: string, fate: Fate) {
      sandbox.faults.remove(faults.get(instance) ?? '');
      const how = fate === 'fail' ? { says: 'boom 7' } : { fails: false, ms: 600_000 };
      if (fate !== 'succeed')
        faults.set(instance, sandbox.faults.add({ kind: 'lifecycle', event: 'deploy', instance, ...how }));
    },
    begun: async (instance) => begun(sandbox, instance),
    close: async () => sandbox.close(),
  };
}

const startSsm = async (): Promise<AwsWorld> =>
  startWorld(
    {},
    (url) =>
      createSsmDeployer({
        document: 'shop-deploy',
        parameters: { release: ['{release}'], migrate: ['{migrate}'] },
        deliveryS: 60,
        ssm: new Ssm(openSession(url)),
      }),
    async (sandbox, instance) => {
      const output = (await sandbox.ssm.operations['ListCommands']?.({ InstanceId: instance, MaxResults: 50 })) as {
        Commands: readonly { Parameters: Readonly<Record<string, readonly string[]>> }[];
      };
      return output.Commands.map(({ Parameters }) => Parameters['release']?.[0] ?? '').toReversed();
    },
  );

const STACK = { stack: 'shop', layer: 'web', app: 'shop' };

async function opsWorksCommands(sandbox: Sandbox, instance: string) {
  const { Stacks } = await callOpsWorks(sandbox, 'DescribeStacks', {});
  const [{ StackId }] = Stacks;
  const { Instances } = await callOpsWorks(sandbox, 'DescribeInstances', { StackId });
  const own = Instances.find(({ Ec2InstanceId }: { Ec2InstanceId: string }) => Ec2InstanceId === instance);
  const { Deployments } = await callOpsWorks(sandbox, 'DescribeDeployments', { StackId });
  return Deployments.filter(({ InstanceIds }: { InstanceIds: string[] }) => InstanceIds.includes(own.InstanceId));
}

const startOpsWorks = async (): Promise<AwsWorld> =>
  startWorld(
    { opsworks: STACK },
    (url) =>
      createOpsWorksDeployer({
        stack: 'shop',
        app: 'shop',
        command: 'deploy',
        args: {},
        revision: '{release}',
        opsworks: new OpsWorks(openSession(url)),
        fetchText: async (log) => (await fetch(log)).text(),
      }),
    async (sandbox, instance) =>
      (await opsWorksCommands(sandbox, instance))
        .map(({ CustomJson }: { CustomJson: string }) => JSON.parse(CustomJson).deploy.shop.scm.revision as string)
        .toReversed(),
  );

deployerContract('ssm', { setup: startSsm, isRemote: true, stops: false });
deployerContract('opsworks', { setup: startOpsWorks, isRemote: true, stops: false });

const requestFor = (instances: readonly Instance[], change: Partial<DeployRequest> = {}): DeployRequest => ({
  token: 'run-1/1',
  since: new Date().toISOString(),
  environment: 'shop',
  release: '42',
  instances,
  migrate: false,
  ...change,
});

describe.each([
  ['ssm', startSsm],
  ['opsworks', startOpsWorks],
] as const)('%s', (kind, setup) => {
  const start = async (): Promise<AwsWorld> => {
    const world = await setup();
    onTestFinished(async () => world.close());
    return world;
  };

  test('a request whose answer was lost starts nothing twice: it is found by its token', async () => {
    const world = await start();
    const operation = kind === 'ssm' ? 'SendCommand' : 'CreateDeployment';
    world.sandbox.faults.add({ kind: 'error-after', operation, count: 1 });
    const deployer = world.open();
    const request = requestFor(world.instances);
    const error = await errorOf(deployer.start(request));
    expect(error.transient).toBe(true);
    expectAdvice(error);
    await deployer.start(request);
    await poll(async () => (await deployer.status(request))?.state === 'succeeded', 'the end of the deploy');
    expect(await world.begun(world.instances[0].id)).toEqual(['42']);
  });

  test('migrations go to the first instance only', async () => {
    const world = await start();
    const deployer = world.open();
    expect(deployer.migrates).toBe(true);
    const request = requestFor(world.instances, { migrate: true });
    await deployer.start(request);
    await poll(async () => (await deployer.status(request))?.state === 'succeeded', 'the end of the deploy');
    const sent = await Promise.all(world.instances.map(async ({ id }) => migrations(world.sandbox, kind, id)));
    expect(sent).toEqual([['true'], ['false']]);
  });

  test('an instance that SSM cannot reach is refused before anything is changed', async () => {
    const world = await start();
    const [first] = world.instances;
    world.sandbox.instances.loseHost(first.id);
    const error = await errorOf(world.open().prepare(requestFor(world.instances)));
    expect(error.code).toBe(kind === 'ssm' ? 'not-managed' : 'not-online');
    expect(error.message).toContain(first.id);
    expectAdvice(error);
  });
});

async function migrations(sandbox: Sandbox, kind: 'ssm' | 'opsworks', instance: string): Promise<readonly string[]> {
  if (kind === 'opsworks') {
    const all = await opsWorksCommands(sandbox, instance);
    return all.map(({ Command }: { Command: { Args: { migrate: string[] } } }) => Command.Args.migrate[0]);
  }
  const output = (await sandbox.ssm.operations['ListCommands']?.({ InstanceId: instance })) as {
    Commands: readonly { Parameters: Readonly<Record<string, readonly string[]>> }[];
  };
  return output.Commands.map(({ Parameters }) => Parameters['migrate']?.[0] ?? '');
}

test('a command on an instance that died meanwhile is cancelled', async () => {
  const world = await startSsm();
  onTestFinished(async () => world.close());
  const [first] = world.instances;
  world.fate(first.id, 'hang');
  const deployer = world.open();
  await deployer.start(requestFor([first]));
  world.sandbox.instances.loseHost(first.id);
  // AWS may have stopped listing it.
  expect(await deployer.stop(requestFor([]))).toBe(false);
  expect(await deployer.status(requestFor([first]))).toMatchObject({ state: 'failed' });
  expect(await deployer.stop(requestFor([first]))).toBe(true);
});

describe('a document with steps and parameters of its own', () => {
  const declared = {
    schemaVersion: '2.2',
    parameters: {
      release: { type: 'String' },
      channel: { type: 'String', allowedValues: ['stable', 'beta'], default: 'stable' },
    },
    mainSteps: ['fetch', 'restart'].map((name) => ({ action: 'aws:runShellScript', name })),
  };
  const start = async () => {
    const world = await startSsm();
    onTestFinished(async () => world.close());
    const document = { Name: 'two-steps', DocumentType: 'Command', Content: JSON.stringify(declared) };
    await world.sandbox.ssm.operations['CreateDocument']?.(document);
    const ssm = new Ssm(openSession(world.sandbox.url));
    const open = (parameters: Readonly<Record<string, readonly string[]>>): DeployerPort =>
      createSsmDeployer({ document: 'two-steps', parameters, deliveryS: 60, ssm });
    return { world, open };
  };

  test('names the step that failed, with its output, also where AWS gives no more than the list', async () => {
    const { world, open } = await start();
    const [first] = world.instances;
    world.fate(first.id, 'fail');
    world.sandbox.faults.add({ kind: 'error', operation: 'GetCommandInvocation', code: 'AccessDeniedException' });
    const deployer = open({ release: ['{release}'] });
    const request = requestFor([first]);
    await deployer.prepare(request);
    await deployer.start(request);
    await poll(async () => (await deployer.status(request))?.state === 'failed', 'the end of the deploy');
    const report = await deployer.status(request);
    expect(report?.instances[0]?.why).toBe('Failed with exit code 1 in the step restart');
    expect(report?.instances[0]?.output?.join(' ')).toContain('boom 7');
  });

  test.each([
    [{ releese: ['42'] }, 'has no parameter releese', 'Did you mean release instead of releese?'],
    [{ channel: ['beta'] }, 'requires release', 'the document has release and channel'],
    [{ release: ['42'], channel: ['nightly'] }, 'channel is "nightly", and two-steps allows stable and beta', 'Check'],
  ])('%j are refused before anything is changed', async (parameters, message, next) => {
    const { world, open } = await start();
    const error = await errorOf(open(parameters).prepare(requestFor(world.instances)));
    expect(error.code).toBe('wrong-parameters');
    expect(error.message).toContain(message);
    expect(error.next.join(' ')).toContain(next);
    expectAdvice(error);
  });

  test('whose text may not be read is checked by its description', async () => {
    const { world, open } = await start();
    world.sandbox.faults.add({ kind: 'error', operation: 'GetDocument', code: 'AccessDeniedException', status: 400 });
    await open({ release: ['42'], channel: ['nightly'] }).prepare(requestFor(world.instances));
    const error = await errorOf(open({ channel: ['beta'] }).prepare(requestFor(world.instances)));
    expect(error.code).toBe('wrong-parameters');
  });
});

test('a document, and an app, that are not there are said so', async () => {
  const world = await startOpsWorks();
  onTestFinished(async () => world.close());
  const session = openSession(world.sandbox.url);
  const ssm = createSsmDeployer({ document: 'none', parameters: {}, deliveryS: 60, ssm: new Ssm(session) });
  const opsworks = createOpsWorksDeployer({
    stack: 'shop',
    app: 'none',
    command: 'deploy',
    args: {},
    revision: '{release}',
    opsworks: new OpsWorks(session),
    fetchText: async () => undefined,
  });
  const codes = [ssm, opsworks].map(async (deployer) => {
    const error = await errorOf(deployer.prepare(requestFor(world.instances)));
    expectAdvice(error);
    return error.code;
  });
  expect(await Promise.all(codes)).toEqual(['no-such-document', 'no-such-app']);
});
