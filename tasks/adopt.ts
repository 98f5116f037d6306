import { stableFleet, isRegistered, members, poolsOf } from '../src/domain/roles.ts';
import type { Snapshot } from '../src/domain/snapshot.ts';
import { refusal, type GoalOf } from '../src/domain/goal.ts';
import { stepsLeft } from '../src/plan/ending.ts';
import { planAhead } from '../src/plan/ahead.ts';
import { unmanagedInProduction } from '../src/plan/worlds.ts';
import { outsideNotes } from '../src/plan/outsiders.ts';
import { otherEnvironment, ownersProblem } from '../src/plan/owners.ts';
import { defined } from '../src/domain/defined.ts';
import { allowedBy, OWNERS } from './allowed.ts';
import { ADOPT_TAGS, tagRoomProblem } from '../src/plan/tag-room.ts';
import * as option from './options.ts';
import { list } from '../src/domain/text.ts';
import { FLEETS, type Task } from './task.ts';

const OPTIONS = {
  release: option.required(option.release({ describe: 'The release that these instances run' })),
  takeOver: option.flag({ describe: 'Also instances that belong to another environment: they leave that one' }),
  ...OWNERS,
} satisfies option.OptionDefinitions;

export const adopt: Task<'adopt', typeof OPTIONS> = {
  ...FLEETS,
  decidesProduction: true,
  verb: 'adopt',
  summary: 'On the first day: tag what production serves now as the current fleet',
  details:
    'Shows the instances that are registered with production and asks; then writes the ownership tags of this environment on them, so that ' +
    'the other tasks know them, and may one day terminate them. Nothing else is changed.',
  examples: [
    ['turnout adopt --release 41 --plan', 'which instances would be tagged'],
    ['turnout adopt --release 41', 'show them, ask, and tag them'],
  ],
  options: OPTIONS,
  mayBeReplacedBy: [],
  again: (release) => `adopt --release ${release}`,
  wayBack: undefined,
  isVisible: (snapshot) => stableFleet(snapshot) !== undefined,

  pinGoal({ snapshot, options, requestedBy }) {
    const stable = stableFleet(snapshot);
    if (stable !== undefined && members(stable).length > 0) {
      return refusal(
        'adopted-already',
        `${stable.release} is this environment's current fleet already.`,
        'Nothing to do; look at `turnout status`.',
      );
    }
    const found = new Set(snapshot.unmanaged.map((instance) => instance.id));
    const instances = registered(snapshot);
    const unknown = instances.filter((id) => !found.has(id));
    if (instances.length === 0) {
      return refusal(
        'nothing-serves',
        'Nothing is registered with the production target groups.',
        'Check the names under `traffic.production` in the config.',
      );
    }
    if (unknown.length > 0) {
      return refusal(
        'not-an-instance',
        `In production, but not an EC2 instance in this account and region: ${list(unknown, 5)}.`,
        'turnout moves instances only; take it out, or use another target group.',
      );
    }
    const { release, takeOver = false } = options;
    const adopted = snapshot.unmanaged.filter(({ id }) => instances.includes(id));
    const no =
      (takeOver ? undefined : otherEnvironment(snapshot)) ??
      ownersProblem(snapshot, adopted, allowedBy(options).allowed) ??
      tagRoomProblem(adopted, ADOPT_TAGS);
    if (no !== undefined) return no;
    const goal = { ...requestedBy, verb: 'adopt', fleet: `${release}-${requestedBy.run}`, release, instances } as const;
    return takeOver ? { ...goal, takesOver: true } : goal;
  },

  plan: (snapshot, goal) => planAhead(snapshot, [claim(goal)], [...lines(snapshot, goal), ...outsideNotes(snapshot)]),

  afterFailure: () => ({
    leave: 'safe',
    message: 'At most, some tags were written. Production was not touched.',
  }),

  finalProblem: (snapshot, goal) => stepsLeft(snapshot, adopt.plan(snapshot, goal)),

  question: (_snapshot, goal) =>
    `${goal.takesOver ? 'Take them from the environment that they belong to, where they do, and tag' : 'Tag'} these ${goal.instances.length} instances as release ${goal.release}? A later \`cleanup\` may terminate them.`,

  standing: (_snapshot, goal) => ({
    message: `${goal.release} is the current fleet, with ${goal.instances.length} instances.`,
    next: ['`turnout up --release R` brings up the next one', '`turnout status` shows everything'],
  }),
};

function registered(snapshot: Snapshot): readonly string[] {
  const known = new Set(unmanagedInProduction(snapshot));
  const ids = poolsOf(snapshot, 'production').flatMap((pool) =>
    pool.targets.filter(isRegistered).map((target) => target.id),
  );
  return [...new Set(ids)].filter((id) => known.has(id));
}

function claim({ fleet, release, instances, since, takesOver }: GoalOf<'adopt'>) {
  return { do: 'claim', fleet, release, instances, at: since, ...defined({ takesOver }) } as const;
}

function lines(snapshot: Snapshot, goal: GoalOf<'adopt'>): readonly string[] {
  const wanted = new Set(goal.instances);
  return snapshot.unmanaged
    .filter((instance) => wanted.has(instance.id))
    .map(
      (instance) => `${instance.id} ${instance.type ?? ''} in ${instance.zone}, ${instance.address ?? 'no address'}`,
    );
}
