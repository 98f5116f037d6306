/** Keeps the rules of the house (ARCHITECTURE.md) that no linter knows. */
import { execFileSync } from 'node:child_process';
import { lstatSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { functionsOf, importsOf, parse, spread } from './support/source.ts';

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

/** `file -> module` of each import of values (not of types) that is forbidden there. */
function imports(where: (file: string) => boolean, forbidden: (module: string) => boolean): readonly string[] {
  return ours
    .filter(({ file }) => where(file))
    .flatMap((source) => importsOf(source).map((module) => ({ file: source.file, module })))
    .filter(({ module }) => forbidden(module))
    .map(({ file, module }) => `${file} -> ${module}`);
}

const under =
  (...folders: readonly string[]) =>
  (file: string) =>
    folders.some((folder) => file.startsWith(folder));
const not = (where: (file: string) => boolean) => (file: string) => !where(file);

describe('who may import what', () => {
  const PURE = ['tasks/', 'src/plan/', 'src/domain/', 'src/errors.ts'];

  test('tasks and plan are pure, and so is all that they use', () => {
    expect(imports(under(...PURE), not(under(...PURE)))).toEqual([]);
  });

  test('adapters know nothing of plan, run and views', () => {
    const adapters = under('src/fleets/', 'src/traffic/', 'src/stores/', 'src/deployers/');
    expect(imports(adapters, under('src/plan/', 'src/run/', 'src/views/', 'tasks/'))).toEqual([]);
  });

  test('the AWS SDK is imported by src/aws and the sandbox only', () => {
    expect(imports(not(under('src/aws/', 'src/sandbox/')), under('@aws-sdk/', '@smithy/'))).toEqual([]);
  });

  test('listr2 is a view', () => {
    expect(imports(not(under('src/views/')), under('listr2'))).toEqual([]);
  });

  test('the sandbox and the program know each other through commands only', () => {
    const shared = under('src/sandbox/', 'src/commands/', 'src/cli.ts');
    expect(imports(not(shared), under('src/sandbox/'))).toEqual([]);
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

  test('the lock file names versions and hashes, not addresses', () => {
    expect(matches('package-lock.json', read('package-lock.json'), /"resolved": "(https?|git)/)).toEqual([]);
  });
});
