import type { GreenCheck, GreenResult } from './green-checks.ts';
import { members, servingFleets } from './roles.ts';
import type { Fleet, Snapshot } from './snapshot.ts';

/** Whether green is warm, by what its checks have found so far. */

/** Results that are not right often enough yet; with a check that was asked nowhere. Empty: the fleet is warm. */
export function unfinishedChecks(
  snapshot: Snapshot,
  fleet: Fleet,
  checks: readonly GreenCheck[],
): readonly GreenResult[] {
  return checks.flatMap((one, check) => {
    const its = resultsOf(snapshot, fleet, check);
    const isAsked = (at: string): boolean => its.some((result) => one.through === 'route' || result.at === at);
    const missing = placesOf(one, fleet).filter((at) => !isAsked(at));
    return [
      ...its.filter(({ streak }) => streak < one.inARow),
      ...missing.map((at) => ({ check, at, streak: 0, last: 'not asked yet' })),
    ];
  });
}

/** How many responses were right in a row, of those that are wanted of this fleet. */
export function checksPassed(snapshot: Snapshot, fleet: Fleet, checks: readonly GreenCheck[]) {
  const counts = checks.map((one, check) => {
    const its = resultsOf(snapshot, fleet, check);
    const places = Math.max(its.length, placesOf(one, fleet).length);
    const have = its.reduce((sum, { streak }) => sum + Math.min(streak, one.inARow), 0);
    return { have, want: one.inARow * places };
  });
  return counts.reduce((all, one) => ({ have: all.have + one.have, want: all.want + one.want }), { have: 0, want: 0 });
}

function resultsOf({ details }: Snapshot, fleet: Fleet, check: number): readonly GreenResult[] {
  const results = details?.checked?.fleet === fleet.id ? details.checked.results : [];
  return results.filter((result) => result.check === check);
}

/** How many URLs lead to a fleet is not known before it is asked. */
function placesOf({ through }: GreenCheck, fleet: Fleet): readonly string[] {
  return through === 'route' ? ['the test route'] : members(fleet).map(({ id }) => id);
}

/** Whether there is nothing left to check: production itself shows how the fleet answers. */
export function isPastChecks(snapshot: Snapshot, fleet: Fleet): boolean {
  return servingFleets(snapshot).includes(fleet);
}
