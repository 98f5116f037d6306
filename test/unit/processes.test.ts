import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { machineProcesses } from '../../src/stores/processes.ts';
import { endOf, killNow } from '../support/children.ts';

const processes = machineProcesses(systemClock);
const idle = () => spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });

describe('a process', () => {
  it('that is running has not ended', () => {
    expect(processes.hasEnded(processes.identify(process.pid))).toBe(false);
  });

  it('that was killed has ended', async () => {
    const child = idle();
    const identity = processes.identify(child.pid!);
    expect(processes.hasEnded(identity)).toBe(false);
    await killNow(child);
    expect(processes.hasEnded(identity)).toBe(true);
  });

  it.skipIf(!existsSync('/proc'))('has ended when its pid was reused', () => {
    const identity = processes.identify(process.pid);
    expect(processes.hasEnded({ ...identity, started: '1' })).toBe(true);
  });

  it.each([{ host: 'elsewhere' }, { boot: 'another' }, { namespace: 'pid:[1]' }])(
    'of another place cannot be seen, so is not known to be gone: %o',
    async (place) => {
      const child = idle();
      const identity = { ...processes.identify(child.pid!), ...place };
      child.kill('SIGKILL');
      await endOf(child);
      expect(processes.hasEnded(identity)).toBe(false);
    },
  );

  it.skipIf(!existsSync('/proc'))('that is a zombie has ended', async () => {
    // The shell is replaced by a program that never waits for the child it inherits.
    const parent = spawn('/bin/sh', ['-c', 'sleep 0 & echo $!; exec sleep 60'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const pid = Number(await new Promise((resolve) => parent.stdout.once('data', resolve)));
    const identity = processes.identify(pid);
    await expect.poll(() => processes.hasEnded(identity), { timeout: 5000 }).toBe(true);
    await killNow(parent);
  });
});
