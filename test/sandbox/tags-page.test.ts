import { expect, onTestFinished, test } from 'vitest';
import { Ec2 } from '../../src/aws/ec2.ts';
import { Elbv2 } from '../../src/aws/elbv2.ts';
import { openSession } from '../support/aws.ts';
import { callElbv2, quickSandbox } from '../support/quick-sandbox.ts';

/** Tags that no client can write, but AWS's own services do. */

const KEY = 'aws:autoscaling:groupName';

async function start() {
  const sandbox = await quickSandbox();
  onTestFinished(async () => sandbox.close());
  const write = async (body: unknown): Promise<number> => {
    const headers = { 'content-type': 'application/json' };
    const page = `${sandbox.url}/_turnout/tags`;
    return (await fetch(page, { method: 'POST', headers, body: JSON.stringify(body) })).status;
  };
  return { sandbox, write };
}

test('are written through the page, on instances and on groups', async () => {
  const { sandbox, write } = await start();
  const [id] = sandbox.blue;
  const [group] = sandbox.production;
  expect(await write({ resources: [id, group?.arn], tags: { [KEY]: 'web' } })).toBe(200);
  const session = openSession(sandbox.url);
  expect([...(await new Ec2(session).instancesWithTag(KEY, 'web'))]).toEqual([id]);
  const tags = await new Elbv2(session).tags([group?.arn as string]);
  expect([...tags.values()]).toEqual([{ [KEY]: 'web' }]);
});

test('are refused by the page where there is no such resource, or none is named', async () => {
  const { write } = await start();
  expect(await write({ resources: ['i-0000000000000000a'], tags: { [KEY]: 'web' } })).toBe(400);
  expect(await write({ resources: [], tags: { [KEY]: 'web' } })).toBe(400);
  expect(await write({ resources: ['i-0000000000000000a'] })).toBe(400);
});

test('are refused by the API', async () => {
  const { sandbox } = await start();
  const [group] = sandbox.production;
  const [id] = sandbox.blue;
  const ec2 = new Ec2(openSession(sandbox.url));
  await expect(ec2.tag([id as string], { [KEY]: 'web' })).rejects.toThrow(/reserved/);
  const added = callElbv2(sandbox, 'AddTags', { ResourceArns: [group?.arn], Tags: [{ Key: KEY, Value: 'web' }] });
  await expect(added).rejects.toThrow(/reserved/);
});
