import type { AnyOptions } from '../../tasks/index.ts';
import { fleetOf } from '../support/little/rules.ts';
import type { Kind } from '../support/little/kinds.ts';
import type { Scene } from '../support/little/scene.ts';
import type { Ask, Run, Site } from '../support/little/site.ts';
import {
  isNamed,
  living,
  production,
  testing,
  withBox,
  withWeights,
  type Box,
  type Group,
  type State,
  type Way,
} from '../support/little/state.ts';

/** How the world turns bad while a run is at work: by itself, and by the hand of an operator who uses AWS's console. */

/** Who served when the run began, and who else there is. */
export interface Roles {
  readonly serving: string;
  readonly other: string;
}

export function rolesOf({ start }: Scene): Roles {
  if (start === 'unadopted') return { serving: '', other: 'green' };
  return start === 'promoted' ? { serving: 'green', other: 'blue' } : { serving: 'blue', other: 'green' };
}

export interface Turn {
  readonly name: string;
  readonly byHand: boolean;
  /** Only where instances have tags of their own. */
  readonly ofInstances?: true;
  act(site: Site, roles: Roles): Aftermath | void;
}

export interface Aftermath {
  /** Makes the operator's deletion good again, once all is over. */
  readonly repair?: () => void;
  /** Another operator's run. */
  readonly going?: { readonly run: Run | undefined };
  /** It has taken the environment over for another store. */
  readonly takesOver?: true;
}

/** Instances of the fleet that run, or of whoever serves where nobody has tags. */
function boxesOf({ cloud: { state } }: Site, fleet: string): readonly string[] {
  const running = living(state).filter((box) => box.state === 'running' && box.id !== 'i-hand' && box.id !== 'i-other');
  return running.filter((box) => (fleetOf(box) ?? '') === fleet).map(({ id }) => id);
}

type Which = (site: Site, roles: Roles) => readonly string[];

const servers: Which = (site, { serving }) => boxesOf(site, serving);
const others: Which = (site, { other }) => boxesOf(site, other);
const one =
  (which: Which): Which =>
  (site, roles) =>
    which(site, roles).slice(0, 1);

const SUBJECTS: readonly (readonly [name: string, which: Which])[] = [
  ['the serving fleet', servers],
  ['one of the serving fleet', one(servers)],
  ['the other fleet', others],
  ['one of the other fleet', one(others)],
];

type Deed = (site: Site, id: string) => void;

function toEach(subjects: typeof SUBJECTS, what: string, isByHand: boolean, deed: Deed): readonly Turn[] {
  return subjects.map(([name, which]) => ({
    name: `${name} ${what}`,
    byHand: isByHand,
    act: (site, roles) => which(site, roles).forEach((id) => deed(site, id)),
  }));
}

const leaveProduction: Deed = ({ cloud }, id) =>
  production(cloud.state).forEach(({ name }) => cloud.deregister(name, id));
const joinProduction: Deed = ({ cloud }, id) => production(cloud.state).forEach(({ name }) => cloud.register(name, id));
const leaveTest: Deed = ({ cloud }, id) => testing(cloud.state).forEach(({ name }) => cloud.deregister(name, id));

/** The group in which the fleet stays where weights move traffic. */
function groupOf({ groups }: State, fleet: string): Group | undefined {
  return groups.get(fleet === 'green' ? 'two' : 'one');
}

/** Ways to production, or to what is tested, of which some are given other weights. */
function weigh(
  share: (roles: Roles) => string,
  percent: number,
  howMany = Infinity,
  of: Way['role'] = 'production',
): Turn['act'] {
  return ({ cloud }, roles) => {
    if (cloud.state.ways === undefined) return;
    const ways = [...cloud.state.ways.values()].filter(({ role }) => role === of).slice(0, howMany);
    const to = groupOf(cloud.state, share(roles))?.name;
    for (const { arn, weights } of ways) {
      const next = new Map([...weights.keys()].map((name) => [name, name === to ? percent : 100 - percent]));
      cloud.change((state) => withWeights(state, arn, next));
    }
  };
}

/** The rule names the serving group alone, as infrastructure code would write it. No verb makes the record of a name again. */
function forgetOther({ cloud }: Site, { serving, other }: Roles): Aftermath | void {
  const [way] = [...(cloud.state.ways?.values() ?? [])].filter(({ role }) => role === 'production');
  if (way === undefined) return;
  const gone = groupOf(cloud.state, other)?.name;
  const kept = groupOf(cloud.state, serving)?.name;
  const left = [...way.weights].filter(([name]) => name !== gone);
  const weights = new Map(left.map(([name, weight]) => [name, name === kept ? 100 : weight]));
  cloud.change((state) => withWeights(state, way.arn, weights));
  if (gone === undefined || !isNamed(cloud.state)) return;
  const remember = (state: State): State => {
    const now = state.ways?.get(way.arn)?.weights ?? weights;
    return now.has(gone) ? state : withWeights(state, way.arn, new Map([...now, [gone, 0]]));
  };
  return { repair: () => cloud.change(remember) };
}

function deleteWay(of: Way['role']): Turn['act'] {
  return ({ cloud }): Aftermath | void => {
    const way = [...(cloud.state.ways?.values() ?? [])].findLast(({ role }) => role === of);
    if (way === undefined) return;
    const without = (state: State): State => ({
      ...state,
      ways: new Map([...(state.ways ?? [])].filter(([arn]) => arn !== way.arn)),
    });
    cloud.change(without);
    return { repair: () => cloud.change((state) => ({ ...state, ways: new Map(state.ways).set(way.arn, way) })) };
  };
}

/** ELB deletes no group that a rule names: the one for tests, where one has that role; with names, the one that has nothing. */
function deleteGroup({ cloud }: Site, { other }: Roles): Aftermath | void {
  const { state } = cloud;
  const group = state.ways === undefined ? testing(state)[0] : isNamed(state) ? groupOf(state, other) : undefined;
  if (group === undefined) return;
  cloud.deleteGroup(group.name);
  const repair = (): void => {
    cloud.change((now) => ({ ...now, groups: new Map(now.groups).set(group.name, { ...group, members: new Map() }) }));
    for (const id of group.members.keys())
      if (cloud.state.boxes.get(id)?.state === 'running') cloud.register(group.name, id);
  };
  return { repair };
}

function joinUnmanaged(groupsIn: (state: State) => readonly Group[]): Turn['act'] {
  return ({ cloud }) => {
    const box: Box = { id: 'i-new', zone: 'a', state: 'running', image: 'ami-41', fit: true, tags: {}, launchedAt: 0 };
    cloud.change((state) => withBox(state, box));
    for (const { name } of groupsIn(cloud.state)) cloud.register(name, box.id);
  };
}

function byHand(name: string, act: Turn['act']): Turn {
  return { name, byHand: true, act };
}

/** A run of another operator; one with the other store takes the environment over. */
function another(does: string, ask: Ask, wish: AnyOptions, store: 0 | 1): Turn {
  const act: Turn['act'] = (site) => ({
    going: site.start(ask, wish, {}, undefined, { store }),
    ...(store === 1 && { takesOver: true as const }),
  });
  return { name: `another operator ${does}`, byHand: false, act };
}

const OWNERSHIP = ['turnout:environment', 'turnout:fleet'];
const OTHER_FLEET = { 'turnout:fleet': 'third', 'turnout:release': '40' };
const MARKS = ['turnout:current', 'turnout:promoted', 'turnout:share'];

const TAGGINGS: readonly Turn[] = [
  ...toEach(SUBJECTS, 'loses its tags by hand', true, ({ cloud }, id) => cloud.untag(id, OWNERSHIP)),
  ...toEach(SUBJECTS, 'loses its marks by hand', true, ({ cloud }, id) => cloud.untag(id, MARKS)),
  ...toEach(SUBJECTS, "gets another fleet's tag by hand", true, ({ cloud }, id) => cloud.tag(id, OTHER_FLEET)),
];

const BY_ITSELF: readonly Turn[] = [
  ...toEach(SUBJECTS, 'dies', false, ({ cloud }, id) => cloud.die(id)),
  ...toEach(SUBJECTS, 'gets sick', false, ({ cloud }, id) => cloud.behave(id, false)),
];

const BY_HAND: readonly Turn[] = [
  ...toEach(SUBJECTS, 'leaves production by hand', true, leaveProduction),
  ...toEach(SUBJECTS, 'joins production by hand', true, joinProduction),
  ...toEach(SUBJECTS, 'leaves the test group by hand', true, leaveTest),
  ...TAGGINGS.map((turn): Turn => ({ ...turn, ofInstances: true })),
  ...toEach(SUBJECTS, 'is terminated by hand', true, ({ cloud }, id) => cloud.terminate(id)),
  byHand(
    'the other fleet gets all weight by hand',
    weigh(({ other }) => other, 100),
  ),
  byHand(
    'the other fleet gets all weight of one rule by hand',
    weigh(({ other }) => other, 100, 1),
  ),
  byHand(
    'the other fleet gets some weight by hand',
    weigh(({ other }) => other, 10),
  ),
  byHand(
    'the serving fleet gets all weight by hand',
    weigh(({ serving }) => serving, 100),
  ),
  byHand('the rule forgets the other group by hand', forgetOther),
  byHand(
    'the test rule leads to the serving fleet by hand',
    weigh(({ serving }) => serving, 100, 1, 'test'),
  ),
  byHand(
    'the test rule leads to the other fleet by hand',
    weigh(({ other }) => other, 100, 1, 'test'),
  ),
  byHand('a rule is deleted by hand', deleteWay('production')),
  byHand('the test rule is deleted by hand', deleteWay('test')),
  byHand('a group is deleted by hand', deleteGroup),
  byHand('an unmanaged server joins production by hand', joinUnmanaged(production)),
  byHand('an unmanaged server joins the test group by hand', joinUnmanaged(testing)),
  another('cleans up with another store', 'cleanup', { takeOver: true, discard: true, wait: true }, 1),
  another('rolls back with another store', 'rollback', { takeOver: true }, 1),
  another('takes the lease', 'unlock', {}, 0),
];

/** All that can happen where that kind of fleet is. */
export function turnsOn(kind: Kind): readonly Turn[] {
  return [...BY_ITSELF, ...BY_HAND].filter(({ ofInstances }) => ofInstances !== true || kind.fleet === 'ec2');
}
