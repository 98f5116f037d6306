import { ExitCode } from '../../src/errors.ts';
import { REACHED, serving, servesAlone } from '../support/little/goals.ts';
import type { Run } from '../support/little/site.ts';
import type { State } from '../support/little/state.ts';

/** What a run said at its end, held against what is true. */

export function codeOf({ ended }: Run): string {
  if (ended.how === 'fault') return `a fault: ${String(ended.error)}`;
  return ended.how === 'ended' ? ended.code : 'death';
}

/** A refusal changes nothing, and says why and what to do. */
export function refusedWell({ ended, changes }: Run): string[] {
  if (ended.how !== 'ended' || ended.exitCode !== ExitCode.refused) return [`it ended with ${JSON.stringify(ended)}`];
  const wrong: string[] = [];
  if (changes > 0) wrong.push(`refused after ${changes} changes`);
  const mayLackAdvice = ended.code.startsWith('nothing-to-');
  if (!/[.?)]$/.test(ended.message) || (ended.next.length === 0 && !mayLackAdvice))
    wrong.push(`refused without a sentence or advice: ${JSON.stringify(ended)}`);
  return wrong;
}

/** What is untrue of what the run said; `verb` is what it was asked for. */
export function lies(run: Run, verb: keyof typeof REACHED, state: State): readonly string[] {
  const { ended } = run;
  if (ended.how === 'fault') return [`it ended with a fault of ours: ${String(ended.error)}`];
  if (ended.how === 'killed') return ['it died'];
  switch (ended.exitCode) {
    case ExitCode.done:
      return found('done', REACHED[verb](state));
    case ExitCode.refused:
      return refusedWell(run);
    case ExitCode.safe:
      return [...claims(ended.message, state), ...found(ended.code, safe(state))];
    case ExitCode.needsAttention:
    case ExitCode.leaseLost:
    case ExitCode.interrupted:
      return claims(ended.message, state);
    default:
      return ['it says that it is a fault of ours'];
  }
}

/** Undone, or safe to be left: one fleet serves, whole. */
function safe(state: State): string | undefined {
  return servesAlone(state, serving(state)[0] ?? '?');
}

function found(said: string, missing: string | undefined): readonly string[] {
  return missing === undefined ? [] : [`it says ${said}, but ${missing}`];
}

/** The sentences about production, held against it. */
function claims(message: string, state: State): readonly string[] {
  const wrong: string[] = [];
  const alone = /(\S+) serves production(?! now)/.exec(message)?.[1];
  if (alone !== undefined) wrong.push(...found(`"${alone} serves production"`, servesAlone(state, alone)));
  const several = /Production is served by ([^.]+)\./.exec(message)?.[1];
  const named = [...(several ?? '').matchAll(/(\S+) \(\d+ of \d+ healthy\)/g)].map(([, release = '']) => release);
  const now = serving(state).toSorted().join(' and ') || 'nothing';
  if (several !== undefined && (named.toSorted().join(' and ') || 'nothing') !== now)
    wrong.push(`it says production is served by ${several}; it is by ${now}`);
  if (message.includes('Production is as it was'))
    wrong.push(...found('production is as it was', servesAlone(state, '41')));
  return wrong;
}

/** Whether it says itself that what it tells may be old. */
export function isDated({ ended }: Run): boolean {
  return ended.how === 'ended' && /That was so .* ago; others may have gone on since/.test(ended.message);
}
