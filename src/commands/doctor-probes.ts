import { policyFor } from '../aws/policy.ts';
import type { DryRun } from '../aws/dry-run.ts';
import { tasks } from '../../tasks/index.ts';
import type { Config, PullDeployerConfig } from '../config/config.ts';
import { locationOf } from '../domain/location.ts';
import type { ProductionRecord } from '../domain/production-record.ts';
import { members, servingFleets } from '../domain/roles.ts';
import type { Snapshot } from '../domain/snapshot.ts';
import { otherStore } from '../domain/store-mark.ts';
import { attempt, OperatorError } from '../errors.ts';
import { readSecret, secretName } from '../notify/secret.ts';
import { findProgram } from '../programs/program.ts';
import { about, type Finding } from '../run/doctor/finding.ts';
import { actionsLeft, type Simulated } from '../run/doctor/permissions.ts';
import { simulationsOf } from '../run/doctor/simulations.ts';
import { storeFindings, type ProgramUse, type StoreView } from '../run/doctor/machine.ts';
import { keptElsewhere } from '../run/engine/other-store.ts';
import { JOURNAL_LOOK, lastProduction } from '../run/task/last-production.ts';
import { describeUnfinished, waysToContinue } from '../run/task/resolve-goal.ts';
import { ciProblem } from '../stores/ci.ts';
import { checkLocation } from '../stores/located.ts';
import type { RecordedGoal, UnreadableGoal } from '../stores/store.ts';
import type { Context } from './context.ts';
import { pullFindings } from '../run/doctor/pull.ts';
import { openInPlace } from './in-place.ts';
import { readPull } from './pull-status.ts';
import { holderOf } from './lease.ts';

/** What `doctor` tries beside AWS: the store, the deployer and the programs of the config. */

export interface StoreChecked {
  readonly findings: readonly Finding[];
  readonly lastProduction: ProductionRecord | undefined;
}

/** @param snapshot undefined where AWS could not be read */
export async function storeChecked(context: Context, snapshot: Snapshot | undefined): Promise<StoreChecked> {
  const { store, config } = context;
  try {
    const elsewhere = await elsewhereOf(context, snapshot);
    const [written, goal, journal] = [
      await takeAndGive(context),
      await store.goal(),
      await store.history(JOURNAL_LOOK),
    ];
    const problems = [ciProblem(config, process.env), ...elsewhere].filter((one) => one !== undefined);
    const unfinished = goal && unfinishedOf(goal);
    return {
      findings: storeFindings({ place: store.place, written, problems, unfinished }),
      lastProduction: lastProduction(tasks, journal),
    };
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
    const findings = storeFindings({ place: store.place, written: error, problems: [], unfinished: undefined });
    return { findings, lastProduction: undefined };
  }
}

/** The one conditional write that everything rests on, and its opposite. */
async function takeAndGive(context: Context): Promise<Exclude<StoreView['written'], OperatorError>> {
  const { store, config } = context;
  const result = await store.acquire(holderOf(context, 'doctor'), config.store.ttlMs);
  if (!('lease' in result)) return result;
  await store.release(result.lease);
  return 'taken';
}

/** The records are of another place, or another store keeps the environment. */
async function elsewhereOf(
  { store, session }: Context,
  snapshot: Snapshot | undefined,
): Promise<readonly OperatorError[]> {
  if (snapshot === undefined) return [];
  const location = locationOf(snapshot, session.connection.endpoint);
  if (location !== undefined) await checkLocation(store, location, 'read');
  const other = otherStore(snapshot, await store.id());
  return other === undefined ? [] : [keptElsewhere(other, snapshot.at)];
}

function unfinishedOf(goal: RecordedGoal | UnreadableGoal): StoreView['unfinished'] {
  if ('unreadable' in goal) return { says: goal.unreadable, next: ['`turnout abandon` forgets it.'] };
  return { says: describeUnfinished(goal), next: waysToContinue(tasks[goal.goal.verb], goal.goal.release) };
}

/** Whether a deploy in place could be started on what serves. */
export async function deploysChecked(context: Context, world: Snapshot, release: string): Promise<readonly Finding[]> {
  const { config, ports: outer, run } = context;
  if (config.deploy === undefined) return [];
  const { ok, failed } = about('deploys');
  const instances = servingFleets(world)
    .flatMap(members)
    .map(({ id }) => id);
  const order = { token: run, since: new Date(outer.clock.now()).toISOString(), release, instances, migrate: false };
  const apart = config.migrate !== undefined && config.migrate !== 'with-deploy';
  const kinds = ['deploy' as const, ...(apart ? ['migrate' as const] : [])];
  try {
    const { ports } = await openInPlace(context, () => undefined);
    await ports.inPlace.deploys.prepare(
      world,
      kinds.map((kind) => ({ ...order, kind })),
    );
    return [ok(`${ports.inPlace.delivery?.words} can be started on ${instances.length} servers.`)];
  } catch (error) {
    if (error instanceof OperatorError) return [failed(error)];
    throw error;
  }
}

/** Where instances fetch their releases: the bucket, the pointer, signatures, and the newest report of each instance. */
export async function pullChecked(context: Context, world: Snapshot): Promise<readonly Finding[]> {
  const { deploy } = context.config;
  const state = await readPull(context, world);
  if (state === undefined || deploy?.kind !== 'pull') return [];
  const { failed } = about('deploys');
  if (state instanceof OperatorError) return [failed(state)];
  const wrong = await attempt(wrongInBucket(context, deploy));
  return wrong instanceof OperatorError ? [...pullFindings(state), failed(wrong)] : pullFindings(state, wrong);
}

async function wrongInBucket({ session }: Context, deploy: PullDeployerConfig): Promise<readonly string[]> {
  const [{ openBucket, readPublicKey }, { pointedProblems }] = await Promise.all([
    import('../releases/index.ts'),
    import('../releases/state.ts'),
  ]);
  return pointedProblems(openBucket(session, deploy), await readPublicKey(deploy.publicKey));
}

/** What IAM says of the changes that a dry run cannot check. */
export async function simulatedChanges(
  { config, session }: Context,
  snapshot: Snapshot,
  asked: readonly DryRun[],
): Promise<Simulated> {
  const none = { allowed: [], denied: [] };
  const location = locationOf(snapshot);
  const wanted = new Set(actionsLeft(config, asked));
  if (location === undefined || wanted.size === 0) return none;
  const { Iam } = await import('../aws/iam.ts');
  const iam = new Iam(session);
  const principal = await iam.principal();
  if (principal === undefined) return none;
  const allowed = new Set<string>();
  const denied = new Map<string, Simulated['denied'][number]>();
  for (const one of simulationsOf(policyFor(config, 'run'), wanted, snapshot, location)) {
    for (const { action, resource, isAllowed } of await iam.simulate(principal, one)) {
      if (isAllowed) allowed.add(action);
      else if (one.isReal) denied.set(action, { action, resource });
    }
  }
  return { allowed: [...allowed].filter((action) => !denied.has(action)), denied: [...denied.values()] };
}

/** The programs that the config names for hooks, for work, and for the way back. */
export async function programsOf({ hooks, owner, schema }: Config): Promise<readonly ProgramUse[]> {
  const { folder, ...times } = hooks;
  const all = Object.entries(times).flatMap(([use, list]) => list.map(({ run: [command = ''] }) => ({ use, command })));
  const others = Object.entries({
    'owner.read': owner?.kind === 'command' ? owner.read : undefined,
    'owner.set': owner?.kind === 'command' ? owner.set : undefined,
    'owner.idle': owner?.idle,
    'schema.run': schema?.run,
  }).flatMap(([use, run]) => (run === undefined ? [] : [{ use, command: run[0] ?? '' }]));
  return Promise.all(
    [...all, ...others].map(async (one) => ({
      ...one,
      folder,
      found: (await findProgram(one.command, folder)) !== undefined,
    })),
  );
}

/** Where the config says that webhooks' URLs and tokens are, and nothing is. */
export function missingSecrets({ notify = [], hooks: { folder } }: Config): readonly string[] {
  const all = notify.flatMap(({ url, token }) => [url, ...(token === undefined ? [] : [token])]);
  return all.filter((secret) => readSecret(secret, folder) === undefined).map(secretName);
}
