import { residualTrafficProblem } from '../domain/retention.ts';
import { count, duration } from '../domain/text.ts';
import type { ResidualLimits } from '../domain/traffic.ts';
import { never, type StepDefinition } from './definition.ts';
import { countOf } from './deploys.ts';
import { WAITS } from './presets.ts';
import { byPeriod } from './timing.ts';
import { fleetOf, memberIds, withoutResidual } from './world.ts';
import { NOTHING } from '../observe/reads.ts';

/** Wait until hardly any request comes to the fleet by a name that was looked up before, or by the cookie of a rule. */
export interface AwaitResidualTraffic {
  readonly do: 'await-residual-traffic';
  readonly fleet: string;
  readonly limits: ResidualLimits;
}

export const awaitResidualTraffic: StepDefinition<AwaitResidualTraffic> = (step) => ({
  ...WAITS,
  title: (snapshot) => {
    const { most, withinS } = step.limits;
    return `wait until no more than ${count(most, 'request')} in ${duration(withinS)} come to ${fleetOf(snapshot, step).release}`;
  },
  instances: (snapshot) => memberIds(snapshot, step),
  estimateS: () => step.limits.withinS,
  progress: (snapshot) =>
    residualTrafficProblem(snapshot, fleetOf(snapshot, step), step.limits) === undefined ? 'done' : 'under way',
  cannotSucceed: never,
  count: (snapshot) => {
    const { release } = fleetOf(snapshot, step);
    const why = residualTrafficProblem(snapshot, fleetOf(snapshot, step), step.limits);
    return countOf([release], 'without requests', why === undefined ? [] : [{ id: release, why }]);
  },
  lastSeen: (snapshot) => residualTrafficProblem(snapshot, fleetOf(snapshot, step), step.limits),
  readsToPoll: () => ({ ...NOTHING, residual: true }),
  timeLimitMs: (limits) => Math.max(limits.releasedMs, (step.limits.cookieS ?? 0) * 1000),
  pollEveryMs: () => byPeriod(step.limits.withinS),
  simulate: (snapshot) => withoutResidual(snapshot, step.limits.withinS),
});
