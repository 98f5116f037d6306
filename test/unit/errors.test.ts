import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { translate } from '../../src/aws/errors.ts';
import { ownInstanceId } from '../../src/aws/imds.ts';
import { frontOf } from '../../src/commands/front.ts';
import { sandbox } from '../../src/commands/sandbox.ts';
import { readConfig } from '../../src/config/read.ts';
import { parseRedisUrl } from '../../src/config/redis-url.ts';
import type { TrafficConfig } from '../../src/config/config.ts';
import { parseJson } from '../../src/fleets/opsworks/clone.ts';
import { Decision } from '../../src/run/engine/decision.ts';
import { reserveBlock } from '../../src/sandbox/instances/addresses.ts';
import { bundledApp } from '../../src/sandbox/instances/bundled-app.ts';
import { OK } from '../../src/sandbox/instances/behaviour.ts';
import { createScheduler } from '../../src/sandbox/scheduler.ts';
import { systemClock } from '../../src/clock.ts';
import { redisError } from '../../src/stores/redis/errors.ts';
import { LEAST } from '../support/config.ts';
import { errorOf, expectAdvice } from '../support/expect-advice.ts';
import { quickSandbox } from '../support/quick-sandbox.ts';
import { VirtualClock } from '../support/virtual-clock.ts';

/** Errors that an operator can fix, of which no other test is. */

async function thrownBy(act: () => unknown): ReturnType<typeof errorOf> {
  return errorOf((async () => act())());
}

describe('a decision is to be made again', () => {
  test.each([
    { name: 'when it is older than some seconds', lookedMsBefore: 100, validMs: 3000 },
    { name: 'sooner where the look was slow', lookedMsBefore: 8000, validMs: 2000 },
    { name: 'at once where the look has taken too long', lookedMsBefore: 10_001, validMs: -1 },
  ])('$name', async ({ lookedMsBefore, validMs }) => {
    const clock = new VirtualClock();
    const decision = new Decision(clock);
    const lookedFrom = clock.monotonic();
    await clock.advance(lookedMsBefore);
    decision.made(lookedFrom);
    if (validMs >= 0) {
      await clock.advance(validMs);
      decision.check();
    }
    await clock.advance(1);
    expect(await thrownBy(() => decision.check())).toMatchObject({ code: 'decision-expired', transient: true });
  });
});

test('what was to be sent beside a change that failed is decided on again, and allowed by the next decision', async () => {
  const clock = new VirtualClock();
  const decision = new Decision(clock);
  decision.made(clock.monotonic());
  decision.failed();
  const error = await thrownBy(() => decision.check());
  expect(error).toMatchObject({ code: 'decision-expired', transient: true });
  expect(error.message).toContain('after another one had failed');
  decision.made(clock.monotonic());
  decision.check();
});

describe('AWS and its surroundings', () => {
  test('a zone without capacity is no outage, though EC2 answers 500', () => {
    const full = { name: 'InsufficientInstanceCapacity', $metadata: { httpStatusCode: 500 } };
    const error = translate(Object.assign(new Error('Not in eu-west-1a'), full), 'ec2:RunInstances');
    expect(error).toMatchObject({ code: 'zone-is-full', transient: false });
    expectAdvice(error);
  });

  test("a tag that the organization's policy does not allow is named, with where its value comes from", () => {
    const said = "The tag policy does not allow the specified value for the following tag key: 'Team'.";
    for (const operation of ['ec2:CreateTags', 'ec2:RunInstances']) {
      const error = translate(Object.assign(new Error(said), { name: 'TagPolicyViolation' }), operation);
      expect(error).toMatchObject({ code: 'tag-policy', transient: false });
      expect(error.message).toContain(`${operation} would set tags`);
      expect(error.message).toContain("'Team'");
      expectAdvice(error);
    }
  });

  test('what is not permitted is termination protection only where something is terminated', () => {
    const refused = Object.assign(new Error('The default rule cannot be changed'), { name: 'OperationNotPermitted' });
    expect(translate(refused, 'ec2:TerminateInstances').code).toBe('termination-protected');
    expect(translate(refused, 'elasticloadbalancing:ModifyRule').code).toBe('aws-error');
  });

  test('names that Route 53 rejects are to be looked for in the config', () => {
    const refused = Object.assign(new Error('Tried to create a record'), { name: 'InvalidChangeBatch' });
    const error = translate(refused, 'route53:ChangeResourceRecordSets');
    expect(error).toMatchObject({ code: 'records-refused', transient: false });
    expectAdvice(error);
  });

  test('a machine without a metadata service is not an instance', async () => {
    const error = await errorOf(ownInstanceId({ AWS_EC2_METADATA_SERVICE_ENDPOINT: 'http://127.0.0.1:9' }));
    expect(error.code).toBe('no-instance');
    expectAdvice(error);
  });

  test('a layer whose custom JSON cannot be read is not cloned', async () => {
    const error = await thrownBy(() => parseJson('{"deploy":'));
    expect(error.code).toBe('custom-json');
    expectAdvice(error);
  });

  test('a Redis that is too old is named', () => {
    const error = redisError(parseRedisUrl('redis://127.0.0.1:6379')!, new Error("ERR unknown command 'XADD'"));
    expect(error.code).toBe('store-old');
    expectAdvice(error);
  });
});

describe('the sandbox', () => {
  function trafficOf(...lines: readonly string[]): TrafficConfig {
    const read = readConfig('shop.yml', `${LEAST.split('traffic:')[0]}traffic:\n${lines.join('\n')}\n`, {});
    if ('problems' in read) throw new Error(read.shown);
    return read.data.traffic;
  }

  test('is not there without its section in the config', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'turnout-config-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const config = path.join(folder, 'shop.yml');
    writeFileSync(config, LEAST);
    const error = await errorOf(sandbox({ config }));
    expect(error.code).toBe('no-sandbox');
    expectAdvice(error);
  });

  test('cannot make a listener with a given ARN, nor a zone with a given id', async () => {
    const listener = trafficOf(
      '  kind: weighted-listener',
      '  groups: [{ targetGroup: blue }, { targetGroup: green }]',
      '  production: [{ arn: "arn:aws:elasticloadbalancing:eu-west-1:123456789012:listener/app/shop/50dc6c495c0c9188/f2f7dc8efc522ab2" }]',
      '  test: [{ loadBalancer: shop, port: 81 }]',
    );
    expect(await thrownBy(() => frontOf(listener, 8080))).toMatchObject({ code: 'sandbox-arn' });
    const names = trafficOf(
      '  kind: weighted-dns',
      '  groups: [{ targetGroup: blue }, { targetGroup: green }]',
      '  production: [{ name: shop.example.com, zone: Z0123456789ABC, type: A, blue: blue, green: green }]',
    );
    expect(await thrownBy(() => frontOf(names, 8080))).toMatchObject({ code: 'sandbox-zone' });
  });

  test('does not start with names that AWS would not take', async () => {
    const error = await errorOf(quickSandbox({ production: [{ name: 'not a name', port: 8080 }] }));
    expect(error.code).toBe('sandbox-not-built');
    expectAdvice(error);
  });

  test('says that the app does not serve, and what it must do', async () => {
    const error = await errorOf(quickSandbox({ app: [process.execPath, '-e', '0'] }));
    expect(error).toMatchObject({ code: 'sandbox-not-serving' });
    expect(error.next[0]).toMatch(/HOST and PORT, and answer \/health/);
    expectAdvice(error);
  });

  test('has an end of addresses, and names an address that is taken', async () => {
    const block = await reserveBlock();
    onTestFinished(async () => block.close());
    const free = block.free(0);
    const taken = Array.from({ length: free }, () => block.allocate(0));
    expect(new Set(taken).size).toBe(free);
    expect(await thrownBy(() => block.allocate(0))).toMatchObject({ code: 'addresses-full' });
    const [address] = taken as [string];
    const other = createServer().listen(0, address);
    onTestFinished(() => void other.close());
    await once(other, 'listening');
    const { port } = other.address() as { readonly port: number };
    const app = bundledApp(createScheduler(systemClock))({ instance: 'i-1', release: '41', address, ports: [port] });
    const error = await errorOf(app.start(OK));
    expect(error).toMatchObject({ code: 'loopback-refused' });
    expectAdvice(error);
  });
});
