import { describe, expect, onTestFinished, test } from 'vitest';
import { ExitCode } from '../../src/errors.ts';
import { errorOf, expectAdvice } from '../support/expect-advice.ts';
import { callEc2 } from '../support/quick-sandbox.ts';
import { openEc2Fleet, startEc2World } from './ec2-world.ts';
import { fleetOf, launchRequestOf, launchStep } from './fleet-world.ts';

describe('where the server that was cloned is gone before a launch goes on', () => {
  const pinned = async () => {
    const world = await startEc2World();
    onTestFinished(async () => world.close());
    const before = openEc2Fleet(world.sandbox.url, { userData: 'PASSWORD=secret' });
    await before.launch(launchStep(await before.resolve(await launchRequestOf(before)), 'before'));
    const port = openEc2Fleet(world.sandbox.url, {});
    const blue = await fleetOf(port, 'before');
    const step = launchStep(await port.resolve(await launchRequestOf(port, { blue })));
    const [from = '', ...others] = blue.instances.map(({ id }) => id);
    const end = async (...InstanceIds: string[]) => callEc2(world.sandbox, 'TerminateInstances', { InstanceIds });
    return { world, port, step, from, others, end };
  };

  test('its user data is taken from another one that has the same', async () => {
    const { world, port, step, from, end } = await pinned();
    await end(from);
    world.sandbox.faults.add({
      kind: 'error',
      operation: 'DescribeInstanceAttribute',
      count: 1,
      code: 'InvalidInstanceID.NotFound',
      status: 400,
    });
    await port.launch(step);
    const { instances } = await fleetOf(port, 'green');
    const asked = { InstanceId: instances[0]?.id, Attribute: 'userData' };
    const { UserData } = await callEc2(world.sandbox, 'DescribeInstanceAttribute', asked);
    expect(Buffer.from(UserData.Value, 'base64').toString()).toBe('PASSWORD=secret');
  });

  test('and no other one has the same, nothing is launched, and what can be done is said', async () => {
    const { world, port, step, from, others, end } = await pinned();
    await end(from, ...others);
    world.sandbox.faults.add({
      kind: 'error',
      operation: 'DescribeInstanceAttribute',
      count: 1,
      code: 'InvalidInstanceID.NotFound',
      status: 400,
    });
    const error = await errorOf(port.launch(step));
    expect(error).toMatchObject({ code: 'clone-source-gone', exitCode: ExitCode.refused });
    expect(error.message).toContain(`${from}, whose user data the new servers were to get, is gone`);
    expectAdvice(error);
    expect((await port.read([])).fleets.map(({ id }) => id)).not.toContain('green');
  });
});
