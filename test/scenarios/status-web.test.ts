import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { inBrowser, needsBrowser } from '../support/browser.ts';
import { withLines } from '../support/config.ts';
import { poll } from '../support/poll.ts';
import { Program } from '../support/program.ts';
import { quickSandbox } from '../support/quick-sandbox.ts';

/** `turnout status --web`: one page, for this machine and for who has its address. */

/** The program beside a sandbox, without traffic: a browser leaves a small machine no time for it. */
async function programs(): Promise<(command: string) => Program> {
  const sandbox = await quickSandbox({ instances: 2 });
  const folder = await mkdtemp(path.join(tmpdir(), 'turnout-web-'));
  const config = path.join(folder, 'shop.yml');
  await writeFile(config, withLines('aws: { requestsPerSecond: 50, consistencyDelay: 100ms }'));
  const started: Program[] = [];
  onTestFinished(async () => {
    await Promise.all(started.map((program) => program[Symbol.asyncDispose]()));
    await sandbox.close();
    await rm(folder, { recursive: true });
  });
  const env = {
    PATH: process.env['PATH'] ?? '',
    HOME: folder,
    AWS_ENDPOINT_URL: sandbox.url,
    AWS_REGION: sandbox.region,
    AWS_ACCESS_KEY_ID: 'sandbox',
    AWS_SECRET_ACCESS_KEY: 'sandbox',
  };
  return (command) => {
    const program = new Program(command, [...command.split(' '), '--config', config], { cwd: folder, env });
    started.push(program);
    return program;
  };
}

async function urlOf(program: Program): Promise<URL> {
  await poll(() => program.written.includes('Ctrl-C ends it'), 'the address of the page', 60_000);
  return new URL(program.written.split('\n')[0] ?? '');
}

/** The status of an answer, to a request with any headers. */
async function statusFor(url: URL, headers: Readonly<Record<string, string>> = {}, method = 'GET'): Promise<number> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { method, headers, agent: false }, (answer) => {
      answer.resume();
      resolve(answer.statusCode ?? 0);
    });
    sent.on('error', reject).end();
  });
}

describe('the page of status', () => {
  test('is for who has its address, under its own name, and ends with Ctrl-C', async () => {
    const start = await programs();
    const program = start('status --web');
    const url = await urlOf(program);
    expect(url.hostname).toBe('127.0.0.1');
    const answer = await fetch(url);
    expect([answer.status, answer.headers.get('cache-control')]).toEqual([200, 'no-store']);
    expect(answer.headers.get('content-security-policy')).toMatch(/default-src 'none';.*frame-ancestors 'none'/);
    expect(answer.headers.get('access-control-allow-origin')).toBeNull();
    expect(await statusFor(new URL('state', url))).toBe(200);
    expect(await statusFor(url, { origin: url.origin })).toBe(200);
    // A name that leads to loopback, a page of another site, a guess, and what is beside the page.
    expect(await statusFor(url, { host: `evil.example:${url.port}` })).toBe(404);
    expect(await statusFor(url, { host: `localhost:${url.port}` })).toBe(404);
    expect(await statusFor(url, { origin: 'http://evil.example' })).toBe(404);
    expect(await statusFor(new URL('/', url))).toBe(404);
    expect(await statusFor(new URL(`/${'A'.repeat(32)}/`, url))).toBe(404);
    expect(await statusFor(new URL('other', url))).toBe(404);
    expect(await statusFor(url, {}, 'POST')).toBe(405);
    process.kill(program.pid, 'SIGINT');
    expect(await program.ended).toMatchObject({ exitCode: 0, signal: null });
  });

  test('is live in a browser: releases, runs, and that it is not live any more', async ({ skip }) => {
    needsBrowser({ skip });
    const start = await programs();
    const program = start('status --web');
    const url = await urlOf(program);
    await inBrowser(async (page) => {
      await page.goto(url.href, { width: 400 });
      const text = async () => page.evaluate<string>('document.body.innerText');
      const before = await text();
      expect(before).toMatch(
        /shop[\s\S]*No run is under way\.[\s\S]*41[\s\S]*blue[\s\S]*Production: shop-production[\s\S]*2 of 2 healthy/,
      );
      expect(await page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth')).toBe(
        0,
      );
      expect(await start('up --release 42 --yes').ended).toMatchObject({ exitCode: 0 });
      await poll(
        async () => /42[\s\S]*green[\s\S]*History[\s\S]*up 42[\s\S]*done/.test(await text()),
        'the page to show 42',
        30_000,
      );
      const fills = await page.evaluate<readonly string[]>(
        `[...document.querySelectorAll('svg.share rect')].map((bar) => bar.getAttribute('fill'))`,
      );
      expect(new Set(fills).size, 'the releases are painted differently').toBe(2);
      process.kill(program.pid, 'SIGINT');
      await program.ended;
      await poll(
        async () => (await text()).includes('Not live: turnout does not answer.'),
        'the page to say so',
        30_000,
      );
    });
  });
});
