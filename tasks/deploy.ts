import type { Snapshot } from '../src/domain/snapshot.ts';
import { list } from '../src/domain/text.ts';
import { planAhead } from '../src/plan/ahead.ts';
import { isRefusal, type GoalOf } from '../src/domain/goal.ts';
import { homesOf, running } from '../src/domain/in-place.ts';
import { isInTraffic, notRunningProblem } from '../src/plan/in-place.ts';
import type { Step } from '../src/steps/index.ts';
import { namedInstances } from './named.ts';
import { NO_DEPLOYER } from './rolling.ts';
import * as option from './options.ts';
import { IN_PLACE, type Task } from './task.ts';

const OPTIONS = {
  instances: option.instances({ describe: 'Instance to deploy to; may be given several times', positional: false }),
  self: option.self,
  release: option.required(option.release({ describe: 'What to deploy' })),
} satisfies option.OptionDefinitions;

export const deploy: Task<'deploy', typeof OPTIONS> = {
  ...IN_PLACE,
  verb: 'deploy',
  summary: 'Deploy a release to named instances, and touch no load balancer',
  details:
    'The deploy alone, as the `deploy` section of the config says. An instance that serves keeps its traffic meanwhile: requests may fail, ' +
    'and the plan says so; `turnout drain` takes it out first. Migrations are not run: `turnout rolling` does that.',
  examples: [
    ['turnout deploy --instance i-0123456789abcdef0 --release 42', 'one instance'],
    ['turnout drain I && turnout deploy --instance I --release 42 && turnout join I', 'what `rolling` does, by hand'],
  ],
  options: OPTIONS,
  aboutInstances: true,
  again: undefined,
  wayBack: { command: 'deploy', does: 'with the release before reverts it' },
  minimumHealthy: () => 'as-now',

  pinGoal({ snapshot, options, requestedBy, delivery }) {
    const named = namedInstances(snapshot, options);
    if (isRefusal(named)) return named;
    if (delivery === undefined) return NO_DEPLOYER;
    const instances = named.instances.map(({ id }) => id);
    return {
      ...requestedBy,
      verb: 'deploy',
      fleet: named.fleet,
      release: options.release,
      instances,
      delivery: { ...delivery, migrate: 'no' },
    };
  },

  plan(snapshot, goal) {
    const serving = servingOf(snapshot, goal);
    const note = `${list(serving, 5)} ${serving.length === 1 ? 'serves' : 'serve'} now: requests may fail while the release is replaced.`;
    return planAhead(snapshot, allSteps(snapshot, goal), serving.length === 0 ? [] : [note]);
  },

  afterFailure: (snapshot, goal) => {
    const serving = servingOf(snapshot, goal);
    const next = [
      `\`turnout deploy --instance ${goal.instances.join(' --instance ')} --release ${goal.release}\` tries again`,
    ];
    if (serving.length === 0) return { leave: 'safe', message: 'What it was deployed to is in no target group.', next };
    return {
      leave: 'needs-attention',
      message: `${list(serving, 5)} is in traffic with a deploy that has not ended well.`,
      next,
    };
  },

  finalProblem: (snapshot, goal) => notRunningProblem(snapshot, goal.instances),

  question: (snapshot, goal) => {
    const serving = servingOf(snapshot, goal);
    const warning =
      serving.length === 0 ? '' : `${list(serving, 5)} ${serving.length === 1 ? 'serves' : 'serve'} now. `;
    return `${warning}Deploy ${goal.release} to ${list(goal.instances, 5)}?`;
  },

  standing: (_snapshot, goal) => ({
    message: `${goal.release} is on ${list(goal.instances, 5)}.`,
    next: ['`turnout join I` puts an instance back that was drained', '`turnout status` shows what is where'],
  }),
};

/** They are where they belong: what is left is to wait until they are healthy there. */
function signing(
  snapshot: Snapshot,
  { fleet, release, run }: GoalOf<'deploy'>,
  instances: readonly string[],
): readonly Step[] {
  return [
    { do: 'register-back', fleet, instances, places: homesOf(snapshot, instances) },
    { do: 'tag-release', fleet, instances, release, run },
  ];
}

function servingOf(snapshot: Snapshot, goal: GoalOf<'deploy'>): readonly string[] {
  return goal.instances.filter((id) => isInTraffic(snapshot, id));
}

function allSteps(snapshot: Snapshot, goal: GoalOf<'deploy'>): readonly Step[] {
  const { fleet, release, run, since, delivery } = goal;
  const all = running(snapshot, goal.instances);
  const instances = all.map(({ id }) => id);
  // `join` does that for those that were drained, once they are healthy again.
  const signed = all.filter(({ left }) => left === undefined).map(({ id }) => id);
  return [
    {
      do: 'deploy',
      fleet,
      instances,
      release,
      run,
      since,
      number: 1,
      migrate: false,
      words: delivery.words,
      offline: false,
    },
    ...(delivery.check ? [{ do: 'check-instances', fleet, instances } as const] : []),
    ...(signed.length === 0 ? [] : signing(snapshot, goal, signed)),
  ];
}
