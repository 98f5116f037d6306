import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { MarkerConfig } from '../../src/config/config.ts';
import type { ReleaseAnswer, ReleaseAnswers } from '../../src/domain/snapshot.ts';
import { createProduction } from '../../src/production/index.ts';
import { readMarker } from '../../src/production/marker.ts';
import { cnameAlone } from '../support/cname-alone.ts';
import { counted, notAsked } from '../../src/production/production.ts';

const BASE = { url: 'http://shop/', answers: 5, timeoutMs: 1000 };

describe('a marker', () => {
  const answer = { status: 200, headers: { 'x-release': '42' }, body: '{"build":{"release":42,"at":null}}' };
  const read = (marker: Partial<MarkerConfig>, received: Partial<typeof answer> = {}): ReleaseAnswer =>
    readMarker({ ...BASE, ...marker }, { ...answer, ...received });

  test.each<[string, Partial<MarkerConfig>]>([
    ['a header', { header: 'X-Release' }],
    ['JSON', { json: 'build.release' }],
    ['what a group matches', { regexp: 'release":(\\d+)' }],
    ['what a pattern matches', { regexp: '\\b42\\b' }],
  ])('finds the release in %s', (_what, marker) => {
    expect(read(marker)).toEqual({ release: '42' });
  });

  test.each<[string, Partial<MarkerConfig>, string]>([
    ['a header that is not there', { header: 'x-other' }, 'no release in the header x-other'],
    ['JSON without the key', { json: 'build.other.more' }, 'no release in the JSON at build.other.more'],
    ['JSON that is null there', { json: 'build.at' }, 'no release in the JSON at build.at'],
    ['a pattern that matches nothing', { regexp: 'v(\\d+)' }, 'no release in what matches v(\\d+)'],
  ])('says when there is none: %s', (_what, marker, failed) => {
    expect(read(marker)).toEqual({ failed });
  });

  test('an error page is no answer, whatever it says', () => {
    expect(read({ json: 'build.release' }, { status: 503 })).toEqual({ failed: 'HTTP 503' });
    expect(read({ header: 'X-Release' }, { status: 302 })).toEqual({ failed: 'HTTP 302' });
    expect(read({ json: 'release' }, { body: '<html>' })).toEqual({ failed: 'no release in the JSON at release' });
  });
});

describe('answers in a row', () => {
  const start: ReleaseAnswers = notAsked({ by: 'marker', url: 'http://shop/', wanted: 5 });
  const of = (...releases: string[]): ReleaseAnswers =>
    counted(
      start,
      releases.map((release) => (release === '' ? { failed: 'HTTP 503' } : { release })),
    );

  test('begin anew with another release, and with a failure', () => {
    expect(of('41', '42', '42')).toMatchObject({ last: { release: '42' }, streak: 2, asked: 3 });
    expect(of('42', '42', '41', '42')).toMatchObject({ last: { release: '42' }, streak: 1 });
    expect(of('42', '42', '')).toMatchObject({ streak: 0, last: { failed: 'HTTP 503' } });
    expect(of('42', '', '42')).toMatchObject({ last: { release: '42' }, streak: 1 });
  });

  test('go on from one look to the next', () => {
    expect(counted(of('42', '42'), [{ release: '42' }])).toMatchObject({ streak: 3, asked: 3 });
  });
});

describe('asking production', () => {
  async function serve(server: Server): Promise<string> {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => void server.close());
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  }

  test('each answer comes over a connection of its own', async () => {
    let connections = 0;
    const server = createServer((_request, response) => void response.end('{"release":"42"}'));
    server.on('connection', () => (connections += 1));
    const production = createProduction({ ...BASE, url: await serve(server), json: 'release' });
    expect([...(await production.ask()), ...(await production.ask())]).toEqual(
      Array.from({ length: 10 }, () => ({ release: '42' })),
    );
    expect(connections).toBe(10);
  });

  test('what does not answer in time, in full or at all has failed', async () => {
    const silent = await serve(createServer(() => {}));
    const ask = async (url: string) => createProduction({ ...BASE, answers: 1, timeoutMs: 50, url, json: 'x' }).ask();
    expect(await ask(silent)).toEqual([{ failed: 'no answer within 0.05 s' }]);
    const cut = createServer((_request, response) => {
      response.writeHead(200, { 'content-length': '100' }).write('{"rel');
      response.socket?.end();
    });
    expect(await ask(await serve(cut))).toEqual([{ failed: expect.stringMatching(/aborted|ECONNRESET|cut off/) }]);
    expect(await ask('http://127.0.0.1:1/')).toEqual([{ failed: expect.stringContaining('ECONNREFUSED') }]);
  });

  test.each([1, 5])('a name server that knows no address is an error with a sentence (%i at once)', async (answers) => {
    const server = await cnameAlone();
    const url = 'http://shop.example.test/';
    const production = createProduction({ ...BASE, url, answers, json: 'x', nameServers: [server] });
    const failed = `${server} knows no address of shop.example.test`;
    expect(await production.ask()).toEqual(Array.from({ length: answers }, () => ({ failed })));
  });
});
