import { defined } from '../domain/defined.ts';
import type { Following, PullState } from '../domain/following.ts';
import { isLive, liveFleets, members } from '../domain/roles.ts';
import type { Instance, Snapshot } from '../domain/snapshot.ts';
import { attempt, OperatorError } from '../errors.ts';
import type { Context } from './context.ts';

/** A machine that cannot reach the instances is not kept waiting. */
const ANSWER_MS = 2000;

/** Who runs what; an error where the bucket cannot be read, undefined where the config has none. */
export async function readPull(
  { config, ports, session }: Pick<Context, 'config' | 'ports' | 'session'>,
  snapshot: Snapshot,
): Promise<PullState | OperatorError | undefined> {
  const { deploy } = config;
  if (deploy?.kind !== 'pull') return undefined;
  const [{ openBucket }, { pullState }] = await Promise.all([
    import('../releases/index.ts'),
    import('../releases/state.ts'),
  ]);
  const running = liveFleets(snapshot)
    .flatMap(members)
    .filter((one) => isLive(one) && one.state === 'running');
  const ids = running.map(({ id }) => id);
  const state = await attempt(pullState(openBucket(session, deploy), ids, ports.clock.now()));
  if (config.instanceCheck === undefined || state instanceof OperatorError) return state;
  const asked = state.instances.map(async (one, n) => withAnswer(one, running[n] as Instance, ports));
  return { ...state, instances: await Promise.all(asked) };
}

async function withAnswer(
  one: Following,
  instance: Instance,
  { inPlace, clock }: Pick<Context['ports'], 'inPlace' | 'clock'>,
): Promise<Following> {
  if (one.runs === undefined) return one;
  const over = new AbortController();
  const late = clock.sleep(ANSWER_MS, over.signal, { ref: false }).then(
    () => `no answer within ${ANSWER_MS / 1000} s`,
    () => undefined,
  );
  const answer = await Promise.race([inPlace.probe.check(instance, one.runs), late]);
  over.abort();
  return { ...one, ...defined({ answer }) };
}
