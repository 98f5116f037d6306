import { fleetById } from '../domain/queries.ts';
import { members, poolsOf } from '../domain/roles.ts';
import { routesOf } from '../domain/routes.ts';
import type { Snapshot } from '../domain/snapshot.ts';
import type { ProductionPort } from '../production/production.ts';
import type { TrafficPort } from '../traffic/traffic.ts';
import type { Reads } from './reads.ts';

interface TrialReaders {
  readonly production: Pick<ProductionPort, 'askGreen'>;
  readonly traffic: Pick<TrafficPort, 'urls'>;
}

/** What a fleet says of itself where it is tested, beside what production says. */
export async function withTrial(
  { production, traffic }: TrialReaders,
  snapshot: Snapshot,
  { trial: wanted }: Reads,
): Promise<Snapshot> {
  const fleet = wanted && fleetById(snapshot, wanted.fleet);
  if (wanted === undefined || fleet === undefined) return snapshot;
  const routes = async (): Promise<readonly string[]> => testRoutes(traffic, snapshot, wanted.pool);
  const trial = { fleet: fleet.id, before: wanted.before, ...(await production.askGreen(routes, members(fleet))) };
  return { ...snapshot, details: { ...snapshot.details, trial } };
}

/** URLs that lead to the pool, and to nothing that serves. */
export async function testRoutes(
  traffic: TrialReaders['traffic'],
  snapshot: Snapshot,
  pool: string,
): Promise<readonly string[]> {
  const routes = routesOf(snapshot, 'test');
  if (routes.length > 0) return routes.filter(({ weights }) => (weights[pool] ?? 0) > 0).map(({ url }) => url);
  const urls = await traffic.urls();
  const serving = new Set(poolsOf(snapshot, 'production').flatMap(({ name }) => urls[name] ?? []));
  return (urls[pool] ?? []).filter((url) => !serving.has(url));
}
