import { defined } from './defined.ts';
import { inSameZones } from './in-place.ts';
import { commonRelease, liveFleets, members } from './roles.ts';
import type { Instance, Snapshot } from './snapshot.ts';
import { duration, list } from './text.ts';

/** Who runs what, where instances fetch their releases by themselves. Pure. */

/** What the bucket says of one instance, and what it answers itself. */
export interface Following {
  readonly id: string;
  /** The release that it says it runs. */
  readonly runs?: string;
  /** Its newest permit. */
  readonly permit?: { readonly number: number; readonly release: string; readonly state: 'given' | 'withdrawn' };
  /** Its newest report: seconds since it was written, and within how many the next one is due. Absent: it has never reported. */
  readonly reported?: { readonly agoS: number; readonly everyS: number };
  /** How it fares with its last order, and what keeps it from following. */
  readonly order?: { readonly state: 'working' | 'done' | 'failed'; readonly why?: string };
  readonly problem?: string;
  /** Id of the key that it wants releases to be signed with. */
  readonly key?: string;
  /** What `instanceCheck` got from it for what it says it runs: `ok`, or what was wrong. Absent: not asked. */
  readonly answer?: string;
}

/** The release that new instances boot, and each instance that runs. */
export interface PullState {
  readonly pointer?: {
    readonly number: number;
    readonly release: string;
    readonly at: string;
    readonly by: string;
    readonly isSigned: boolean;
  };
  readonly instances: readonly Following[];
}

/** Instances that run and that no run has deployed to: what they run is what they were launched with, or have fetched by themselves. */
export function neverDeployedTo(snapshot: Snapshot): readonly Instance[] {
  return liveFleets(snapshot)
    .flatMap(members)
    .filter(({ state, deploy }) => state === 'running' && deploy === undefined);
}

/** By their ids the releases that instances have fetched by themselves, and answer with: their tags do not know of it. */
export function fetchedReleases(snapshot: Snapshot, { instances }: PullState): Readonly<Record<string, string>> {
  const own = new Set(neverDeployedTo(snapshot).map(({ id }) => id));
  const proven = instances.filter(({ id, answer }) => own.has(id) && answer === 'ok');
  return Object.fromEntries(proven.flatMap(({ id, runs }) => (runs === undefined ? [] : [[id, runs] as const])));
}

/** The snapshot in which these instances carry these releases, by their ids. */
export function withReleases(snapshot: Snapshot, releases: Readonly<Record<string, string>>): Snapshot {
  if (Object.keys(releases).length === 0) return snapshot;
  const fleets = snapshot.fleets.map((fleet) => {
    if (!fleet.instances.some(({ id }) => id in releases)) return fleet;
    const instances = fleet.instances.map((one) => ({
      ...one,
      ...defined({ release: releases[one.id] ?? one.release }),
    }));
    return { ...fleet, instances, release: commonRelease(instances) ?? fleet.release };
  });
  return inSameZones(snapshot, fleets);
}

export type FollowWord = 'never' | 'silent' | 'hindered' | 'refused' | 'working' | 'unproven' | 'follows';

/** In one word; the first that is so. */
export function followWord({ reported, problem, order, answer }: Following): FollowWord {
  if (reported === undefined) return 'never';
  if (reported.agoS > 2 * reported.everyS) return 'silent';
  if (problem !== undefined) return 'hindered';
  if (order?.state === 'failed') return 'refused';
  if (order?.state === 'working') return 'working';
  return answer === undefined || answer === 'ok' ? 'follows' : 'unproven';
}

const PROBLEMS: Readonly<Record<Exclude<FollowWord, 'follows'>, (one: Following) => string>> = {
  never: ({ id }) => `${id} has never reported: \`turnout follow\` does not run there, or may not write its report.`,
  silent: ({ id, runs, reported }) =>
    `${id} has not reported for ${duration(reported?.agoS ?? 0)}. It said that it runs ${runs ?? 'nothing'}.`,
  hindered: (one) => `${one.id}: ${ended(one.problem ?? '')} ${runningText(one)}`,
  refused: (one) =>
    `${one.id} has not taken ${wantedOf(one)}: ${ended(one.order?.why ?? 'no reason')} ${runningText(one)}`,
  working: (one) =>
    `${one.id} changes to ${wantedOf(one)}${ended(one.order?.why === undefined ? '' : `: ${one.order.why}`)} ${runningText(one)}`,
  unproven: ({ id, runs, answer }) =>
    `${id} says that it runs ${runs ?? 'nothing'}, and does not answer so: ${ended(answer ?? '')}`,
};

/** What is unusual about it, as a sentence; undefined when nothing is. */
export function followProblem(one: Following): string | undefined {
  const word = followWord(one);
  return word === 'follows' ? undefined : PROBLEMS[word](one);
}

/** What is unusual about instances, once for all of which it is the same, the most frequent first. */
export function followProblems(
  instances: readonly Following[],
): readonly { readonly word: FollowWord; readonly says: string }[] {
  const seen = instances.flatMap((one) => {
    const says = followProblem(one);
    return says === undefined ? [] : [{ id: one.id, word: followWord(one), says, runs: one.runs }];
  });
  // Their names, addresses and seconds differ, and nothing else.
  const groups = Map.groupBy(seen, ({ id, word, says, runs = '' }) =>
    word === 'silent' ? `${word} ${runs}` : says.replaceAll(id, '').replaceAll(/\d+(?:\.\d+){3}/g, ''),
  );
  return [...groups.values()]
    .toSorted((a, b) => b.length - a.length)
    .map(([first, ...others]) => ({ word: first!.word, says: `${first!.says}${sameText(others)}` }));
}

function sameText(others: readonly Pick<Following, 'id'>[]): string {
  if (others.length === 0) return '';
  return ` So it is with ${list(
    others.map(({ id }) => id),
    3,
  )}.`;
}

function runningText({ runs }: Following): string {
  return runs === undefined ? 'It runs nothing yet.' : `It runs ${runs}.`;
}

/** Without a permit it is the pointer that it has followed. */
function wantedOf({ permit }: Following): string {
  return permit?.release ?? 'the current release';
}

function ended(text: string): string {
  return /[.!?)]$/.test(text) ? text : `${text}.`;
}

/** `3 run 42, 1 runs 41`, by what they say. */
export function runsText(instances: readonly Following[]): string {
  const groups = Map.groupBy(instances, ({ runs }) => runs ?? 'nothing yet');
  return list(
    [...groups]
      .toSorted((a, b) => b[1].length - a[1].length)
      .map(([release, some]) => `${some.length} ${some.length === 1 ? 'runs' : 'run'} ${release}`),
    5,
  );
}
