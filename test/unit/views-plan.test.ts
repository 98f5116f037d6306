import { stripVTControlCharacters } from 'node:util';
import { expect, test } from 'vitest';
import { closingText } from '../../src/views/closing.ts';
import { planText } from '../../src/views/plan.ts';
import { widthOf, painter } from '../../src/views/text.ts';
import { samples } from '../../tools/docs/samples.ts';
import { plan, steps } from './views.samples.ts';

test('steps, the targets they touch, healthy targets over time, notes', () => {
  expect(planText(plan, 80)).toMatchInlineSnapshot(`
    "Plan: 3 steps, about 12 s
      1  register 3 instances of 42 with shop-production                1 s
         i-0a, i-0b and i-0c
      2  wait until 3 instances of 42 are healthy in shop-production   10 s
      3  deregister 3 instances of 41 from shop-production              1 s
         i-01, i-02 and i-03

    In account 123456789012, eu-west-1

    Healthy in shop-production
      now      3  ███████████████│
      after 2  6  ███████████████│███████████████
      after 3  3  ███████████████│
                                 ╵ minimum 3

    Note  shop-test keeps a deregistration delay of 300 s."
  `);
});

test('colours change nothing but colours', () => {
  const coloured = planText(plan, 80, true);
  expect(coloured).toContain('\u001B[');
  expect(stripVTControlCharacters(coloured)).toBe(planText(plan, 80));
});

test('a plan that leaves production alone says so, and pools with the same numbers are listed once', () => {
  const two = { 'shop-production': 3, 'admin-production': 3 };
  const up = { ...plan, notes: [], steps: [{ ...steps[0]!, healthyAfter: two }], healthyNow: two, minimumHealthy: two };
  expect(planText(up, 80)).toMatchInlineSnapshot(`
    "Plan: 1 step, about 12 s
      1  register 3 instances of 42 with shop-production   1 s
         i-0a, i-0b and i-0c

    In account 123456789012, eu-west-1

    Healthy in shop-production, admin-production
      stays at 3 (minimum 3)"
  `);
});

test('a thousand targets take one line, and no line is wider than the terminal', () => {
  const instances = Array.from({ length: 1000 }, (_, i) => `i-${1000 + i}`);
  const many = steps.map((step) => ({ ...step, instances }));
  const text = planText({ ...plan, steps: many }, 60);
  expect(text.split('\n').filter((line) => line.includes('i-1000'))).toEqual([
    '     i-1000, i-1001, i-1002, i-1003, i-1004 and 995 more',
  ]);
  expect(Math.max(...text.split('\n').map(widthOf))).toBeLessThanOrEqual(60);
});

test('a long plan has its curve in one line that shows the lowest point', () => {
  const batches = Array.from({ length: 100 }, (_, i) => ({
    ...steps[0]!,
    title: `batch ${i + 1}`,
    healthyAfter: { 'shop-production': i === 50 ? 6 : i % 2 === 0 ? 9 : 10 },
  }));
  const text = planText(
    { ...plan, steps: batches, healthyNow: { 'shop-production': 10 }, minimumHealthy: { 'shop-production': 9 } },
    80,
  );
  const curve = text.split('\n').find((line) => line.includes('lowest'))!;
  expect(curve).toContain('lowest 6 after 51 (minimum 9)');
  expect(curve).toContain('▅');
  expect(widthOf(curve)).toBeLessThanOrEqual(80);
});

test('fewer than the minimum is drawn up to the gap', () => {
  const sinking = { ...plan, notes: [], steps: [{ ...steps[0]!, healthyAfter: { 'shop-production': 1 } }] };
  expect(planText(sinking, 80).split('\n').slice(-4)).toMatchInlineSnapshot(`
    [
      "Healthy in shop-production",
      "  now      3  ██████████████████████████████│",
      "  after 1  1  ██████████                    │",
      "                                            ╵ minimum 3",
    ]
  `);
});

test('nothing to do', () => {
  expect(planText({ ...plan, steps: [], notes: [], healthyNow: {}, seconds: 0 }, 80)).toBe(
    'Nothing to do\n\nIn account 123456789012, eu-west-1',
  );
});

test('the end says where things stand and what comes next; trouble carries its code', () => {
  expect(closingText(samples.finished, 80, painter(false))).toMatchInlineSnapshot(`
    "Done. Production is on 42: 3/3 healthy in shop-production.
    Next  turnout rollback
          turnout cleanup
    13 s, 34 AWS requests"
  `);
  const refused = {
    ...samples.finished,
    result: 'refused',
    code: 'green-exists',
    message: '42 is up already.',
  } as const;
  expect(closingText(refused, 80, painter(false)).split('\n')[0]).toBe(
    'Refused, nothing was changed. 42 is up already. (green-exists)',
  );
});
