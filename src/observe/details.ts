import type { DeployOrder } from '../domain/deploy-order.ts';
import { drainingFrom, placesOf, running } from '../domain/in-place.ts';
import type { Details, Instance, Snapshot } from '../domain/snapshot.ts';
import type { DeployReport } from '../domain/deploys.ts';
import type { DiscoveryRequest } from '../traffic/discover.ts';

/** What is learnt by asking a deployer or the instances themselves, instead of AWS's lists. */

export interface DetailReaders {
  readonly deploys: { look(snapshot: Snapshot, order: DeployOrder): Promise<DeployReport | undefined> };
  readonly probe: {
    readonly drains: boolean;
    check(instance: Instance, release: string): Promise<string>;
    isIdle(instance: Instance): Promise<boolean>;
  };
  readonly discoverTargetGroups: (wanted: DiscoveryRequest) => Promise<boolean>;
}

function withDetails(snapshot: Snapshot, details: Details): Snapshot {
  return { ...snapshot, details: { ...snapshot.details, ...details } };
}

/** What the deployer reports of an order. */
export async function withDeploy(readers: DetailReaders, snapshot: Snapshot, order: DeployOrder): Promise<Snapshot> {
  const report = await readers.deploys.look(snapshot, order);
  const others = (snapshot.details?.deploys ?? []).filter(({ token }) => token !== order.token);
  return withDetails(snapshot, { deploys: report === undefined ? others : [...others, report] });
}

/** Whether that order is known to have succeeded. */
export function hasSucceeded({ details }: Snapshot, { token }: DeployOrder): boolean {
  return details?.deploys?.some((report) => report.token === token && report.state === 'succeeded') === true;
}

/** How the instances answer their check. */
export async function withAnswers(
  { probe }: DetailReaders,
  snapshot: Snapshot,
  ids: readonly string[],
): Promise<Snapshot> {
  const answers = await Promise.all(
    running(snapshot, ids).map(async (instance) => [
      instance.id,
      await probe.check(instance, instance.deploy?.release ?? instance.release ?? ''),
    ]),
  );
  return withDetails(snapshot, { answers: { ...snapshot.details?.answers, ...Object.fromEntries(answers) } });
}

/** Since when the instances drain, and which of them have nothing in flight. */
export async function withInFlight(
  { probe }: DetailReaders,
  snapshot: Snapshot,
  ids: readonly string[],
): Promise<Snapshot> {
  const draining = running(snapshot, ids).filter(
    ({ id }) => placesOf(snapshot, id).length === 0 && drainingFrom(snapshot, id).length > 0,
  );
  const known = snapshot.details?.drainingSince ?? {};
  const drainingSince = Object.fromEntries(draining.map(({ id }) => [id, known[id] ?? snapshot.at]));
  const seen = withDetails(snapshot, { drainingSince });
  if (!probe.drains) return seen;
  const idle = draining.map(async (instance) => ((await probe.isIdle(instance)) ? [instance.id] : []));
  return withDetails(seen, { idle: (await Promise.all(idle)).flat() });
}

/** Looks in every target group for these instances. @returns whether a new one was found */
export async function findGroups(
  { discoverTargetGroups }: DetailReaders,
  snapshot: Snapshot,
  ids: readonly string[],
): Promise<boolean> {
  const known = new Set(snapshot.pools.map(({ name }) => name));
  const instances = running(snapshot, ids);
  const left = instances.flatMap((instance) => (instance.left ?? []).map(({ pool }) => pool));
  return discoverTargetGroups({ instances, names: [...new Set(left)].filter((name) => !known.has(name)) });
}
