import type { Surroundings } from '../domain/traffic.ts';
import { OperatorError } from '../errors.ts';

/** What is there beside target groups and rules, and only worth knowing. */
export interface Beside {
  /** One request for 300 records of each zone of the config. */
  readonly names: () => Promise<Surroundings['names']>;
  /** Two requests. */
  readonly impaired: () => Promise<Surroundings['impaired']>;
}

export const NOTHING_BESIDE: Beside = { names: async () => [], impaired: async () => ({}) };

/** What AWS does not tell is said to be unread: it keeps nothing else from being told. */
export async function readBeside({ names, impaired }: Beside): Promise<Surroundings> {
  const unread: string[] = [];
  const orNothing = async <T>(what: string, read: Promise<T>, nothing: T): Promise<T> =>
    read.catch((error: unknown) => {
      if (!(error instanceof OperatorError)) throw error;
      unread.push(`It could not be read ${what}: ${error.message}`);
      return nothing;
    });
  const [found, failing] = await Promise.all([
    orNothing('which other names lead here', names(), []),
    orNothing("which servers fail EC2's status checks", impaired(), {}),
  ]);
  return { names: found, impaired: failing, unread };
}
