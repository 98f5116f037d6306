import type { Checked, GreenResult, GreenCheck } from '../domain/green-checks.ts';
import { fleetById } from '../domain/queries.ts';
import { members } from '../domain/roles.ts';
import type { Fleet, Snapshot } from '../domain/snapshot.ts';
import type { GreenPort } from '../production/green.ts';
import type { TrafficPort } from '../traffic/traffic.ts';
import type { Reads } from './reads.ts';
import { testRoutes } from './trial.ts';

interface CheckReaders {
  readonly green: Pick<GreenPort, 'ask'>;
  readonly traffic: Pick<TrafficPort, 'urls'>;
}

/** Asks each place once more where the fleet is not known to be warm. */
export async function withChecks(readers: CheckReaders, snapshot: Snapshot, reads: Reads): Promise<Snapshot> {
  const wanted = reads.green;
  const fleet = wanted && fleetById(snapshot, wanted.fleet);
  if (wanted === undefined || fleet === undefined) return snapshot;
  const { checks, pool } = wanted;
  const isRouted = checks.some(({ through }) => through === 'route');
  const routes = isRouted ? await testRoutes(readers.traffic, snapshot, pool) : [];
  const before = snapshot.details?.checked?.fleet === fleet.id ? snapshot.details.checked.results : [];
  const asked = checks.flatMap((check, index) =>
    placesOf(check, fleet, routes).map(async (place): Promise<GreenResult> => {
      const known = before.find((one) => one.check === index && one.at === place.at);
      if (known !== undefined && known.streak >= check.inARow) return known;
      const last = await askAt(readers, check, place, fleet);
      return { check: index, at: place.at, streak: last === 'ok' ? (known?.streak ?? 0) + 1 : 0, last };
    }),
  );
  const checked: Checked = { fleet: fleet.id, results: await Promise.all(asked) };
  return { ...snapshot, details: { ...snapshot.details, checked } };
}

interface Place {
  readonly at: string;
  /** Absent: there is nowhere to ask. */
  readonly url: string | undefined;
}

async function askAt({ green }: CheckReaders, check: GreenCheck, { url }: Place, { release }: Fleet): Promise<string> {
  if (url !== undefined) return green.ask(check, url, release);
  return check.through === 'route' ? 'no listener leads to it and to nothing else' : 'it has no address';
}

function placesOf({ through, url }: GreenCheck, fleet: Fleet, routes: readonly string[]): readonly Place[] {
  if (through === 'instance') {
    const at = (address: string | undefined) => address && url.replaceAll('{address}', address);
    return members(fleet).map(({ id, address }) => ({ at: id, url: at(address) }));
  }
  if (routes.length === 0) return [{ at: 'the test route', url: undefined }];
  return routes.map((route) => ({ at: `${baseOf(route)}${url}`, url: `${baseOf(route)}${url}` }));
}

/** Network load balancers say how they are reached, and not what is spoken there. */
function baseOf(route: string): string {
  const { protocol, host } = new URL(route.replace(/^tcp:/, 'http:').replace(/^tls:/, 'https:'));
  return `${protocol}//${host}`;
}
