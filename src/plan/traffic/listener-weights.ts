import { cookieLifeS, countedWithinS } from '../../domain/retention.ts';
import type { Snapshot } from '../../domain/snapshot.ts';
import type { ListenerWeights } from '../../domain/traffic.ts';
import { NOTHING } from '../../observe/reads.ts';
import type { TrafficModel } from './model.ts';
import { releaseSteps } from './steps.ts';
import { longestRetention, settingsOf, weights } from './weights.ts';

/** Rules of listeners divide the traffic: a change holds as soon as it is made. */
export function listenerWeights(snapshot: Snapshot, traffic: ListenerWeights): TrafficModel {
  return weights({
    snapshot,
    traffic,
    notes: [],
    readsBefore: NOTHING,
    poolProblem: () => undefined,
    withoutShareProblem: () => undefined,
    prepare: () => [],
    arrive: () => [],
    verify: releaseSteps,
    retentionS: (settings) => longestRetention(snapshot, settingsOf(settings.traffic, traffic.kind).retentionS),
    residual: ({ traffic: settings }) => {
      const cookieS = cookieLifeS(snapshot);
      const { most, withinS } = settingsOf(settings, traffic.kind).residual;
      return cookieS === 0 ? undefined : { most, withinS: countedWithinS(withinS, cookieS), cookieS };
    },
    settleSteps: () => [],
  });
}
