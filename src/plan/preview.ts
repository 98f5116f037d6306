import { isRefusal, refusal, type Goal, type GoalOf, type Refusal, type Verb } from '../domain/goal.ts';
import type { Preview } from '../domain/preview.ts';
import { isBehind, outdatedRules, previewRuleAbove, previewTexts, previewUnknown } from '../domain/preview-rules.ts';
import { fleetById } from '../domain/queries.ts';
import { liveFleets, roleOf } from '../domain/roles.ts';
import type { Fleet, Pool, Snapshot } from '../domain/snapshot.ts';
import { list, sentences } from '../domain/text.ts';
import { movesProduction } from '../steps/definition.ts';
import { rulesToDelete, type DeletePreview } from '../steps/delete-preview.ts';
import type { Step } from '../steps/index.ts';
import { planAhead } from './ahead.ts';
import { shareIn } from './approval.ts';
import { effectsOf } from './effects.ts';
import { stepsLeft } from './ending.ts';
import type { Plan } from './plan.ts';
import { trafficModel } from './traffic/index.ts';

type Seen = Extract<Preview, { state: 'seen' }>;

/**
 * The plan with the rules that lead some requests to green: `up` ends with making them, a promote deletes them directly before
 * production moves, a rollback once it has, and a cleanup before all else.
 */
export function withPreview(snapshot: Snapshot, goal: Goal, plan: Plan): Plan | Refusal {
  const { preview } = snapshot;
  if (preview === undefined || preview.state === 'none' || !isAbout(goal)) return plan;
  if (preview.state === 'unreadable') {
    if (goal.verb === 'rollback') return { ...plan, notes: [...plan.notes, ...sentences(previewUnknown(snapshot))] };
    const message = `Preview rules could not be read, and one might be left behind. ${preview.why}`;
    return refusal('preview-unreadable', message, ...preview.next, WITHOUT);
  }
  const { steps } = plan;
  if (goal.verb === 'up') {
    const created = createSteps(snapshot, preview, goal);
    if (isRefusal(created)) return created;
    const keeps = preview.by === undefined ? [] : [goal.fleet];
    const others = deleteSteps(snapshot, { fleet: goal.fleet, keeps, renews: true });
    const ahead = planAhead(snapshot, [...others, ...steps, ...created]);
    return isRefusal(ahead) ? ahead : { ...plan, steps: ahead.steps };
  }
  const gone = deleteSteps(snapshot, { fleet: goal.fleet, keeps: keptBy(snapshot, goal) });
  const notes = goal.verb === 'promote' ? outdatedNotes(snapshot, goal) : [];
  const at = { promote: firstMove(snapshot, plan), rollback: steps.length, cleanup: 0 }[goal.verb];
  return { notes: [...plan.notes, ...notes], steps: [...steps.slice(0, at), ...gone, ...steps.slice(at)] };
}

/** The fleet beside production that `up` with this release would lead people to, or lead otherwise; undefined where all is as `preview` says. */
export function fleetToShow(snapshot: Snapshot, release: string): Fleet | undefined {
  const { preview } = snapshot;
  const [fleet, second] = liveFleets(snapshot).filter((one) => roleOf(snapshot, one) !== 'blue');
  if (preview?.state !== 'seen' || preview.by === undefined || second !== undefined) return undefined;
  if (fleet?.release !== release || !isBeside(snapshot, fleet)) return undefined;
  const created = createSteps(snapshot, preview, { fleet: fleet.id, release });
  const isMissing = isRefusal(created) || created.length > 0;
  return isMissing || deleteSteps(snapshot, { fleet: fleet.id, keeps: [fleet.id], renews: true }).length > 0
    ? fleet
    : undefined;
}

/** How people get to see what has nothing of production any more; for the end of a run that has deleted its rule. */
export function showAgainAdvice(snapshot: Snapshot): readonly string[] {
  return toShow(snapshot).map(({ by, fleet: { release } }) => `\`turnout up --release ${release}\` leads ${by} to it`);
}

/** What `status` shows of it, as sentences. */
export function previewFacts(snapshot: Snapshot): readonly string[] {
  const lacking = toShow(snapshot).map(({ by, preview, fleet: { id, release } }) => {
    const created = createSteps(snapshot, preview, { fleet: id, release });
    const why = isRefusal(created) ? created.message : `\`turnout up --release ${release}\` makes the rule.`;
    return `${by} does not lead to ${release}: ${why}`;
  });
  return [...previewTexts(snapshot), ...lacking];
}

/** None or one. */
function toShow(snapshot: Snapshot): readonly { by: string; preview: Seen; fleet: Fleet }[] {
  const { preview } = snapshot;
  if (preview?.state !== 'seen' || preview.by === undefined) return [];
  const { by } = preview;
  return liveFleets(snapshot).flatMap((fleet) =>
    fleetToShow(snapshot, fleet.release) === fleet ? { by, preview, fleet } : [],
  );
}

/** What of it is not as it is to be once the goal is reached; undefined when all is. */
export function previewProblem(snapshot: Snapshot, goal: Goal): string | undefined {
  const left = withPreview(snapshot, goal, { steps: [], notes: [] });
  // A rule that a rollback may not delete is named, and left.
  return stepsLeft(snapshot, left, { butRecords: goal.verb === 'rollback' });
}

const WITHOUT = 'Or take `preview` out of the config; then run this again.';

const CHANGES_PREVIEW = {
  adopt: false,
  up: true,
  promote: true,
  rollback: true,
  cleanup: true,
  rolling: false,
  deploy: false,
  drain: false,
  join: false,
} as const satisfies Record<Verb, boolean>;

type About = GoalOf<{ [V in Verb]: (typeof CHANGES_PREVIEW)[V] extends true ? V : never }[Verb]>;

/** Whether a run of that verb makes the rules, or deletes them. */
export function mayLeavePreview(verb: Verb): boolean {
  return CHANGES_PREVIEW[verb];
}

function isAbout(goal: Goal): goal is About {
  return mayLeavePreview(goal.verb);
}

/** Where only one release is ended, the others' rules stay. */
function keptBy({ fleets }: Snapshot, goal: About): readonly string[] {
  if (goal.verb !== 'cleanup' || goal.only === undefined) return [];
  return fleets.flatMap(({ id, release }) => (release === goal.only ? [] : id));
}

function deleteSteps(snapshot: Snapshot, which: Omit<DeletePreview, 'do'>): readonly Step[] {
  return rulesToDelete(snapshot, which).length === 0 ? [] : [{ do: 'delete-preview', ...which }];
}

/** People look at green until then, also while an approval is waited for. */
function firstMove(snapshot: Snapshot, plan: Plan): number {
  const at = effectsOf(snapshot, plan).findIndex(movesProduction);
  return at < 0 ? 0 : at;
}

type Shown = Pick<GoalOf<'up'>, 'fleet' | 'release'>;

function createSteps(snapshot: Snapshot, preview: Seen, { fleet, release }: Shown): readonly Step[] | Refusal {
  const known = fleetById(snapshot, fleet);
  const green = known ?? { id: fleet, release, marks: {}, instances: [] };
  if (preview.by === undefined || (known !== undefined && !isBeside(snapshot, known))) return [];
  const pools = trafficModel(snapshot)
    .testPools(green)
    .filter(({ role }) => role === 'test');
  if (preview.places.length === 0)
    return refusal('no-preview', 'No listener leads to production: `preview` has no place.', WITHOUT);
  const steps: Step[] = [];
  for (const place of preview.places) {
    const behind = pools.filter((pool) => isBehind(pool, place));
    const made = behind.some((pool) => previewRuleAbove(snapshot, fleet, place.arn, pool) !== undefined);
    const [pool] = behind;
    const no = made ? undefined : (place.problem ?? poolProblem(place.name, behind));
    if (no !== undefined) return refusal('no-preview', no, `Change that, and run this again. ${WITHOUT}`);
    if (!made && pool !== undefined)
      steps.push({ do: 'create-preview', fleet, release, pool: pool.name, above: place.arn });
  }
  return steps;
}

/** It is tested, and has nothing of production: also where it had, and production was moved back. */
function isBeside(snapshot: Snapshot, fleet: Fleet): boolean {
  const role = roleOf(snapshot, fleet);
  return (role === 'green' || role === 'rejected') && shareIn(snapshot, fleet.id) === 0;
}

/** Who has looked at green by another rule than the config has now, has looked at it all the same. */
function outdatedNotes(snapshot: Snapshot, { fleet }: About): readonly string[] {
  return outdatedRules(snapshot, fleet).length === 0 ? [] : previewTexts(snapshot);
}

function poolProblem(place: string, behind: readonly Pool[]): string | undefined {
  if (behind.length === 1) return undefined;
  if (behind.length === 0)
    return `No target group of the new servers is behind the load balancer of ${place}, and \`preview\` has to lead to one.`;
  return `${list(behind.map(({ name }) => name))} are behind the load balancer of ${place}: it is not clear to which of them \`preview\` is to lead.`;
}
