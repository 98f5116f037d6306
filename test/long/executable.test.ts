import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { appendFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, expect, test, vi } from 'vitest';
import { writeExecutable } from '../../tools/executable/main.ts';
import { writeConfig } from '../../tools/rig/config.ts';
import { firstJsonLine, keepErrors } from '../../tools/rig/lines.ts';
import { nodePackage } from '../../tools/rig/node.ts';
import { systemClock } from '../../src/clock.ts';
import { machineProcesses } from '../../src/stores/processes.ts';

const run = promisify(execFile);
const started: ChildProcess[] = [];
const folders: string[] = [];
const processes = machineProcesses(systemClock);

afterAll(async () => {
  const running = started.filter(({ exitCode, signalCode }) => exitCode === null && signalCode === null);
  const ended = running.map((one) => once(one, 'exit'));
  for (const one of running) one.kill('SIGKILL');
  await Promise.all(ended);
  for (const folder of folders) await rm(folder, { recursive: true, force: true });
});

// As on a machine where no Node is installed: nothing is on the PATH.
test(
  'the single executable runs by itself, and ends its programs when it is killed',
  { timeout: 300_000 },
  async (context) => {
    const folder = await mkdtemp(path.join(tmpdir(), 'turnout-executable-'));
    folders.push(folder);
    const turnout = path.join(folder, 'turnout');
    await writeExecutable(turnout).catch((error: unknown) => {
      if (process.env.TURNOUT_REQUIRE_ALL === '1') throw error;
      context.skip(`no executable could be made: it needs ${nodePackage(26)} (${String(error).slice(0, 200)})`);
    });
    const bare = { PATH: '/nowhere', HOME: folder };
    const says = await run(turnout, ['--version'], { env: bare });
    expect(says).toEqual({ stdout: expect.stringMatching(/^\d+\.\d+\.\d+ \(commit /) as string, stderr: '' });

    const config = await writeConfig(folder);
    const pid = path.join(folder, 'hook.pid');
    await appendFile(
      config,
      `\nhooks: { beforeTask: [{ run: [/bin/sh, -c, 'echo $$ > ${pid}.new; /bin/mv ${pid}.new ${pid}; exec /bin/sleep 600'] }] }\n`,
    );
    const sandbox = spawn(turnout, ['sandbox', '--json', '--port', '0', '--config', config], { env: bare });
    started.push(sandbox);
    const { exports } = await firstJsonLine<{ exports: Record<string, string> }>(sandbox, 60_000, keepErrors(sandbox));
    const env = { ...bare, ...exports, TURNOUT_CONFIG: config };
    const { stdout, stderr } = await run(turnout, ['status'], { env });
    expect(stdout).toContain('41');
    expect(stderr).toBe('');

    const up = spawn(turnout, ['up', '--release', '42', '--yes'], { env, stdio: 'ignore' });
    started.push(up);
    const hook = await vi.waitFor(async () => readFile(pid, 'utf8'), { timeout: 30_000 });
    const identity = processes.identify(Number(hook.trim()));
    expect(processes.hasEnded(identity)).toBe(false);
    up.kill('SIGKILL');
    await expect.poll(() => processes.hasEnded(identity)).toBe(true);
  },
);
