import { describe, expect, it } from 'vitest';
import { readConfig } from '../../src/config/read.ts';
import { resolveConfig } from '../../src/config/resolve.ts';
import { mistakesIn, withLines } from '../support/config.ts';

function sandboxOf(line: string) {
  const read = readConfig('shop.yml', withLines(line), {});
  if ('problems' in read) throw new Error(read.shown);
  return resolveConfig(read.data, '/srv/shop/shop.yml').sandbox;
}

describe("the sandbox's DNS", () => {
  it('has a default for everything, and is absent by default', () => {
    const times = { processing: 20, propagation: 500, insync: 1_000, ttl: 2_000 };
    expect(sandboxOf('sandbox: { dns: {} }')?.dns).toEqual({ port: 4553, ...times });
    expect(sandboxOf('sandbox: { dns: { insync: 1m, ttl: 1m30s } }')?.dns).toMatchObject({
      insync: 60_000,
      ttl: 90_000,
    });
    expect(sandboxOf('sandbox: {}')).not.toHaveProperty('dns');
  });

  it.each([
    ['a TTL of parts of a second', '{ ttl: 1500ms }', 'sandbox.dns.ttl: expected a duration of whole seconds'],
    ['a TTL with parts of a second', '{ ttl: 1s500ms }', 'sandbox.dns.ttl: expected a duration of whole seconds'],
    ['a propagation after INSYNC', '{ propagation: 2s, insync: 1s }', 'sandbox.dns.propagation: expected no more'],
    ['the port of the API', '{ port: 4566 }', 'sandbox.dns.port: expected a different port; found that of port'],
  ])('refuses %s', (_, dns, mistake) => {
    expect(mistakesIn(withLines(`sandbox: { dns: ${dns} }`)).join('\n')).toContain(mistake);
  });
});
