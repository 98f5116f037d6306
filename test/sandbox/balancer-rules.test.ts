import type { Action, RuleCondition } from '@aws-sdk/client-elastic-load-balancing-v2';
import { request } from 'undici';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { forwardTo } from '../support/elbv2.ts';
import { Stage } from '../support/stage.ts';

let stage: Stage;
let blue: string;
let green: string;
let listener: string;
let url: string;
let priority: number;

/** Reproducible pseudorandom numbers from 0 to 1. */
function seeded(): () => number {
  let state = 42;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return state / 2 ** 31;
  };
}

beforeEach(async () => {
  priority = 0;
  stage = new Stage({ random: seeded() });
  [blue, green] = [await stage.group('blue'), await stage.group('green')];
  ({ arn: listener, url } = await stage.listen(forwardTo({ [blue]: 1, [green]: 0 })));
  await stage.app('i-blue', '1');
  await stage.app('i-green', '2');
  await stage.join(blue, 'i-blue');
  await stage.join(green, 'i-green');
});

afterEach(async () => {
  await stage.close();
});

async function rule(conditions: RuleCondition[], action: Action): Promise<void> {
  priority += 1;
  const input = { ListenerArn: listener, Priority: priority, Conditions: conditions, Actions: [action] };
  await stage.elb.call('CreateRule', input);
}

async function ask(path = '/', headers: Record<string, string> = {}, method = 'GET'): Promise<string> {
  return await (await request(url + path, { headers, method })).body.text();
}

async function weigh(weights: Record<string, number>): Promise<void> {
  await stage.elb.call('ModifyListener', { ListenerArn: listener, DefaultActions: [forwardTo(weights)] });
}

describe('weights', () => {
  it('distribute requests in proportion', async () => {
    await weigh({ [blue]: 90, [green]: 10 });
    for (let count = 0; count < 500; count += 1) await ask();
    const { rows } = stage.elb.service.traffic();
    const shares = new Map(rows.map(({ targetGroup, count }) => [targetGroup, count]));
    expect(shares.get('green')).toBeGreaterThan(25);
    expect(shares.get('green')).toBeLessThan(80);
    expect((shares.get('green') ?? 0) + (shares.get('blue') ?? 0)).toBe(500);
  });

  it('of 0 get nothing, and a switch is one call', async () => {
    for (let count = 0; count < 20; count += 1) expect(await ask()).toBe('i-blue');
    await weigh({ [blue]: 0, [green]: 1 });
    for (let count = 0; count < 20; count += 1) expect(await ask()).toBe('i-green');
  });

  it('have no failover: an empty group with a weight answers 503', async () => {
    await stage.deregister(green, 'i-green');
    await weigh({ [blue]: 0, [green]: 1 });
    expect((await request(url)).statusCode).toBe(503);
    await weigh({ [blue]: 0, [green]: 0 });
    expect((await request(url)).statusCode).toBe(503);
  });
});

describe('rules', () => {
  it.each<[string, RuleCondition, () => Promise<string>, () => Promise<string>]>([
    [
      'path-pattern',
      { Field: 'path-pattern', Values: ['/v?/*'] },
      async () => await ask('/v2/x?q=1'),
      async () => await ask('/v10/x'),
    ],
    [
      'host-header',
      { Field: 'host-header', HostHeaderConfig: { Values: ['*.example'] } },
      async () => await ask('/', { host: 'GREEN.example:81' }),
      async () => await ask('/', { host: 'green.example.org' }),
    ],
    [
      'http-header',
      { Field: 'http-header', HttpHeaderConfig: { HttpHeaderName: 'X-Try', Values: ['yes*'] } },
      async () => await ask('/', { 'x-try': 'Yes please' }),
      async () => await ask('/', { 'x-other': 'yes' }),
    ],
    [
      'query-string',
      { Field: 'query-string', QueryStringConfig: { Values: [{ Key: 'try', Value: '1' }] } },
      async () => await ask('/?a=1&try=1'),
      async () => await ask('/?a=1&try=2'),
    ],
    [
      'http-request-method',
      { Field: 'http-request-method', HttpRequestMethodConfig: { Values: ['PUT'] } },
      async () => await ask('/', {}, 'PUT'),
      async () => await ask('/', {}, 'POST'),
    ],
  ])('match by %s', async (_field, condition, matching, other) => {
    await rule([condition], forwardTo({ [green]: 1 }));
    expect([await matching(), await other()]).toEqual(['i-green', 'i-blue']);
  });

  it('match by source-ip, and only when all conditions do', async () => {
    const sourceIp = (block: string): RuleCondition => ({ Field: 'source-ip', SourceIpConfig: { Values: [block] } });
    await rule([sourceIp('10.0.0.0/8')], forwardTo({ [green]: 1 }));
    await rule([sourceIp('127.0.0.0/8'), { Field: 'path-pattern', Values: ['/a'] }], forwardTo({ [green]: 1 }));
    expect([await ask('/'), await ask('/a')]).toEqual(['i-blue', 'i-green']);
  });

  it('can return fixed responses', async () => {
    const FixedResponseConfig = { StatusCode: '404', ContentType: 'application/json', MessageBody: '{}' };
    await rule([{ Field: 'path-pattern', Values: ['/no'] }], { Type: 'fixed-response', FixedResponseConfig });
    const { statusCode, headers, body } = await request(`${url}/no`);
    expect([statusCode, headers['content-type'], headers['server']]).toEqual([404, 'application/json', 'awselb/2.0']);
    expect(await body.text()).toBe('{}');
  });

  it('can redirect, with the parts of the request', async () => {
    const RedirectConfig = { StatusCode: 'HTTP_301', Protocol: 'HTTPS', Port: '443', Path: '/new/#{path}' } as const;
    await rule([{ Field: 'path-pattern', Values: ['/old*'] }], { Type: 'redirect', RedirectConfig });
    const { statusCode, headers } = await request(`${url}/old/a?b=c`, { headers: { host: 'shop.example' } });
    expect([statusCode, headers['location']]).toEqual([301, 'https://shop.example:443/new/old/a?b=c']);
  });
});

describe('stickiness', () => {
  /** The cookies that a browser would send back. */
  async function cookies(): Promise<string> {
    const { headers, body } = await request(url);
    await body.text();
    return [headers['set-cookie'] ?? []]
      .flat()
      .map((cookie) => cookie.split(';')[0])
      .join('; ');
  }

  it('keeps a client on its target, and chooses another when that one is gone', async () => {
    // Beside another group it would take a sticky rule.
    await stage.elb.call('ModifyListener', { ListenerArn: listener, DefaultActions: [forwardTo({ [blue]: 1 })] });
    const Attributes = [{ Key: 'stickiness.enabled', Value: 'true' }];
    await stage.elb.call('ModifyTargetGroupAttributes', { TargetGroupArn: blue, Attributes });
    await stage.app('i-more', '1');
    await stage.join(blue, 'i-more');
    const cookie = await cookies();
    expect(cookie).toMatch(/^AWSALB=/);
    const target = await ask('/', { cookie });
    for (let count = 0; count < 6; count += 1) expect(await ask('/', { cookie })).toBe(target);
    await stage.deregister(blue, target);
    expect(await ask('/', { cookie })).toBe(target === 'i-more' ? 'i-blue' : 'i-more');
  });

  it('keeps a client in its target group whatever the weights are, even an empty one', async () => {
    const sticky = (weights: Record<string, number>): Action => {
      const { ForwardConfig } = forwardTo(weights);
      const TargetGroupStickinessConfig = { Enabled: true, DurationSeconds: 60 };
      return { Type: 'forward', ForwardConfig: { ...ForwardConfig, TargetGroupStickinessConfig } };
    };
    const modify = async (action: Action): Promise<void> =>
      await stage.elb.call('ModifyListener', { ListenerArn: listener, DefaultActions: [action] });
    await modify(sticky({ [blue]: 1, [green]: 0 }));
    const cookie = await cookies();
    await modify(sticky({ [blue]: 0, [green]: 1 }));
    expect([await ask('/', { cookie }), await ask()]).toEqual(['i-blue', 'i-green']);
    await stage.deregister(blue, 'i-blue');
    expect((await request(url, { headers: { cookie } })).statusCode).toBe(503);
    await modify(sticky({ [green]: 1 }));
    expect(await ask('/', { cookie })).toBe('i-green');
  });
});

describe('slow start', () => {
  it('gives a new target a share that grows', async () => {
    stage.elb.service.setGroupTimes(blue, { slowStartMs: 60_000 });
    await stage.app('i-new', '2');
    await stage.join(blue, 'i-new');
    const bodies: string[] = [];
    for (let count = 0; count < 100; count += 1) bodies.push(await ask());
    expect(bodies.filter((body) => body === 'i-new').length).toBeLessThan(20);
  });
});
