import { ExitCode, OperatorError } from '../../../src/errors.ts';
import { forceRelease } from '../../../src/record/force-release.ts';
import { giveBackGroups } from '../../../src/commands/give-back.ts';
import { holdLease, type HeldLease } from '../../../src/record/lease.ts';
import { forgetAfter, giveBack } from '../../../src/run/task/give-back.ts';
import type { Decision } from '../../../src/run/engine/decision.ts';
import type { Ports } from '../../../src/steps/ports.ts';
import type { Holder, Store } from '../../../src/stores/store.ts';
import type { LittleProcess } from './process.ts';
import type { LittleSession } from './wire.ts';

/** What the commands do that are about the lease and the recorded goal. */

export type Ended =
  | { readonly how: 'killed' }
  /** By an error that is no operator's: the catch-all's. */
  | { readonly how: 'fault'; readonly error: unknown }
  | {
      readonly how: 'ended';
      readonly exitCode: ExitCode;
      readonly code: string;
      readonly message: string;
      readonly next: readonly string[];
    };

/** What a process has of the outside world. */
export interface Connection {
  readonly process: LittleProcess;
  readonly session: LittleSession;
  readonly ports: Ports;
  readonly store: Store;
  readonly decision: Decision;
  guard: HeldLease | undefined;
}

const TTL_MS = 60_000;

export const LIMITS = {
  warmMs: 60_000,
  bootMs: 60_000,
  healthyMs: 60_000,
  releasedMs: 120_000,
  provenMs: 60_000,
  dnsMs: 600_000,
  deployMs: 60_000,
  idleMs: 60_000,
};
/** As the config's default. */
export const EFFECT_SHOWS_MS = 10_000;

function holderOf({ process }: Connection, verb: string): Holder {
  const { clock, name } = process;
  const since = new Date(clock.now()).toISOString();
  return { run: name, who: 'ann@desk', host: 'desk', pid: 1, verb, since };
}

export async function takeLease(connection: Connection, verb: string): Promise<HeldLease> {
  const { store, process } = connection;
  return holdLease(store, holderOf(connection, verb), { ttlMs: TTL_MS, clock: process.clock });
}

/** What these commands do, without their questions. */
export const COMMANDS = {
  abandon: async (connection: Connection) => abandon(connection),
  'abandon --cancel-refresh': async (connection: Connection) => abandon(connection, true),
  unlock,
} as const;

async function abandon(connection: Connection, cancels = false): Promise<Ended> {
  const lease = await takeLease(connection, 'abandon');
  connection.guard = lease;
  const { ports, decision } = connection;
  const signal = new AbortController().signal;
  const recorded = await connection.store.goal();
  const verb = recorded && 'goal' in recorded ? recorded.goal.verb : undefined;
  const cancelled = cancels ? await withoutRefresh(connection, lease) : [];
  const told = await giveBack(
    { ports, decision, lease, limits: LIMITS, settleMs: EFFECT_SHOWS_MS, signal, emit: () => {} },
    verb,
  );
  await forgetAfter([...cancelled, ...told], async () => connection.store.clearGoal(lease.lease));
  await lease.release();
  const message = ['Forgotten.', ...cancelled, ...told].join(' ');
  return { how: 'ended', exitCode: ExitCode.done, code: 'done', message, next: [] };
}

async function withoutRefresh(connection: Connection, lease: HeldLease): Promise<readonly string[]> {
  const { ports, decision } = connection;
  const guardBy = (held: HeldLease): void => void (connection.guard = held);
  return giveBackGroups({ config: { fleet: { kind: 'auto-scaling' } }, ports, decision, guardBy }, lease, true);
}

async function unlock(connection: Connection): Promise<Ended> {
  const { store, process } = connection;
  const seen = await store.held();
  const asked = { holder: holderOf(connection, 'unlock'), message: 'Took the lease.' };
  const isTaken =
    seen !== undefined && (await forceRelease(store, { ...asked, seen }, { ttlMs: TTL_MS, clock: process.clock }));
  if (isTaken) return { how: 'ended', exitCode: ExitCode.done, code: 'done', message: 'Taken.', next: [] };
  throw new OperatorError('nothing-to-unlock', 'There was no lease to be taken.');
}
