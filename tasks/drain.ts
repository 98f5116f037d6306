import { list } from '../src/domain/text.ts';
import { planAhead } from '../src/plan/ahead.ts';
import { isRefusal } from '../src/domain/goal.ts';
import { homesOf, minimumWhileOut, running } from '../src/domain/in-place.ts';
import { afterInPlace, minimumNotes, minimumProblem } from '../src/plan/in-place.ts';
import { namedInstances } from './named.ts';
import { addressProblem, unreadProblem } from '../src/plan/outsiders.ts';
import { ownersProblem } from '../src/plan/owners.ts';
import { leaveSteps, standbyProblem } from '../src/plan/standby.ts';
import { defined } from '../src/domain/defined.ts';
import { allowedBy, OWNERS } from './allowed.ts';
import { DRAIN_TAGS, tagRoomProblem } from '../src/plan/tag-room.ts';
import * as option from './options.ts';
import { IN_PLACE, type Task } from './task.ts';

const OPTIONS = {
  instances: option.instances({ describe: 'Instances to take out', positional: true }),
  self: option.self,
  minHealthy: option.minimumHealthy({
    describe: 'Fewest healthy targets in each target group (default: all others that are healthy, and at least one)',
  }),
  allowDowntime: option.flag({
    describe: 'Even where no healthy target would be left: requests will fail meanwhile',
    conflicts: 'min-healthy',
  }),
  ...OWNERS,
} satisfies option.OptionDefinitions;

export const drain: Task<'drain', typeof OPTIONS> = {
  ...IN_PLACE,
  verb: 'drain',
  summary: 'Take instances out of every target group that holds them, and wait until they are released',
  details:
    'Notes on the tags of each instance where it was registered, so that `turnout join` puts it back exactly there. ' +
    'Refuses to take out what production cannot do without.',
  examples: [
    ['turnout drain i-0123456789abcdef0', 'one instance'],
    ['turnout drain --self --yes', 'the instance that this runs on, in a script or an Ansible play'],
  ],
  options: OPTIONS,
  aboutInstances: true,
  again: undefined,
  wayBack: { command: 'join I', does: 'reverts it' },
  minimumHealthy: (goal) => goal.minimumHealthy ?? {},

  pinGoal({ snapshot, options, requestedBy }) {
    const named = namedInstances(snapshot, options);
    if (isRefusal(named)) return named;
    const ids = named.instances.map(({ id }) => id);
    const { fleet, release } = named;
    const goal = { ...requestedBy, verb: 'drain', fleet, release, instances: ids, ...allowedBy(options) } as const;
    if (options.allowDowntime === true) return goal;
    return { ...goal, minimumHealthy: minimumWhileOut(snapshot, ids, ids.length, options.minHealthy) };
  },

  plan(snapshot, goal) {
    const { minimumHealthy } = goal;
    const instances = running(snapshot, goal.instances).map(({ id }) => id);
    if (instances.length === 0) return { steps: [], notes: [] };
    const places = homesOf(snapshot, instances);
    const leaving = running(snapshot, goal.instances);
    const owned =
      unreadProblem(snapshot) ??
      addressProblem(snapshot, leaving) ??
      ownersProblem(snapshot, leaving, goal.allowed) ??
      standbyProblem(snapshot, instances) ??
      tagRoomProblem(leaving, DRAIN_TAGS);
    if (owned !== undefined) return owned;
    const kept = defined({ minimumHealthy, allowedOwners: goal.allowed?.owners });
    const plan = planAhead(
      snapshot,
      leaveSteps(snapshot, goal, { instances, places, ...kept }),
      minimumNotes(snapshot, minimumHealthy, [instances]),
    );
    return isRefusal(plan) ? { ...plan, next: ADVICE } : plan;
  },

  afterFailure: (snapshot, goal, failure) =>
    afterInPlace(snapshot, goal, failure, {
      ids: goal.instances,
      again: `drain ${goal.instances.join(' ')}`,
      next: ['`turnout join I` puts an instance back where it was'],
    }),

  finalProblem: (snapshot, goal) => minimumProblem(snapshot, goal.minimumHealthy),

  question: (_snapshot, goal) => `Take ${list(goal.instances, 5)} out of traffic?`,

  standing: (_snapshot, goal) => ({
    message: `${list(goal.instances, 5)} ${goal.instances.length === 1 ? 'is' : 'are'} out of every target group.`,
    next: [`\`turnout join ${goal.instances.join(' ')}\` puts ${goal.instances.length === 1 ? 'it' : 'them'} back`],
  }),
};

const ADVICE = [
  'Fewer instances at a time may do; `turnout status` shows which ones are healthy.',
  '`--allow-downtime` does it all the same, and requests fail meanwhile.',
];
