import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { createCommandDeployer, type CommandOptions } from '../../src/deployers/command.ts';
import type { DeployerPort, DeployRequest } from '../../src/deployers/deployer.ts';
import type { Instance } from '../../src/domain/snapshot.ts';
import { createGuardian } from '../../src/programs/guardian.ts';
import { deployerContract, type DeployerWorld } from './deployer.contract.ts';
import { poll } from '../support/poll.ts';

/** Writes down what it delivers where, then does what the file `fate-INSTANCE` says. */
const DEPLOY = `
const fs = require('node:fs');
const { TURNOUT_INSTANCE: id, TURNOUT_RELEASE: release } = process.env;
fs.appendFileSync(\`begun-\${id}\`, release + '\\n');
const fate = fs.existsSync(\`fate-\${id}\`) ? fs.readFileSync(\`fate-\${id}\`, 'utf8') : 'succeed';
console.log('delivering ' + release);
if (fate === 'fail') { console.error('boom 7'); process.exitCode = 3; }
if (fate === 'hang') { process.on('SIGTERM', () => {}); setInterval(() => {}, 1000); }
`;

const A: Instance = { id: 'i-a', zone: 'eu-west-1a', state: 'running', launchedAt: 0, address: '10.0.0.1' };
const B: Instance = { id: 'i-b', zone: 'eu-west-1b', state: 'running', launchedAt: 0, address: '10.0.0.2' };

function open(folder: string, change: Partial<CommandOptions> = {}, lines: string[] = []): DeployerPort {
  const options = { run: [process.execPath, 'deploy.cjs'], per: 'instance', folder, graceMs: 100, ...change } as const;
  const tools = {
    onOutput: (line: string, instance?: string) => void lines.push(`${instance ?? '*'} | ${line}`),
    beforeChange: async () => {},
    variables: () => ({ TURNOUT_LEASE: 'r1:7' }),
    clock: systemClock,
    by: 'ann',
  };
  return createCommandDeployer(options, tools, createGuardian(100));
}

function newFolder(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'deploy-'));
  writeFileSync(path.join(folder, 'deploy.cjs'), DEPLOY);
  return folder;
}

async function setup(): Promise<DeployerWorld> {
  const folder = newFolder();
  return {
    instances: [A, B],
    open: (lines) => open(folder, {}, lines),
    fate: (id, fate) => writeFileSync(path.join(folder, `fate-${id}`), fate),
    begun: async (id) => linesOf(path.join(folder, `begun-${id}`)),
    close: async () => rmSync(folder, { recursive: true, force: true }),
  };
}

function linesOf(file: string): readonly string[] {
  try {
    return readFileSync(file, 'utf8').trim().split('\n');
  } catch {
    return [];
  }
}

deployerContract('a local command', { setup, isRemote: false, stops: true });

describe('a local command', () => {
  let folder: string;
  beforeEach(() => void (folder = newFolder()));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const request = (instances: readonly Instance[]): DeployRequest => {
    const since = new Date(0).toISOString();
    return { token: 'r1/1', since, environment: 'shop', release: '42', previous: '41', instances, migrate: false };
  };

  async function finished(deployer: DeployerPort, asked: DeployRequest) {
    await deployer.start(asked);
    await poll(async () => (await deployer.status(asked))?.state !== 'running', 'its end');
    return deployer.status(asked);
  }

  test('is given words and variables, and no shell reads them', async () => {
    const show = 'console.log(process.argv.slice(1).join(" "), process.env.TURNOUT_ZONE, process.env.TURNOUT_LEASE)';
    const run = [process.execPath, '-e', show, '--', '{instance}', '{address},', '$(id);{release}', '{unknown}'];
    const lines: string[] = [];
    const deployer = open(folder, { run }, lines);
    expect(await finished(deployer, request([A, B]))).toMatchObject({ state: 'succeeded' });
    expect(lines.toSorted()).toEqual([
      'i-a | i-a 10.0.0.1, $(id);42 {unknown} eu-west-1a r1:7',
      'i-b | i-b 10.0.0.2, $(id);42 {unknown} eu-west-1b r1:7',
    ]);
  });

  test('is run once for a whole batch where that is wanted', async () => {
    const run = [process.execPath, '-e', 'console.log(process.env.TURNOUT_ADDRESSES)'];
    const lines: string[] = [];
    await finished(open(folder, { run, per: 'batch' }, lines), request([A, B]));
    expect(lines).toEqual(['* | 10.0.0.1,10.0.0.2']);
  });

  test('that does not exist is refused before anything is changed', async () => {
    const nowhere = open(folder, { run: ['no-such-program'] });
    await expect(nowhere.prepare(request([A]))).rejects.toMatchObject({ code: 'no-program' });
    await expect(open(folder, { run: ['./deploy.cjs'] }).prepare(request([A]))).rejects.toMatchObject({
      code: 'no-program',
    });
  });

  test('is ended with all that it has started, also when it does not listen to SIGTERM', async () => {
    const child = `setInterval(() => {}, 1000); process.on('SIGTERM', () => {}); console.log(process.pid)`;
    const parent = `require('node:child_process').spawn(process.execPath, ['-e', ${JSON.stringify(child)}], { stdio: 'inherit' }); setInterval(() => {}, 1000)`;
    const lines: string[] = [];
    const deployer = open(folder, { run: [process.execPath, '-e', parent] }, lines);
    await deployer.start(request([A]));
    await poll(() => lines.length > 0, 'the child');
    expect(await deployer.stop(request([A]))).toBe(true);
    expect(await deployer.status(request([A]))).toMatchObject({ state: 'failed' });
    const pid = Number(lines[0]?.split('| ')[1]);
    await poll(() => !exists(pid), 'the end of the child');
  });
});

function exists(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
