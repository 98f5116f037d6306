/**
 * A blue-green deploy under load, start to end, in about a minute:  npm run demo [-- --json] [-- --rate 200]
 * `--traffic weighted-listener` moves it by the weights of a rule, `weighted-dns` by those of a name; both bit by bit.
 *
 * Everything is real: the sandbox's servers and load balancer, the built program once for each task, and clients in a
 * process of their own. Exits with 1 when a task was not done or a single request failed. With `--rolling`: deploys in place,
 * and as a control one without taking anybody out of traffic, which must fail requests.
 */
import { parseArgs } from 'node:util';
import { messageOf } from '../../src/errors.ts';
import { startMeter } from '../meter.ts';
import { TEMPLATES, type Traffic } from '../rig/config.ts';
import { startRig } from '../rig/sandbox.ts';
import { rollingTasks, runDemo, tasksOf } from './demo.ts';
import { createLive } from './live.ts';
import type { Live } from './live.ts';
import { liveLine, problems, report, summary, table } from './report.ts';
import type { Report } from './report.ts';

async function demo(
  { rate, rolling, traffic }: { rate: number; rolling: boolean; traffic: Traffic },
  live: Live,
  signal: AbortSignal,
): Promise<Report> {
  live.keep('Starting a sandbox: an AWS of our own, with three servers of release 41 behind a load balancer.');
  await using rig = await startRig(undefined, traffic);
  live.keep(`${rate} requests a second go to ${rig.url}, half of them on connections that are kept open.`);
  let task = '';
  await using meter = await startMeter({
    url: rig.url,
    resolver: rig.resolver,
    rate,
    onSample: (sample) => live.show(liveLine(task, sample)),
  });
  const tasks = rolling ? await rollingTasks(rig) : tasksOf(traffic);
  const onTask = (next: string): void => {
    task = next;
    live.keep(`turnout ${next}`);
  };
  const rows = await runDemo(rig, meter, signal, onTask, tasks);
  return report(rows, tasks.length, await meter.stop());
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      json: { type: 'boolean', default: false },
      rate: { type: 'string', default: '200' },
      rolling: { type: 'boolean', default: false },
      traffic: { type: 'string', default: 'target-groups' },
    },
  });
  if (!Object.hasOwn(TEMPLATES, values.traffic)) {
    throw new Error(`--traffic takes one of ${Object.keys(TEMPLATES).join(', ')}`);
  }
  const interruption = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const)
    process.on(name, () => interruption.abort(new Error(`got ${name}`)));
  const live = createLive(process.stderr);
  const wanted = { rate: Number(values.rate), rolling: values.rolling, traffic: values.traffic as Traffic };
  const result = await demo(wanted, live, interruption.signal).finally(() => live.clear());
  for (const problem of problems(result)) live.keep(problem);
  process.stdout.write(values.json ? `${JSON.stringify(summary(result))}\n` : `${table(result)}\n`);
  return result.ok ? 0 : 1;
}

process.exitCode = await main().catch((error: unknown) => {
  const cause = error instanceof Error && error.cause !== undefined ? `: ${messageOf(error.cause)}` : '';
  process.stderr.write(`demo: ${messageOf(error)}${cause}\n`);
  return 1;
});
