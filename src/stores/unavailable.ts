import type { OperatorError } from '../errors.ts';
import type { Store } from './store.ts';

/** Stands for a store that cannot be opened: whatever is asked of it says why, so that what needs no store goes on. */
export function unavailableStore(error: OperatorError): Store {
  const fails = async (): Promise<never> => {
    throw error;
  };
  return {
    kind: 'unavailable',
    place: 'a store that cannot be opened',
    id: fails,
    acquire: fails,
    dequeue: fails,
    queue: fails,
    takeOver: fails,
    renew: fails,
    release: fails,
    held: fails,
    goal: fails,
    putGoal: fails,
    clearGoal: fails,
    log: fails,
    history: fails,
    close: async () => {},
  };
}
