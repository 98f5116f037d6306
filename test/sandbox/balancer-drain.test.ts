import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { request } from 'undici';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { holding, type App } from '../support/app.ts';
import { forwardTo } from '../support/elbv2.ts';
import { poll } from '../support/poll.ts';
import { Stage } from '../support/stage.ts';

let stage: Stage;
let group: string;
let url: string;
let first: App;

beforeEach(async () => {
  stage = new Stage();
  group = await stage.group('blue');
  ({ url } = await stage.listen(forwardTo({ [group]: 1 })));
  first = await stage.app('i-1', '1');
  await stage.app('i-2', '2');
  await stage.join(group, 'i-1');
});

afterEach(async () => {
  await stage.close();
});

async function get(path = '/'): Promise<{ status: number; body: string }> {
  const { statusCode, body } = await request(url + path);
  return { status: statusCode, body: await body.text() };
}

async function gone(id: string): Promise<void> {
  await poll(async () => !(await stage.elb.health(group)).some((line) => line.startsWith(id)), `${id} is gone`);
}

describe('a deregistered target', () => {
  it('gets no new requests, and finishes those in flight', async () => {
    const held = get('/hold');
    await holding(first);
    await stage.join(group, 'i-2');
    await stage.deregister(group, 'i-1');
    expect(stage.elb.service.inFlight()).toEqual([{ targetGroup: 'blue', id: 'i-1', port: first.port, count: 1 }]);
    for (let count = 0; count < 4; count += 1) expect((await get()).body).toBe('i-2');
    first.release();
    expect(await held).toEqual({ status: 200, body: 'i-1' });
    expect(stage.elb.service.inFlight()).toEqual([]);
  });

  it('has its requests ended with a 502 after the deregistration delay', async () => {
    const held = get('/hold');
    await holding(first);
    await stage.deregister(group, 'i-1');
    expect((await held).status).toBe(502);
    expect(await stage.elb.health(group)).toEqual([]);
    expect(stage.elb.service.traffic().rows).toMatchObject([{ status: 502, error: 'drain-ended', release: '1' }]);
  });

  it('loses no request because this process, which is all of them, was too busy for longer than the delay', async () => {
    const slow = await stage.app('i-3', '3', 100);
    await stage.join(group, 'i-3');
    await stage.deregister(group, 'i-1');
    const asked = get();
    await poll(() => slow.seen.length === 1, 'the request to arrive');
    await stage.deregister(group, 'i-3');
    const since = performance.now();
    while (performance.now() < since + 500);
    expect(await asked).toEqual({ status: 200, body: 'i-3' });
  });

  it('keeps its requests when it is registered again before', async () => {
    const held = get('/hold');
    await holding(first);
    await stage.deregister(group, 'i-1');
    await stage.join(group, 'i-1');
    expect((await get()).body).toBe('i-1');
    const since = performance.now();
    await poll(() => performance.now() - since > 400, 'the delay would be over');
    first.release();
    expect(await held).toEqual({ status: 200, body: 'i-1' });
  });

  it('still gets requests for the propagation time, then none', async () => {
    stage.times.propagationMs = 200;
    await stage.join(group, 'i-2');
    await stage.deregister(group, 'i-1');
    const since = performance.now();
    const late = [(await get()).body, (await get()).body, (await get()).body, (await get()).body];
    expect(late.filter((body) => body === 'i-1')).toHaveLength(2);
    await poll(() => performance.now() - since > 200, 'the propagation time is over');
    await poll(async () => (await get()).body === 'i-2' && (await get()).body === 'i-2', 'only i-2 answers');
    const seen = first.seen.length;
    for (let count = 0; count < 6; count += 1) await get();
    expect(first.seen).toHaveLength(seen);
  });

  it('leaves an empty group: 503', async () => {
    await stage.deregister(group, 'i-1');
    expect((await get()).status).toBe(503);
  });
});

describe('a change of weights', () => {
  it('reaches the data plane after the propagation time', async () => {
    const green = await stage.group('green');
    const { arn, url: other } = await stage.listen(forwardTo({ [green]: 1 }), 'test');
    await stage.join(green, 'i-2');
    stage.times.propagationMs = 150;
    await stage.elb.call('ModifyListener', {
      ListenerArn: arn,
      DefaultActions: [{ Type: 'fixed-response', FixedResponseConfig: { StatusCode: '200', MessageBody: 'closed' } }],
    });
    const since = performance.now();
    const ask = async (): Promise<string> => await (await request(other)).body.text();
    expect(await ask()).toBe('i-2');
    await poll(async () => (await ask()) === 'closed', 'the new rule is in force');
    expect(performance.now() - since).toBeGreaterThanOrEqual(140);
  });
});

describe('a web socket', () => {
  async function open(): Promise<Socket> {
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    const head = [
      'GET /ws HTTP/1.1',
      'Host: a',
      'Connection: Upgrade',
      'Upgrade: websocket',
      'Sec-WebSocket-Version: 13',
    ];
    socket.write([...head, 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==', '', ''].join('\r\n'));
    const [answer] = await once(socket, 'data');
    expect(String(answer)).toMatch(/^HTTP\/1\.1 101 /);
    expect(String(answer)).toContain('Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=');
    return socket;
  }

  async function echoed(socket: Socket, text: string): Promise<string> {
    socket.write(text);
    const [answer] = await once(socket, 'data');
    return String(answer);
  }

  it('is a tunnel to one target', async () => {
    const socket = await open();
    expect(await echoed(socket, 'hello')).toBe('hello');
    expect(stage.elb.service.traffic().inFlight).toBe(1);
    socket.end();
    await once(socket, 'close');
    await poll(() => stage.elb.service.traffic().inFlight === 0, 'it is counted out');
    expect(stage.elb.service.traffic().rows).toMatchObject([{ status: 101, error: '', release: '1' }]);
  });

  it('works while its target is draining, and is closed at the end of the delay', async () => {
    const socket = await open();
    await stage.deregister(group, 'i-1');
    expect(await echoed(socket, 'still here')).toBe('still here');
    expect(stage.elb.service.inFlight()).toMatchObject([{ id: 'i-1', count: 1 }]);
    await once(socket, 'close');
    await gone('i-1');
    expect(stage.elb.service.traffic().rows).toMatchObject([{ status: 101, error: 'drain-ended' }]);
  });

  it('is refused with 503 when the group is empty, and with 502 when the target is dead', async () => {
    await first.kill();
    const dead = await fetchUpgrade();
    expect(dead).toMatch(/^HTTP\/1\.1 502 /);
    await stage.deregister(group, 'i-1');
    expect(await fetchUpgrade()).toMatch(/^HTTP\/1\.1 503 /);
  });

  async function fetchUpgrade(): Promise<string> {
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    socket.write('GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
    const chunks = await socket.toArray();
    return Buffer.concat(chunks as Buffer[]).toString();
  }
});

describe('a deleted listener', () => {
  it('lets requests in flight finish, then closes their connections', async () => {
    const { LoadBalancers } = await stage.elb.call('DescribeLoadBalancers');
    const { Listeners } = await stage.elb.call('DescribeListeners', LoadBalancers[0]);
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    socket.write('GET /hold HTTP/1.1\r\nHost: a\r\n\r\n');
    await holding(first);
    await stage.elb.call('DeleteListener', Listeners[0]);
    first.release();
    const [answer] = await once(socket, 'data');
    expect(String(answer)).toMatch(/^HTTP\/1\.1 200 /);
    socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    const rest = Buffer.concat((await socket.toArray()) as Buffer[]).toString();
    expect(rest).toMatch(/HTTP\/1\.1 200 [^]*connection: close/i);
  });
});
