import { describe, expect, test } from 'vitest';
import { OperatorError } from '../../src/errors.ts';
import { commands } from '../../src/commands/index.ts';
import { tasks } from '../../tasks/index.ts';
import { flagsOf, positionalsOf, readOptions, typedOptions } from '../../tasks/options.ts';

/** What the values of the command line are as options of a task. */
function read(verb: keyof typeof tasks, args: Readonly<Record<string, unknown>>): object {
  return readOptions(tasks[verb].options, args);
}

function usageOf(verb: keyof typeof tasks, args: Readonly<Record<string, unknown>>): OperatorError {
  try {
    read(verb, args);
  } catch (error) {
    if (error instanceof OperatorError) return error;
    throw error;
  }
  throw new Error('It was accepted.');
}

describe('the options of a task', () => {
  test('are read under their keys, typed', () => {
    expect(
      read('promote', { 'min-healthy': '75%', steps: '1,10,100', every: '1m30s', batch: '2', to: 50, yes: true }),
    ).toEqual({ minHealthy: { percent: 75 }, steps: [1, 10, 100], every: 90, batch: { count: 2 }, to: 50 });
    expect(read('rollback', { 'min-healthy': '0' })).toEqual({ minHealthy: { count: 0 } });
    expect(read('drain', { instances: ['i-1'], self: true, 'allow-downtime': true })).toEqual({
      instances: ['i-1'],
      self: true,
      allowDowntime: true,
    });
    expect(read('deploy', { instance: ['i-1', 'i-2'], release: 'v1.2' })).toEqual({
      instances: ['i-1', 'i-2'],
      release: 'v1.2',
    });
  });

  test('are typed as a shell takes them, and one without a value by its name alone', () => {
    const { options } = tasks.cleanup;
    expect(Object.fromEntries(typedOptions(options, { wait: true, release: '42' }))).toEqual({
      wait: ['--wait'],
      release: ['--release 42'],
    });
    const given = { ignoreAlarm: ['5xx of shop'] };
    expect([...typedOptions(tasks.promote.options, given).values()]).toEqual([["--ignore-alarm '5xx of shop'"]]);
  });

  test('a release is one word of a command, and no option', () => {
    expect(read('up', { release: 'v1.2/a=b' })).toEqual({ release: 'v1.2/a=b' });
    for (const release of ['-42', 'a b', '', "a'b"])
      expect(usageOf('up', { release }).message).toContain('--release takes 1 to 128 letters');
  });

  test('that were not given are not there', () => {
    expect(read('drain', { instances: [], 'min-healthy': undefined })).toEqual({});
    expect(read('cleanup', { wait: '15m', discard: false })).toEqual({ wait: true, discard: false });
  });

  test.each([
    ['promote', { 'min-healthy': 'two' }, /^--min-healthy takes/, '--min-healthy 3 or --min-healthy 75%'],
    ['promote', { 'min-healthy': '101%' }, /^--min-healthy takes/, '--min-healthy 3'],
    ['promote', { 'min-healthy': ['1', '2'] }, /^--min-healthy takes/, '--min-healthy 3'],
    ['promote', { batch: '0' }, /^--batch takes/, '--batch 2 or --batch 25%'],
    ['promote', { batch: '0%' }, /^--batch takes/, '--batch 2'],
    ['promote', { steps: '10,5' }, /^--steps takes ascending/, '--steps 1,10,50,100'],
    ['promote', { every: '0s' }, /^--every takes a duration/, '--every 90s'],
    ['promote', { to: 101 }, /^--to takes a whole number from 1 to 100/, '--to 10'],
    ['up', { count: Number.NaN }, /^--count takes a whole number from 1 to 1000/, '--count 3'],
    ['up', { release: ['1', '2'] }, /^--release takes .* only once/, '--release 42'],
    ['drain', { instances: ['web-1'] }, /^web-1 is not the id of an instance/, 'i-0123456789abcdef0'],
  ] as const)('%s %o is refused with a sentence and an example', (verb, args, says, example) => {
    const { code, message, next } = usageOf(verb, args);
    expect(code).toBe('usage');
    expect(message).toMatch(says);
    expect(next.join()).toContain(`For example: ${example}`);
  });

  test('and the command line know each other by the same names', () => {
    for (const task of Object.values(tasks)) {
      const command = commands.find(({ usage }) => usage.split(' ')[0] === task.verb)!;
      expect(command.usage).toBe(`${task.verb}${positionalsOf(task.options)}`);
      for (const [name, form] of Object.entries(flagsOf(task.options))) {
        expect(command.options).toHaveProperty([name]);
        expect(form.describe).toMatch(/^[A-Z]/);
      }
    }
    expect(positionalsOf(tasks.drain.options)).toBe(' [instances..]');
    expect(Object.keys(flagsOf(tasks.deploy.options))).toEqual(['instance', 'self', 'release']);
  });
});
