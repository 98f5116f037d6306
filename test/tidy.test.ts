/** Keeps the rules of the house (ARCHITECTURE.md) that no linter knows. */
import { execFileSync } from 'node:child_process';
import { lstatSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  circlesOf,
  exportsOf,
  functionsOf,
  importsOf,
  optionalMembersOf,
  parse,
  quantile,
  spread,
} from './support/source.ts';

const root = path.resolve(import.meta.dirname, '..');
const LINES_MAX = 300;
const FUNCTION_LINES_MAX = 60;

// Tracked and new files, not ignored ones: what is about to be committed counts too.
const files = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], { cwd: root })
  .toString()
  .split('\0')
  .filter((file) => file !== '' && isText(file) && isFile(file));
const sources = files.filter((file) => file.endsWith('.ts')).map((file) => parse(file, read(file)));
const ours = sources.filter(({ file }) => /^(src|tasks)\//.test(file));
const SANDBOX = 'src/sandbox/';

function read(file: string): string {
  return readFileSync(path.join(root, file), 'utf8');
}

/** Not a link, nor a file that was deleted and not yet committed. */
function isFile(file: string): boolean {
  return lstatSync(path.join(root, file), { throwIfNoEntry: false })?.isFile() === true;
}

function isText(file: string): boolean {
  return !/\.(png|gif|svg|ico|cast)$/.test(file);
}

/** `file:line text` of each match outside comments, in the sources that pass. */
function uses(pattern: RegExp, where: (file: string) => boolean): readonly string[] {
  return ours.filter(({ file }) => where(file)).flatMap((source) => matches(source.file, source.code, pattern));
}

function matches(file: string, text: string, pattern: Pick<RegExp, 'test'>): readonly string[] {
  return text
    .split('\n')
    .flatMap((line, i) => (pattern.test(line) ? [`${file}:${i + 1} ${line.trim().slice(0, 120)}`] : []));
}

/** `file -> module` of each import that is forbidden there; imports of types count, unless values are asked for. */
function imports(
  where: (file: string) => boolean,
  forbidden: (module: string, file: string) => boolean,
  kind: 'all' | 'values' = 'all',
): readonly string[] {
  return ours
    .filter(({ file }) => where(file))
    .flatMap((source) => importsOf(source, kind).map((module) => ({ file: source.file, module })))
    .filter(({ file, module }) => forbidden(module, file))
    .map(({ file, module }) => `${file} -> ${module}`);
}

const under =
  (...folders: readonly string[]) =>
  (file: string) =>
    folders.some((folder) => file.startsWith(folder));
const not = (where: (file: string) => boolean) => (file: string) => !where(file);

describe('who may import what', () => {
  const PURE = ['tasks/', 'src/plan/', 'src/steps/', 'src/observe/reads.ts', 'src/domain/', 'src/errors.ts'];
  const ADAPTERS = [
    'aws',
    'programs',
    'fleets',
    'traffic',
    'stores',
    'deployers',
    'freeze',
    'notify',
    'production',
    'probe',
    'gates',
    'record',
    'releases',
    'follow',
    'way-back',
    'work-owner',
  ];

  /** From the lowest to the highest: a file may import of its own layer and of those below it. */
  const LAYERS: readonly (readonly string[])[] = [
    ['src/errors.ts', 'src/clock.ts', 'src/proxy.ts', 'src/all-ended.ts'],
    ['src/domain/'],
    ['src/config/'],
    ADAPTERS.map((folder) => `src/${folder}/`),
    ['src/observe/'],
    ['src/steps/'],
    ['src/plan/'],
    ['tasks/'],
    ['src/run/'],
    ['src/views/'],
    ['src/commands/', 'src/main.ts', 'src/cli.ts'],
  ];
  const layerOf = (file: string): number => LAYERS.findIndex((layer) => under(...layer)(file));
  const program = (file: string): boolean => ours.some((source) => source.file === file) && !file.startsWith(SANDBOX);

  test('tasks, plan and steps are pure, and so are all the values that they use', () => {
    expect(imports(under(...PURE), not(under(...PURE)), 'values')).toEqual([]);
  });

  test('each file is in a layer', () => {
    expect(ours.map(({ file }) => file).filter((file) => program(file) && layerOf(file) < 0)).toEqual([]);
  });

  test('no file imports of a layer above its own, not even types', () => {
    const above = (module: string, file: string): boolean => program(module) && layerOf(module) > layerOf(file);
    expect(imports(program, above)).toEqual([]);
  });

  test('adapters know nothing of plan, run and views, not even types', () => {
    const forbidden = ['src/steps/', 'src/plan/', 'src/run/', 'src/views/', 'src/commands/', 'tasks/'];
    const adapters = under(...ADAPTERS.map((folder) => `src/${folder}/`));
    expect(imports(adapters, under(...forbidden))).toEqual([]);
  });

  test('no files import each other in a circle, not even types', () => {
    expect(circlesOf(new Map(sources.map((source) => [source.file, importsOf(source)])))).toEqual([]);
  });

  test('the AWS SDK is imported by src/aws and the sandbox only', () => {
    expect(imports(not(under('src/aws/', SANDBOX)), under('@aws-sdk/', '@smithy/'))).toEqual([]);
  });

  test('listr2 is a view', () => {
    expect(imports(not(under('src/views/')), under('listr2'))).toEqual([]);
  });

  test('the sandbox and the program know each other through commands only', () => {
    const shared = under(SANDBOX, 'src/commands/', 'src/cli.ts');
    expect(imports(not(shared), under(SANDBOX))).toEqual([]);
    const tools = under(SANDBOX, 'src/errors.ts', 'src/clock.ts', 'src/domain/', 'src/programs/');
    expect(imports(under(SANDBOX), (module) => module.startsWith('src/') && !tools(module))).toEqual([]);
  });
});

describe('names and places', () => {
  test('an exported name stands for one thing', () => {
    const all = ours.flatMap((source) => exportsOf(source).map((name) => ({ name, file: source.file })));
    const groups = [...Map.groupBy(all, ({ name }) => name)].filter(([, { length }]) => length > 1);
    expect(groups.map(([name, places]) => `${name}: ${places.map(({ file }) => file).join(', ')}`)).toEqual([]);
  });

  test('ports and stores have no optional members: a decorator can then forget none', () => {
    const found = ours.flatMap((source) => optionalMembersOf(source, (name) => /(Port|Store)$/.test(name)));
    expect(found).toEqual([]);
  });

  test('src/run is a few folders', () => {
    const names = ours.flatMap(({ file }) => /^src\/run\/([^/]+)/.exec(file)?.[1] ?? []);
    expect(new Set(names)).toEqual(
      new Set(['deploys', 'doctor', 'init', 'engine', 'hooks', 'task', 'event.ts', 'memory.ts']),
    );
  });
});

describe('one place for each', () => {
  // The sandbox is a world with a time of its own: one scheduler drives it.
  const CLOCKS = ['src/clock.ts', 'src/sandbox/scheduler.ts'];

  test('time', () => {
    // A socket's own setTimeout() is a limit on silence, not a clock.
    const globals = /\b(Date\.now|performance\.now)\b|(?<![.\w])(setTimeout|setInterval|setImmediate)\b/;
    const time = new RegExp(`${globals.source}|new Date\\(\\)|timers/promises`);
    expect(uses(time, not(under(...CLOCKS)))).toEqual([]);
  });

  test('the end of the process', () => {
    expect(uses(/\bprocess\.(exit|abort|reallyExit)\(/, not(under('src/cli.ts')))).toEqual([]);
  });

  // A new kind of step would have to be known there, and the compiler could not say so.
  test('kinds of steps: their registry', () => {
    const steps = /\b(step\w*|\w*Step|one)(\[\w+\])?(\?\.|\.)do\b\s*([!=]==|\))|switch \(\w+\.do\)/;
    expect(uses(steps, not(under('src/steps/index.ts')))).toEqual([]);
  });

  // Elsewhere its model answers.
  test('the kind of traffic', () => {
    const above = (file: string): boolean =>
      under('src/plan/', 'src/run/', 'tasks/')(file) && !file.startsWith('src/plan/traffic/');
    expect(uses(/\btraffic\.kind\b|'routes' in\b/, above)).toEqual([]);
  });

  test('no chance in plans', () => {
    expect(uses(/\bMath\.random\b|\brandomUUID\b/, under('tasks/', 'src/plan/'))).toEqual([]);
  });
});

describe('tests', () => {
  const tests = sources.filter(({ file }) => file.endsWith('.test.ts'));

  test('mock no modules', () => {
    const found = tests.flatMap(({ file, code }) => matches(file, code, /\bvi\.(mock|doMock|hoisted|importMock)\(/));
    expect(found).toEqual([]);
  });

  test('all assert something, and none is switched off', () => {
    expect(tests.length).toBeGreaterThan(0);
    expect(
      tests.filter(({ code }) => !/\b(expect|assert)\w*[.(]|Contract\(/.test(code)).map(({ file }) => file),
    ).toEqual([]);
    const off = tests.flatMap(({ file, code }) =>
      matches(file, code, /\b(test|it|describe)\.(only|skip|todo|fails)\(/),
    );
    expect(off).toEqual([]);
  });
});

describe('sizes', () => {
  test(`files have ${LINES_MAX} lines at most`, () => {
    const rows = sources.map(({ file, lines }) => ({ name: file, lines }));
    expect(tooLong(rows, LINES_MAX), spread(rows)).toEqual([]);
  });

  test(`functions have ${FUNCTION_LINES_MAX} lines at most`, () => {
    // The describe() callbacks of tests and contracts are chapters, not functions.
    const rows = sources.filter(({ file }) => !/\.(test|contract)\.ts$/.test(file)).flatMap(functionsOf);
    expect(tooLong(rows, FUNCTION_LINES_MAX), spread(rows)).toEqual([]);
  });

  const program = ours.filter(({ file }) => !file.startsWith(SANDBOX));

  test('most functions of the program are short', () => {
    const rows = program.flatMap(functionsOf);
    expect(quantile(rows, 0.5), spread(rows)).toBeLessThanOrEqual(8);
    expect(quantile(rows, 0.9), spread(rows)).toBeLessThanOrEqual(20);
  });

  test('most files of the program are short', () => {
    const rows = program.map(({ lines }) => ({ lines }));
    expect(quantile(rows, 0.5), spread(rows)).toBeLessThanOrEqual(80);
    expect(quantile(rows, 0.9), spread(rows)).toBeLessThanOrEqual(200);
  });

  function tooLong(rows: readonly { name: string; lines: number }[], max: number): readonly string[] {
    return rows.filter(({ lines }) => lines > max).map(({ name, lines }) => `${name}: ${lines} lines`);
  }
});

describe('what is committed works on every machine', () => {
  test('no registry by name', () => {
    const registry = /\b(registry|npm|pypi|proxy|artifactory|nexus)\.[\w-]+\.(org|com|net|io|dev|internal)\b/i;
    expect(files.flatMap((file) => matches(file, read(file), registry))).toEqual([]);
  });

  test('no path of one machine', () => {
    // Ann is the person of our examples.
    const people = /(?<![\w.])\/(root|Users|home\/(?!ann\b)\w+)\/\w/;
    const here = [`${root}/`, `${homedir()}/`];
    const absolute = { test: (line: string) => people.test(line) || here.some((folder) => line.includes(folder)) };
    expect(files.flatMap((file) => matches(file, read(file), absolute))).toEqual([]);
  });

  test('lock files name versions and hashes, not addresses', () => {
    const locks = files.filter((file) => path.basename(file) === 'package-lock.json');
    expect(locks).toHaveLength(3);
    expect(locks.flatMap((file) => matches(file, read(file), /"resolved": "(https?|git)/))).toEqual([]);
  });
});
