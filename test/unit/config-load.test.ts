import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/config/load.ts';
import { OperatorError } from '../../src/errors.ts';
import { LEAST } from '../support/config.ts';

let cwd: string;
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'turnout-config-'));
});
afterEach(() => rmSync(cwd, { recursive: true }));

const write = (name: string, text = LEAST) => {
  mkdirSync(join(cwd, 'config'), { recursive: true });
  writeFileSync(join(cwd, name), text);
};

const errorOf = (options: { path?: string; env?: Record<string, string> } = {}): OperatorError => {
  try {
    loadConfig({ env: {}, cwd, ...options });
  } catch (error) {
    if (error instanceof OperatorError) return error;
    throw error;
  }
  throw new Error('it loaded');
};

describe('the config file', () => {
  it('is the only one in config/', () => {
    write('config/production.yaml');
    write('config/turnout.schema.json', '{}');
    expect(loadConfig({ env: {}, cwd })).toMatchObject({
      file: join(cwd, 'config/production.yaml'),
      store: { path: join(cwd, '.turnout/shop.db') },
    });
  });

  it('is the one that --config names, or else TURNOUT_CONFIG', () => {
    for (const name of ['a', 'b', 'c']) write(`config/${name}.yml`, LEAST.replace('shop\n', `${name}\n`));
    const env = { TURNOUT_CONFIG: 'config/b.yml' };
    expect(loadConfig({ path: 'config/a.yml', env, cwd }).environment).toBe('a');
    expect(loadConfig({ env, cwd }).environment).toBe('b');
    expect(loadConfig({ path: join(cwd, 'config/c.yml'), env: {}, cwd }).environment).toBe('c');
  });

  it('must be named when there are several', () => {
    write('config/production.yml');
    write('config/staging.yml');
    const error = errorOf();
    expect(error.code).toBe('config-several');
    expect(error.message).toBe('There are several config files: config/production.yml, config/staging.yml.');
    expect(error.next[0]).toContain('--config config/production.yml');
  });

  it('must be there', () => {
    expect(errorOf().code).toBe('config-missing');
    expect(errorOf({ path: 'nowhere.yml' })).toMatchObject({
      code: 'config-unreadable',
      message: expect.stringContaining('The config file nowhere.yml cannot be read: ENOENT'),
    });
    expect(errorOf({ path: '.' }).code).toBe('config-unreadable');
  });

  it('is refused with all of its mistakes', () => {
    write('config/shop.yml', LEAST.replace('ec2', 'ecs').replace('shop-test', 'shop_test'));
    const error = errorOf();
    expect(error).toMatchObject({ code: 'config-invalid', exitCode: 2 });
    expect(error.message).toContain('config/shop.yml has 2 mistakes:\n\nconfig/shop.yml:3:9  fleet.kind\n');
  });

  it('shares its default store with those who come by a symbolic link', () => {
    write('config/shop.yml');
    symlinkSync(join(cwd, 'config/shop.yml'), join(cwd, 'link.yml'));
    expect(loadConfig({ path: 'link.yml', env: {}, cwd }).store).toMatchObject({ path: join(cwd, '.turnout/shop.db') });
  });

  it('is frozen', () => {
    write('config/shop.yml');
    const config = loadConfig({ env: {}, cwd });
    expect(Object.isFrozen(config.traffic.production[0])).toBe(true);
  });
});
