import { isRefusal, refusal, type Goal, type GoalOf, type Refusal, type Verb } from '../domain/goal.ts';
import type { Preview } from '../domain/preview.ts';
import { isBehind, previewRuleAbove, previewRules, previewUnknown } from '../domain/preview-rules.ts';
import { fleetById } from '../domain/queries.ts';
import type { Pool, Snapshot } from '../domain/snapshot.ts';
import { list, sentences } from '../domain/text.ts';
import { movesProduction } from '../steps/definition.ts';
import type { Step } from '../steps/index.ts';
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
    const others = deleteSteps(snapshot, goal, preview.by === undefined ? [] : [goal.fleet]);
    return { ...plan, steps: [...others, ...steps, ...created] };
  }
  const gone = deleteSteps(snapshot, goal, keptBy(snapshot, goal));
  const at = { promote: firstMove(snapshot, plan), rollback: steps.length, cleanup: 0 }[goal.verb];
  return { ...plan, steps: [...steps.slice(0, at), ...gone, ...steps.slice(at)] };
}

/** What of it is not as it is to be once the goal is reached; undefined when all is. */
export function previewProblem(snapshot: Snapshot, goal: Goal): string | undefined {
  const left = withPreview(snapshot, goal, { steps: [], notes: [] });
  // A rule that a rollback may not delete is told, and left.
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

function deleteSteps(snapshot: Snapshot, { fleet }: About, keeps: readonly string[]): readonly Step[] {
  return previewRules(snapshot, keeps).length === 0 ? [] : [{ do: 'delete-preview', fleet, keeps }];
}

/** People look at green until then, also while an approval is waited for. */
function firstMove(snapshot: Snapshot, plan: Plan): number {
  const at = effectsOf(snapshot, plan).findIndex(movesProduction);
  return at < 0 ? 0 : at;
}

function createSteps(snapshot: Snapshot, preview: Seen, { fleet, release }: GoalOf<'up'>): readonly Step[] | Refusal {
  const green = fleetById(snapshot, fleet) ?? { id: fleet, release, marks: {}, instances: [] };
  if (preview.by === undefined || shareIn(snapshot, fleet) > 0 || green.marks.promoted !== undefined) return [];
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

function poolProblem(place: string, behind: readonly Pool[]): string | undefined {
  if (behind.length === 1) return undefined;
  if (behind.length === 0)
    return `No target group of the new servers is behind the load balancer of ${place}, and \`preview\` has to lead to one.`;
  return `${list(behind.map(({ name }) => name))} are behind the load balancer of ${place}: to which of them \`preview\` is to lead cannot be told.`;
}
