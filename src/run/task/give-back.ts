import { attempt, ExitCode, messageOf, OperatorError } from '../../errors.ts';
import type { Verb } from '../../domain/goal.ts';
import { previewRules, previewUnknown } from '../../domain/preview-rules.ts';
import type { Snapshot } from '../../domain/snapshot.ts';
import { list } from '../../domain/text.ts';
import { observe, refresh } from '../../observe/observe.ts';
import { NOTHING } from '../../observe/reads.ts';
import { mayLeavePreview } from '../../plan/preview.ts';
import { giveBackSteps, heldTexts } from '../../plan/held.ts';
import type { HeldLease } from '../../record/lease.ts';
import type { Ports } from '../../steps/ports.ts';
import type { Limits } from '../../steps/definition.ts';
import type { Decision } from '../engine/decision.ts';
import { runSteps } from '../engine/run-steps.ts';
import { StepFailed, type RunContext } from '../engine/context.ts';
import { isOutage, retryTransient } from '../engine/retry.ts';
import type { Emit } from '../event.ts';
import { EFFECT_SHOWS_MS } from '../../steps/timing.ts';

/** What giving back is done with. */
export interface GiveBack {
  readonly ports: Ports;
  readonly decision: Decision;
  readonly lease: HeldLease;
  readonly limits: Limits;
  /** How old AWS's answers may be, in milliseconds. */
  readonly settleMs: number;
  readonly signal: AbortSignal;
  /** Gets a warning while it retries. */
  readonly emit: Emit;
}

/**
 * Of a run that is given up: puts back what it has raised of Auto Scaling groups, where nothing needs that any more, and deletes the
 * rules of `preview`. Never fails because of AWS: whatever happens, the run can be forgotten.
 * @param verb of the run; absent: it is not known
 * @returns sentences about what was put back, and what stays held and why
 */
export async function giveBack(tools: GiveBack, verb?: Verb): Promise<readonly string[]> {
  const { ports, signal, settleMs } = tools;
  const known =
    verb === undefined || mayLeavePreview(verb)
      ? await orTold(ports.preview.isWanted ? 'A preview rule that it may have made is left' : undefined, async () =>
          withoutPreview(tools),
        )
      : [];
  // Other fleets have nothing that is held.
  if (ports.fleet.kind !== 'auto-scaling') return known;
  const minima = await orTold('Minima that it may have raised are as they were', async () => {
    const first = await look(tools);
    if (heldTexts(first).length === 0) return [];
    await ports.clock.sleep(settleMs, signal);
    return putBack(tools, await look(tools));
  });
  return [...known, ...minima];
}

/**
 * Deletes the record of the run, once what it had changed was given back.
 * @throws OperatorError with exit code 3 where that fails and something was given back: it is no refusal any more
 */
export async function forgetAfter(told: readonly string[], forget: () => Promise<void>): Promise<void> {
  const ended = await attempt(forget());
  if (!(ended instanceof OperatorError)) return;
  const { code, message, next, exitCode } = ended;
  if (told.length === 0 || exitCode !== ExitCode.refused) throw ended;
  throw new OperatorError(code, [message, ...told].join(' '), { exitCode: ExitCode.safe, next, cause: ended });
}

/** @param otherwise what is so where it fails; absent: that is not worth telling */
async function orTold(
  otherwise: string | undefined,
  act: () => Promise<readonly string[]>,
): Promise<readonly string[]> {
  try {
    return await act();
  } catch (error) {
    const isKnown = error instanceof StepFailed || error instanceof OperatorError;
    if (!isKnown || ('exitCode' in error && error.exitCode === ExitCode.leaseLost)) throw error;
    return otherwise === undefined ? [] : [`${otherwise}: ${messageOf(error)} \`turnout status\` shows it.`];
  }
}

/** Where the config has no `preview` any more, a rule of it is found as others' are. */
async function withoutPreview(tools: GiveBack): Promise<readonly string[]> {
  const { ports, settleMs, signal } = tools;
  const { isWanted } = ports.preview;
  // What the run before has sent may not show yet.
  if (isWanted) await ports.clock.sleep(settleMs, signal);
  const snapshot = await look(tools, async () =>
    refresh(ports, await observe(ports, isWanted ? {} : { outside: 'some' }), { ...NOTHING, preview: true }),
  );
  const unknown = previewUnknown(snapshot);
  if (unknown !== undefined) return [`${unknown} One may be left.`];
  const names = previewRules(snapshot, []).map(({ name }) => name);
  if (names.length === 0) return [];
  await runSteps(contextOf(tools), [{ do: 'delete-preview', fleet: '', keeps: [] }], snapshot);
  return [`The preview rule ${list(names, 3)} is deleted.`];
}

/** Retries errors that pass: once the run is deleted from the record, nothing restores what it has raised. */
async function look(
  { ports, signal, emit }: GiveBack,
  read = async (): Promise<Snapshot> => observe(ports),
): Promise<Snapshot> {
  return retryTransient({ clock: ports.clock, signal, emit, limitMs: EFFECT_SHOWS_MS }, read, isOutage);
}

async function putBack(tools: GiveBack, snapshot: Snapshot): Promise<readonly string[]> {
  const steps = giveBackSteps(snapshot);
  const last = steps.length === 0 ? snapshot : await runSteps(contextOf(tools), steps, snapshot);
  const names = steps.flatMap((step) => ('fleet' in step ? nameOf(snapshot, step.fleet) : []));
  return [...names.map((name) => `The minimum of ${name} is what it was.`), ...heldTexts(last)];
}

function nameOf({ fleets }: Snapshot, id: string): readonly string[] {
  return fleets.flatMap((fleet) => (fleet.id === id && fleet.group !== undefined ? [fleet.group.name] : []));
}

function contextOf({ ports, decision, lease, limits, signal }: GiveBack): RunContext {
  const nothing = async (): Promise<void> => {};
  return {
    ports,
    limits,
    signal: AbortSignal.any([signal, lease.lost]),
    emit: () => {},
    reached: async () => lease.check(),
    settled: nothing,
    store: '',
    noticed: nothing,
    decided: (lookedFrom) => decision.made(lookedFrom),
    changed: () => {},
    sawAll: () => {},
    shown: nothing,
    lost: lease.lost,
  };
}
