import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { machineProcesses } from '../../src/stores/processes.ts';

const source = path.resolve(import.meta.dirname, '../../src');
const processes = machineProcesses(systemClock);

// The program itself kills what has started it, as early as it can.
test('a program ends with its run, even when that is killed while the program is being started', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'turnout-guardian-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = path.join(folder, 'pid');
  const program = ['/bin/sh', '-c', `kill -9 $PPID; echo $$ > ${file}.new; mv ${file}.new ${file}; exec sleep 600`];
  const script = `
    import { systemClock } from ${JSON.stringify(path.join(source, 'clock.ts'))};
    import { createGuardian } from ${JSON.stringify(path.join(source, 'programs/guardian.ts'))};
    import { startProgram } from ${JSON.stringify(path.join(source, 'programs/program.ts'))};
    const options = { folder: '.', variables: {}, graceMs: 100, onLine: () => {} };
    startProgram({ run: ${JSON.stringify(program)}, ...options }, systemClock, createGuardian(100));`;
  const run = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: 'inherit' });
  await once(run, 'exit');
  expect(run.signalCode).toBe('SIGKILL');
  await expect.poll(() => existsSync(file)).toBe(true);
  const pid = Number(readFileSync(file, 'utf8'));
  await expect.poll(() => processes.hasEnded(processes.identify(pid))).toBe(true);
});
