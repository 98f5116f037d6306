import { members, roleOf, servingFleets } from '../src/domain/roles.ts';
import { floorNow, lowerFloor } from '../src/domain/minimum-healthy.ts';
import { isRefusal, refusal } from '../src/domain/goal.ts';
import { fleetById } from '../src/domain/queries.ts';
import {
  hasStayed,
  isOnlyUnverified,
  isSwitched,
  notVerified,
  planSwitch,
  tooSmall,
  type Switch,
} from '../src/plan/switch.ts';
import { verificationSentence } from '../src/domain/answers.ts';
import { batchSize } from '../src/domain/batches.ts';
import { noBatches } from '../src/plan/stages.ts';
import { isUnknown, verifySteps } from '../src/plan/verify.ts';
import { describeFleet, knownWorld } from '../src/plan/worlds.ts';
import type { AfterFailure, Task } from './task.ts';

export const rollback: Task<'rollback'> = {
  verb: 'rollback',
  summary: 'Move production traffic back to the fleet that served before',
  details:
    'The same switch as `promote`, the other way, with the same guards and without arguments; after a promote or in the middle of one. ' +
    'The fleet that served before must be healthy now; the rejected one stays up in the test target groups.',
  examples: [
    ['turnout rollback', 'show the steps, ask, and move production back'],
    ['turnout rollback --yes', 'at once'],
    ['turnout rollback --plan', 'is it possible, and how long would it take?'],
  ],
  options: {
    floor: {
      type: 'number',
      describe: 'Fewest healthy targets in each production group (default: as many as are healthy now)',
    },
    batch: { type: 'batch', describe: 'Where servers move: so many at a time (default: all at once)' },
  },
  mayBeReplacedBy: ['promote'],

  aim({ snapshot, wish, asked }) {
    const world = knownWorld(snapshot);
    if (isRefusal(world)) return world;
    const { home, others } = world;
    const no = noBatches(snapshot, wish);
    if (no !== undefined) return no;
    const isOver = others.every((fleet) => roleOf(snapshot, fleet) === 'retired');
    if (members(home).length === 0 || (isOver && isSwitched(snapshot, home))) {
      const retired = others.map((fleet) => describeFleet(snapshot, fleet)).join(' and ');
      return refusal(
        'nothing-to-roll-back',
        retired === ''
          ? `${home.release} is the only fleet: there is none to move back to.`
          : `A cleanup has made ${home.release} the one to come back to, and it serves production; ${retired} only waits for its end.`,
        ...(retired === '' ? [] : ['`turnout cleanup` ends what is left of it.']),
        'An older release comes back like a new one: `turnout up --release R`, then `turnout promote`.',
      );
    }
    const floor = wish.floor === undefined ? floorNow(snapshot) : lowerFloor(floorNow(snapshot), wish.floor);
    const batch = wish.batch && batchSize(wish.batch, members(home).length);
    return {
      ...asked,
      verb: 'rollback',
      fleet: home.id,
      release: home.release,
      floor,
      ...(batch !== undefined && { batch }),
    };
  },

  plan(snapshot, goal) {
    const world = knownWorld(snapshot);
    if (isRefusal(world)) return world;
    const to = fleetById(snapshot, goal.fleet);
    if (to === undefined || members(to).length === 0) {
      return refusal(
        'fleet-gone',
        `No instance of ${goal.release} is left to move back to.`,
        'Look at `turnout status`.',
      );
    }
    const { floor, since, batch } = goal;
    const change: Switch = { to, floor, need: 'floor', since, ...(batch && { batch }) };
    if (isSwitched(snapshot, to) || hasStayed(snapshot, to)) return planSwitch(snapshot, change, []);
    const small = tooSmall(to, goal.floor);
    if (small !== undefined) return small;
    const no = notVerified(snapshot, change);
    if (no !== undefined && !isUnknown(snapshot, to)) return no;
    return planSwitch(snapshot, change, no === undefined ? [] : verifySteps(snapshot, change));
  },

  afterFailure(snapshot, goal) {
    const to = fleetById(snapshot, goal.fleet);
    if (to !== undefined && isOnlyUnverified(snapshot, rollback.plan(snapshot, goal))) return unproven(goal.release);
    if (to !== undefined && isSwitched(snapshot, to)) {
      return {
        leave: 'safe',
        message: `${goal.release} serves production; only what follows the switch is not done yet.`,
      };
    }
    const serving = servingFleets(snapshot)
      .map((fleet) => fleet.release)
      .join(' and ');
    return { leave: 'person', message: `Production is served by ${serving || 'nothing'}.` };
  },

  question: (snapshot, goal) => {
    const from = servingFleets(snapshot).find((fleet) => fleet.id !== goal.fleet);
    return `Move production back${from ? ` from ${from.release}` : ''} to ${goal.release}?`;
  },

  standing: (snapshot, goal) => {
    const rejected = snapshot.fleets.find((fleet) => fleet.id !== goal.fleet && members(fleet).length > 0);
    return {
      message: `${goal.release} serves production.${rejected ? ` ${rejected.release} stays up in the test target groups.` : ''}${verificationSentence(snapshot, goal.release)}`,
      next: ['`turnout promote` tries it again', '`turnout cleanup` terminates the rejected fleet'],
    };
  },
};

/** AWS says one thing, and production another: nobody knows why, and both fleets run. */
export function unproven(release: string): AfterFailure {
  return {
    leave: 'person',
    message: `By AWS's account ${release} has all of production, but production's own answers do not show it.`,
  };
}
