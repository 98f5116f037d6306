import { closedText } from '../domain/freeze.ts';
import type { StepBehaviour } from './definition.ts';

/** The same step, which fails in a closed time instead of beginning. */
export function heedingFreeze(behaviour: StepBehaviour): StepBehaviour {
  return {
    ...behaviour,
    readsBefore: (snapshot) => ({ ...behaviour.readsBefore(snapshot), freeze: true }),
    cannotSucceed: (snapshot) =>
      (behaviour.progress(snapshot) === 'todo' ? closedText(snapshot.freeze) : undefined) ??
      behaviour.cannotSucceed(snapshot),
  };
}
