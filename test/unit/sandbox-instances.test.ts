import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { reserveBlock } from '../../src/sandbox/instances/addresses.ts';
import type { App } from '../../src/sandbox/instances/app.ts';
import { behaviour, OK } from '../../src/sandbox/instances/behaviour.ts';
import { commandApp } from '../../src/sandbox/instances/command-app.ts';
import { createGuardian } from '../../src/programs/guardian.ts';
import { eventually, startCloud, type Cloud } from '../support/cloud.ts';

async function answers(url: string): Promise<number | 'no answer'> {
  return await fetch(url, { signal: AbortSignal.timeout(1_000) }).then(
    (response) => response.body?.cancel().then(() => response.status) ?? response.status,
    () => 'no answer' as const,
  );
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

describe('the bundled app', () => {
  let cloud: Cloud;
  beforeEach(async () => {
    cloud = await startCloud();
  });
  afterEach(() => cloud.close());

  async function boot(): Promise<{ id: string; url: string }> {
    const { id, address } = cloud.instances.launch({ zone: 'eu-west-1a', zoneIndex: 0, release: '41' });
    await eventually('a running instance', () => cloud.instances.find(id)?.state === 'running');
    return { id, url: `http://${address}:8080` };
  }

  test('is healthy, sick on demand, and heals', async () => {
    const { id, url } = await boot();
    expect(await answers(`${url}/health`)).toBe(200);
    const fault = cloud.faults.add({ kind: 'sick', instance: id });
    expect(await answers(`${url}/health`)).toBe(503);
    expect(await answers(`${url}/`)).toBe(200);
    cloud.faults.remove(fault);
    expect(await answers(`${url}/health`)).toBe(200);
  });

  test('is restarted with another release by a deploy; requests in flight fail', async () => {
    const { id, url } = await boot();
    const inFlight = answers(`${url}/_app/slow?ms=5000`);
    const sent = await answers(`${url}/`);
    const deploy = async (instance: string) =>
      fetch(`${cloud.url}/_turnout/deploy`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ instance, release: '42', ms: 20 }),
      });
    expect([sent, (await deploy(id)).status, await inFlight]).toEqual([200, 200, 'no answer']);
    expect(await (await fetch(`${url}/`)).json()).toMatchObject({ release: '42', instance: id });
    expect(cloud.instances.find(id)?.release).toBe('42');
    expect((await deploy('i-nowhere')).status).toBe(409);
  });

  test('is slow on demand: all of it, or one request', async () => {
    const { id, url } = await boot();
    const took = async (page: string) => {
      const began = performance.now();
      await answers(`${url}${page}`);
      return performance.now() - began;
    };
    expect(await took('/_app/slow?ms=120')).toBeGreaterThan(100);
    cloud.faults.add({ kind: 'slow', instance: id, ms: 120 });
    expect(await took('/health')).toBeGreaterThan(100);
    cloud.faults.add({ kind: 'heal', instance: id });
    expect(await took('/health')).toBeLessThan(100);
  });

  test('crashes and recovers; the instance keeps running', async () => {
    const { id, url } = await boot();
    const open = fetch(`${url}/_app/slow?ms=60000`);
    const fault = cloud.faults.add({ kind: 'crash', instance: id });
    await expect(open).rejects.toThrow('fetch failed');
    expect(await answers(url)).toBe('no answer');
    expect(cloud.instances.find(id)?.state).toBe('running');
    cloud.faults.remove(fault);
    await eventually('the app', async () => (await answers(url)) === 200);
  });

  test('can be controlled by requests to itself', async () => {
    const { url } = await boot();
    await fetch(`${url}/_app/sick`, { method: 'POST' });
    expect(await answers(`${url}/health`)).toBe(503);
    await fetch(`${url}/_app/heal`, { method: 'POST' });
    expect(await answers(`${url}/health`)).toBe(200);
    await fetch(`${url}/_app/die`, { method: 'POST' }).catch(() => {});
    expect(await answers(url)).toBe('no answer');
  });

  test('of a sick release is sick from the start, and a lost instance is terminated', async () => {
    cloud.faults.add({ kind: 'release', release: '41', behaviour: 'sick' });
    const { id, url } = await boot();
    expect(await answers(`${url}/health`)).toBe(503);
    cloud.faults.clear();
    expect(await answers(`${url}/health`)).toBe(200);
    cloud.faults.add({ kind: 'die', instance: id });
    expect(await answers(url)).toBe('no answer');
    expect(cloud.instances.find(id)).toMatchObject({ state: 'terminated', reason: { Code: 'Server.InternalError' } });
  });

  test('that crashes dies soon after its start, while the instance runs', async () => {
    cloud.faults.add({ kind: 'release', release: '41', behaviour: 'crash' });
    const { id, url } = await boot();
    await eventually('the crash', async () => (await answers(url)) === 'no answer');
    expect(cloud.instances.find(id)?.state).toBe('running');
  });
});

describe("a user's own app", () => {
  const SERVER = `
    const { HOST, PORT, RELEASE, INSTANCE_ID, SANDBOX_TEST } = process.env;
    const child = require('node:child_process').spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
    process.on('SIGTERM', () => {});
    console.log('words', process.argv.slice(2).join(' '));
    require('node:http').createServer((request, response) => {
      response.end(JSON.stringify({ release: RELEASE, instance: INSTANCE_ID, pid: process.pid, child: child.pid }));
    }).listen(Number(PORT), HOST);
  `;
  let folder: string;
  let block: Awaited<ReturnType<typeof reserveBlock>>;
  const guardian = createGuardian();
  const apps: App[] = [];

  beforeEach(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'turnout-'));
    writeFileSync(path.join(folder, 'server.cjs'), SERVER);
    block = await reserveBlock();
  });
  afterEach(async () => {
    for (const app of apps.splice(0)) await app.kill();
    await block.close();
    rmSync(folder, { recursive: true });
  });

  function create(...words: string[]): { app: App; url: string } {
    const address = block.allocate(0);
    const factory = commandApp({ argv: [process.execPath, 'server.cjs', ...words], folder }, guardian);
    const app = factory({ instance: 'i-1', release: '42', address, ports: [8080] });
    apps.push(app);
    return { app, url: `http://${address}:8080/` };
  }

  async function identity(url: string): Promise<{ release: string; instance: string; pid: number; child: number }> {
    await eventually('the app', async () => (await answers(url)) === 200, 10_000);
    return (await (await fetch(url)).json()) as Awaited<ReturnType<typeof identity>>;
  }

  test('gets its environment variables, and is killed with its child processes', async () => {
    const { app, url } = create('--release', '{release}', '$HOME');
    await app.start(OK);
    const seen = await identity(url);
    expect(seen).toMatchObject({ release: '42', instance: 'i-1' });
    // No shell: arguments are passed as they are.
    expect(app.output()).toContain('words --release 42 $HOME');
    await app.kill();
    await eventually('the end of both', () => !exists(seen.pid) && !exists(seen.child));
  });

  test('hangs when it is slow, continues when it heals, and cannot be made sick', async () => {
    const { app, url } = create();
    await app.start(OK);
    await identity(url);
    app.setBehaviour(behaviour('slow'));
    expect(await answers(url)).toBe('no answer');
    app.setBehaviour(OK);
    expect(await answers(url)).toBe(200);
    expect(() => app.setBehaviour(behaviour('sick'))).toThrow(/cannot make your own app sick/);
    app.setBehaviour(behaviour('crash'));
    await eventually('its end', async () => (await answers(url)) === 'no answer');
    app.setBehaviour(OK);
    await identity(url);
  });

  test('that cannot be started is reported', async () => {
    const factory = commandApp({ argv: ['no-such-command'], folder }, guardian);
    const app = factory({ instance: 'i-1', release: '42', address: '127.0.0.1', ports: [1] });
    await app.start(OK);
    const said = () => app.output().includes('cannot start no-such-command');
    await expect(eventually('the reason', said)).resolves.toBe(true);
    expect(app.alive()).toBe(false);
  });

  test('ends with the sandbox, even when that is killed', async () => {
    const address = block.allocate(0);
    const source = path.resolve(import.meta.dirname, '../../src/sandbox/instances');
    writeFileSync(
      path.join(folder, 'sandbox.mjs'),
      `import { commandApp } from ${JSON.stringify(path.join(source, 'command-app.ts'))};
       import { createGuardian } from ${JSON.stringify(path.join(source, '../../programs/guardian.ts'))};
       const command = { argv: [process.execPath, 'server.cjs'], folder: ${JSON.stringify(folder)} };
       const identity = { instance: 'i-1', release: '42', address: ${JSON.stringify(address)}, ports: [8080] };
       await commandApp(command, createGuardian())(identity).start({ name: 'ok', ms: 0 });
       setInterval(() => {}, 1000);`,
    );
    const parent = spawn(process.execPath, [path.join(folder, 'sandbox.mjs')], { stdio: 'ignore' });
    const seen = await identity(`http://${address}:8080/`);
    parent.kill('SIGKILL');
    await once(parent, 'exit');
    const ended = () => !exists(seen.pid) && !exists(seen.child);
    await expect(eventually('the end of both', ended)).resolves.toBe(true);
  });
});

describe('addresses', () => {
  test('differ between two sandboxes', async () => {
    const [first, second] = [await reserveBlock(), await reserveBlock()];
    expect(first.prefix).not.toBe(second.prefix);
    expect(first.allocate(0)).toBe(`${first.prefix}.0.4`);
    expect(first.allocate(1)).toBe(`${first.prefix}.16.4`);
    await first.close();
    await second.close();
  });

  test('of terminated instances are reused last', async () => {
    const block = await reserveBlock();
    const total = block.free(0);
    const first = block.allocate(0);
    block.release(first);
    const rest = Array.from({ length: total - 1 }, () => block.allocate(0));
    expect(rest).not.toContain(first);
    expect(block.allocate(0)).toBe(first);
    expect(() => block.allocate(0)).toThrow(/in use/);
    expect(block.free(0)).toBe(0);
    await block.close();
  });
});
