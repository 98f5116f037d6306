import {
  DescribeListenersCommand,
  DescribeLoadBalancersCommand,
  DescribeTargetHealthCommand,
  ElasticLoadBalancingV2Client,
  ModifyListenerCommand,
  type Listener,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import { fetchOnce } from '../../src/production/fetch.ts';
import { editConfig } from '../rig/config.ts';
import { startRig } from '../rig/sandbox.ts';
import type { Rig } from '../rig/sandbox.ts';
import { runTaskCommand } from '../rig/task.ts';
import { adminOf, countOf } from './admin.ts';
import { middle } from './interleave.ts';
import { mostRequests } from './promote.ts';

/** Assumed propagation of a changed rule to the whole load balancer; AWS does not document it. */
const PROPAGATION_MS = 10_000;
const WEIGHTS_MAX = 1.2;
/** Of one switch, its looks included. */
const REQUESTS_MAX = 14;
const NAMES_MAX = 1.05;
/** DNS: time until a change is INSYNC, and the TTL; half of AWS's values. */
const INSYNC_MS = 30_000;
const TTL_MS = 30_000;
const SAMPLE_MS = 20;
/** What counts is which release answers, not how busy the machine is with a thousand servers. */
const ANSWER_MS = 30_000;

/** A kind of switch compared with the physical limit. */
export interface SwitchRow {
  readonly name: string;
  readonly limitMs: number;
  readonly ms: number;
  readonly times: number;
  readonly most: number;
  readonly faults: readonly string[];
}

/** Time from the command to the first and to the last changed response, compared with a script that only switches. */
export async function measureWeights(repetitions: number, signal: AbortSignal): Promise<readonly SwitchRow[]> {
  await using rig = await startRig(undefined, 'weighted-listener');
  await mustDo(rig, ['up', '--release', '42'], signal);
  const { limits, runs, requests } = await timeSwitches(rig, repetitions, signal);
  const changes = requests['ModifyListener'] ?? 0;
  // One change each for the production and the test listener.
  const all = Object.values(requests).reduce((sum, count) => sum + count, 0);
  const tooMany = [
    ...(changes > 2 ? [`${changes} changing requests for 2 rules`] : []),
    ...(all > REQUESTS_MAX ? [`${all} requests, at most ${REQUESTS_MAX}`] : []),
  ];
  return (['first', 'last'] as const).map((which) => ({
    ...row(
      `weights: ${which} changed answer`,
      limits.map((one) => one[which]),
      runs.map((one) => one[which]),
      WEIGHTS_MAX,
      tooMany,
    ),
  }));
}

/** Promotes, alternating with a script that only sends the change. Afterwards green serves. */
export async function timeSwitches(rig: Rig, repetitions: number, signal: AbortSignal): Promise<Switches> {
  const admin = adminOf(rig.env['AWS_ENDPOINT_URL']!);
  const spread = async (propagationMs: number) => admin('POST', 'settings', { propagationMs });
  const limits: Moments[] = [];
  const runs: Moments[] = [];
  const counts: Readonly<Record<string, number>>[] = [];
  const reaches = async (release: string, act: () => Promise<unknown>) => watched(rig.url, release, act, signal);
  // The first one in an environment's life also waits until a run with another store would have seen the mark of this one.
  await mustDo(rig, ['promote'], signal);
  await reaches('41', async () => mustDo(rig, ['rollback'], signal));
  for (let n = 0; n < repetitions; n += 1) {
    await spread(PROPAGATION_MS);
    limits.push(await reaches('42', async () => shiftWeights(rig, 'green')));
    await spread(0);
    await reaches('41', async () => shiftWeights(rig, 'blue'));
    await spread(PROPAGATION_MS);
    await admin('DELETE', 'requests');
    runs.push(await reaches('42', async () => mustDo(rig, ['promote'], signal)));
    counts.push(countOf((await admin('GET', 'requests')) as readonly { operation: string }[]));
    await spread(0);
    if (n + 1 < repetitions) await reaches('41', async () => mustDo(rig, ['rollback'], signal));
  }
  return { limits, runs, requests: mostRequests(counts) };
}

/** Time from the command until no client can have the old answer, compared with INSYNC and the TTL. */
export async function measureNames(repetitions: number, signal: AbortSignal): Promise<readonly SwitchRow[]> {
  await using rig = await startRig(undefined, 'weighted-dns');
  const admin = adminOf(rig.env['AWS_ENDPOINT_URL']!);
  await mustDo(rig, ['up', '--release', '42'], signal);
  await admin('POST', 'settings', { dns: { insyncMs: INSYNC_MS, propagationMs: INSYNC_MS / 2, ttlMs: TTL_MS } });
  await editConfig(rig.config, (document) => document.setIn(['traffic', 'ttl'], `${TTL_MS / 1000}s`));
  const runs: number[] = [];
  for (let n = 0; n < repetitions; n += 1) {
    const startedAt = performance.now();
    await mustDo(rig, [n % 2 === 0 ? 'promote' : 'rollback'], signal);
    runs.push(performance.now() - startedAt);
  }
  return [row('DNS: no client has the old answer', [INSYNC_MS + TTL_MS], runs, NAMES_MAX, [])];
}

function row(
  name: string,
  limits: readonly number[],
  runs: readonly number[],
  most: number,
  faults: readonly string[],
): SwitchRow {
  const [limitMs, ms] = [middle(limits), middle(runs)];
  const times = ms / limitMs;
  return {
    name,
    limitMs,
    ms,
    times,
    most,
    faults: [...faults, ...(times > most ? [`slower than ${most} x the limit`] : [])],
  };
}

export async function mustDo(rig: Rig, args: readonly string[], signal: AbortSignal): Promise<void> {
  const { result, message } = await runTaskCommand(rig, args, signal);
  if (result !== 'done') throw new Error(`${args.join(' ')}: ${message}`);
}

interface Switches {
  readonly limits: readonly Moments[];
  readonly runs: readonly Moments[];
  /** Maximum requests in one promote, by operation. */
  readonly requests: Readonly<Record<string, number>>;
}

/** Milliseconds to the first response of the release, and to the start of an unbroken series of them. */
interface Moments {
  readonly first: number;
  readonly last: number;
}

/** Consecutive responses of the new release after which no others are expected. */
const QUIET = 50;

/** Rejects as soon as the act does, or the signal was aborted. */
async function watched(
  url: string,
  release: string,
  act: () => Promise<unknown>,
  signal: AbortSignal,
): Promise<Moments> {
  const startedAt = performance.now();
  const failed = new AbortController();
  const ended = AbortSignal.any([signal, failed.signal]);
  const acting = act().catch((error: unknown) => failed.abort(error));
  let first: number | undefined;
  let last = 0;
  for (let streak = 0; streak < QUIET;) {
    ended.throwIfAborted();
    const { body } = await fetchOnce({ url, timeoutMs: ANSWER_MS });
    const isNew = (JSON.parse(body) as { release: string }).release === release;
    const now = performance.now() - startedAt;
    if (isNew) first ??= now;
    if (isNew && streak === 0) last = now;
    streak = isNew ? streak + 1 : 0;
    await new Promise((resolve) => setTimeout(resolve, SAMPLE_MS));
  }
  await acting;
  ended.throwIfAborted();
  return { first: first ?? 0, last };
}

/** The physical limit: find the listener and its groups, check their health, and change the weights. */
async function shiftWeights({ env, url }: Rig, to: 'blue' | 'green'): Promise<void> {
  const elb = new ElasticLoadBalancingV2Client({
    endpoint: env['AWS_ENDPOINT_URL']!,
    region: env['AWS_REGION']!,
    credentials: { accessKeyId: 'bench', secretAccessKey: 'bench' },
  });
  const { LoadBalancers } = await elb.send(new DescribeLoadBalancersCommand({ Names: ['shop'] }));
  const { Listeners } = await elb.send(
    new DescribeListenersCommand({ LoadBalancerArn: LoadBalancers![0]!.LoadBalancerArn! }),
  );
  const port = Number(new URL(url).port);
  const listener = Listeners!.find(({ Port }) => Port === port) as Listener;
  const [forward] = listener.DefaultActions!;
  const groups = forward!.ForwardConfig!.TargetGroups!;
  await Promise.all(
    groups.map(async ({ TargetGroupArn }) =>
      elb.send(new DescribeTargetHealthCommand({ TargetGroupArn: TargetGroupArn! })),
    ),
  );
  const TargetGroups = groups.map(({ TargetGroupArn }) => ({
    TargetGroupArn: TargetGroupArn!,
    Weight: TargetGroupArn!.includes(`-${to}/`) ? 100 : 0,
  }));
  const DefaultActions = [{ Type: 'forward' as const, ForwardConfig: { TargetGroups } }];
  await elb.send(new ModifyListenerCommand({ ListenerArn: listener.ListenerArn!, DefaultActions }));
}
