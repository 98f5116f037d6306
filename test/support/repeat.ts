import { OperatorError } from '../../src/errors.ts';

/** More often than any request fails for a reason that passes. */
const MOST = 12;

/** Sends a change as the engine does: what failed for a reason that passes is sent again, each time as a request of its own. */
export async function repeated(send: () => Promise<void>): Promise<void> {
  for (let n = 1; ; n += 1) {
    try {
      return await send();
    } catch (error) {
      if (!(error instanceof OperatorError && error.transient) || n === MOST) throw error;
    }
  }
}
