import { refusal, type Goal, type Refusal } from '../domain/goal.ts';
import type { Snapshot } from '../domain/snapshot.ts';
import { noWayBack } from '../domain/way-back.ts';
import { shareIn } from './approval.ts';
import type { Plan } from './plan.ts';

/**
 * The plan with what the data allows. A promote says beforehand that there is no way back. A rollback onto a release that cannot
 * read the data is refused, unless that is overridden; onto one that serves still it is not, nor where it is not known.
 */
export function withWayBack(snapshot: Snapshot, goal: Goal, plan: Plan): Plan | Refusal {
  const { wayBack } = snapshot;
  const isAbout = goal.verb === 'promote' || goal.verb === 'rollback';
  if (!isAbout || wayBack === undefined || wayBack.state === 'none' || plan.steps.length === 0) return plan;
  const noted = (text: string): Plan => ({ ...plan, notes: [...plan.notes, text] });
  if (wayBack.state === 'unknown')
    return noted(
      `Whether there is a way back, by schema, from ${wayBack.from} to ${wayBack.to} is not known: ${wayBack.why}.`,
    );
  if (wayBack.state === 'open') return plan;
  const no = noWayBack(wayBack);
  if (goal.verb === 'promote') return noted(`${no} After this, \`turnout rollback\` is refused.`);
  if (goal.release !== wayBack.to || shareIn(snapshot, goal.fleet) > 0) return plan;
  if (goal.allowed?.schema !== undefined) return noted(`${no} Overridden: ${goal.allowed.schema}`);
  return refusal(
    'no-way-back',
    no,
    'Go forward: `turnout up --release R` with a fix, then `turnout promote`.',
    '`--override-schema REASON` goes back all the same; who did and why is recorded.',
  );
}
