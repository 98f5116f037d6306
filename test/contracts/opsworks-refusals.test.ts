import { expect, onTestFinished, test } from 'vitest';
import { OpsWorks } from '../../src/aws/opsworks.ts';
import { openSession } from '../support/aws.ts';
import { errorOf, expectAdvice } from '../support/expect-advice.ts';
import { poll } from '../support/poll.ts';
import { callOpsWorks } from '../support/quick-sandbox.ts';
import { launchRequestOf, launchStep } from './fleet-world.ts';
import { openOpsWorksFleet, startOpsWorksWorld } from './opsworks-world.ts';

/** What OpsWorks does not take, or does not have any more. */

async function open() {
  const world = await startOpsWorksWorld();
  onTestFinished(async () => world.close());
  const port = openOpsWorksFleet(world.sandbox.url, { app: 'shop' });
  return { ...world, port, request: await launchRequestOf(port) };
}

test('a release that cannot be a tag', async () => {
  const { port, request } = await open();
  const error = await errorOf(port.resolve({ ...request, release: 'v1@2' }));
  expect(error.code).toBe('release-not-a-tag');
  expectAdvice(error);
});

test('a fleet whose layer has lost its tags', async () => {
  const { sandbox, stack, port, request } = await open();
  const { Layers } = await callOpsWorks(sandbox, 'DescribeLayers', { StackId: stack });
  const ResourceArn: string = Layers[0].Arn;
  const { Tags } = await callOpsWorks(sandbox, 'ListTags', { ResourceArn });
  await callOpsWorks(sandbox, 'UntagResource', { ResourceArn, TagKeys: Object.keys(Tags) });
  const error = await errorOf(port.resolve(request));
  expect(error.code).toBe('no-layer');
  expectAdvice(error);
});

test('a layer whose instances of a zone differ, until one is named that all are like', async () => {
  const world = await open();
  const large = await world.boot([world.layer], 'eu-west-1a', 'm7i.large');
  const isUp = () => world.sandbox.instances.list().some(({ id, state }) => id === large && state === 'running');
  await poll(isUp, 'the large one');
  const request = await launchRequestOf(world.port);
  const error = await errorOf(world.port.resolve(request));
  expect(error.code).toBe('mixed-fleet');
  expect(error.message).toMatch(
    /^The servers of 41 in eu-west-1a differ, .*\. type: [a-z0-9.]+ \(i-\w+ and i-\w+\) and m7i\.large \(i-\w+\)\.$/,
  );
  expectAdvice(error);
  const { request: resolved } = await world.port.resolve({ ...request, cloneFrom: large });
  expect(resolved).toMatchObject({
    instances: { 'eu-west-1a': { InstanceType: 'm7i.large' }, 'eu-west-1b': { InstanceType: 'm7i.large' } },
  });
  const stranger = await errorOf(world.port.resolve({ ...request, cloneFrom: 'i-0123456789abcdef0' }));
  expect(stranger.code).toBe('not-cloned');
});

test('a layer that is not made, and not listed, is worth another try', async () => {
  const { sandbox, port, request } = await open();
  const refused = { kind: 'error', code: 'ValidationException', status: 400, message: 'Not now' } as const;
  sandbox.faults.add({ ...refused, operation: 'CreateLayer' });
  const error = await errorOf(port.launch(launchStep(await port.resolve(request))));
  expect(error).toMatchObject({ code: 'layer-not-there', transient: true });
  expectAdvice(error);
});

test('a stack that does not exist', async () => {
  const { sandbox } = await open();
  const error = await errorOf(new OpsWorks(openSession(sandbox.url)).layers('no-such-stack'));
  expect(error.code).toBe('opsworks-not-found');
  expectAdvice(error);
});
