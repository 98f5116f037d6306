import { residualTrafficProblem } from '../domain/residual-traffic.ts';
import { count, duration } from '../domain/text.ts';
import { never, WAITS, type StepDefinition } from './definition.ts';
import { byPeriod, limit } from './timing.ts';
import { fleetOf, memberIds } from './world.ts';
import { NOTHING } from '../observe/reads.ts';

/** Wait until hardly any request comes to the fleet by a name that was looked up before. */
export interface AwaitResidualTraffic {
  readonly do: 'await-residual-traffic';
  readonly fleet: string;
}

export const awaitResidualTraffic: StepDefinition<AwaitResidualTraffic> = (step) => ({
  ...WAITS,
  title: (snapshot) => {
    const { most = 0, withinS = 0 } = snapshot.tail ?? {};
    return `wait until no more than ${count(most, 'request')} in ${duration(withinS)} come to ${fleetOf(snapshot, step).release}`;
  },
  instances: (snapshot) => memberIds(snapshot, step),
  estimateS: ({ tail }) => tail?.withinS ?? 0,
  progress: (snapshot) =>
    residualTrafficProblem(snapshot, fleetOf(snapshot, step)) === undefined ? 'done' : 'under way',
  cannotSucceed: never,
  count: never,
  lastSeen: (snapshot) => residualTrafficProblem(snapshot, fleetOf(snapshot, step)),
  readsBefore: () => NOTHING,
  readsToPoll: { ...NOTHING, tail: true },
  timeLimitMs: limit('releasedMs'),
  pollEveryMs: ({ tail }) => byPeriod(tail?.withinS ?? 0),
  simulate: (snapshot) => {
    const { tail } = snapshot;
    return tail === undefined ? snapshot : { ...snapshot, tail: { ...tail, requests: {} } };
  },
});
