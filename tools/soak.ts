/**
 * Switches production back and forth under load for a given time:  npm run soak [-- --minutes 10] [-- --rate 200]
 * First it runs random histories on a virtual clock: [-- --histories 10000] [-- --seed N]
 *
 * Writes a line for each switch, and exits with 1 as soon as a task is not done or a request fails.
 */
import { parseArgs } from 'node:util';
import { messageOf } from '../src/errors.ts';
import { liveMany } from '../test/crash/random.ts';
import { expectServing, runOne } from './demo/demo.ts';
import type { TaskRow } from './demo/demo.ts';
import { startMeter } from './meter.ts';
import type { Meter } from './meter.ts';
import { startRig } from './rig/sandbox.ts';
import type { Rig } from './rig/sandbox.ts';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    rate: { type: 'string', default: '200' },
    histories: { type: 'string', default: '10000' },
    seed: { type: 'string' },
  },
});
const interruption = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const)
  process.on(name, () => interruption.abort(new Error(`received ${name}`)));

async function soak(rig: Rig, meter: Meter, endAt: number): Promise<void> {
  await switchOnce(rig, meter, ['up', '--release', '42']);
  for (let promoted = false; performance.now() < endAt; promoted = !promoted) {
    await switchOnce(rig, meter, [promoted ? 'rollback' : 'promote']);
  }
}

async function switchOnce(rig: Rig, meter: Meter, args: readonly string[]): Promise<void> {
  const row = await runOne(rig, meter, args, interruption.signal);
  process.stdout.write(`${line(row, process.uptime())}\n`);
  if (row.result !== 'done') throw new Error(`${row.task}: ${row.result}: ${row.message}`);
  if (row.failed > 0) throw new Error(`${row.failed} requests failed during ${row.task}`);
  await expectServing(meter, row.message);
}

function line({ task, seconds, awsRequests, requests, failed }: TaskRow, uptime: number): string {
  const seen = Object.entries(requests).map(([release, count]) => `${release}: ${count}`);
  return `${uptime.toFixed(0).padStart(6)} s  ${task.padEnd(16)} ${seconds.toFixed(1)} s, ${awsRequests} AWS requests, ${seen.join(', ')}, failed ${failed}`;
}

async function main(): Promise<void> {
  const histories = Number(values.histories);
  const seed = values.seed === undefined ? undefined : Number(values.seed);
  const runs = histories > 0 ? await liveMany(histories, seed) : 0;
  process.stdout.write(`random worlds: ${histories} histories, ${runs} runs\n`);
  await using rig = await startRig();
  await using meter = await startMeter({ url: rig.url, rate: Number(values.rate) });
  await soak(rig, meter, performance.now() + Number(values.minutes) * 60_000);
  const { total, failed, failures, latencyMs } = await meter.stop();
  process.stdout.write(`${JSON.stringify({ sent: total.sent, failed, latencyMs, failures })}\n`);
  if (failed > 0) process.exitCode = 1;
}

await main().catch((error: unknown) => {
  process.stderr.write(`soak: ${messageOf(error)}\n`);
  process.exitCode = 1;
});
