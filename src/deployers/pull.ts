import { settle } from '../aws/batches.ts';
import type { DeployedInstance } from '../domain/deploys.ts';
import { list } from '../domain/text.ts';
import { OperatorError } from '../errors.ts';
import type { BucketOfReleases, Seen } from '../releases/bucket.ts';
import type { FollowReport, Permit, OrderProgress } from '../releases/records.ts';
import { refuseUnsigned } from '../releases/signature.ts';
import type { DeployerPort, DeployerTools, DeployRequest } from './deployer.ts';
import { reportOf } from './parts.ts';

type Tools = Pick<DeployerTools, 'clock' | 'by'>;

/**
 * Deploys by permits: each instance of a request is permitted to change to the release, and `turnout follow` there does it. A permit
 * is found again by its token. An instance that has changed is still asked by `instanceCheck`: its report is no proof.
 * @param signedBy the public key of the instances; absent: not known here
 */
export function createPullDeployer(bucket: BucketOfReleases, tools: Tools, signedBy?: string): DeployerPort {
  const look = async ({ instances, token }: DeployRequest): Promise<readonly Permitted[]> =>
    Promise.all(instances.map(async ({ id }) => permitted(bucket, id, token, tools.clock.now())));
  // Not started before all have a permit: whoever started it may have ended after the first.
  const status: DeployerPort['status'] = async (request) => {
    const all = await look(request);
    if (all.some(({ deployed }) => deployed === undefined)) return undefined;
    return reportOf(
      request.token,
      all.flatMap(({ deployed = [] }) => deployed),
    );
  };
  return {
    kind: 'pull',
    description: `permits to pull from ${bucket.name}`,
    isRemote: true,
    migrates: false,

    async prepare({ release, instances }) {
      refuseUnsigned(await bucket.release(release), bucket.prefix, signedBy);
      const now = tools.clock.now();
      const seen = await Promise.all(instances.map(async ({ id }) => ({ id, report: await bucket.report(id) })));
      const silent = seen.filter(({ report }) => isSilent(report, now)).map(({ id }) => id);
      if (silent.length > 0) throw notFollowing(silent);
    },

    async start(request) {
      const toPermit = (await look(request)).filter(({ deployed }) => (deployed?.state ?? 'failed') === 'failed');
      if (toPermit.length === 0) return;
      const content = await bucket.release(request.release);
      const at = new Date(tools.clock.now()).toISOString();
      await settle(
        toPermit.map(async ({ id, permit: before }) => {
          const number = (before?.value.number ?? 0) + 1;
          const permit: Permit = { ...content, number, token: request.token, at, state: 'given' };
          await bucket.givePermit(id, permit, before?.object);
        }),
      );
    },

    status,

    setCurrent: async (name) => pointTo(bucket, name, tools),

    fetched: async (ids) => saidBy(bucket, ids),

    /** What has begun is not stopped: an instance goes on, or goes back, by itself. */
    async stop(request) {
      const open = (await look(request)).filter(({ deployed }) => isAtWork(deployed));
      await settle(
        open.map(async ({ id, permit, deployed }) => {
          if (permit === undefined || deployed?.state === 'running') return;
          await bucket.givePermit(id, { ...permit.value, state: 'withdrawn' }, permit.object);
        }),
      );
      return open.length === 0;
    },
  };
}

/** What they report that they run. */
async function saidBy(bucket: BucketOfReleases, ids: readonly string[]): Promise<Readonly<Record<string, string>>> {
  const said = ids.map(async (id) => {
    const release = (await bucket.report(id))?.value.runs?.release;
    return release === undefined ? [] : [[id, release] as const];
  });
  return Object.fromEntries((await Promise.all(said)).flat());
}

async function pointTo(bucket: BucketOfReleases, name: string, { clock, by }: Tools): Promise<void> {
  const [to, from] = await Promise.all([bucket.release(name), bucket.pointer()]);
  const seen = from === 'same' ? undefined : from;
  if (seen?.value.release === to.release && seen.value.sha256 === to.sha256) return;
  await bucket.movePointer(to, seen, { at: new Date(clock.now()).toISOString(), by });
}

/** The permit of an instance, whoever gave it, and how far the deploy with that token is there; undefined: it has no such permit. */
interface Permitted {
  readonly id: string;
  readonly permit: Seen<Permit> | undefined;
  readonly deployed: DeployedInstance | undefined;
}

async function permitted(bucket: BucketOfReleases, id: string, token: string, now: number): Promise<Permitted> {
  const found = await bucket.permit(id);
  const permit = found === 'same' ? undefined : found;
  if (permit?.value.token !== token) return { id, permit, deployed: undefined };
  return { id, permit, deployed: await deployedBy(bucket, id, permit, now) };
}

function isAtWork(deployed: DeployedInstance | undefined): boolean {
  return deployed?.state === 'pending' || deployed?.state === 'running';
}

/** Since its last report, twice the time has passed within which it reports again. Both times are of AWS's clock. */
function isSilent(report: Seen<FollowReport> | undefined, now: number): boolean {
  return report === undefined || now - Date.parse(report.object.modified) > 2 * report.value.everyMs;
}

const STATES = { working: 'running', done: 'succeeded', failed: 'failed' } as const satisfies Record<
  OrderProgress['state'],
  DeployedInstance['state']
>;

async function deployedBy(
  bucket: BucketOfReleases,
  id: string,
  { value: permit, object }: Seen<Permit>,
  now: number,
): Promise<DeployedInstance> {
  if (permit.state === 'withdrawn') return { id, state: 'failed', why: 'its permit was withdrawn' };
  const report = await bucket.report(id);
  const { progress, problem } = report?.value ?? {};
  const isOwn = progress?.kind === 'permit' && progress.number === permit.number;
  if (!isOwn) {
    // Both times come from S3's clock. `turnout follow` reports within seconds that it has begun.
    const silent = report === undefined || report.object.modified < object.modified;
    if (silent) return { id, state: 'pending', silent, why: 'it has not reported since its permit' };
    return { id, state: 'pending', ...(problem !== undefined && { why: problem }) };
  }
  const { state, why, output } = progress;
  const silent = state === 'working' && isSilent(report, now);
  return {
    id,
    state: STATES[state],
    ...(silent && { silent, why: 'it has begun, and has not reported lately' }),
    ...(why !== undefined && { why }),
    ...(state === 'failed' && { output: output ?? [] }),
  };
}

function notFollowing(ids: readonly string[]): OperatorError {
  return new OperatorError('not-following', `\`turnout follow\` has not reported lately from ${list(ids, 3)}.`, {
    next: [
      'Check on the instance that it runs (`systemctl status turnout-follow`), and that its role may write its report: docs/pull.md.',
    ],
  });
}
