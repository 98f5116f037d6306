import { describe, expect, test } from 'vitest';
import type { Pool } from '../../src/domain/snapshot.ts';
import { OperatorError } from '../../src/errors.ts';
import { reachFindings, type Inbound, type Reach } from '../../src/run/doctor/reach.ts';
import { world } from '../support/worlds.ts';

/** Whether load balancers reach what a new release boots. */

const POOLS = world([]).pools.map((pool) => ({ ...pool, loadBalancers: ['arn:balancer'] }));
const EVERYWHERE: Inbound = { ports: [0, 65_535], groups: ['sg-balancer'], byAddress: false };

function seen(
  rule: Partial<Inbound> | 'none',
  more: Partial<Reach> = {},
  pools: readonly Pool[] = POOLS,
): readonly string[] {
  const reach: Reach = {
    balancers: new Map([['arn:balancer', ['sg-balancer']]]),
    servers: new Map([
      ['i-1', ['sg-web']],
      ['i-2', ['sg-web']],
    ]),
    inbound: new Map([['sg-web', rule === 'none' ? [] : [{ ...EVERYWHERE, ...rule }]]]),
    ...more,
  };
  return reachFindings(pools, reach).map(({ state, says, next }) => [state, says, ...next].join(' | '));
}

describe('open', () => {
  test.each<[string, Partial<Inbound>]>([
    ['to the security group of the load balancer', {}],
    ['at that port alone', { ports: [8080, 8080] }],
    ['to addresses, which are not compared', { groups: [], byAddress: true }],
  ])('%s', (_, rule) => {
    expect(seen(rule)).toEqual(['ok | Security groups let the load balancers reach the servers at port 8080.']);
  });

  test('where ELB has reached a server, which may have other interfaces', () => {
    const [prod] = POOLS;
    const target = { id: 'i-1', port: 8080, state: 'healthy' } as const;
    expect(seen('none', {}, [{ ...prod!, targets: [target] }])[0]).toMatch(/^ok/);
  });
});

describe('closed', () => {
  test.each<[string, Partial<Inbound> | 'none']>([
    ['without a rule', 'none'],
    ['at another port', { ports: [80, 8079] }],
    ['to another security group', { groups: ['sg-other'] }],
  ])('%s', (_, rule) => {
    expect(seen(rule)).toEqual(
      ['prod', 'test'].map(
        (pool) =>
          `failure | No security group of 2 servers that serve (sg-web) lets the load balancer (sg-balancer) of ${pool} in at port 8080: no server that is like them becomes healthy there. | \`aws ec2 authorize-security-group-ingress --group-id sg-web --protocol tcp --port 8080 --source-group sg-balancer\` lets it in.`,
      ),
    );
  });

  test('to the addresses of a load balancer without a security group', () => {
    const said = seen({}, { balancers: new Map([['arn:balancer', []]]) });
    expect(said).toHaveLength(2);
    expect(said[0]).toContain('--cidr CIDR-OF-THE-SUBNETS');
  });

  test('only for servers that have other security groups', () => {
    const servers = new Map([
      ['i-1', ['sg-web']],
      ['i-2', ['sg-old', 'sg-ssh']],
    ]);
    const said = seen({}, { servers });
    expect(said).toHaveLength(2);
    expect(said[0]).toContain('No security group of 1 server that serves (sg-old and sg-ssh)');
  });
});

test('is not checked where it may not be read, and not where nobody serves or nothing leads there', () => {
  const denied = new OperatorError('access-denied', 'Not allowed.', { next: ['Allow it.'] });
  expect(reachFindings(POOLS, denied)).toMatchObject([{ state: 'not-checked', next: ['Allow it.'] }]);
  expect(seen({}, { servers: new Map() })).toEqual([]);
  expect(seen({}, {}, world([]).pools)).toEqual([]);
});
