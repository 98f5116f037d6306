import { describe, expect, test } from 'vitest';
import { alarmState, childrenOf, type DescribedAlarm } from '../../src/aws/alarms.ts';

const named = (all: Readonly<Record<string, DescribedAlarm>>): ReadonlyMap<string, DescribedAlarm> =>
  new Map(Object.entries(all).map(([AlarmName, alarm]) => [AlarmName, { AlarmName, StateValue: 'OK', ...alarm }]));
const METRIC = { Period: 60, EvaluationPeriods: 3 } as const;
const query = (Period: number) => ({ Id: 'm', MetricStat: { Metric: {}, Period, Stat: 'Sum' } });
const logs = (ScheduleExpression: string, StartTimeOffset: number) => ({
  QueryString: 'stats count()',
  ScheduledQueryRoleARN: 'arn:aws:iam::1:role/q',
  AggregationExpression: 'count(*)',
  ScheduleConfiguration: { ScheduleExpression, StartTimeOffset },
});

describe('what an alarm looks back', () => {
  test.each<[string, DescribedAlarm, number]>([
    ['periods of a metric', METRIC, 180],
    ['the longest period of an expression', { Metrics: [query(60), query(300)], EvaluationPeriods: 2 }, 600],
    ['the period of a query of metrics', { Metrics: [{ Id: 'q', Period: 60 }], EvaluationPeriods: 5 }, 300],
    [
      'the pending period of PromQL',
      { EvaluationCriteria: { PromQLCriteria: { Query: 'up', PendingPeriod: 120 } }, EvaluationInterval: 30 },
      150,
    ],
    [
      'results of a query of logs',
      { ScheduledQueryConfiguration: logs('rate(5 minutes)', 360), QueryResultsToEvaluate: 3 },
      1260,
    ],
    ['one result of a query of logs', { ScheduledQueryConfiguration: logs('rate(1 hour)', 0) }, 3600],
    ['what AWS does not say', {}, 0],
  ])('%s', (_what, alarm, needsS) => {
    expect(alarmState('a', named({ a: alarm }))).toMatchObject({ needsS });
  });

  test('of a composite alarm, the longest of what it is made of, at any depth', () => {
    const all = named({
      pages: {
        AlarmRule: 'ALARM("errors") OR (ALARM(slow) AND NOT ALARM(arn:aws:cloudwatch:eu-west-1:1:alarm:nested))',
      },
      errors: METRIC,
      slow: { Period: 60, EvaluationPeriods: 5 },
      nested: { AlarmRule: 'OK("deep one") OR ALARM(pages)' },
      'deep one': { Period: 300, EvaluationPeriods: 2 },
    });
    expect(alarmState('pages', all)).toMatchObject({ state: 'OK', needsS: 600, isPartial: false });
  });
});

test.each([
  ['ALARM("a b") AND OK(c)', ['a b', 'c']],
  ['NOT (INSUFFICIENT_DATA(a) or TRUE)', ['a']],
  ['AT_LEAST(2, ALARM, (a, "OK", c))', ['a', 'OK', 'c']],
  ['AT_LEAST(50%, ALARM, (a, b)) AND ALARM(a)', ['a', 'b']],
  ['FALSE', []],
])('%s is made of %j', (AlarmRule, names) => {
  expect(childrenOf({ AlarmRule })).toEqual(names);
});

describe('the OK of a composite alarm', () => {
  const of = (a: DescribedAlarm, b: DescribedAlarm, StateValue: 'OK' | 'ALARM' = 'OK') =>
    alarmState('any', named({ any: { AlarmRule: 'ALARM(a) OR ALARM(b)', StateValue }, a, b }));

  test('tells nothing where no child has data, or one could not be evaluated', () => {
    const none = { StateValue: 'INSUFFICIENT_DATA' } as const;
    expect(of(none, none)).toMatchObject({ state: 'OK', isPartial: true });
    expect(of(none, {})).toMatchObject({ isPartial: false });
    expect(of({}, { EvaluationState: 'EVALUATION_FAILURE' })).toMatchObject({ isPartial: true });
    expect(alarmState('any', named({ any: { AlarmRule: 'ALARM(gone)' } }))).toMatchObject({ isPartial: true });
  });

  test('does not hide an ALARM, and a suppressor hides none either', () => {
    const any = {
      AlarmRule: 'ALARM(a)',
      StateValue: 'ALARM',
      StateReason: 'a.',
      ActionsSuppressedReason: 'by quiet',
    } as const;
    expect(alarmState('any', named({ any, a: METRIC }))).toEqual({
      name: 'any',
      state: 'ALARM',
      why: 'a. Its actions are suppressed: by quiet',
      needsS: 180,
      isPartial: false,
    });
  });
});
