import { describe, expect, it } from 'vitest';
import { readConfig } from '../../src/config/read.ts';
import { LEAST, mistakesIn, withLines } from '../support/config.ts';

const read = (text: string, env: Readonly<Record<string, string>>) => {
  const result = readConfig('shop.yml', text, env);
  if ('problems' in result) throw new Error(result.shown);
  return result.data;
};

describe('variables of the environment in a config file', () => {
  it('stand in values, whole or in part', () => {
    const data = read(withLines('region: ${REGION}', 'endpoint: http://${HOST}:${PORT}'), {
      REGION: 'eu-west-1',
      HOST: 'localhost',
      PORT: '4566',
    });
    expect(data).toMatchObject({ region: 'eu-west-1', endpoint: 'http://localhost:4566' });
  });

  it.each([
    ['set', { P: 'ann' }, 'ann'],
    ['empty', { P: '' }, 'shop'],
    ['unset', {}, 'shop'],
  ])('have a default for when they are not set: %s', (_, env, profile) => {
    expect(read(withLines('profile: ${P:-shop}'), env).profile).toBe(profile);
  });

  it('are read as what the key wants', () => {
    const data = read(
      withLines('aws: { maxAttempts: "${N}" }', "sandbox: { release: '${R}', adopted: '${A}', releases: ['7'] }"),
      {
        N: '3',
        R: '7',
        A: 'false',
      },
    );
    expect(data.aws.maxAttempts).toBe(3);
    expect(data.sandbox).toMatchObject({ release: '7', adopted: false });
  });

  it('never become YAML', () => {
    expect(read(withLines('profile: ${P}'), { P: 'a: [b' }).profile).toBe('a: [b');
  });

  it('must be set', () => {
    expect(mistakesIn(withLines('aws: { maxAttempts: "${N}" }'), { N: '' })).toEqual([
      'aws.maxAttempts: expected the environment variable N to be set; found it unset or empty; set it, or use ${N:-default}',
    ]);
  });

  it('can be escaped, and must be well formed', () => {
    expect(read(withLines('profile: a$${B}c'), {}).profile).toBe('a${B}c');
    expect(mistakesIn(withLines('profile: a${B c}'))).toEqual([
      'profile: expected ${NAME} or ${NAME:-default}, or $${ for a literal ${',
    ]);
  });

  it('leave $Latest and user data alone', () => {
    const text = LEAST.replace(
      '  kind: ec2',
      '  kind: ec2\n  launchTemplate: { name: web, version: $Latest }\n  userData: echo ${HOME} {release}',
    );
    expect(read(text, { HOME: '/root', Latest: 'no' }).fleet).toMatchObject({
      launchTemplate: { version: '$Latest' },
      userData: 'echo ${HOME} {release}',
    });
  });
});
