import type { Surroundings } from '../domain/traffic.ts';
import { OperatorError } from '../errors.ts';

/** What is there beside target groups and rules. */
export interface Beside {
  /** Names of the Auto Scaling groups that register instances with a target group, by its ARN. One request for 100 groups. */
  readonly scalingGroups: () => Promise<ReadonlyMap<string, readonly string[]>>;
  /** One request for 300 records of each zone of the config. */
  readonly names: () => Promise<Surroundings['names']>;
  /** Two requests. */
  readonly impaired: () => Promise<Surroundings['impaired']>;
  /** One request for 1000 volumes. */
  readonly volumes: () => Promise<Surroundings['volumes']>;
}

export const NOTHING_BESIDE: Beside = {
  scalingGroups: async () => new Map(),
  names: async () => [],
  impaired: async () => ({}),
  volumes: async () => [],
};

/** What is only worth knowing. What cannot be read is named as unread, and the rest counts. */
export async function readBeside({ names, impaired, volumes }: Omit<Beside, 'scalingGroups'>): Promise<Surroundings> {
  const unread: string[] = [];
  const orNothing = async <T>(what: string, read: Promise<T>, nothing: T): Promise<T> =>
    read.catch((error: unknown) => {
      if (!(error instanceof OperatorError)) throw error;
      unread.push(`It could not be read ${what}: ${error.message}`);
      return nothing;
    });
  const [found, failing, left] = await Promise.all([
    orNothing('which other names lead here', names(), []),
    orNothing("which servers fail EC2's status checks", impaired(), {}),
    orNothing('which volumes are left of instances that have ended', volumes(), []),
  ]);
  return { names: found, impaired: failing, volumes: left, unread };
}
