/** The name server over sockets, with Node's resolver and with handmade messages. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { Resolver } from 'node:dns/promises';
import { connect } from 'node:net';
import packet from 'dns-packet';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { queryServer } from '../../src/sandbox/dns/client.ts';
import { createResolver } from '../../src/sandbox/dns/resolver.ts';
import { startNameServer, type NameServer } from '../../src/sandbox/dns/server.ts';
import { create, NamesRig, plain, upsert, weighted } from '../support/names.ts';
import { VirtualClock } from '../support/virtual-clock.ts';

const WWW = 'www.shop.test';
const NO_NAME = 3;
const REFUSED = 5;

let clock: VirtualClock;
let rig: NamesRig;
let zone: string;
let server: NameServer;
let resolver: Resolver;

beforeEach(async () => {
  clock = new VirtualClock();
  rig = new NamesRig(clock);
  zone = await rig.zone();
  await rig.change(zone, create(weighted('blue', 255, '127.0.0.2')), create(weighted('green', 0, '127.0.0.3')));
  server = await startNameServer({ state: rig.route53.state, port: 0 });
  resolver = new Resolver({ timeout: 2_000, tries: 3 });
  resolver.setServers([server.server]);
});
afterEach(() => server.close());

/** Moves all weight to green in one batch. */
async function toGreen(): Promise<void> {
  await rig.change(zone, upsert(weighted('blue', 0, '127.0.0.2')), upsert(weighted('green', 255, '127.0.0.3')));
}

describe("node's resolver", () => {
  test('gets addresses with their TTL, SOA, NS, and errors', async () => {
    expect(await resolver.resolve4(WWW, { ttl: true })).toEqual([{ address: '127.0.0.2', ttl: 60 }]);
    expect(await resolver.resolveSoa('shop.test')).toMatchObject({ nsname: 'ns-2048.awsdns-64.com', minttl: 86_400 });
    expect(await resolver.resolveNs('shop.test')).toHaveLength(4);
    await expect(resolver.resolve4('none.shop.test')).rejects.toMatchObject({ code: 'ENOTFOUND' });
    await expect(resolver.resolveMx(WWW)).rejects.toMatchObject({ code: 'ENODATA' });
    await expect(resolver.resolve4('elsewhere.test')).rejects.toMatchObject({ code: 'EREFUSED' });
  });

  test('sees the new weights as soon as they are published, and its questions are counted', async () => {
    rig.times.insyncMs = 1_000;
    rig.times.propagationMs = 1_000;
    await toGreen();
    expect(await resolver.resolve4(WWW)).toEqual(['127.0.0.2']);
    await clock.advance(1_000);
    expect(await resolver.resolve4(WWW)).toEqual(['127.0.0.3']);
    expect(server.possible(WWW)).toEqual(['127.0.0.3']);
    expect(server.report()).toEqual({ queries: 2, answers: { [`${WWW} A`]: { '127.0.0.2': 1, '127.0.0.3': 1 } } });
    server.reset();
    expect(server.report()).toEqual({ queries: 0, answers: {} });
  });

  test('gets answers in proportion to the weights', async () => {
    await rig.change(zone, upsert(weighted('blue', 90, '127.0.0.2')), upsert(weighted('green', 10, '127.0.0.3')));
    const answers: string[][] = [];
    // A few concurrently: with more, UDP messages within one process would be lost.
    while (answers.length < 500) {
      answers.push(...(await Promise.all(Array.from({ length: 20 }, () => resolver.resolve4(WWW)))));
    }
    const green = answers.filter(([address]) => address === '127.0.0.3').length;
    // Fifty are expected; the probability of fewer than 20 or more than 90 is one in a million.
    expect(green).toBeGreaterThan(20);
    expect(green).toBeLessThan(90);
  });

  test('gets a long answer over TCP', async () => {
    const values = Array.from({ length: 40 }, (_, index) => ({ Value: `127.0.1.${index + 1}` }));
    await rig.change(zone, create(plain('many.shop.test', '', { ResourceRecords: values })));
    expect(await resolver.resolve4('many.shop.test')).toHaveLength(40);
  });
});

describe('messages', () => {
  test('a response that is too long for UDP is truncated, and complete over TCP', async () => {
    const values = Array.from({ length: 40 }, (_, index) => ({ Value: `127.0.1.${index + 1}` }));
    await rig.change(zone, create(plain('many.shop.test', '', { ResourceRecords: values })));
    const query = packet.encode({ type: 'query', id: 7, questions: [{ name: 'many.shop.test', type: 'A' }] });
    const [cut] = await overUdp(query);
    expect(packet.decode(cut)).toMatchObject({ id: 7, flag_tc: true, answers: [] });
    expect(await queryServer(server, { name: 'many.shop.test', type: 'A' })).toMatchObject({
      transport: 'tcp',
      flag_tc: false,
    });
    const roomy = await queryServer(server, { name: 'many.shop.test', type: 'A', payload: 1_232 });
    expect(roomy).toMatchObject({ transport: 'tcp' });
    expect(roomy.answers).toHaveLength(40);
  });

  test('only EDNS is answered with EDNS; the question is returned as it was spelled', async () => {
    const told = await queryServer(server, { name: 'wWw.Shop.test', type: 'A', payload: 4_096 });
    expect(told.additionals).toMatchObject([{ type: 'OPT', udpPayloadSize: 1_232 }]);
    expect(told.questions).toEqual([{ name: 'wWw.Shop.test', type: 'A', class: 'IN' }]);
    expect(told.answers).toMatchObject([{ name: 'wWw.Shop.test', ttl: 60, data: '127.0.0.2' }]);
    expect(told).toMatchObject({ flag_aa: true, flag_ra: false, rcode: 0 });
    expect((await queryServer(server, { name: WWW, type: 'A' })).additionals).toEqual([]);
  });

  test('NXDOMAIN comes with the SOA record, REFUSED with nothing, over UDP and TCP', async () => {
    for (const tcp of [false, true]) {
      const none = await queryServer(server, { name: 'none.shop.test', type: 'A', tcp });
      expect(none).toMatchObject({
        rcode: NO_NAME,
        flag_aa: true,
        answers: [],
        authorities: [{ type: 'SOA', ttl: 900 }],
      });
      const outside = await queryServer(server, { name: 'elsewhere.test', type: 'A', tcp });
      expect(outside).toMatchObject({ rcode: REFUSED, flag_aa: false, answers: [], authorities: [] });
    }
  });

  test('a message that is not a query gets no response or FORMERR, and does no harm', async () => {
    const malformed = Buffer.alloc(14, 0xff);
    malformed.writeUInt16BE(9, 0);
    malformed[2] = 0;
    const [answer] = await overUdp(Buffer.from('short'), malformed);
    expect(answer.readUInt16BE(0)).toBe(9);
    expect(answer[3]! & 15).toBe(1);
    const notify = packet.encode({ type: 'query', id: 8, flags: 4 << 11, questions: [{ name: WWW, type: 'A' }] });
    const [refused] = await overUdp(notify);
    expect(refused[3]! & 15).toBe(4);
    expect(await resolver.resolve4(WWW)).toEqual(['127.0.0.2']);
  });

  test('several questions come over one TCP connection, in pieces', async () => {
    const query = packet.streamEncode({ type: 'query', id: 1, questions: [{ name: WWW, type: 'A' }] });
    const socket = connect(server.port, server.address);
    const both = Buffer.concat([query, query]);
    socket.write(both.subarray(0, query.length + 5));
    let received = Buffer.alloc(0);
    for await (const chunk of socket as AsyncIterable<Buffer>) {
      if (received.length === 0) socket.write(both.subarray(query.length + 5));
      received = Buffer.concat([received, chunk]);
      const length = 2 + received.readUInt16BE(0);
      if (received.length >= 2 * length) break;
    }
    expect(packet.decode(received, 2)).toMatchObject({ id: 1, answers: [{ data: '127.0.0.2' }] });
  });

  /** The first answer to any of these messages. */
  async function overUdp(...messages: Buffer[]): Promise<[Buffer]> {
    const socket = createSocket('udp4');
    try {
      for (const message of messages) socket.send(message, server.port, server.address);
      return (await once(socket, 'message', { signal: AbortSignal.timeout(5_000) })) as [Buffer];
    } finally {
      socket.close();
    }
  }
});

describe('a caching resolver', () => {
  const started = (overrunMs = 0) =>
    createResolver({ server, clock, overrunMs, possible: (name) => server.possible(name) });

  test('keeps answers for their TTL, and counts old ones', async () => {
    const cache = started();
    expect(await cache.resolve(WWW)).toEqual(['127.0.0.2']);
    await toGreen();
    await clock.advance(59_999);
    expect(await cache.resolve('WWW.shop.test.')).toEqual(['127.0.0.2']);
    expect(cache.report()).toEqual({ lookups: 2, hits: 1, overrun: 0, old: 1, lastOldAt: clock.now() });
    await clock.advance(1);
    expect(await cache.resolve(WWW)).toEqual(['127.0.0.3']);
    expect(cache.report()).toMatchObject({ lookups: 3, hits: 1, old: 1 });
    expect(server.report().queries).toBe(2);
  });

  test('keeps them longer if overrunMs is set', async () => {
    const cache = started(10_000);
    await cache.resolve(WWW);
    await toGreen();
    await clock.advance(69_999);
    expect(await cache.resolve(WWW)).toEqual(['127.0.0.2']);
    expect(cache.report()).toMatchObject({ overrun: 1, old: 1 });
    cache.overrunMs = 0;
    expect(await cache.resolve(WWW)).toEqual(['127.0.0.3']);
  });

  test('during propagation neither the new answer nor the previous one is old', async () => {
    const cache = started();
    Object.assign(rig.times, { propagationMs: 0, insyncMs: 1_000 });
    await toGreen();
    await clock.advance(500);
    await cache.resolve(WWW);
    expect(server.possible(WWW).toSorted()).toEqual(['127.0.0.2', '127.0.0.3']);
    expect(cache.report().old).toBe(0);
  });

  test('follows CNAME records to other zones, and keeps the answer for the shortest TTL', async () => {
    const other = await rig.zone('cdn.test');
    await rig.change(other, create(plain('edge.cdn.test', '127.0.0.9', { TTL: 5 })));
    await rig.change(zone, create(plain('cdn.shop.test', 'edge.cdn.test', { Type: 'CNAME', TTL: 300 })));
    const cache = started();
    expect(await cache.resolve('cdn.shop.test')).toEqual(['127.0.0.9']);
    await rig.change(other, upsert(plain('edge.cdn.test', '127.0.0.8', { TTL: 5 })));
    await clock.advance(5_000);
    expect(await cache.resolve('cdn.shop.test')).toEqual(['127.0.0.8']);
  });

  test('sends one query for concurrent lookups, and is a lookup function for sockets', async () => {
    const cache = createResolver({ server, clock: systemClock });
    const all = await Promise.all(Array.from({ length: 20 }, () => cache.resolve(WWW)));
    expect(all.flat()).toEqual(Array(20).fill('127.0.0.2'));
    expect(server.report().queries).toBe(1);
    const looked = (name: string, every: boolean) =>
      new Promise((resolve) => cache.lookup(name, { all: every }, (...said) => resolve(said)));
    expect(await looked(WWW, false)).toEqual([null, '127.0.0.2', 4]);
    expect(await looked(WWW, true)).toEqual([null, [{ address: '127.0.0.2', family: 4 }]]);
    expect(await looked('none.shop.test', false)).toMatchObject([{ code: 'ENOTFOUND' }, '', 4]);
  });
});

describe('starting', () => {
  test('a port that is in use is reported', async () => {
    const second = startNameServer({ state: rig.route53.state, port: server.port });
    await expect(second).rejects.toMatchObject({ code: 'port-taken' });
  });
});
