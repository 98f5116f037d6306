import { drainingFrom, placesOf, running } from '../domain/in-place.ts';
import { neverDeployedTo, withReleases } from '../domain/following.ts';
import { isHealthy, targetKey } from '../domain/minimum-healthy.ts';
import type { Details, Instance, Snapshot } from '../domain/snapshot.ts';
import type { DeployOrder, DeployReport } from '../domain/deploys.ts';
import { OperatorError } from '../errors.ts';
import type { Reads } from './reads.ts';

/** What is learnt by asking a deployer or the instances themselves, instead of AWS's lists. */

export interface DetailReaders {
  readonly deploys: {
    look(snapshot: Snapshot, order: DeployOrder): Promise<DeployReport | undefined>;
    fetched(ids: readonly string[]): Promise<Readonly<Record<string, string>>>;
  };
  readonly probe: {
    readonly drains: boolean;
    check(instance: Instance, release: string): Promise<string>;
    isIdle(instance: Instance): Promise<boolean>;
  };
}

/** The snapshot with what the deployer or the instances say. */
export async function withDetails(readers: DetailReaders, snapshot: Snapshot, reads: Reads): Promise<Snapshot> {
  const { deploy, checks, inFlight, healthyIn, sizeOf } = reads;
  const seen =
    (sizeOf === undefined ? undefined : { sized: { fleet: sizeOf, at: snapshot.at } }) ??
    (healthyIn !== undefined ? healthySince(snapshot, healthyIn) : undefined) ??
    (checks && (await readAnswers(readers, snapshot, checks))) ??
    (inFlight && (await readInFlight(readers, snapshot, inFlight))) ??
    (deploy && (await readDeploy(readers, snapshot, deploy)));
  return seen === undefined ? snapshot : { ...snapshot, details: { ...snapshot.details, ...seen } };
}

/**
 * The snapshot with the releases that instances have fetched by themselves, such as the current one at their first boot, and answer with.
 * Their tags do not know of it. Where it cannot be read the tags count, and a run deploys to them once more.
 */
export async function withFetchedReleases({ deploys, probe }: DetailReaders, snapshot: Snapshot): Promise<Snapshot> {
  const newcomers = neverDeployedTo(snapshot);
  const ids = newcomers.map(({ id }) => id);
  const said = await deploys.fetched(ids).catch((error: unknown): Readonly<Record<string, string>> => {
    if (error instanceof OperatorError) return {};
    throw error;
  });
  const asked = newcomers.map(async (one) => {
    const release = said[one.id];
    return release !== undefined && (await probe.check(one, release)) === 'ok' ? [[one.id, release] as const] : [];
  });
  return withReleases(snapshot, Object.fromEntries((await Promise.all(asked)).flat()));
}

/** What the deployer reports of an order. */
async function readDeploy({ deploys }: DetailReaders, snapshot: Snapshot, order: DeployOrder): Promise<Details> {
  const report = await deploys.look(snapshot, order);
  const others = (snapshot.details?.deploys ?? []).filter(({ token }) => token !== order.token);
  return { deploys: report === undefined ? others : [...others, report] };
}

function healthySince(snapshot: Snapshot, name: string): Details {
  const known = snapshot.details?.healthySince ?? {};
  const healthy = snapshot.pools
    .filter((pool) => pool.name === name)
    .flatMap(({ targets }) => targets.filter(isHealthy));
  const keys = healthy.map((target) => `${name} ${targetKey(target)}`);
  return { healthySince: Object.fromEntries(keys.map((key) => [key, known[key] ?? snapshot.at])) };
}

/** Whether that order is known to have succeeded. */
export function hasSucceeded({ details }: Snapshot, { token }: DeployOrder): boolean {
  return details?.deploys?.some((report) => report.token === token && report.state === 'succeeded') === true;
}

/** How the instances answer their check. */
async function readAnswers({ probe }: DetailReaders, snapshot: Snapshot, ids: readonly string[]): Promise<Details> {
  const answers = running(snapshot, ids).map(async (instance) => {
    const release = instance.deploy?.release ?? instance.release ?? '';
    return [instance.id, await probe.check(instance, release)];
  });
  return { answers: { ...snapshot.details?.answers, ...Object.fromEntries(await Promise.all(answers)) } };
}

/** Since when the instances drain, and which of them have nothing in flight. */
async function readInFlight({ probe }: DetailReaders, snapshot: Snapshot, ids: readonly string[]): Promise<Details> {
  const draining = running(snapshot, ids).filter(
    ({ id }) => placesOf(snapshot, id).length === 0 && drainingFrom(snapshot, id).length > 0,
  );
  const known = snapshot.details?.drainingSince ?? {};
  const drainingSince = Object.fromEntries(draining.map(({ id }) => [id, known[id] ?? snapshot.at]));
  if (!probe.drains) return { drainingSince };
  const idle = draining.map(async (instance) => ((await probe.isIdle(instance)) ? [instance.id] : []));
  return { drainingSince, idle: (await Promise.all(idle)).flat() };
}
