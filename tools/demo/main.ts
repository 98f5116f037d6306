/**
 * A blue-green deploy under load, start to end, in about a minute:  npm run demo [-- --json] [-- --rate 200]
 * `--fleet auto-scaling`: two Auto Scaling groups that take turns, with any `--traffic`; the one that serves scales out and the other one loses an
 * instance in the middle of the promote, and again in the middle of the rollback.
 * `--traffic weighted-listener` uses the weights of a listener, `weighted-dns` those of DNS records; both in steps.
 *
 * It uses the sandbox's HTTP servers and load balancer, the built program for each task, and clients in a separate process.
 * Exits with 1 if a task was not done or a request failed. With `--rolling`: in-place deploys, and as a control one that leaves
 * the instances registered, which must fail requests. With `--rolling --pull` each instance runs `turnout follow`, a real process, and
 * fetches its releases from a bucket. With `--gates`: a release with 3 % errors gets half of production by weights, and
 * is undone by a gate; the requests that failed are its own.
 */
import { parseArgs } from 'node:util';
import { messageOf } from '../../src/errors.ts';
import { startMeter } from '../meter.ts';
import { FLEET_SECTIONS, TEMPLATES, type FleetKind, type Traffic } from '../rig/config.ts';
import { startRig } from '../rig/sandbox.ts';
import { rollingTasks, runDemo, tasksOf } from './demo.ts';
import { disturbances } from './groups.ts';
import { gatedTasks } from './gates.ts';
import { createLive } from './live.ts';
import type { Live } from './live.ts';
import { startFollowers } from './pull.ts';
import { liveLine, problems, report, summary, table } from './report.ts';
import { OPTIONS, usageText } from './usage.ts';
import type { Report } from './report.ts';

async function demo(
  {
    rate,
    rolling,
    pull,
    gates,
    traffic,
    fleet,
  }: { rate: number; rolling: boolean; pull: boolean; gates: boolean; traffic: Traffic; fleet: FleetKind },
  live: Live,
  signal: AbortSignal,
): Promise<Report> {
  live.keep('Starting a sandbox, a local AWS emulator, with three servers of release 41.');
  await using rig = await startRig(undefined, traffic, fleet);
  live.keep(`Sending ${rate} requests per second to ${rig.url},`);
  live.keep('half of them over persistent connections.');
  let task = '';
  await using meter = await startMeter({
    url: rig.url,
    resolver: rig.resolver,
    rate,
    onSample: (sample) => live.show(liveLine(task, sample)),
  });
  if (pull) live.keep('Starting `turnout follow` on each instance; publishing 41 and 42 to a bucket.');
  await using _followers = pull ? await startFollowers(rig, ['41', '42']) : undefined;
  const own = rolling ? rollingTasks : gates ? gatedTasks : async () => tasksOf(traffic, fleet);
  const tasks = await own(rig);
  const onTask = (next: string): void => {
    task = next;
    live.keep(`turnout ${next}`);
  };
  const rows = await runDemo(rig, meter, signal, onTask, tasks, fleet === 'ec2' ? undefined : disturbances(rig));
  return report(rows, tasks.length, await meter.stop());
}

async function main(): Promise<number> {
  const { values } = parseArgs({ options: OPTIONS });
  if (values.help) {
    process.stdout.write(usageText());
    return 0;
  }
  if (!Object.hasOwn(FLEET_SECTIONS, values.fleet))
    throw new Error(`--fleet must be one of ${Object.keys(FLEET_SECTIONS).join(', ')}`);
  const fleet = values.fleet as FleetKind;
  const traffic = values.traffic ?? (fleet === 'ec2' && !values.gates ? 'target-groups' : 'weighted-listener');
  if (!Object.hasOwn(TEMPLATES, traffic)) {
    throw new Error(`--traffic must be one of ${Object.keys(TEMPLATES).join(', ')}`);
  }
  if (values.pull && !values.rolling) throw new Error('--pull is for --rolling');
  const interruption = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const)
    process.on(name, () => interruption.abort(new Error(`received ${name}`)));
  const live = createLive(process.stderr);
  const wanted = {
    rate: Number(values.rate),
    rolling: values.rolling,
    pull: values.pull,
    gates: values.gates,
    traffic: traffic as Traffic,
    fleet,
  };
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
