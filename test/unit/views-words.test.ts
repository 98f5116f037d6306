import { describe, expect, test } from 'vitest';
import { age, ago, clockTime, dateTime, duration, list, listToFit, targetWords } from '../../src/domain/text.ts';
import { cut, widthOf, wrap } from '../../src/views/text.ts';
import { AT } from '../../tools/docs/samples.ts';
import { pool, target } from './views.samples.ts';

describe('times', () => {
  test.each([
    [0, '0 s'],
    [0.2, 'under 1 s'],
    [4, '4 s'],
    [59.6, '1 min'],
    [130, '2 min 10 s'],
    [3900, '1 h 5 min'],
    [3 * 86_400, '3 days'],
  ])('%d s is %s', (seconds, text) => expect(duration(seconds)).toBe(text));

  test('ages have one unit', () => {
    expect([12, 130, 7300, 200_000].map(age)).toEqual(['12 s', '2 min', '2 h', '2 days']);
    expect([0.4, 720].map(ago)).toEqual(['just now', '12 min ago']);
  });

  test('points in time are UTC', () => {
    expect([clockTime(AT), dateTime(AT)]).toEqual(['02:10:31Z', '2026-11-22 02:10Z']);
  });
});

describe('lists', () => {
  test('are read as a sentence and cut when long', () => {
    expect([list([]), list(['a']), list(['a', 'b']), list(['a', 'b', 'c'])]).toEqual([
      '',
      'a',
      'a and b',
      'a, b and c',
    ]);
    expect(list(['a', 'b', 'c', 'd'], 2)).toBe('a, b and 2 more');
  });

  test('name as many as fit, and at least one', () => {
    const ids = Array.from({ length: 1000 }, (_, i) => `i-${i + 1000}`);
    expect(listToFit(ids, 40)).toBe('i-1000, i-1001, i-1002 and 997 more');
    expect(listToFit(ids, 5)).toBe('i-1000 and 999 more');
    expect(listToFit(['i-1', 'i-2'], 40)).toBe('i-1 and i-2');
  });
});

describe('lines', () => {
  test('break between words, and a word is never broken', () => {
    expect(wrap('one two three', 8, 2)).toEqual(['one two', '  three']);
    expect(wrap('arn:aws:elasticloadbalancing', 8)).toEqual(['arn:aws:elasticloadbalancing']);
  });

  test('widths leave colours out', () => {
    expect(widthOf('\u001B[31mred\u001B[39m')).toBe(3);
    expect(cut('wait until healthy', 8)).toBe('wait un…');
  });
});

describe('target states in words', () => {
  const words = (...of: Parameters<typeof target>): string => targetWords(target(...of), pool());

  test('every reason of ELB', () => {
    expect(
      [
        words('i', 'healthy'),
        words('i', 'initial', 'Elb.RegistrationInProgress'),
        words('i', 'initial', 'Elb.InitialHealthChecking'),
        words('i', 'initial'),
        words('i', 'unhealthy', 'Target.ResponseCodeMismatch', 'Health checks failed with these codes: [503]'),
        words('i', 'unhealthy', 'Target.Timeout', 'Request timed out'),
        words('i', 'unhealthy', 'Target.FailedHealthChecks', 'Health checks failed'),
        words('i', 'unhealthy', 'Elb.InternalError'),
        words('i', 'unused', 'Target.NotRegistered'),
        words('i', 'unused', 'Target.InvalidState', 'Target is in the stopped state'),
        words('i', 'unused', 'Target.IpUnusable'),
        words('i', 'unavailable', 'Target.HealthCheckDisabled'),
        words('i', 'draining', 'Target.DeregistrationInProgress'),
        words('i', 'unhealthy.draining'),
        words('i', 'unhealthy', 'Target.SomethingNew', 'Something new'),
        words('i', 'unhealthy', 'Target.SomethingNew'),
      ].join('\n'),
    ).toMatchInlineSnapshot(`
      "healthy
      initial, being registered
      initial, first health check within 5 s
      initial, first health check within 5 s
      unhealthy: health checks answered 503 (Target.ResponseCodeMismatch)
      unhealthy: health checks got no answer within 2 s (Target.Timeout)
      unhealthy: health checks could not connect, or the answer was malformed (Target.FailedHealthChecks)
      unhealthy: the load balancer has an internal error (Elb.InternalError)
      unused: not registered (Target.NotRegistered)
      unused: the instance is stopped (Target.InvalidState)
      unused: its address belongs to a load balancer (Target.IpUnusable)
      unavailable: health checks are off for this group (Target.HealthCheckDisabled)
      draining, at most 5 min
      unhealthy.draining, at most 5 min
      unhealthy: Something new (Target.SomethingNew)
      unhealthy (Target.SomethingNew)"
    `);
  });

  test('an unused group: no listener, or a zone that is off', () => {
    const unused = target('i', 'unused', 'Target.NotInUse');
    expect(targetWords(unused, pool())).toBe(
      'unused: no listener forwards to this group, or its zone is not enabled for the load balancer (Target.NotInUse)',
    );
  });
});
