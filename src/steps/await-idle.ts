import type { Snapshot } from '../domain/snapshot.ts';
import { list } from '../domain/text.ts';
import { NOTHING, type Reads } from '../observe/reads.ts';
import type { StepDefinition } from './definition.ts';
import { WAITS } from './presets.ts';
import { byTimeWaited, limit } from './timing.ts';

/** Wait until no work of these releases is under way, while nobody takes more. */
export interface AwaitIdle {
  readonly do: 'await-idle';
  readonly fleet: string;
  readonly releases: readonly string[];
}

export const awaitIdle: StepDefinition<AwaitIdle> = ({ releases }) => {
  const reads: Reads = { ...NOTHING, work: { idle: releases } };
  const busy = ({ work }: Snapshot): readonly string[] =>
    work?.state === 'seen' ? releases.filter((release) => !work.idle.includes(release)) : releases;
  return {
    ...WAITS,
    title: () => `wait until no work of ${list(releases)} is under way`,
    instances: () => [],
    estimateS: () => 5,
    progress: (snapshot) => (busy(snapshot).length === 0 && snapshot.work?.state === 'seen' ? 'done' : 'under way'),
    cannotSucceed: ({ work }) =>
      work?.state === 'seen' && work.owner !== null ? `${work.owner} has taken the work meanwhile.` : undefined,
    count: (snapshot) => {
      const waiting = busy(snapshot).map((id) => ({ id, why: 'work is under way' }));
      return { have: releases.length - waiting.length, want: releases.length, word: 'idle', waiting };
    },
    lastSeen: ({ work }) => (work?.state === 'unreadable' ? work.why : undefined),
    readsBefore: () => reads,
    readsToPoll: () => reads,
    timeLimitMs: limit('idleMs'),
    pollEveryMs: (snapshot, waitedMs) => Math.max(500, byTimeWaited(snapshot, waitedMs)),
    simulate: (snapshot) =>
      snapshot.work?.state === 'seen' ? { ...snapshot, work: { ...snapshot.work, idle: releases } } : snapshot,
  };
};
