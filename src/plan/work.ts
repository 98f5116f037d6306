import { refusal, type Goal, type Refusal } from '../domain/goal.ts';
import { liveFleets } from '../domain/roles.ts';
import type { Snapshot } from '../domain/snapshot.ts';
import { behaviourOf, type Step } from '../steps/index.ts';
import { shareIn } from './approval.ts';
import type { Plan } from './plan.ts';

/**
 * The plan with the work that must not run twice. In a promote the old side takes no more and becomes idle before all of production
 * moves, and the new side takes it once that is proven, before the release bakes; below 100 % it stays where it is. In a rollback traffic moves
 * first, whatever becomes of the work, which then follows in the same way.
 */
export function withWork(snapshot: Snapshot, goal: Goal, plan: Plan): Plan | Refusal {
  const { work } = snapshot;
  if (work === undefined || work.state === 'none') return plan;
  if (goal.verb === 'cleanup') return endsOwner(snapshot, goal.release, plan) ?? plan;
  if (goal.verb !== 'promote' && goal.verb !== 'rollback') return plan;
  const { fleet, release, verb } = goal;
  const at = whereAllMoves(snapshot, fleet, plan);
  if (at === undefined) return plan;
  const others = liveFleets(snapshot).flatMap((one) => (one.id === fleet ? [] : one.release));
  const problem = handOverProblem(snapshot, release, others);
  if (problem !== undefined) {
    if (verb === 'promote') return problem;
    return { ...plan, notes: [...plan.notes, `${problem.message} The work is left as it is.`] };
  }
  if (work.state !== 'seen' || work.owner === release) return plan;
  const leave: readonly Step[] = [
    { do: 'give-work', fleet, to: null, above: work.epoch },
    { do: 'await-idle', fleet, releases: [...new Set(others)] },
  ];
  const give: Step = { do: 'give-work', fleet, to: release };
  const end = endOfSwitch(plan);
  const cut = verb === 'promote' ? Math.min(at, end) : end;
  const { steps } = plan;
  return { ...plan, steps: [...steps.slice(0, cut), ...leave, ...steps.slice(cut, end), give, ...steps.slice(end)] };
}

/** How many steps belong to the switch itself. Work is handed over before the rest, which may take long while nobody works. */
function endOfSwitch({ steps }: Plan): number {
  return steps.findLastIndex((step) => !behaviourOf(step).isAfterSwitch) + 1;
}

/** The step with which the fleet gets all of production; 0 where it has, and undefined where it does not in this plan. */
function whereAllMoves(snapshot: Snapshot, fleet: string, { steps }: Plan): number | undefined {
  if (shareIn(snapshot, fleet) === 100) return 0;
  let world = snapshot;
  const at = steps.findIndex((step) => {
    world = behaviourOf(step).simulate(world);
    return shareIn(world, fleet) === 100;
  });
  return at < 0 ? undefined : at;
}

function handOverProblem({ work }: Snapshot, release: string, others: readonly string[]): Refusal | undefined {
  if (work?.state === 'unreadable') {
    return refusal(
      'owner-unreadable',
      `Who takes work could not be read. ${work.why}`,
      'Fix what `owner.read` in the config runs; then run this again.',
    );
  }
  if (others.includes(release)) {
    return refusal(
      'owner-ambiguous',
      `Two fleets carry ${release}: their release does not say which of them takes work.`,
      'Give the new fleet a release of its own.',
    );
  }
  const owner = work?.state === 'seen' ? work.owner : null;
  if (owner === null || owner === release || others.includes(owner)) return undefined;
  return refusal(
    'owner-unknown',
    `${owner} takes work, and no fleet of this environment carries it.`,
    'Find out who set it. Set it to the release that serves production; then run this again.',
  );
}

/** A cleanup would terminate the servers that take work. */
function endsOwner({ work }: Snapshot, release: string, { steps }: Plan): Refusal | undefined {
  if (work?.state !== 'seen' || work.owner === null || work.owner === release || steps.length === 0) return undefined;
  return refusal(
    'owner-elsewhere',
    `${release} serves production, and ${work.owner} takes work.`,
    '`turnout promote` or `turnout rollback` hands it over.',
    `Or set the owner to ${release} by hand, once no work of ${work.owner} is under way; then run this again.`,
  );
}
