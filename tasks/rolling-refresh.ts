import { isRefusal, keepsInstances, refusal, type GoalOf, type Refusal } from '../src/domain/goal.ts';
import { minimumWhileOut } from '../src/domain/in-place.ts';
import { members } from '../src/domain/roles.ts';
import type { Fleet } from '../src/domain/snapshot.ts';
import { refreshProblem } from '../src/plan/refresh.ts';
import * as option from './options.ts';
import type { Request } from './task.ts';

/** Options of a rolling deploy that is an instance refresh. */
export const REFRESHES = {
  refresh: option.flag({
    describe: 'Replace the instances of the Auto Scaling group that serves, by an instance refresh, and deploy nothing',
    conflicts: 'batch',
  }),
  rootVolumes: option.flag({
    describe: 'As --refresh, but replace the root volume of each instance in place, and keep the instance',
    conflicts: 'batch',
  }),
} satisfies option.OptionDefinitions;

interface Options {
  readonly release: string;
  readonly rootVolumes?: boolean;
  readonly minHealthy?: Parameters<typeof minimumWhileOut>[3];
  readonly allowDowntime?: boolean;
}

/** Nothing is handed to a deployer. */
const BY_AWS = { words: 'an instance refresh', check: false, migrate: 'no' } as const;

/** What is left in service, in percent: rounded up, and less than all only where that was asked for. */
export async function refreshGoal(
  { snapshot, options, requestedBy, resolve, delivery }: Omit<Request, 'options'> & { readonly options: Options },
  fleet: Fleet,
): Promise<GoalOf<'rolling'> | Refusal> {
  const { release, minHealthy } = options;
  const problem = refreshProblem(fleet, release) ?? (delivery?.movesPointer && pointerProblem(fleet, release));
  if (problem !== undefined) return problem;
  const spec = await resolve({
    release,
    zones: {},
    blue: fleet,
    refresh: true,
    ...(options.rootVolumes === true && { rootVolumes: true }),
  });
  if (isRefusal(spec)) return spec;
  const ids = members(fleet).map(({ id }) => id);
  // Auto Scaling chooses the zones.
  const isInPlace = keepsInstances(spec);
  const minimum = Object.entries(minimumWhileOut(snapshot, ids, isInPlace ? 1 : 0, minHealthy));
  const minimumHealthy = Object.fromEntries(minimum.map(([pool, { total }]) => [pool, { total, zones: {} }]));
  const least = Math.max(1, ...minimum.map(([, { total }]) => total));
  const minPercent = Math.min(100, Math.ceil((100 * least) / Math.max(1, ids.length)));
  return {
    ...requestedBy,
    verb: 'rolling',
    fleet: fleet.id,
    release,
    batches: [],
    minimumHealthy,
    ...(minHealthy && { minHealthy }),
    force: false,
    delivery: BY_AWS,
    // One more is launched first where none may be missing.
    refresh: {
      spec,
      minPercent,
      maxPercent: isInPlace || minPercent < 100 ? 100 : 100 + Math.ceil(100 / Math.max(1, ids.length)),
    },
  };
}

/** What it launches fetches what the pointer names, whatever the image has. */
function pointerProblem({ marks: { pointed = '' } }: Fleet, release: string): Refusal | undefined {
  const [current = ''] = pointed.split(' ');
  if (current === release) return undefined;
  return refusal(
    'not-pointed',
    `An instance refresh launches instances, and with \`deploy.kind: pull\` those boot ${current || 'what the pointer names'}, not ${release}.`,
    `\`turnout rolling --release ${release}\` deploys it to those that run, and lets new ones boot it; then run this again.`,
  );
}
