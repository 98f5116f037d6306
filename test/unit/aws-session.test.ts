import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { Ec2 } from '../../src/aws/ec2.ts';
import { Elbv2 } from '../../src/aws/elbv2.ts';
import { chunk } from '../../src/aws/batches.ts';
import { Route53 } from '../../src/aws/route53.ts';
import { Session, type SessionOptions } from '../../src/aws/session.ts';
import { ExitCode, OperatorError } from '../../src/errors.ts';
import { openSession, withoutAws } from '../support/aws.ts';
import { errorOf, expectAdvice } from '../support/expect-advice.ts';
import { startFakeAws, type FakeAws, type Reply } from '../support/fake-aws.ts';
import { VirtualClock } from '../support/virtual-clock.ts';

const BROKEN: Reply = { code: 'InternalFailure', status: 500 };
const THROTTLED: Reply = { code: 'Throttling' };
const TARGETS = [{ Id: 'i-1', Port: 80 }];
const LOST = new OperatorError('lease-lost', 'The lease was lost.', { exitCode: ExitCode.leaseLost });

async function open(options: Partial<SessionOptions>, ...replies: readonly Reply[]) {
  const aws = await startFakeAws(...replies);
  onTestFinished(async () => aws.close());
  return { ...against(aws, options), aws };
}

function against(aws: Pick<FakeAws, 'url'>, options: Partial<SessionOptions> = {}) {
  const session = openSession(aws.url, { maxAttempts: 3, ...options });
  return { session, elb: new Elbv2(session), ec2: new Ec2(session) };
}

/** Waits less long for an answer than the real one. */
class Hasty extends Session {
  override clientConfig(): { readonly requestHandler: { readonly requestTimeout: number } } {
    const config = super.clientConfig() as ReturnType<Hasty['clientConfig']>;
    return { ...config, requestHandler: { ...config.requestHandler, requestTimeout: 100 } };
  }
}

test('an answer that never comes is not waited for for ever', async () => {
  const silent = createServer(() => {}).listen(0, '127.0.0.1');
  onTestFinished(() => void silent.close());
  await once(silent, 'listening');
  const url = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`;
  const { options } = openSession(url, { maxAttempts: 1 });
  expect(new Session(options).clientConfig()).toMatchObject({
    requestHandler: { connectionTimeout: 3000, requestTimeout: 15_000, throwOnRequestTimeout: true },
  });
  const error = await errorOf(new Elbv2(new Hasty(options)).targetHealth('arn'));
  expect(error).toMatchObject({ transient: true, message: expect.stringContaining('TimeoutError') });
});

describe('what is sent', () => {
  test.each([
    ['throttled', THROTTLED],
    ['broken', BROKEN],
    ['busy', { code: 'ServiceUnavailable', status: 503 }],
    ['timed out inside AWS', { code: 'RequestTimeout', status: 408 }],
  ] as const)('a change that is %s is sent once, whatever the SDK would do, and told', async (name, reply) => {
    const onChangeFailed = vi.fn<() => void>();
    const { elb, ec2, session, aws } = await open({ onChangeFailed }, reply, reply, reply, 'ok');
    const said = name === 'throttled' ? /^AWS throttled \S+:RegisterTargets\. / : /failed/;
    const told = { transient: true, message: expect.stringMatching(said) as unknown };
    await expect(elb.register('arn', TARGETS)).rejects.toMatchObject(told);
    expect(await errorOf(elb.deregister('arn', TARGETS))).toMatchObject({ transient: true });
    expect(await errorOf(ec2.terminate(['i-1']))).toMatchObject({ transient: true });
    await elb.register('arn', TARGETS);
    expect(aws.attempts).toHaveLength(4);
    expect(session).toMatchObject({ requests: 4, changes: 4 });
    expect(onChangeFailed).toHaveBeenCalledTimes(3);
  });

  test('a change whose connection breaks is sent once', async () => {
    const received = { n: 0 };
    const server = createServer((socket) =>
      socket.on('error', () => {}).once('data', () => (received.n++, socket.destroy())),
    );
    server.listen(0, '127.0.0.1');
    onTestFinished(() => void server.close());
    await once(server, 'listening');
    const { elb } = against({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
    expect(await errorOf(elb.deregister('arn', TARGETS))).toMatchObject({ transient: true });
    expect(received.n).toBe(1);
  });

  test('where changes may be retried, each attempt is checked right before it, and counted', async () => {
    const beforeChange = vi.fn<() => Promise<void>>(async () => {});
    const { elb, session, aws } = await open({ changes: 'retried', beforeChange }, BROKEN, BROKEN, 'ok');
    await elb.register('arn', TARGETS);
    expect(aws.attempts.map(({ action }) => action)).toEqual(Array.from({ length: 3 }, () => 'RegisterTargets'));
    expect(beforeChange).toHaveBeenCalledTimes(3);
    expect(session).toMatchObject({ requests: 3, changes: 3 });
  });

  test('reads are counted, and are not checked', async () => {
    const never = { beforeChange: async () => Promise.reject(LOST), onChangeFailed: () => expect.unreachable() };
    const { elb, session, aws } = await open(never, BROKEN, 'ok');
    await elb.targetHealth('arn');
    expect(aws.attempts).toHaveLength(2);
    expect(session).toMatchObject({ requests: 2, changes: 0 });
  });

  test('a change that must not be is not sent, and its error comes through as it is', async () => {
    const beforeChange = vi.fn<() => Promise<void>>(async () => Promise.reject(LOST));
    const { elb, ec2, session, aws } = await open({ beforeChange });
    await expect(elb.register('arn', TARGETS)).rejects.toBe(LOST);
    await expect(elb.deregister('arn', TARGETS)).rejects.toBe(LOST);
    await expect(ec2.run({ MinCount: 1, MaxCount: 1 })).rejects.toBe(LOST);
    await expect(ec2.terminate(['i-1'])).rejects.toBe(LOST);
    await expect(ec2.tag(['i-1'], { a: 'b' })).rejects.toBe(LOST);
    expect(beforeChange).toHaveBeenCalledTimes(5);
    expect(aws.attempts).toEqual([]);
    expect(session.requests).toBe(0);
  });

  test('a lease that is lost between two attempts ends the attempts', async () => {
    const leave = [async () => {}, async () => Promise.reject(LOST)];
    const { elb, aws } = await open({ changes: 'retried', beforeChange: async () => leave.shift()?.() }, BROKEN);
    await expect(elb.register('arn', TARGETS)).rejects.toBe(LOST);
    expect(aws.attempts).toHaveLength(1);
  });

  test('a change that waited for its turn is checked after it', async () => {
    const clock = new VirtualClock();
    const lease = { held: true };
    const beforeChange = async () => (lease.held ? undefined : Promise.reject(LOST));
    const { elb, aws } = await open({ clock, requestsPerSecond: 1, beforeChange });
    for (let i = 0; i < 10; i += 1) await elb.register('arn', TARGETS);
    const late = errorOf(elb.register('arn', TARGETS));
    await expect.poll(() => clock.sleeping).toBe(1);
    lease.held = false;
    await clock.advance(1_000);
    expect(await late).toBe(LOST);
    expect(aws.attempts).toHaveLength(10);
  });

  test('says to AWS which program and which run it is', async () => {
    const { elb, aws } = await open({ version: '1.2.3', run: '261122-0612-k3f9' });
    await elb.targetHealth('arn');
    const agent = aws.attempts[0]?.headers['user-agent'];
    expect(agent).toContain('turnout/1.2.3');
    expect(agent).toContain('run/261122-0612-k3f9');
  });

  test('says which lease it changes things with, once in each attempt, as soon as there is one', async () => {
    let held: number | undefined;
    const { elb, aws } = await open({ changes: 'retried', fence: () => held }, 'ok', BROKEN, 'ok');
    await elb.targetHealth('arn');
    held = 12;
    await elb.register('arn', TARGETS);
    const agents = aws.attempts.map(({ headers }) => headers['user-agent'] ?? '');
    expect(agents.map((agent) => agent.match(/fence\/\d+/g))).toEqual([null, ['fence/12'], ['fence/12']]);
  });

  test('each service has a rate of its own', async () => {
    const clock = new VirtualClock();
    const { elb, ec2, session } = await open({ clock, requestsPerSecond: { elasticloadbalancing: 2, others: 20 } });
    const both = [() => elb.targetHealth('arn'), () => ec2.tag(['i-1'], { a: 'b' })];
    for (let i = 0; i < 20; i += 1) await both[0]!();
    for (let i = 0; i < 25; i += 1) await both[1]!();
    const late = both.map((send) => send());
    await expect.poll(() => clock.sleeping).toBe(2);
    await clock.advance(50);
    await late[1];
    expect(session.requests).toBe(46);
    await clock.advance(450);
    await late[0];
    expect(session.requests).toBe(47);
  });

  test('changes do not have to wait behind reads, but for Route 53, which counts them together', async () => {
    const clock = new VirtualClock();
    const { elb, session } = await open({ clock, requestsPerSecond: 1 });
    for (let i = 0; i < 20; i += 1) await elb.targetHealth('arn');
    await elb.register('arn', TARGETS);
    expect(clock.sleeping).toBe(0);
    const names = new Route53(session);
    for (let i = 0; i < 4; i += 1) await names.zonesNamed('shop.test');
    void names.replace('Z1', [{ Name: 'shop.test', Type: 'A' }], 'why');
    await expect.poll(() => clock.sleeping).toBe(1);
    expect(session.requests).toBe(25);
  });

  test('what AWS throttles makes the same kind of request rarer, and no other', async () => {
    const clock = new VirtualClock();
    const { elb } = await open({ clock, maxAttempts: 1, requestsPerSecond: 10 }, THROTTLED, 'ok', 'ok');
    await errorOf(elb.targetHealth('arn'));
    await elb.register('arn', TARGETS);
    void elb.targetHealth('arn');
    await expect.poll(() => clock.sleeping).toBe(1);
  });

  test('lists are sent in pieces that AWS takes', async () => {
    const { ec2, elb, aws } = await open({});
    const ids = Array.from({ length: 1_001 }, (_, i) => `i-${i}`);
    await ec2.tag(ids, { a: 'b' });
    await elb.register(
      'arn',
      ids.map((Id) => ({ Id })),
    );
    expect(aws.attempts.map(({ action }) => action)).toEqual([
      ...Array.from({ length: 2 }, () => 'CreateTags'),
      ...Array.from({ length: 11 }, () => 'RegisterTargets'),
    ]);
    expect(chunk([1, 2, 3], 2)).toEqual([[1, 2], [3]]);
    expect(chunk([], 2)).toEqual([]);
  });
});

describe('what comes back', () => {
  test('throttling is reported each time, and is an error of its own when it does not end', async () => {
    const onThrottled = vi.fn<(operation: string) => void>();
    const { elb, aws } = await open({ onThrottled, maxAttempts: 2 }, THROTTLED);
    const error = await errorOf(elb.targetHealth('arn'));
    expect(error.code).toBe('throttled');
    expect(error.message).toContain('elasticloadbalancing:DescribeTargetHealth');
    expect(error.message).toContain('2 times');
    expectAdvice(error);
    expect(aws.attempts).toHaveLength(2);
    expect(onThrottled.mock.calls).toEqual(
      Array.from({ length: 2 }, () => ['elasticloadbalancing:DescribeTargetHealth']),
    );
  });

  const CODES: readonly (readonly [wire: string, code: string])[] = [
    ['ExpiredToken', 'bad-credentials'],
    ['AuthFailure', 'bad-credentials'],
    ['InvalidClientTokenId', 'bad-credentials'],
    ['UnauthorizedOperation', 'access-denied'],
    ['AccessDenied', 'access-denied'],
    ['TargetGroupNotFound', 'target-group-not-found'],
    ['TooManyTargets', 'too-many-targets'],
    ['InvalidLaunchTemplateName.NotFoundException', 'launch-template-not-found'],
    ['InvalidLaunchTemplateId.VersionNotFound', 'no-such-version'],
    ['InstanceLimitExceeded', 'no-capacity'],
    ['InsufficientFreeAddressesInSubnet', 'no-capacity'],
    ['InvalidAMIID.NotFound', 'image-gone'],
    ['InvalidKeyPair.NotFound', 'launch-refused'],
    ['IdempotentParameterMismatch', 'launch-changed'],
    ['SomethingNew', 'aws-error'],
  ];
  test.each(CODES)('%s is %s, in a sentence, and is not tried again', async (wire, code) => {
    const { ec2, elb, aws } = await open({}, { code: wire, message: 'Because of the moon.' });
    for (const call of [async () => ec2.terminate(['i-1']), async () => elb.targetHealth('arn')]) {
      const error = await errorOf(call());
      expect(error.code).toBe(code);
      expect(error.message).toContain('Because of the moon.');
      expectAdvice(error);
    }
    expect(aws.attempts).toHaveLength(2);
  });

  test('what may not be terminated is named', async () => {
    const { ec2 } = await open(
      {},
      { code: 'OperationNotPermitted', message: "The instance 'i-1' may not be terminated." },
    );
    const error = await errorOf(ec2.terminate(['i-1']));
    expect(error.code).toBe('termination-protected');
    expect(error.message).toContain("'i-1'");
    expect(error.next.join()).toContain('--instance-id i-1 --no-disable-api-termination`');
    expectAdvice(error);
  });

  test('an unknown error contains all details from AWS', async () => {
    const { elb } = await open({}, { code: 'SomethingNew', message: 'Because of the moon.' });
    const { message } = await errorOf(elb.targetHealth('arn'));
    for (const part of ['elasticloadbalancing:DescribeTargetHealth', 'SomethingNew', 'Because of the moon.', 'req-7']) {
      expect(message).toContain(part);
    }
  });
});

describe('what is missing', () => {
  test('nothing listens at the endpoint', async () => {
    const aws = await startFakeAws();
    await aws.close();
    const error = await errorOf(against(aws, { maxAttempts: 1 }).ec2.instances([], Object));
    expect(error.code).toBe('unreachable');
    expect(error.message).toContain('ec2:DescribeInstances');
    expectAdvice(error);
  });

  test('there is no region', async () => {
    const aws = await startFakeAws();
    onTestFinished(async () => aws.close());
    const { region: _, ...options } = openSession(aws.url).options;
    const error = await errorOf(new Ec2(new Session(options)).instances([], Object));
    expect(error.code).toBe('no-region');
    expectAdvice(error);
  });

  test('there are no credentials', async () => {
    const { ec2, aws } = await open({});
    withoutAws();
    const error = await errorOf(ec2.instances([], Object));
    expect(error.code).toBe('no-credentials');
    expectAdvice(error);
    expect(aws.attempts).toEqual([]);
  });
});
