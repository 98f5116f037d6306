import {
  bakedS,
  bakesSince,
  bakeState,
  judgementsOf,
  secondsToJudge,
  judgementText,
  type BakeFacts,
} from '../domain/bake.ts';
import type { PoolMinimum } from '../domain/goal.ts';
import { percentText, shareOfPool, hasShare, TOLERANCE } from '../domain/shares.ts';
import type { Snapshot } from '../domain/snapshot.ts';
import { duration, list } from '../domain/text.ts';
import { never, type StepDefinition } from './definition.ts';
import { WAITS } from './presets.ts';
import { foreignWeights, notFit } from './shares.ts';
import { EFFECT_SHOWS_MS, untilThen } from './timing.ts';
import { fleetOf, memberIds, noEarlierThan } from './world.ts';

/** Watch a fleet that has a share of production for that time, while its gates judge it. */
export interface Bake extends BakeFacts {
  readonly do: 'bake';
  /** Where it serves. */
  readonly pool: string;
  readonly minimumHealthy: PoolMinimum;
}

export const bake: StepDefinition<Bake> = (step) => {
  const { pool, percent, seconds, gates } = step;
  return {
    ...WAITS,
    isAfterSwitch: true,
    effect: () => 'verifies',
    title: (snapshot) => {
      const judges =
        gates.length === 0
          ? ''
          : `, judged by ${list(
              gates.map(({ name }) => name),
              5,
            )}`;
      return `bake ${fleetOf(snapshot, step).release} with ${percentText(percent)} for ${duration(seconds)}${judges}`;
    },
    instances: (snapshot) => memberIds(snapshot, step),
    estimateS: (snapshot) => Math.max(0, seconds - (bakedS(snapshot, step) ?? 0)),
    progress: (snapshot) => {
      const { state } = bakeState(snapshot, step);
      return isPast(snapshot, step) || state === 'passed' ? 'done' : 'under way';
    },
    conflict: (snapshot) => movedByOthers(snapshot, step),
    cannotSucceed: (snapshot) => {
      const said = bakeState(snapshot, step);
      if (said.state === 'fail' || said.state === 'inconclusive') return `${SAID[said.state]} ${said.why}.`;
      return notFit(snapshot, step);
    },
    count: (snapshot) => ({
      have: Math.min(seconds, Math.floor(bakedS(snapshot, step) ?? 0)),
      want: seconds,
      word: 'seconds',
      waiting: (judgementsOf(snapshot, step)?.judgements ?? [])
        .filter(({ verdict }) => verdict !== 'pass')
        .map(({ gate, verdict, why }) => ({ id: gate, why: `${verdict}: ${why}` })),
    }),
    lastSeen: (snapshot) => judgementsOf(snapshot, step)?.judgements.map(judgementText).join('; '),
    readsToPoll: (snapshot) => ({
      pools: [pool],
      fleets: [],
      routes: true,
      bake: { ...step, since: bakesSince(snapshot, step) ?? snapshot.at },
    }),
    timeLimitMs: () => (seconds + graceS(step)) * 1000 + EFFECT_SHOWS_MS,
    pollEveryMs: (snapshot) => untilThen(Math.max(1, seconds - (bakedS(snapshot, step) ?? 0))),
    simulate: (snapshot) => baked(snapshot, step),
    guard: never,
  };
};

const SAID = { fail: 'A gate failed.', inconclusive: 'A gate is inconclusive.' } as const;

/** What the client of a run that was resumed may take until it has seen enough. */
function graceS({ gates, percent }: Bake): number {
  return Math.max(
    0,
    ...gates.map((gate) => (gate.kind === 'probe' ? (secondsToJudge(gate, percent, () => 0) ?? 0) : 0)),
  );
}

function isPast(snapshot: Snapshot, { pool, percent }: Bake): boolean {
  return shareOfPool(snapshot, pool) > percent + TOLERANCE;
}

/** Where servers move there are no weights that others could change. */
function movedByOthers(snapshot: Snapshot, { pool, percent }: Bake): string | undefined {
  return foreignWeights(
    snapshot,
    'production',
    pool,
    () => percent,
    (route) => hasShare(route, pool, percent),
  );
}

function baked(snapshot: Snapshot, step: Bake): Snapshot {
  const from = bakesSince(snapshot, step) ?? snapshot.at;
  const later = noEarlierThan(snapshot, from + step.seconds * 1000);
  const said = { verdict: 'pass', why: '', numbers: {}, at: later.at } as const;
  const judgements = step.gates.map(({ name, dryRun }) => ({ ...said, gate: name, dryRun }));
  const all = { fleet: step.fleet, percent: step.percent, firstAt: from, judgements };
  return { ...later, details: { ...later.details, baked: all } };
}
