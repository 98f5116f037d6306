import { expect, test } from 'vitest';
import { functionsOf, importsOf, parse, spread } from '../support/source.ts';

test('imports of values are found, static or not, with their path below the root; types are not', () => {
  const source = parse(
    'src/a/b.ts',
    `import { x } from '../c/d.ts';
     import type { T } from '../types.ts';
     import { type U } from '../types.ts';
     import { type V, v } from 'both';
     import 'effect';
     export { y } from './y.ts';
     export type * from './z.ts';
     export * from './w.ts';
     const late = await import('late');
     let t: import('only-types').T;`,
  );
  expect(importsOf(source)).toEqual(['src/c/d.ts', 'both', 'effect', 'src/a/y.ts', 'src/a/w.ts', 'late']);
});

test('functions of every form are measured', () => {
  const source = parse('a.ts', 'function f() {\n}\nconst g = () => 1;\nclass C {\n  m(): void {\n\n\n  }\n}\n');
  expect(functionsOf(source)).toEqual([
    { name: 'a.ts:1', lines: 2 },
    { name: 'a.ts:3', lines: 1 },
    { name: 'a.ts:5', lines: 4 },
  ]);
});

test('comments are blanked out, addresses in strings are not', () => {
  const { code } = parse('a.ts', "// x\nconst a = 'http://y'; // z\n/* u\n v */ w();\n");
  expect(code.split('\n').map((line) => line.trim())).toEqual(['', "const a = 'http://y';", '', 'w();', '']);
});

test('the spread of sizes', () => {
  const rows = [1, 2, 3, 4, 5, 6, 7, 8, 9, 100].map((lines) => ({ lines }));
  expect(spread(rows)).toBe('median 6, p90 100, most 100 (of 10)');
});
