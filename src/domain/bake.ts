import type { Baked, Gate, Judgement, OnInconclusive, GateVerdict } from './gates.ts';
import { fleetById } from './queries.ts';
import { recordedShare } from './shares.ts';
import type { Snapshot } from './snapshot.ts';
import { requestsNeeded, requestsNeededAt } from './statistics.ts';

/** A bake: the release has a share of production, and is watched for a time. */
export interface BakeFacts {
  readonly fleet: string;
  readonly percent: number;
  readonly seconds: number;
  /** ISO time at which it was asked for: what was recorded before is of another bake. */
  readonly since: string;
  readonly gates: readonly Gate[];
  readonly onInconclusive: OnInconclusive;
}

/** ALB's metrics of a minute that ended so long ago are taken for complete: AWS gives no number. */
export const SETTLED_S = 120;
const MINUTE_S = 60;
/** Requests a second of the run's own client. */
const PROBE_PACE = 10;
/** Its evidence grows by so many seconds a look. */
export const PROBE_LOOK_S = 10;

/** When the fleet was seen to have that share, in milliseconds since the epoch; undefined as long as it was not recorded. */
export function bakesSince(snapshot: Snapshot, { fleet: id, percent, since }: BakeFacts): number | undefined {
  const fleet = fleetById(snapshot, id);
  const share = fleet && recordedShare(fleet);
  const at = percent === 100 ? fleet?.marks.alone : share?.percent === percent ? share.at : undefined;
  return at === undefined || at < since ? undefined : Date.parse(at);
}

/** Seconds of it that have passed, on whatever machines. */
export function bakedS(snapshot: Snapshot, facts: BakeFacts): number | undefined {
  const from = bakesSince(snapshot, facts);
  return from === undefined ? undefined : Math.max(0, (snapshot.at - from) / 1000);
}

/**
 * Seconds until a gate can have a verdict other than a failure: what it needs of traffic or of time. Undefined where it never can:
 * there is nothing to compare with.
 * @param alarmS seconds that the periods of an alarm take
 */
export function secondsToJudge(gate: Gate, percent: number, alarmS: (name: string) => number): number | undefined {
  if (gate.kind === 'alarm') return alarmS(gate.alarm) + MINUTE_S + SETTLED_S;
  if (gate.kind !== 'probe' && gate.kind !== 'metric') return 0;
  if (percent === 100 && gate.max === undefined) return undefined;
  // Latency is compared while both serve.
  const minutes = percent === 100 ? 0 : (gate.latency?.of ?? 0);
  if (gate.kind === 'metric') return (Math.max(1, minutes) + 1) * MINUTE_S + SETTLED_S;
  const needed = requestsToJudge(gate, percent) ?? 0;
  const looks = Math.ceil(needed / (PROBE_PACE * (percent / 100)) / PROBE_LOOK_S);
  // Its client begins when it is asked for the first time, in the middle of a look; after a crash, of a later one.
  return Math.max((looks + 1) * PROBE_LOOK_S, minutes * MINUTE_S);
}

/**
 * The fewest requests to a release with that share after which a gate that counts failed ones can pass it: where nothing fails. Undefined
 * for those that count none, and where it never can.
 */
export function requestsToJudge(gate: Gate, percent: number): number | undefined {
  if (gate.kind !== 'probe' && gate.kind !== 'metric') return undefined;
  const { rise, max } = gate;
  if (percent === 100) return max === undefined ? undefined : requestsNeededAt(max);
  const part = percent / 100;
  return requestsNeeded(0, rise, (1 - part) / part);
}

export function judgementsOf({ details }: Snapshot, { fleet, percent }: BakeFacts): Baked | undefined {
  const { baked } = details ?? {};
  return baked?.fleet === fleet && baked.percent === percent ? baked : undefined;
}

/** Where a bake stands. `wait`: the time is not over, or a gate that was asked later than the others still collects. */
export type BakeState =
  | { readonly state: 'wait' }
  | { readonly state: 'passed' }
  | { readonly state: Exclude<GateVerdict, 'pass'>; readonly why: string };

/** What the gates say together; those that judge in dry run do not count. */
export function bakeState(snapshot: Snapshot, facts: BakeFacts): BakeState {
  const passedS = bakedS(snapshot, facts);
  const baked = judgementsOf(snapshot, facts);
  const acting = (baked?.judgements ?? []).filter(({ dryRun }) => !dryRun);
  const failed = acting.filter(({ verdict }) => verdict === 'fail');
  if (failed.length > 0) return { state: 'fail', why: failed.map(judgementText).join('; ') };
  if (passedS === undefined || passedS < facts.seconds || baked === undefined) return { state: 'wait' };
  // What was said before the time was over is not the last word.
  const over = (bakesSince(snapshot, facts) ?? 0) + facts.seconds * 1000;
  if (baked.judgements.length < facts.gates.length || baked.judgements.some(({ at }) => at < over))
    return { state: 'wait' };
  const open = acting.filter(({ verdict }) => verdict === 'inconclusive');
  if (open.length === 0) return { state: 'passed' };
  if (isCollecting(snapshot, facts, baked, open)) return { state: 'wait' };
  return facts.onInconclusive === 'go'
    ? { state: 'passed' }
    : { state: 'inconclusive', why: open.map(judgementText).join('; ') };
}

/** After a crash the client of a run has to begin anew: it gets the time that its gate needs. */
function isCollecting(
  snapshot: Snapshot,
  { gates, percent }: BakeFacts,
  { firstAt }: Baked,
  open: readonly Judgement[],
): boolean {
  return open.some(({ gate: name }) => {
    const gate = gates.find((one) => one.name === name);
    const needs = gate?.kind === 'probe' ? (secondsToJudge(gate, percent, () => 0) ?? 0) : 0;
    return snapshot.at < firstAt + needs * 1000;
  });
}

/** `errors: 3 of 100 requests …`. */
export function judgementText({ gate, why }: Pick<Judgement, 'gate' | 'why'>): string {
  return `${gate}: ${why}`;
}
