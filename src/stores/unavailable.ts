import type { OperatorError } from '../errors.ts';
import { storeBehind } from './located.ts';
import type { Store } from './store.ts';

/** Stands for a store that cannot be opened: whatever is asked of it says why, so that what needs no store goes on. */
export function unavailableStore(error: OperatorError): Store {
  const fail = async (): Promise<never> => {
    throw error;
  };
  return {
    ...storeBehind(fail),
    kind: 'unavailable',
    place: 'a store that cannot be opened',
    close: async () => {},
  };
}
