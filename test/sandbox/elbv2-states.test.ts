import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { HealthProbe } from '../../src/sandbox/balancer/probe.ts';
import { Elb, FakeMachines, forwardTo, quickTimes, type Times } from '../support/elbv2.ts';
import { VirtualClock } from '../support/virtual-clock.ts';

/** Responses of the apps to health checks. */
type Answer = number | 'hangs' | 'refuses';

let clock: VirtualClock;
let machines: FakeMachines;
let times: Times;
let elb: Elb;
let answer: Answer;
let checks: number;
let group: string;
let loadBalancer: string;
let listener: string;

const probe: HealthProbe = async (_check, signal) => {
  checks += 1;
  if (answer === 'refuses') throw new Error('ECONNREFUSED');
  if (answer !== 'hangs') return answer;
  return await new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(new Error('aborted')));
  });
};

beforeEach(async () => {
  clock = new VirtualClock();
  machines = new FakeMachines();
  times = { ...quickTimes(), registrationMs: 1000 };
  answer = 200;
  checks = 0;
  elb = new Elb({ machines, clock, times, probe });
  for (const id of ['i-1', 'i-2', 'i-3']) machines.put(id);
  loadBalancer = await elb.loadBalancer();
  group = await elb.group('blue', {
    HealthCheckIntervalSeconds: 10,
    HealthCheckTimeoutSeconds: 2,
    HealthyThresholdCount: 3,
    UnhealthyThresholdCount: 2,
  });
  listener = (await elb.listener(loadBalancer, forwardTo({ [group]: 1 }))).arn;
});

afterEach(async () => {
  await elb.service.close();
});

/** The description of a target in the API. */
async function described(id: string): Promise<unknown> {
  const input = { TargetGroupArn: group, Targets: [{ Id: id }] };
  const { TargetHealthDescriptions } = await elb.call('DescribeTargetHealth', input);
  return TargetHealthDescriptions[0].TargetHealth;
}

describe('a new target', () => {
  it('is initial while it is registered and checked, and healthy after one passed check', async () => {
    await elb.register(group, 'i-1');
    expect(await described('i-1')).toEqual({
      State: 'initial',
      Reason: 'Elb.RegistrationInProgress',
      Description: 'Target registration is in progress',
    });
    answer = 'hangs';
    await clock.advance(1000);
    expect(await described('i-1')).toEqual({
      State: 'initial',
      Reason: 'Elb.InitialHealthChecking',
      Description: 'Initial health checks in progress',
    });
    answer = 200;
    await clock.advance(10_000);
    expect(await described('i-1')).toEqual({ State: 'healthy' });
  });

  it('is checked immediately after registration', async () => {
    await elb.register(group, 'i-1');
    await clock.advance(1000);
    expect(await elb.health(group)).toEqual(['i-1 healthy']);
    expect(checks).toBe(1);
  });

  it('becomes unhealthy only after the number of failures of the threshold', async () => {
    answer = 500;
    await elb.register(group, 'i-1');
    await clock.advance(1000);
    expect(await elb.health(group)).toEqual(['i-1 initial Elb.InitialHealthChecking']);
    await clock.advance(10_000);
    expect(await described('i-1')).toEqual({
      State: 'unhealthy',
      Reason: 'Target.ResponseCodeMismatch',
      Description: 'Health checks failed with these codes: [500]',
    });
  });
});

describe('a healthy target', () => {
  beforeEach(async () => {
    await elb.register(group, 'i-1');
    await clock.advance(1000);
  });

  it.each([
    ['hangs', 'Target.Timeout', 'Request timed out'],
    ['refuses', 'Target.FailedHealthChecks', 'Health checks failed'],
  ] as const)('becomes unhealthy when its app %s', async (word, Reason, Description) => {
    answer = word;
    await clock.advance(10_000 + 2000);
    expect(await elb.health(group)).toEqual(['i-1 healthy']);
    await clock.advance(10_000);
    expect(await described('i-1')).toEqual({ State: 'unhealthy', Reason, Description });
  });

  it('recovers only after the number of consecutive passes of the threshold', async () => {
    answer = 500;
    await clock.advance(20_000);
    expect(await elb.health(group)).toEqual(['i-1 unhealthy Target.ResponseCodeMismatch']);
    answer = 200;
    await clock.advance(20_000);
    answer = 500;
    await clock.advance(10_000);
    answer = 200;
    await clock.advance(20_000);
    expect(await elb.health(group)).toEqual(['i-1 unhealthy Target.ResponseCodeMismatch']);
    await clock.advance(10_000);
    expect(await elb.health(group)).toEqual(['i-1 healthy']);
  });

  it('stays healthy when single checks fail', async () => {
    for (let round = 0; round < 3; round += 1) {
      answer = 500;
      await clock.advance(10_000);
      answer = 200;
      await clock.advance(10_000);
    }
    expect(await elb.health(group)).toEqual(['i-1 healthy']);
  });

  it('is unused while its instance is stopped, and starts again with it', async () => {
    machines.put('i-1', { state: 'stopped' });
    expect(await described('i-1')).toEqual({
      State: 'unused',
      Reason: 'Target.InvalidState',
      Description: 'Target is in the stopped state',
    });
    const before = checks;
    await clock.advance(60_000);
    expect(checks).toBe(before);
    machines.put('i-1', { state: 'running' });
    expect(await elb.health(group)).toEqual(['i-1 initial Elb.RegistrationInProgress']);
    await clock.advance(1000);
    expect(await elb.health(group)).toEqual(['i-1 healthy']);
  });

  it('is unused when its instance is terminated, and gone when EC2 forgets it', async () => {
    machines.put('i-1', { state: 'terminated' });
    expect(await elb.health(group)).toEqual(['i-1 unused Target.InvalidState']);
    machines.forget('i-1');
    expect(await elb.health(group)).toEqual([]);
  });
});

describe('deregistration', () => {
  beforeEach(async () => {
    elb.service.setGroupTimes(group, { deregistrationDelayMs: 20_000 });
    await elb.register(group, 'i-1', 'i-2');
    await clock.advance(2000);
  });

  it('is draining until the end of the delay, even when idle, and stops the checks', async () => {
    await elb.deregister(group, 'i-1');
    expect(await described('i-1')).toEqual({
      State: 'draining',
      Reason: 'Target.DeregistrationInProgress',
      Description: 'Target deregistration is in progress',
    });
    await clock.advance(19_999);
    expect(await elb.health(group)).toEqual(['i-1 draining Target.DeregistrationInProgress', 'i-2 healthy']);
    await clock.advance(1);
    expect(await elb.health(group)).toEqual(['i-2 healthy']);
    expect(await described('i-1')).toEqual({
      State: 'unused',
      Reason: 'Target.NotRegistered',
      Description: 'Target is not registered to the target group',
    });
  });

  it('ignores targets that are not registered', async () => {
    await elb.deregister(group, 'i-3', 'i-unknown');
    await elb.deregister(group, 'i-1');
    await elb.deregister(group, 'i-1');
    expect(await elb.health(group)).toEqual(['i-1 draining Target.DeregistrationInProgress', 'i-2 healthy']);
  });

  it('does not restart its delay when it is requested twice', async () => {
    await elb.deregister(group, 'i-1');
    await clock.advance(15_000);
    await elb.deregister(group, 'i-1');
    await clock.advance(5000);
    expect(await elb.health(group)).toEqual(['i-2 healthy']);
  });

  it('is cancelled by registering again: initial, then healthy', async () => {
    await elb.deregister(group, 'i-1');
    await clock.advance(10_000);
    await elb.register(group, 'i-1');
    expect(await elb.health(group)).toContain('i-1 initial Elb.RegistrationInProgress');
    await clock.advance(30_000);
    expect(await elb.health(group)).toEqual(['i-1 healthy', 'i-2 healthy']);
  });

  it('is prolonged by the slow-drain fault', async () => {
    elb.service.slowDrain(5000);
    await elb.deregister(group, 'i-1');
    await clock.advance(24_999);
    expect(await elb.health(group)).toContain('i-1 draining Target.DeregistrationInProgress');
    await clock.advance(1);
    expect(await elb.health(group)).toEqual(['i-2 healthy']);
    elb.service.slowDrain(0);
    await elb.deregister(group, 'i-2');
    await clock.advance(20_000);
    expect(await elb.health(group)).toEqual([]);
  });
});

describe('a group that no rule uses', () => {
  it('has unused targets that are not checked; weight 0 counts as use', async () => {
    const green = await elb.group('green');
    await elb.register(green, 'i-1');
    await clock.advance(60_000);
    expect(await elb.health(green)).toEqual(['i-1 unused Target.NotInUse']);
    expect(checks).toBe(0);
    const action = forwardTo({ [group]: 1, [green]: 0 });
    await elb.call('ModifyListener', { ListenerArn: listener, DefaultActions: [action] });
    expect(await elb.health(green)).toEqual(['i-1 initial Elb.RegistrationInProgress']);
    await clock.advance(1000);
    expect(await elb.health(green)).toEqual(['i-1 healthy']);
    await elb.call('ModifyListener', { ListenerArn: listener, DefaultActions: [forwardTo({ [group]: 1 })] });
    expect(await elb.health(green)).toEqual(['i-1 unused Target.NotInUse']);
  });

  it('becomes one when its listener is deleted', async () => {
    await elb.register(group, 'i-1');
    await clock.advance(1000);
    await elb.call('DeleteListener', { ListenerArn: listener });
    expect(await elb.health(group)).toEqual(['i-1 unused Target.NotInUse']);
  });
});

describe('health checks of many targets', () => {
  it('are spread, and each target is checked once an interval', async () => {
    const ids = Array.from({ length: 500 }, (_, index) => machines.put(`i-m${index}`).id);
    await elb.register(group, ...ids);
    await clock.advance(1000);
    expect(checks).toBe(1);
    await clock.advance(125);
    expect(checks).toBe(251);
    await clock.advance(8875);
    expect(checks).toBe(500);
    await clock.advance(10_000);
    expect(checks).toBe(1000);
    expect((await elb.health(group)).filter((line) => line.endsWith(' healthy'))).toHaveLength(500);
  });

  it('leave no timer behind when the service is closed', async () => {
    await elb.register(group, 'i-1', 'i-2');
    await clock.advance(2000);
    await elb.deregister(group, 'i-2');
    await elb.service.close();
    expect(clock.sleeping).toBe(0);
  });
});
