import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { troubleshootingPage } from '../tools/docs/troubleshooting.ts';
import { codesOf, parse, textsOf, type Source } from './support/source.ts';

/** Every code of a refusal, and of an error that an operator can fix, is reached by a test. */

const root = path.resolve(import.meta.dirname, '..');

function sources(...folders: readonly string[]): readonly Source[] {
  const args = ['ls-files', '-z', '--cached', '--others', '--exclude-standard', ...folders];
  const files = execFileSync('git', args, { cwd: root }).toString().split('\0');
  const own = files.filter((file) => file.endsWith('.ts') && existsSync(path.join(root, file)));
  return own.map((file) => parse(file, readFileSync(path.join(root, file), 'utf8')));
}

/** AWS's own codes, as the emulator has them, and those of the library that checks the config. */
const NOT_OURS = /^(src\/sandbox\/(ec2|elbv2|opsworks|route53|s3|ssm|cloudwatch|api)\/|src\/config\/issues\.ts)/;
/** Tests, contracts, and the worlds that tell contracts what to expect. */
const ASSERTING = /(\.(test|contract)|^test\/contracts\/\w+-world)\.ts$/;
const SHAPE = /^[a-z]+(-[a-z0-9]+)*$/;

/** What a template stands for. */
const FILLED: Readonly<Record<string, readonly string[]>> = {
  '*-exists': ['green-exists', 'parked-exists', 'rejected-exists', 'retired-exists'],
};

function codes(): readonly string[] {
  const found = sources('src', 'tasks').filter(({ file }) => !NOT_OURS.test(file));
  const all = found
    .flatMap((source) => codesOf(source))
    .filter((code) => code !== '')
    .flatMap((code) => FILLED[code] ?? [code]);
  return [...new Set(all)].toSorted();
}

/** Not reached by a test, and why. */
const UNTESTED: Readonly<Record<string, string>> = {
  'lease-changed':
    'another process must take the lease while a question of `unlock` stands open; forceRelease is tested for it',
  'loopback-full': 'all blocks of loopback addresses would have to be taken from the sandboxes of other tests',
};

test('codes are words with hyphens', () => {
  expect(codes().filter((code) => !SHAPE.test(code))).toEqual([]);
  expect(codes().length).toBeGreaterThan(100);
}, 60_000);

test('each one is on the page for troubleshooting, with what is said or can be done', () => {
  const page = troubleshootingPage(root);
  // The last one is that of the library that checks the config.
  const endings = ['done', 'fault', 'held', 'interrupted', 'needs-attention', 'planned', 'custom'];
  expect(codes().filter((code) => !endings.includes(code) && !page.includes(`\n## ${code}\n`))).toEqual([]);
  const sections = page.split('\n## ').slice(1);
  expect(sections.filter((text) => !/^(?:> |- )\S/m.test(text)).map((text) => text.split('\n')[0])).toEqual([]);
}, 60_000);

test('each one is asserted by a test', () => {
  const asserting = sources('test').filter(
    ({ file, code }) => ASSERTING.test(file) && file !== 'test/codes.test.ts' && /\bexpect|missing:/.test(code),
  );
  const asserted = new Set(asserting.flatMap((source) => textsOf(source)));
  expect(codes().filter((code) => !asserted.has(code))).toEqual(Object.keys(UNTESTED));
}, 60_000);
