import { list } from '../src/domain/text.ts';
import { planAhead } from '../src/plan/ahead.ts';
import { isRefusal } from '../src/domain/goal.ts';
import { homesOf, keepFor, running } from '../src/domain/in-place.ts';
import { afterInPlace, keepNotes } from '../src/plan/in-place.ts';
import { namedInstances, sameInstances } from './named.ts';
import type { Task } from './task.ts';

export const drain: Task<'drain'> = {
  verb: 'drain',
  summary: 'Take instances out of every target group that holds them, and wait until they are released',
  details:
    'Notes on the tags of each instance where it was registered, so that `turnout join` puts it back exactly there. ' +
    'Refuses to take out what production cannot do without.',
  examples: [
    ['turnout drain i-0123456789abcdef0', 'one instance'],
    ['turnout drain --self --yes', 'the instance that this runs on, in a script or an Ansible play'],
  ],
  positional: 'instances',
  options: {
    self: { type: 'boolean', describe: 'The instance that this runs on, as its metadata service (IMDSv2) says' },
    floor: {
      type: 'number',
      describe:
        'Fewest healthy targets in each target group (default: as many as the others that are healthy, and never none)',
    },
    allowDowntime: {
      type: 'boolean',
      describe: 'Even where nothing healthy would be left: requests will fail meanwhile',
    },
  },
  everywhere: true,
  mayBeReplacedBy: ['drain', 'join', 'deploy', 'rolling'],
  fits: sameInstances,

  aim({ snapshot, wish, asked }) {
    const named = namedInstances(snapshot, wish);
    if (isRefusal(named)) return named;
    const ids = named.instances.map(({ id }) => id);
    const keep = wish.allowDowntime === true ? {} : { keep: keepFor(snapshot, ids, ids.length, wish.floor) };
    return { ...asked, verb: 'drain', fleet: named.fleet, release: named.release, instances: ids, ...keep };
  },

  plan(snapshot, goal) {
    const { fleet, keep } = goal;
    const instances = running(snapshot, goal.instances).map(({ id }) => id);
    if (instances.length === 0) return { steps: [], notes: [] };
    const places = homesOf(snapshot, instances);
    const kept = keep === undefined ? {} : { keep };
    const plan = planAhead(
      snapshot,
      [{ do: 'deregister-everywhere', fleet, instances, places, ...kept }],
      keepNotes(snapshot, keep, [instances]),
    );
    return isRefusal(plan) ? { ...plan, next: ADVICE } : plan;
  },

  afterFailure: (snapshot, goal) =>
    afterInPlace(snapshot, goal, goal.instances, ['`turnout join I` puts an instance back where it was']),

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
