import { servingFleets } from './roles.ts';
import type { Fleet, Snapshot } from './snapshot.ts';
import { count } from './text.ts';

/** What is known of a fleet's release before production moves to it: by its own answers, and not by its tags. */
export type Verdict =
  | { readonly state: 'not-asked' }
  /** It has some of production, which is asked instead. */
  | { readonly state: 'serves' }
  | { readonly state: 'right' }
  | { readonly state: 'wrong'; readonly release: string; readonly at: string }
  | { readonly state: 'unknown'; readonly why: string; readonly at: string };

export function verdictOn(snapshot: Snapshot, fleet: Fleet): Verdict {
  if (servingFleets(snapshot).includes(fleet)) return { state: 'serves' };
  const trial = snapshot.details?.trial;
  if (trial?.fleet !== fleet.id) return { state: 'not-asked' };
  const { at, answers } = trial;
  const releases = answers.flatMap((answer) => ('release' in answer ? answer.release : []));
  const wrong = releases.find((release) => release !== fleet.release);
  if (wrong !== undefined) return { state: 'wrong', release: wrong, at };
  const failures = answers.flatMap((answer) => ('failed' in answer ? answer.failed : []));
  const [why] = failures;
  if (why === undefined && releases.length > 0) return { state: 'right' };
  const some = releases.length === 0 ? '' : ` (${count(failures.length, 'answer')} of ${answers.length})`;
  return { state: 'unknown', why: `${why ?? 'no answer'}${some}`, at };
}
