import { connect } from 'node:net';
import { once } from 'node:events';
import { Agent, request } from 'undici';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { App } from '../support/app.ts';
import { forwardTo } from '../support/elbv2.ts';
import { poll } from '../support/poll.ts';
import { Stage } from '../support/stage.ts';

let stage: Stage;
let blue: string;
let url: string;

beforeEach(async () => {
  stage = new Stage();
  blue = await stage.group('blue');
  ({ url } = await stage.listen(forwardTo({ [blue]: 1 })));
});

afterEach(async () => {
  await stage.close();
});

interface Answer {
  readonly status: number;
  readonly body: string;
  readonly headers: Record<string, string | string[] | undefined>;
}

async function get(path = '/', options: Parameters<typeof request>[1] = {}): Promise<Answer> {
  const { statusCode, headers, body } = await request(url + path, options);
  return { status: statusCode, headers, body: await body.text() };
}

async function serving(id: string): Promise<App> {
  const app = await stage.app(id);
  await stage.join(blue, id);
  return app;
}

describe('a load balancer', () => {
  it("responds with ALB's 503 page when the group is empty", async () => {
    const { status, headers, body } = await get();
    expect([status, headers['server'], headers['content-type']]).toEqual([503, 'awselb/2.0', 'text/html']);
    expect(body).toContain('<center><h1>503 Service Temporarily Unavailable</h1></center>');
    expect(stage.elb.service.traffic()).toEqual({
      total: 1,
      inFlight: 0,
      failed: 1,
      rows: [{ loadBalancer: 'web', targetGroup: 'blue', release: '', status: 503, error: 'no-target', count: 1 }],
    });
  });

  it('takes turns', async () => {
    for (const id of ['i-1', 'i-2', 'i-3']) await serving(id);
    const bodies: string[] = [];
    for (let count = 0; count < 6; count += 1) bodies.push((await get()).body);
    expect(bodies.slice(0, 3).toSorted()).toEqual(['i-1', 'i-2', 'i-3']);
    expect(bodies.slice(3)).toEqual(bodies.slice(0, 3));
  });

  it('chooses the target with the fewest outstanding requests, if set', async () => {
    const [first, second] = [await serving('i-1'), await serving('i-2')];
    const Attributes = [{ Key: 'load_balancing.algorithm.type', Value: 'least_outstanding_requests' }];
    await stage.elb.call('ModifyTargetGroupAttributes', { TargetGroupArn: blue, Attributes });
    const held = [get('/hold'), get('/hold')];
    await poll(() => first.held === 1 && second.held === 1, 'each holds one');
    second.release();
    await Promise.race(held);
    for (let count = 0; count < 4; count += 1) expect((await get()).body).toBe('i-2');
    first.release();
    await Promise.all(held);
  });

  it('moves to another port, and closes its port when the listener is deleted', async () => {
    await serving('i-1');
    const { Listeners } = await stage.elb.call('DescribeListeners', {
      LoadBalancerArn: (await stage.elb.call('DescribeLoadBalancers')).LoadBalancers[0].LoadBalancerArn,
    });
    const [{ ListenerArn, Port: old }] = Listeners;
    const spare = await new App('spare', '127.0.0.1').start();
    await spare.kill();
    await stage.elb.call('ModifyListener', { ListenerArn, Port: spare.port });
    expect(stage.elb.service.urls()).toEqual([
      { loadBalancer: 'web', listenerArn: ListenerArn, url: `http://127.0.0.1:${spare.port}` },
    ]);
    await expect(request(`http://127.0.0.1:${old}/`)).rejects.toThrow('ECONNREFUSED');
    url = `http://127.0.0.1:${spare.port}`;
    expect((await get()).body).toBe('i-1');
    await stage.elb.call('DeleteListener', { ListenerArn });
    await expect(get()).rejects.toThrow('ECONNREFUSED');
  });

  it('adds its headers, keeps Host, and removes hop-by-hop headers', async () => {
    const app = await serving('i-1');
    await get('/', {
      headers: { host: 'shop.example', 'x-forwarded-for': '10.1.1.1', 'x-own': 'kept', te: 'trailers' },
    });
    const [{ headers } = { headers: {} }] = app.seen;
    expect(headers).toMatchObject({
      host: 'shop.example',
      'x-own': 'kept',
      'x-forwarded-for': '10.1.1.1, 127.0.0.1',
      'x-forwarded-proto': 'http',
      'x-forwarded-port': new URL(url).port,
      'x-amzn-trace-id': expect.stringMatching(/^Root=1-[0-9a-f]{8}-[0-9a-f]{24}$/),
    });
    expect(headers).not.toHaveProperty('te');
  });

  it('forwards bodies of any size in both directions', async () => {
    await serving('i-1');
    const body = 'x'.repeat(3_000_000);
    const answer = await get('/echo', { method: 'POST', body });
    expect(answer.body.length).toBe(body.length);
  });

  it('keeps connections alive on both sides', async () => {
    const app = await serving('i-1');
    const dispatcher = new Agent({ connections: 1 });
    for (let count = 0; count < 5; count += 1) {
      expect((await get('/', { dispatcher })).headers['connection']).toBe('keep-alive');
    }
    expect(new Set(app.seen.map(({ remotePort }) => remotePort)).size).toBe(1);
    await dispatcher.close();
  });

  it('sends a client with a persistent connection to another target after deregistration of the first', async () => {
    await serving('i-1');
    const dispatcher = new Agent({ connections: 1 });
    expect((await get('/', { dispatcher })).body).toBe('i-1');
    await serving('i-2');
    await stage.deregister(blue, 'i-1');
    expect((await get('/', { dispatcher })).body).toBe('i-2');
    await dispatcher.close();
  });
});

describe('a target that fails', () => {
  it('leads to 502 without a retry when it refuses connections', async () => {
    const app = await serving('i-1');
    await serving('i-2');
    await app.kill();
    const statuses = [(await get()).status, (await get()).status];
    expect(new Set(statuses)).toEqual(new Set([200, 502]));
    expect(stage.elb.service.traffic().rows).toContainEqual(
      expect.objectContaining({ status: 502, error: 'target-refused', release: '1', count: 1 }),
    );
  });

  it('leads to 502 when it closes the connection, also for a request with a body', async () => {
    await serving('i-1');
    expect((await get('/die')).status).toBe(502);
    const answer = await get('/die', { method: 'POST', body: 'x'.repeat(1_000_000) });
    expect([answer.status, answer.headers['server']]).toEqual([502, 'awselb/2.0']);
    expect((await get()).status).toBe(200);
  });

  it('leads to an incomplete response when it dies in the middle of one', async () => {
    const app = await serving('i-1');
    const { statusCode, body } = await request(`${url}/half`);
    expect(statusCode).toBe(200);
    await app.kill();
    await expect(body.text()).rejects.toThrow('other side closed');
    expect(stage.elb.service.traffic()).toMatchObject({ failed: 1, rows: [{ status: 200, error: 'target-closed' }] });
  });

  it('leads to 504 when it sends no data for the idle timeout', async () => {
    await serving('i-1');
    const { LoadBalancers } = await stage.elb.call('DescribeLoadBalancers');
    const Attributes = [{ Key: 'idle_timeout.timeout_seconds', Value: '0.1' }];
    await stage.elb.call('ModifyLoadBalancerAttributes', { ...LoadBalancers[0], Attributes });
    expect((await get('/hold')).status).toBe(504);
    expect(stage.elb.service.traffic().rows).toMatchObject([{ status: 504, error: 'target-timeout' }]);
  });

  it('gets no requests once it is unhealthy, unless all are (fail-open)', async () => {
    const [first, second] = [await serving('i-1'), await serving('i-2')];
    first.healthy = false;
    await poll(
      async () => (await stage.elb.health(blue)).includes('i-1 unhealthy Target.ResponseCodeMismatch'),
      'i-1 out',
    );
    expect([(await get()).body, (await get()).body]).toEqual(['i-2', 'i-2']);
    const Key = 'target_group_health.unhealthy_state_routing.minimum_healthy_targets.percentage';
    for (const [Value, bodies] of [
      ['51', ['i-1', 'i-2']],
      ['50', ['i-2', 'i-2']],
    ] as const) {
      await stage.elb.call('ModifyTargetGroupAttributes', { TargetGroupArn: blue, Attributes: [{ Key, Value }] });
      expect([(await get()).body, (await get()).body].toSorted()).toEqual(bodies);
    }
    second.healthy = false;
    await poll(
      async () => (await stage.elb.health(blue)).includes('i-2 unhealthy Target.ResponseCodeMismatch'),
      'i-2 out',
    );
    expect([(await get()).body, (await get()).body].toSorted()).toEqual(['i-1', 'i-2']);
  });
});

describe('a client that goes away', () => {
  it('is counted as 460', async () => {
    const app = await serving('i-1');
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    socket.write('GET /hold HTTP/1.1\r\nHost: a\r\n\r\n');
    await poll(() => app.held === 1, 'the request arrives');
    expect(stage.elb.service.traffic().inFlight).toBe(1);
    socket.destroy();
    await once(socket, 'close');
    await poll(() => stage.elb.service.traffic().inFlight === 0, 'it is counted out');
    expect(stage.elb.service.traffic().rows).toMatchObject([{ status: 460, error: 'client-closed', count: 1 }]);
  });
});

describe('the traffic counts', () => {
  it('keep requests in flight when they are reset', async () => {
    const app = await serving('i-1');
    await get();
    const held = get('/hold');
    await poll(() => app.held === 1, 'the request arrives');
    stage.elb.service.resetTraffic();
    expect(stage.elb.service.traffic()).toEqual({ total: 1, inFlight: 1, failed: 0, rows: [] });
    app.release();
    await held;
    expect(stage.elb.service.traffic()).toMatchObject({ total: 1, inFlight: 0, rows: [{ status: 200, count: 1 }] });
  });
});
