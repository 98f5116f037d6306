import type { DeployOrder, DeployReport, DeployedInstance } from '../domain/deploys.ts';
import { explainInstance, sentence } from '../domain/explain.ts';
import { instanceById } from '../domain/in-place.ts';
import { isLive } from '../domain/roles.ts';
import type { Fleet, Snapshot } from '../domain/snapshot.ts';
import { list } from '../domain/text.ts';
import type { Count, Waiting } from '../domain/waiting.ts';
import type { Progress } from './definition.ts';
import { existingFleet } from './world.ts';
import type { Ports } from './ports.ts';
import { isMigrated } from '../domain/in-place.ts';

/** What the steps that hand something to a deployer, or work on a batch of instances, have in common. */

/** It is not known how long a deploy takes: this is what the plan says. */
export const DEPLOY_S = 30;

export function reportOn({ details }: Snapshot, { token }: DeployOrder): DeployReport | undefined {
  return details?.deploys?.find((report) => report.token === token);
}

export function deployProgress(snapshot: Snapshot, order: DeployOrder): Progress {
  const state = reportOn(snapshot, order)?.state;
  return state === 'pending' || state === 'running' ? 'under way' : 'todo';
}

export function deployCount(snapshot: Snapshot, order: DeployOrder): Count | undefined {
  const report = reportOn(snapshot, order);
  if (report === undefined) return undefined;
  const left = report.instances.filter(({ state }) => state !== 'succeeded');
  const waiting = left.map(({ id, state, why }) => ({ id, why: why === undefined ? state : `${state}: ${why}` }));
  return countOf(order.instances, order.kind === 'migrate' ? 'migrated' : 'deployed', waiting);
}

export function deployFailed(snapshot: Snapshot, order: DeployOrder): string | undefined {
  const report = reportOn(snapshot, order);
  if (report?.state !== 'failed') return undefined;
  const what = order.kind === 'migrate' ? `Migrating to ${order.release}` : `Deploying ${order.release}`;
  const failed = report.instances.filter(({ state }) => state === 'failed');
  return `${what} failed. ${failed.map(failureOf).join('\n')}`;
}

/** Why it has failed, with the end of what it wrote. */
function failureOf({ id, why, output = [], log }: DeployedInstance): string {
  const end = output.map((line) => `\n    ${line}`).join('');
  return `${id}: ${why ?? 'failed'}${log === undefined ? '' : `, see ${log}`}${end}`;
}

/** Records in the fleet's tags that the migrations of the release have run. */
export async function tagMigrated(
  ports: Ports,
  step: { readonly fleet: string; readonly release: string; readonly run: string },
  snapshot: Snapshot,
): Promise<void> {
  if (isMigrated(snapshot, step.fleet, step.release, step.run)) return;
  const fleet: Fleet = existingFleet(snapshot, step);
  await ports.fleet.mark(fleet, { migrated: `${step.release} ${step.run}` });
}

/** Instances of a batch that went away: what was requested for them cannot succeed. */
export function goneInstances(snapshot: Snapshot, ids: readonly string[]): string | undefined {
  const missing = ids.flatMap((id): Waiting[] => {
    const instance = instanceById(snapshot, id);
    if (instance === undefined) return [{ id, why: 'AWS does not list it any more' }];
    return isLive(instance) && instance.state === 'running' ? [] : [{ id, why: explainInstance(instance) }];
  });
  const [only] = missing;
  if (only === undefined) return undefined;
  return missing.length === 1
    ? `${only.id} went away meanwhile (${only.why}).`
    : `${missing.length} instances went away meanwhile. ${sentence(missing)}.`;
}

/** `i-1 (eu-west-1a)`, or `i-1, i-2 and 3 more`. */
export function batchText(snapshot: Snapshot, ids: readonly string[]): string {
  const [only] = ids;
  if (ids.length !== 1 || only === undefined) return list(ids, 3);
  const zone = instanceById(snapshot, only)?.zone;
  return zone === undefined ? only : `${only} (${zone})`;
}

export function countOf(ids: readonly string[], word: string, waiting: readonly Waiting[]): Count {
  const left = new Set(waiting.map(({ id }) => id));
  return { have: ids.length - left.size, want: ids.length, word, waiting };
}
