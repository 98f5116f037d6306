import { homeFleet, members, roleOf } from '../src/observe/roles.ts';
import { floorNow, lowerFloor } from '../src/plan/floor.ts';
import { isRefusal, refusal } from '../src/plan/goal.ts';
import { fleetById } from '../src/plan/look.ts';
import type { Step } from '../src/plan/step.ts';
import { isSwitched, notVerified, planSwitch, tooSmall, type Switch } from '../src/plan/switch.ts';
import { isUnknown, verifySteps } from '../src/plan/verify.ts';
import { describeFleet, knownWorld } from '../src/plan/worlds.ts';
import type { Task } from './task.ts';

export const promote: Task<'promote'> = {
  verb: 'promote',
  summary: 'Move production traffic to the new fleet',
  details:
    'Registers green with every production target group, waits until each of its instances is healthy there, then takes blue out. ' +
    'Blue stays running (parked) and enters the test target groups, ready for `rollback`. ' +
    'If green does not become healthy in production it is taken out again, and blue is untouched.',
  examples: [
    ['turnout promote --plan', 'show the steps, the healthy capacity and the expected time; change nothing'],
    ['turnout promote', 'show them, ask, and do it'],
    ['turnout promote --yes --json', 'in CI: no question, one JSON event a line'],
    ['turnout promote --floor 2', 'accept that production has 2 healthy targets at the least'],
  ],
  options: {
    floor: {
      type: 'number',
      describe: 'Fewest healthy targets in each production group (default: as many as are healthy now)',
    },
  },
  mayBeReplacedBy: ['rollback'],

  aim({ snapshot, wish, asked }) {
    const world = knownWorld(snapshot);
    if (isRefusal(world)) return world;
    const candidates = world.others.filter((fleet) => fleet.marks.current === undefined);
    const [to] = candidates;
    if (to === undefined) {
      return refusal('no-green', 'There is no green fleet to promote.', 'Bring one up: `turnout up --release R`.');
    }
    if (candidates.length > 1) {
      const seen = candidates.map((fleet) => describeFleet(snapshot, fleet)).join(', ');
      return refusal(
        'two-greens',
        `More than one fleet could be promoted: ${seen}.`,
        'Terminate the one that you do not want, then run this again.',
      );
    }
    const floor = wish.floor === undefined ? floorNow(snapshot) : lowerFloor(floorNow(snapshot), wish.floor);
    return { ...asked, verb: 'promote', fleet: to.id, release: to.release, floor };
  },

  plan(snapshot, goal) {
    const world = knownWorld(snapshot);
    if (isRefusal(world)) return world;
    const to = fleetById(snapshot, goal.fleet);
    if (to === undefined || members(to).length === 0) {
      return refusal(
        'fleet-gone',
        `No instance of ${goal.release} is left.`,
        '`turnout rollback` makes sure that production is served by the fleet before.',
        '`turnout up --release R` brings up another one.',
      );
    }
    const change: Switch = { to, floor: goal.floor, need: 'all' };
    const mark: Step = { do: 'mark', fleet: to.id, mark: 'promoted', at: goal.since };
    if (isSwitched(snapshot, to)) return planSwitch(snapshot, change, [mark]);
    const small = tooSmall(to, goal.floor);
    if (small !== undefined) return small;
    const no = notVerified(snapshot, change);
    if (no === undefined) return planSwitch(snapshot, change, [mark]);
    // A green that has left production is on its way into the test groups, where a rollback was stopped it never got there.
    if (to.marks.promoted === undefined || !isUnknown(snapshot, to)) return no;
    return planSwitch(snapshot, change, [...verifySteps(snapshot, change), mark]);
  },

  afterFailure(snapshot, goal) {
    const to = fleetById(snapshot, goal.fleet);
    const home = homeFleet(snapshot);
    if (to !== undefined && isSwitched(snapshot, to)) {
      return {
        leave: 'safe',
        message: `${goal.release} serves production; only the test target groups are not swapped yet.`,
      };
    }
    if (home === undefined) return { leave: 'person', message: 'There is no fleet to move back to.' };
    return { undo: { ...goal, verb: 'rollback', fleet: home.id, release: home.release } };
  },

  question: (snapshot, goal) => {
    const home = homeFleet(snapshot);
    return `Move production from ${home?.release ?? 'what serves now'} to ${goal.release}?`;
  },

  standing: (snapshot, goal) => {
    const home = homeFleet(snapshot);
    const parked =
      home && roleOf(snapshot, home) === 'parked'
        ? ` ${home.release} is parked with ${members(home).length} instances.`
        : '';
    return {
      message: `${goal.release} serves production.${parked}`,
      next: [
        '`turnout rollback` moves production back',
        '`turnout cleanup` makes this the only fleet and terminates the parked one',
      ],
    };
  },
};
