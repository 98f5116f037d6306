import {
  CloudWatchClient,
  DescribeAlarmsCommand,
  PutCompositeAlarmCommand,
  PutLogAlarmCommand,
  PutMetricAlarmCommand,
  SetAlarmStateCommand,
  type PutLogAlarmCommandInput,
  type PutMetricAlarmCommandInput,
} from '@aws-sdk/client-cloudwatch';
import { describe, expect, onTestFinished, test } from 'vitest';
import { CloudWatch } from '../../src/aws/cloudwatch.ts';
import { systemClock } from '../../src/clock.ts';
import { createCounts } from '../../src/sandbox/balancer/counts.ts';
import { compositeState } from '../../src/sandbox/cloudwatch/composite.ts';
import { createCloudWatch } from '../../src/sandbox/cloudwatch/index.ts';
import { call } from '../../src/sandbox/service.ts';
import { openSession } from '../support/aws.ts';
import { quickSandbox } from '../support/quick-sandbox.ts';
import { VirtualClock } from '../support/virtual-clock.ts';

const MINUTE = 60_000;
const DIMENSIONS = { LoadBalancer: 'app/shop/9', TargetGroup: 'targetgroup/green/7' };
const Dimensions = Object.entries(DIMENSIONS).map(([Name, Value]) => ({ Name, Value }));
const ERRORS: PutMetricAlarmCommandInput = {
  AlarmName: 'errors',
  Namespace: 'AWS/ApplicationELB',
  MetricName: 'HTTPCode_Target_5XX_Count',
  Dimensions,
  Statistic: 'Sum',
  Period: 60,
  EvaluationPeriods: 3,
  DatapointsToAlarm: 2,
  Threshold: 5,
  ComparisonOperator: 'GreaterThanThreshold',
};

const LINES: PutLogAlarmCommandInput = {
  AlarmName: 'lines',
  ScheduledQueryConfiguration: {
    QueryString: 'filter level = "error" | stats count()',
    LogGroupIdentifiers: ['shop'],
    ScheduledQueryRoleARN: 'arn:aws:iam::123456789012:role/queries',
    AggregationExpression: 'count(*)',
    ScheduleConfiguration: { ScheduleExpression: 'rate(5 minutes)', StartTimeOffset: 360 },
  },
  QueryResultsToEvaluate: 1,
  QueryResultsToAlarm: 1,
  Threshold: 5,
  ComparisonOperator: 'GreaterThanThreshold',
};

/** A CloudWatch on a virtual clock, whose points appear a minute late. */
function virtual() {
  const clock = new VirtualClock();
  const counts = createCounts(clock);
  const service = createCloudWatch(
    { counts, now: () => clock.now(), delayMs: () => MINUTE, usage: () => ({ used: 4, most: 8 }) },
    'eu-west-1',
  );
  const state = async (name: string) => {
    const found = await call<{ MetricAlarms: { StateValue: string }[]; CompositeAlarms: { StateValue: string }[] }>(
      service,
      'DescribeAlarms',
      { AlarmNames: [name], AlarmTypes: ['MetricAlarm', 'CompositeAlarm'] },
    );
    return [...found.MetricAlarms, ...found.CompositeAlarms][0]?.StateValue;
  };
  /** A minute of that many requests, of which so many fail. */
  const minute = async (requests: number, failed: number): Promise<void> => {
    for (let n = 0; n < requests; n += 1) counts.sent('shop', 'green')(n < failed ? 500 : 200, '');
    await clock.advance(MINUTE);
  };
  return { clock, service, state, minute };
}

describe('an alarm', () => {
  test('sees M of the last N minutes, once their points have appeared', async () => {
    const { service, state, minute } = virtual();
    await call(service, 'PutMetricAlarm', { ...ERRORS, TreatMissingData: 'notBreaching' });
    await minute(100, 0);
    await minute(100, 10);
    expect(await state('errors'), 'the point of the last minute is late').toBe('OK');
    await minute(100, 10);
    expect(await state('errors')).toBe('OK');
    await minute(100, 0);
    expect(await state('errors')).toBe('ALARM');
    for (let n = 0; n < 3; n += 1) await minute(100, 0);
    expect(await state('errors')).toBe('OK');
  });

  test.each([
    [undefined, 'INSUFFICIENT_DATA'],
    ['notBreaching', 'OK'],
    ['breaching', 'ALARM'],
    ['ignore', 'INSUFFICIENT_DATA'],
  ])('without traffic treats what is missing as %s: %s', async (TreatMissingData, expected) => {
    const { service, state, minute } = virtual();
    await call(service, 'PutMetricAlarm', { ...ERRORS, TreatMissingData });
    for (let n = 0; n < 5; n += 1) await minute(0, 0);
    expect(await state('errors')).toBe(expected);
  });

  test('that was set by hand is so until the next evaluation', async () => {
    const { clock, service, state } = virtual();
    await call(service, 'PutMetricAlarm', { ...ERRORS, TreatMissingData: 'notBreaching' });
    await call(service, 'SetAlarmState', { AlarmName: 'errors', StateValue: 'ALARM', StateReason: 'a test' });
    expect(await state('errors')).toBe('ALARM');
    await clock.advance(MINUTE);
    expect(await state('errors')).toBe('OK');
  });

  test('may be made of others', () => {
    const stateOf = (name: string) => ({ a: 'ALARM', b: 'OK' } as const)[name as 'a' | 'b'];
    const state = (rule: string) => compositeState(rule, stateOf);
    expect(state('ALARM(a) AND OK("b")')).toBe('ALARM');
    expect(state('ALARM("b") OR (ALARM("a") AND NOT ALARM("b"))')).toBe('ALARM');
    expect(state('NOT ALARM(a) OR FALSE')).toBe('OK');
    expect(() => state('ALARM(a) ALARM(b)')).toThrow('AlarmRule is not valid');
  });
});

test('what gates read of CloudWatch, over the wire', async () => {
  // Its minute begins now: counts are those of one period, and a state that was set by hand holds until the next one.
  const sinceMs = systemClock.now() % MINUTE;
  const clock = { ...systemClock, now: () => systemClock.now() - sinceMs };
  const sandbox = await quickSandbox({ releases: ['41'], clock });
  const config = {
    region: sandbox.region,
    endpoint: sandbox.url,
    credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
  };
  const client = new CloudWatchClient(config);
  onTestFinished(() => client.destroy());
  const { url, arn } = sandbox.production[0]!;
  const balancer = sandbox.elbv2.urls()[0]!.listenerArn.split(':listener/')[1]!.split('/').slice(0, 3).join('/');
  sandbox.instances.setReleaseBehaviour('41', { name: 'errors', ms: 0, percent: 25 });
  for (let n = 0; n < 12; n += 1) await (await fetch(url)).text();
  const cloudwatch = new CloudWatch(openSession(sandbox.url, { region: sandbox.region }));
  const dimensions = { LoadBalancer: balancer, TargetGroup: arn.split(':').at(-1)! };
  const read = async (name: string, statistic: 'Sum' | 'p99') => {
    const [from, to] = [Date.now() - 5 * MINUTE, Date.now() + MINUTE];
    const points = await cloudwatch.points({ namespace: 'AWS/ApplicationELB', name, dimensions }, statistic, from, to);
    return [...points.values()].reduce((all, one) => all + one, 0);
  };
  expect(await read('RequestCount', 'Sum')).toBe(12);
  expect(await read('HTTPCode_Target_5XX_Count', 'Sum')).toBe(3);
  expect(await read('TargetConnectionErrorCount', 'Sum')).toBe(0);
  expect(await read('TargetResponseTime', 'p99')).toBeGreaterThan(0);
  await client.send(new PutMetricAlarmCommand({ ...ERRORS, TreatMissingData: 'notBreaching' }));
  const arnOf = (name: string): string => `arn:aws:cloudwatch:eu-west-1:123456789012:alarm:${name}`;
  const AlarmRule = `ALARM(errors) OR ALARM("${arnOf('lines')}")`;
  await client.send(new PutCompositeAlarmCommand({ AlarmName: 'any', AlarmRule, ActionsSuppressor: 'lines' }));
  await client.send(new PutLogAlarmCommand(LINES));
  for (const AlarmName of ['errors', 'lines'])
    await client.send(new SetAlarmStateCommand({ AlarmName, StateValue: 'ALARM', StateReason: 'a test' }));
  const seen = await cloudwatch.alarms(['errors', 'any', 'lines', 'gone']);
  expect(seen).toMatchObject([
    { name: 'errors', state: 'ALARM', why: 'a test', needsS: 180 },
    { name: 'any', state: 'ALARM', why: expect.stringContaining('Actions suppressed by lines'), needsS: 660 },
    { name: 'lines', state: 'ALARM', needsS: 660 },
    { name: 'gone', state: 'not-found' },
  ]);
  expect(await cloudwatch.alarms(['any']), 'its children are read, too').toMatchObject([{ needsS: 660 }]);
  const plain = await client.send(new DescribeAlarmsCommand({}));
  const { MetricAlarms = [], CompositeAlarms = [], LogAlarms = [] } = plain;
  expect([MetricAlarms.length, CompositeAlarms.length, LogAlarms.length], 'as on AWS').toEqual([1, 0, 0]);
});

test('GetMetricData tells the usage of vCPUs, and its quota; of nothing else', async () => {
  const { service } = virtual();
  const ask = async (Class: string, Resource = 'vCPU', Expression = 'SERVICE_QUOTA(used)') => {
    const asked = Object.entries({ Service: 'EC2', Type: 'Resource', Resource, Class }).map(([Name, Value]) => {
      return { Name, Value };
    });
    const Metric = { Namespace: 'AWS/Usage', MetricName: 'ResourceCount', Dimensions: asked };
    const used = { Id: 'used', MetricStat: { Metric, Period: 300, Stat: 'Maximum' } };
    const input = { MetricDataQueries: [used, { Id: 'most', Expression }] };
    const { MetricDataResults: all } = await call<{ MetricDataResults: { Values: number[] }[] }>(
      service,
      'GetMetricData',
      input,
    );
    return all.map(({ Values }) => Values);
  };
  expect(await ask('Standard/OnDemand')).toEqual([[4], [8]]);
  expect(await ask('Standard/OnDemand', 'GPU')).toEqual([[], []]);
  await expect(ask('Standard/OnDemand', 'vCPU', 'used * 2')).rejects.toMatchObject({ code: 'ValidationError' });
});
