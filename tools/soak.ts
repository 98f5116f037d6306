/**
 * Looks for what breaks:  npm run soak [-- --histories 10000] [-- --from SEED] [-- --processes 1] [-- --minutes 10] [-- --rate 200]
 *
 * `--fleet auto-scaling`, `--traffic weighted-listener` or `weighted-dns`: as of the demo. Groups scale out and lose instances meanwhile.
 *
 * First it lives random histories on a virtual clock, a hundred for each seed; one that breaks something is written with its seed, and
 * the others go on. Then it switches production back and forth under load for the given time. Exits with 1 when a history broke
 * something, a task was not done or a request failed.
 */
import { parseArgs } from 'node:util';
import { messageOf } from '../src/errors.ts';
import { expectServing, UNDISTURBED, runOne } from './demo/demo.ts';
import type { TaskRow } from './demo/demo.ts';
import { disturbances } from './demo/groups.ts';
import type { During } from './demo/groups.ts';
import { startMeter } from './meter.ts';
import type { Meter } from './meter.ts';
import { FLEET_SECTIONS, TEMPLATES } from './rig/config.ts';
import { startRig } from './rig/sandbox.ts';
import { EACH, liveRange } from './soak/histories.ts';
import type { Rig } from './rig/sandbox.ts';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    rate: { type: 'string', default: '200' },
    histories: { type: 'string', default: '10000' },
    from: { type: 'string', default: String(Math.floor(Date.now() / 1000)) },
    processes: { type: 'string', default: '1' },
    fleet: { type: 'string', default: 'ec2' },
    traffic: { type: 'string', default: 'target-groups' },
  },
});
const interruption = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const)
  process.on(name, () => interruption.abort(new Error(`received ${name}`)));

async function soak(rig: Rig, meter: Meter, endAt: number): Promise<void> {
  const disturbed = rig.groups.length > 0 ? disturbances(rig, true) : () => UNDISTURBED;
  const back = rig.groups.length > 0 ? ['rollback', '--grow'] : ['rollback'];
  await switchOnce(rig, meter, ['up', '--release', '42']);
  for (let promoted = false; performance.now() < endAt; promoted = !promoted) {
    const args = promoted ? back : ['promote'];
    await switchOnce(rig, meter, args, disturbed(args));
  }
}

async function switchOnce(
  rig: Rig,
  meter: Meter,
  args: readonly string[],
  { onEvent, done }: During = UNDISTURBED,
): Promise<void> {
  const row = await runOne(rig, meter, args, interruption.signal, onEvent);
  await done();
  process.stdout.write(`${line(row, process.uptime())}\n`);
  if (row.result !== 'done') throw new Error(`${row.task}: ${row.result}: ${row.message}`);
  if (row.failed > 0) throw new Error(`${row.failed} requests failed during ${row.task}`);
  await expectServing(meter, row.message);
}

function line({ task, seconds, awsRequests, requests, failed }: TaskRow, uptime: number): string {
  const seen = Object.entries(requests).map(([release, count]) => `${release}: ${count}`);
  return `${uptime.toFixed(0).padStart(6)} s  ${task.padEnd(16)} ${seconds.toFixed(1)} s, ${awsRequests} AWS requests, ${seen.join(', ')}, failed ${failed}`;
}

/** @returns whether nothing was found */
async function histories(): Promise<boolean> {
  const [from, count, processes] = [Number(values.from), Number(values.histories), Number(values.processes)];
  const write = (text: string): void => void process.stdout.write(`${text}\n`);
  const found = await liveRange(
    { from, histories: count, processes },
    ({ seed, finding }) => {
      if (finding === undefined) return;
      write(`seed ${seed} (again: npm run soak -- --from ${seed} --histories ${EACH} --minutes 0):\n${finding}\n`);
    },
    interruption.signal,
  );
  const { runs, seeds } = found;
  const which = seeds.length === 0 ? '' : `: ${seeds.join(', ')}`;
  write(
    `random worlds: ${found.histories} histories, ${runs} runs, seeds ${from} to ${found.to}, ${seeds.length} findings${which}`,
  );
  return seeds.length === 0;
}

async function switches(): Promise<boolean> {
  await using rig = await startRig(undefined, oneOf(TEMPLATES, values.traffic), oneOf(FLEET_SECTIONS, values.fleet));
  await using meter = await startMeter({ url: rig.url, resolver: rig.resolver, rate: Number(values.rate) });
  await soak(rig, meter, performance.now() + Number(values.minutes) * 60_000);
  const { total, failed, failures, latencyMs } = await meter.stop();
  process.stdout.write(`${JSON.stringify({ sent: total.sent, failed, latencyMs, failures })}\n`);
  return failed === 0;
}

function oneOf<K extends string>(known: Readonly<Record<K, unknown>>, word: string): K {
  if (Object.hasOwn(known, word)) return word as K;
  throw new Error(`${word} is none of ${Object.keys(known).join(', ')}`);
}

async function main(): Promise<void> {
  const isFine = (await histories()) && (Number(values.minutes) === 0 || (await switches()));
  if (!isFine) process.exitCode = 1;
}

await main().catch((error: unknown) => {
  process.stderr.write(`soak: ${messageOf(error)}\n`);
  process.exitCode = 1;
});
