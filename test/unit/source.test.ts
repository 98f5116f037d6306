import { describe, expect, test } from 'vitest';
import { circlesOf, exportsOf, functionsOf, importsOf, optionalMembersOf, parse, spread } from '../support/source.ts';

describe('imports', () => {
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

  test('are found, static or not, with their path below the root', () => {
    const types = ['src/types.ts', 'src/types.ts', 'src/a/z.ts', 'only-types'];
    const all = importsOf(source);
    expect(all.toSorted()).toEqual([...importsOf(source, 'values'), ...types].toSorted());
  });

  test('of values only, when asked for', () => {
    const values = ['src/c/d.ts', 'both', 'effect', 'src/a/y.ts', 'src/a/w.ts', 'late'];
    expect(importsOf(source, 'values')).toEqual(values);
  });
});

test('exports are what the file itself declares', () => {
  const source = parse(
    'a.ts',
    `export const [x, y] = [1, 2], z = 3;
     export async function f(): Promise<void>;
     export async function f() {}
     export abstract class C {}
     export interface I {}
     export type T = I;
     export { g } from './g.ts';
     export * from './h.ts';
     const own = 1;`,
  );
  expect(exportsOf(source)).toEqual(['z', 'f', 'C', 'I', 'T']);
});

test('optional members of interfaces are found, methods and fields', () => {
  const source = parse('a.ts', 'interface APort { a?(): void; b?: string; c: 1 } interface Other { d?: 1 }');
  expect(optionalMembersOf(source, (name) => name.endsWith('Port'))).toEqual(['APort.a', 'APort.b']);
});

test('circles are found, of any length and each once', () => {
  const edges = { a: ['b'], b: ['c', 'd'], c: ['a'], d: ['e'], e: ['f', 'a2'], f: ['e'], g: ['a'], a2: [] };
  expect(
    circlesOf(new Map(Object.entries(edges)))
      .map(String)
      .toSorted(),
  ).toEqual(['a,b,c', 'e,f']);
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
