import { members } from '../domain/roles.ts';
import type { Fleet, Snapshot } from '../domain/snapshot.ts';
import { count, duration } from '../domain/text.ts';
import { fleetById } from '../domain/queries.ts';
import type { Meaning } from './meaning.ts';
import { residualProblem } from '../domain/retention.ts';
import type { StepOf } from './step.ts';

/** The tail of a switch of names: resolvers and clients that do not heed TTLs come to the fleet before for as long as they like. */

function fleetOf(snapshot: Snapshot, { fleet }: StepOf<'await-tail'>): Fleet {
  return fleetById(snapshot, fleet) ?? { id: fleet, release: fleet, marks: {}, instances: [] };
}

export const tailMeaning: Meaning<StepOf<'await-tail'>> = {
  progress: (snapshot, step) =>
    residualProblem(snapshot, fleetOf(snapshot, step), step.limits) === undefined ? 'done' : 'under way',
  title: (snapshot, step) => {
    const { most, withinS } = step.limits;
    return `wait until no more than ${count(most, 'request')} in ${duration(withinS)} come to ${fleetOf(snapshot, step).release}`;
  },
  touches: (snapshot, step) => members(fleetOf(snapshot, step)).map(({ id }) => id),
  seconds: (_snapshot, { limits }) => limits.withinS,
  late: (snapshot, step) => residualProblem(snapshot, fleetOf(snapshot, step), step.limits),
};
