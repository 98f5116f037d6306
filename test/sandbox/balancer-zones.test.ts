import { Agent, request } from 'undici';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { forwardTo } from '../support/elbv2.ts';
import { poll } from '../support/poll.ts';
import { Stage } from '../support/stage.ts';

/** Without cross-zone load balancing the clients of a zone reach the targets of that zone only. */

let stage: Stage;
let group: string;
let url: string;

beforeEach(async () => {
  stage = new Stage({ subnet: (id) => ({ zone: id.replace('subnet-', 'zone-'), vpcId: 'vpc-1' }) });
  group = await stage.group('web');
  ({ url } = await stage.listen(forwardTo({ [group]: 1 })));
  await add('i-a1', 'zone-a');
  await add('i-a2', 'zone-a');
  await add('i-b1', 'zone-b');
});

afterEach(async () => {
  await stage.close();
});

async function add(id: string, zone: string): Promise<void> {
  await stage.app(id);
  stage.machines.put(id, { zone });
  await stage.join(group, id);
}

async function set(Key: string, Value: string): Promise<void> {
  await stage.elb.call('ModifyTargetGroupAttributes', { TargetGroupArn: group, Attributes: [{ Key, Value }] });
}

/** Who answers a client that stays connected, or with which status nobody does. */
async function client(requests = 4): Promise<string> {
  const agent = new Agent({ connections: 1 });
  const seen = new Set<string>();
  for (let n = 0; n < requests; n += 1) {
    const { statusCode, body } = await request(url, { dispatcher: agent });
    const text = await body.text();
    seen.add(statusCode === 200 ? text : String(statusCode));
  }
  await agent.close();
  return [...seen].toSorted().join(' ');
}

async function clients(): Promise<readonly string[]> {
  return [await client(), await client()].toSorted();
}

describe('cross-zone load balancing', () => {
  it('is on for an Application Load Balancer: each client reaches all', async () => {
    expect(await clients()).toEqual(['i-a1 i-a2 i-b1', 'i-a1 i-a2 i-b1']);
  });

  it('is turned off for a group: each client reaches its own zone, and stays there when that has nothing left', async () => {
    await set('load_balancing.cross_zone.enabled', 'false');
    expect(await clients()).toEqual(['i-a1 i-a2', 'i-b1']);
    await stage.deregister(group, 'i-b1');
    expect(await clients()).toEqual(['503', 'i-a1 i-a2']);
    await set('load_balancing.cross_zone.enabled', 'true');
    expect(await clients()).toEqual(['i-a1 i-a2', 'i-a1 i-a2']);
  });

  it('is off for a Network Load Balancer until it is turned on there', async () => {
    const net = { Name: 'net', Type: 'network', Subnets: ['subnet-a', 'subnet-b'] };
    const { LoadBalancers } = await stage.elb.call('CreateLoadBalancer', net);
    const [{ LoadBalancerArn }] = LoadBalancers;
    const { TargetGroups } = await stage.elb.call('CreateTargetGroup', {
      Name: 'tcp',
      Protocol: 'TCP',
      HealthCheckProtocol: 'HTTP',
      HealthCheckPath: '/health',
      Port: 80,
      VpcId: 'vpc-1',
    });
    group = TargetGroups[0].TargetGroupArn;
    const DefaultActions = [forwardTo({ [group]: 1 })];
    const { Listeners } = await stage.elb.call('CreateListener', {
      LoadBalancerArn,
      Protocol: 'TCP',
      Port: 0,
      DefaultActions,
    });
    url = `http://127.0.0.1:${Listeners[0].Port}/`;
    stage.elb.service.setGroupTimes(group, { intervalMs: 100, timeoutMs: 80 });
    await stage.join(group, 'i-a1', 'i-b1');
    expect(await clients()).toEqual(['i-a1', 'i-b1']);
    const Attributes = [{ Key: 'load_balancing.cross_zone.enabled', Value: 'true' }];
    await stage.elb.call('ModifyLoadBalancerAttributes', { LoadBalancerArn, Attributes });
    expect(await clients()).toEqual(['i-a1 i-b1', 'i-a1 i-b1']);
  });

  it('counts the healthy targets that a group wants in each zone', async () => {
    await set('load_balancing.cross_zone.enabled', 'false');
    await set('target_group_health.unhealthy_state_routing.minimum_healthy_targets.count', '2');
    await add('i-b2', 'zone-b');
    stage.apps.get('i-b2')!.healthy = false;
    const isSick = async () => (await stage.elb.health(group)).some((line) => line.startsWith('i-b2 unhealthy'));
    await poll(isSick, 'i-b2 unhealthy');
    // Zone b has one, and so its clients get what is unhealthy there, too; zone a has two.
    expect(await clients()).toEqual(['i-a1 i-a2', 'i-b1 i-b2']);
  });

  it('is needed for stickiness', async () => {
    await set('load_balancing.cross_zone.enabled', 'false');
    await expect(set('stickiness.enabled', 'true')).rejects.toThrow('Stickiness is not supported');
  });
});
