import { locationOf, type Location } from '../domain/location.ts';
import { OperatorError } from '../errors.ts';
import { checkLocation } from '../stores/located.ts';
import type { Context } from './context.ts';

/**
 * For commands that change nothing but the store: refused where these credentials lead to another account or region than the
 * records are of. Where AWS cannot be asked, the store's records are all there is.
 * @returns where this is, as far as AWS says
 */
export async function mustBeHere({ ports, session, store }: Context): Promise<Location | undefined> {
  const reading = await ports.traffic.read().catch((error: unknown) => {
    if (error instanceof OperatorError && error.code !== 'other-account') return { pools: [] };
    throw error;
  });
  const location = locationOf(reading, session.connection.endpoint);
  if (location !== undefined) await checkLocation(store, location, 'read');
  return location;
}
