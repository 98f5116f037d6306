import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { configFiles } from '../../src/config/load.ts';
import { OperatorError } from '../../src/errors.ts';
import { statusLines } from '../../src/views/status-line.ts';
import { report } from './views.samples.ts';

test('a line for each environment, also for one that cannot be read', () => {
  const broken = new OperatorError('config-invalid', 'config/b.yml:1:1 is wrong.\nAnd more.');
  const quiet = { ...report(), environment: 'quiet', unreadable: [], trouble: 'no such file' };
  const all = [
    { file: 'a.yml', status: report() },
    { file: 'config/b.yml', status: broken },
    { file: 'c.yml', status: quiet },
  ];
  expect(statusLines(all.slice(1), 60)).toMatchInlineSnapshot(`
    "config/b.yml    not known    config/b.yml:1:1 is wrong. And
                                 more.
    quiet           2/3 healthy  42 serves; 41 is parked;
                                 promote of 42 is unfinished;
                                 the store cannot be read"
  `);
  expect(statusLines(all.slice(1), 45)).toMatchInlineSnapshot(`
    "config/b.yml    not known
        config/b.yml:1:1 is wrong. And more.
    quiet           2/3 healthy
        42 serves; 41 is parked; promote of 42 is
        unfinished; the store cannot be read"
  `);
  expect(statusLines(all, Infinity)).toMatchInlineSnapshot(`
    "production      2/3 healthy  42 serves; 41 is parked; promote of 42 is unfinished
    config/b.yml    not known    config/b.yml:1:1 is wrong. And more.
    quiet           2/3 healthy  42 serves; 41 is parked; promote of 42 is unfinished; the store cannot be read"
  `);
});

test('that something else has moved production is in the line', () => {
  const { lease: _lease, goal: _goal, ...known } = report();
  const moved = { file: 'a.yml', status: { ...known, movedByOthers: 'prod leads to 41 now, and led to 42.' } };
  expect(statusLines([moved], Infinity)).toContain('moved by something other than turnout');
  expect(statusLines([{ ...moved, status: known }], Infinity)).not.toContain('moved by');
});

test('the configs are those of the folder that is named, of the file that is named, or of config/', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'turnout-all-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  mkdirSync(path.join(folder, 'config'));
  for (const name of ['config/b.yml', 'config/a.yaml', 'config/.hidden.yml', 'config/x.json', 'own.yml'])
    writeFileSync(path.join(folder, name), '');
  const files = (named?: string, env = {}) => configFiles({ path: named, env, cwd: folder });
  expect(files()).toEqual(['config/a.yaml', 'config/b.yml']);
  expect(files('config')).toEqual(['config/a.yaml', 'config/b.yml']);
  expect(files('own.yml')).toEqual(['own.yml']);
  expect(files(undefined, { TURNOUT_CONFIG: 'own.yml' })).toEqual(['own.yml']);
  expect(() => files('nowhere')).toThrow(expect.objectContaining({ code: 'config-missing' }));
});
