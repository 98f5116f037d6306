import type { Instance, Snapshot } from '../src/domain/snapshot.ts';
import { list } from '../src/domain/text.ts';
import { planAhead } from '../src/plan/ahead.ts';
import { isRefusal, refusal, type GoalOf } from '../src/domain/goal.ts';
import { minimumProblem, notBackProblem } from '../src/plan/in-place.ts';
import { homeOf, homesOf, registeredAt, running } from '../src/domain/in-place.ts';
import type { Step } from '../src/steps/index.ts';
import { backStep, restoreSteps } from '../src/plan/standby.ts';
import { namedInstances } from './named.ts';
import * as option from './options.ts';
import { IN_PLACE, type Task } from './task.ts';

const OPTIONS = {
  instances: option.instances({ describe: 'Instances to put back', positional: true }),
  self: option.self,
  release: option.release({ describe: 'What it carries now, where something other than turnout has deployed it' }),
} satisfies option.OptionDefinitions;

export const join: Task<'join', typeof OPTIONS> = {
  ...IN_PLACE,
  verb: 'join',
  summary: 'Put instances back into the target groups that they were taken out of',
  details:
    'The other half of `turnout drain`, and the way on for an instance that a failed deploy has left out: registers it where its tags ' +
    'say that it was, and waits until it is healthy in all of it.',
  examples: [
    ['turnout join i-0123456789abcdef0', 'one instance'],
    ['turnout join --self --yes --release 42', 'the instance that this runs on, which now carries 42'],
  ],
  options: OPTIONS,
  aboutInstances: true,
  hooks: ['afterInstance'],
  again: undefined,
  wayBack: undefined,
  minimumHealthy: () => 'as-now',

  pinGoal({ snapshot, options, requestedBy, delivery }) {
    const named = namedInstances(snapshot, options);
    if (isRefusal(named)) return named;
    const lost = named.instances.find(({ id }) => homeOf(snapshot, id).length === 0);
    if (lost !== undefined) {
      return refusal(
        'nothing-noted',
        `${lost.id} is in no target group, and its tags do not say that it was taken out of one.`,
        'Register it with its target groups once by other means; from then on `turnout drain` and `turnout join` remember them.',
      );
    }
    return {
      ...requestedBy,
      verb: 'join',
      fleet: named.fleet,
      release: options.release ?? '',
      instances: named.instances.map(({ id }) => id),
      check: delivery?.check ?? false,
    };
  },

  plan(snapshot, goal) {
    const instances = running(snapshot, goal.instances);
    const broken = instances.filter(({ deploy }) => deploy?.state === 'started').map(({ id }) => id);
    const note = `The last deploy on ${list(broken, 5)} did not end well, or may still be at work there.`;
    return planAhead(snapshot, joinSteps(snapshot, goal, instances), broken.length === 0 ? [] : [note]);
  },

  afterFailure: (snapshot, goal) => {
    const out = goal.instances.filter((id) => isAway(snapshot, id));
    const message =
      out.length === 0 ? 'All are registered.' : `${list(out, 5)} ${out.length === 1 ? 'is' : 'are'} not back.`;
    return { leave: 'safe', message, next: [`\`turnout join ${goal.instances.join(' ')}\` goes on with it`] };
  },

  finalProblem: (snapshot, goal) => notBackProblem(snapshot, goal.instances) ?? minimumProblem(snapshot),

  question: (snapshot, goal) => {
    const broken = running(snapshot, goal.instances).some(({ deploy }) => deploy?.state === 'started');
    const doubt = broken ? 'A deploy on it has not ended well. ' : '';
    return `${doubt}Put ${list(goal.instances, 5)} back into traffic?`;
  },

  standing: (_snapshot, goal) => ({
    message: `${list(goal.instances, 5)} ${goal.instances.length === 1 ? 'is' : 'are'} healthy in every target group.`,
    next: ['`turnout status` shows what is where'],
  }),
};

function isAway(snapshot: Snapshot, id: string): boolean {
  return homeOf(snapshot, id).some((place) => registeredAt(snapshot, id, place) === undefined);
}

function joinSteps(snapshot: Snapshot, goal: GoalOf<'join'>, instances: readonly Instance[]): readonly Step[] {
  const { fleet, run } = goal;
  const ids = instances.map(({ id }) => id);
  const away = ids.filter((id) => isAway(snapshot, id));
  if (ids.length === 0) return [];
  // What a deploy has brought is on the tags for certain once the instance is healthy again.
  const carried = Map.groupBy(instances, (instance) => releaseOf(instance, goal));
  const signs = [...carried].map(([release, some]): Step => ({
    do: 'tag-release',
    fleet,
    instances: some.map(({ id }) => id),
    ...(release === undefined ? {} : { release }),
    run: some[0]?.deploy?.state === 'done' ? some[0].deploy.run : run,
  }));
  return [
    ...(goal.check && away.length > 0 ? [{ do: 'check-instances', fleet, instances: away } as const] : []),
    backStep(snapshot, goal, { instances: ids, places: homesOf(snapshot, ids) }),
    ...signs,
    ...restoreSteps(snapshot, goal, ids),
  ];
}

function releaseOf({ deploy }: Instance, { release }: GoalOf<'join'>): string | undefined {
  if (release !== '') return release;
  return deploy?.state === 'done' ? deploy.release : undefined;
}
