import { refusal, type Refusal } from '../../domain/goal.ts';
import { allPassedOver, answeredInstead, answeredWithoutShare, whyPassedOver } from '../../domain/passed-over.ts';
import { dnsOf } from '../../domain/routes.ts';
import { hasServed, shareOfFleet } from '../../domain/shares.ts';
import type { Fleet, Pool, Snapshot } from '../../domain/snapshot.ts';
import type { DnsSettings, DnsWeights, RouteTtl, SwitchSettings } from '../../domain/traffic.ts';
import { NOTHING } from '../../observe/reads.ts';
import type { Step, StepOf } from '../../steps/index.ts';
import type { Switch, TrafficModel } from './model.ts';
import { othersThan, releaseSteps } from './steps.ts';
import { longestRetention, settingsOf, weights } from './weights.ts';

/** Answers of name servers in a row that show that a change has arrived. */
const ANSWERS_WANTED = 10;

/** DNS records divide the traffic: a change takes its time to the name servers, and out of resolvers. */
export function dnsWeights(snapshot: Snapshot, traffic: DnsWeights): TrafficModel {
  return weights({
    snapshot,
    traffic,
    notes: allPassedOver(snapshot),
    // Whether name servers can be asked shows before the names are changed, too.
    readsBefore: { ...NOTHING, follow: true },
    poolProblem: (pool) => poolProblem(snapshot, traffic, pool),
    withoutShareProblem: (fleet) => withoutShareProblem(snapshot, fleet),
    prepare: (change, pool) => lowerSteps(snapshot, change, pool),
    arrive: ({ to }, pool) => [{ do: 'await-insync', pool, fleet: to.id }],
    verify: (change, pool) => verifySteps(snapshot, change, pool),
    retentionS: (settings) => longestRetention(snapshot, dns(settings).retentionS, ttlOf(snapshot, settings)),
    residual: (settings) => dns(settings).residual,
    settleSteps: (keep, settings) =>
      [ttlStep(traffic, dns(settings), keep, 'usual')].filter((step) => step !== undefined),
  });
}

/** What is found before anything is changed, and would otherwise be found when production has moved. */
function poolProblem(snapshot: Snapshot, { answers }: DnsWeights, pool: Pool): Refusal | undefined {
  const why = whyPassedOver(snapshot, pool);
  if (why !== undefined) return aliasUnhealthy(why);
  if (answers.state !== 'unreachable') return undefined;
  return refusal(
    'dns-unreachable',
    `DNS: ${answers.why}, and a switch is done only when the name servers show it.`,
    'Allow DNS (port 53, UDP and TCP) to the name servers of the zones from here; or name some that can be asked: `nameServers` under `traffic` in the config.',
  );
}

function withoutShareProblem(snapshot: Snapshot, fleet: Fleet | undefined): Refusal | undefined {
  if (fleet !== undefined) {
    const served = answeredInstead(snapshot, fleet);
    return served === undefined ? undefined : aliasUnhealthy(served);
  }
  const why = answeredWithoutShare(snapshot);
  return why === undefined
    ? undefined
    : aliasUnhealthy(`${why} A new fleet would get production as soon as it is healthy.`);
}

function aliasUnhealthy(why: string): Refusal {
  return refusal(
    'alias-unhealthy',
    why,
    'Register a healthy target with that group, delete it, or set EvaluateTargetHealth to false in the records; then run this again.',
  );
}

function dns({ traffic }: SwitchSettings): DnsSettings {
  return settingsOf(traffic, 'dns-weights');
}

/** The longest that resolvers keep an answer, in seconds. */
function ttlOf(snapshot: Snapshot, settings: SwitchSettings): number {
  return dns(settings).ttlS ?? Math.max(0, ...Object.values(dnsOf(snapshot).ttls).map(longest));
}

function longest({ own, fixedS }: RouteTtl): number {
  return Math.max(fixedS, ...own);
}

/** Gives all names that the config says so their low TTL or their usual one; undefined where no record has one of its own. */
function ttlStep(
  { ttls }: DnsWeights,
  settings: DnsSettings,
  { id: fleet }: Fleet,
  to: 'low' | 'usual',
): StepOf<'set-ttl'> | undefined {
  const names = Object.entries(settings.lowerTtl).filter(([name]) => (ttls[name]?.own.length ?? 0) > 0);
  if (names.length === 0) return undefined;
  const low = Object.entries(ttls).map(([name, { own, fixedS }]): RouteTtl => {
    const { toS = Infinity } = names.find(([one]) => one === name)?.[1] ?? {};
    return { fixedS, own: own.map((seconds) => Math.min(seconds, toS)) };
  });
  const wanted = names.map(([name, { fromS, toS }]) => [name, to === 'low' ? toS : fromS] as const);
  // What is lowered cannot be kept for longer than the config says of all names.
  const lowS = Math.min(Math.max(0, ...low.map(longest)), settings.ttlS ?? Infinity);
  const usualS = Math.max(...names.map(([, { fromS }]) => fromS));
  return { do: 'set-ttl', fleet, to, ttls: Object.fromEntries(wanted), lowS, usualS };
}

/** What has to be lowered before the fleet gets a share; after that there is no use in it. */
function toLower(snapshot: Snapshot, { to, prepares, settings }: Switch): StepOf<'set-ttl'> | undefined {
  if (!prepares || shareOfFleet(snapshot, to) > 0) return undefined;
  return ttlStep(dnsOf(snapshot), dns(settings), to, 'low');
}

/** The TTL goes down, and the old one is waited out, so that the switch and the way back take no longer than the low one. */
function lowerSteps(snapshot: Snapshot, change: Switch, pool: string): readonly Step[] {
  const lower = toLower(snapshot, change);
  if (lower === undefined) return [];
  const fleet = change.to.id;
  return [
    lower,
    { do: 'await-insync', pool, fleet },
    { do: 'tag-lowered-ttl', fleet, since: change.since },
    { do: 'await-lowered-ttl', fleet, seconds: lower.usualS },
  ];
}

/** Name servers, the time that resolvers may keep answers, and what production answers. */
function verifySteps(snapshot: Snapshot, change: Switch, pool: string): readonly Step[] {
  const { to, settings } = change;
  const from = othersThan(snapshot, to).filter(hasServed);
  const seconds = toLower(snapshot, change)?.lowS ?? ttlOf(snapshot, settings);
  return [
    { do: 'await-dns-answers', pool, fleet: to.id, wanted: ANSWERS_WANTED },
    ...from.map((other): Step => ({ do: 'await-ttl', fleet: other.id, seconds })),
    ...releaseSteps(change),
  ];
}
