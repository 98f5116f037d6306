import type { Verb } from '../../../src/domain/goal.ts';
import type { RunEvent } from '../../../src/run/event.ts';
import { isChange, isSameLeaving, type Request, type RunInput, type TargetsInput } from './api.ts';
import type { LittleCloud } from './cloud.ts';
import type { LittleProcess } from './process.ts';
import { HOLD_S } from './hold.ts';
import { Hand, Sight } from './seen.ts';
import { harmsOthers, starvesOthers } from './outsiders.ts';
import { givenShare, isShift } from './ways.ts';
import { carrying, healthyOf, overwhelmed, largestOf, sum, surfaces, type Counts, type Surface } from './surfaces.ts';
import { isServing, isUp, production, staying, type Box, type Group, type Member, type State } from './state.ts';
import { asTargets, harmsGroups, isLetGo, isWhole, watchRetired } from './scaling-rules.ts';
import { MINIMUM } from './scene-scaling.ts';
import { SoleStore } from './sole-store.ts';
import type { LittleStore } from './store.ts';
import { REQUEST_MS, type Sent } from './wire.ts';
import {
  NOTES,
  TAGGING,
  claimed,
  fleetOf,
  groupNamed,
  idsOf,
  isEnding,
  isPartOfEnding,
  killed,
  launchedBeside,
  mayReturn,
  serves,
} from './rules.ts';
import { Shown, unused, wasKnown } from './unused.ts';

/** AWS dates to the second, and the times of two machines are compared. */
const MACHINES_APART_MS = 1000;

/**
 * Watches everything that is asked of a little cloud, and says what broke "What must never happen" (ARCHITECTURE.md). It knows
 * nothing of the planner: it looks at what is true, not at what was read, and forgives only what happened by itself after
 * the last reading.
 */
export class Watch {
  readonly broken: string[] = [];
  readonly #cloud: LittleCloud;
  readonly #soleStore: SoleStore;
  #minimum: Counts = new Map();
  readonly #sights = new Map<LittleProcess, Sight>();
  readonly #tokens = new Map<string, number>();
  /** By instance. */
  readonly #servedAt = new Map<string, number>();
  readonly #hand = new Hand();
  /** What a run was asked to accept in all; the groups' minimum, as their owners want it; and that they have two releases, as in place. */
  acceptedMinimum: number | undefined;
  least = MINIMUM;
  mixesReleases = false;
  /** Groups of others that may lose what they have, and owners whose instances may go. */
  allowed: ReadonlySet<string> = new Set();

  constructor(cloud: LittleCloud, ...stores: readonly LittleStore[]) {
    this.#cloud = cloud;
    this.#soleStore = new SoleStore(stores);
    for (const surface of surfaces(cloud.state)) this.#setMinimum(this.#minimum, cloud.state, surface);
    this.#noteServed();
    watchRetired(cloud, this.broken, () => !this.mixesReleases);
  }

  /** What the process is asked to do. */
  does(process: LittleProcess, verb: Verb): void {
    this.sight(process).verb = verb;
  }

  /** What is undone is a rollback. */
  heard(process: LittleProcess, event: RunEvent): RunEvent {
    if (event.type === 'undoing') this.does(process, 'rollback');
    return event;
  }

  /** An operator changes something by hand: what a run could have seen of it, it must respect. */
  byHand(act: () => void): void {
    const before = this.#cloud.state;
    this.#noteServed();
    act();
    this.#hand.note(before, this.#cloud.state, this.#cloud.clock.now);
  }

  /** Rule 3: no process changes anything without the lease. */
  onSend(process: LittleProcess, request: Request): void {
    if (request.operation === 'DescribeTargetHealth') this.#polled(process, request);
    if (!isChange(request.operation)) return;
    const { stores } = this.#soleStore;
    if (!stores.some((store) => store.isHeldBy(process))) this.#say(process, request, 'was sent without the lease');
    for (const what of this.#soleStore.wrongWith(process, request, this.#cloud.state, this.#cloud.clock.now))
      this.#say(process, request, what);
    if (isPartOfEnding(request)) return;
    const sight = this.sight(process);
    if (sight.last !== request) this.#beforeChange(process, request);
    const minimum: Counts = this.#hand.isSeenBy(sight) ? (sight.minimum ?? this.#minimum) : new Map();
    for (const what of unused(request, this.#shown(process), minimum)) this.#say(process, request, what);
    sight.last = request;
  }

  /** Returns what is to be called once the request has had its effect. */
  onArrival(sent: Sent): () => void {
    if (!isChange(sent.operation)) {
      this.#read(sent);
      return () => {};
    }
    const sight = this.sight(sent.process);
    this.#noteServed();
    if (!this.#hand.isSeenBy(sight)) return () => {};
    const before = this.#cloud.state;
    const say = (what: string): void => this.#say(sent.process, sent, what);
    for (const what of harmsGroups(before, sent, sight.shownGroups, this.least)) say(what);
    const [as, isOutsideSeen] = [asTargets(before, sent), this.#hand.isOutsideSeenBy(sight)];
    const ids = idsOf(as, before);
    for (const what of isOutsideSeen ? harmsOthers(before, as, this.#outside(sent.process)) : []) say(what);
    if (isEnding(sent)) for (const what of [...killed(before, ids), ...this.#rushed(before, ids, sight)]) say(what);
    if (TAGGING.has(sent.operation)) for (const what of claimed(before, ids)) say(what);
    if (as.operation === 'RegisterTargets') for (const what of this.#unverified(before, sent, as)) say(what);
    return () => {
      const after = this.#cloud.state;
      for (const what of this.#starved(before, after, sight)) say(what);
      for (const what of isOutsideSeen ? starvesOthers(before, after, this.#outside(sent.process)) : []) say(what);
      for (const what of overwhelmed(before, after, sight.minimum ?? this.#minimum, this.#looks(before, sent.process)))
        say(what);
      if (sent.operation === 'RunInstances') for (const what of this.#launched(before, after, sent)) say(what);
    };
  }

  #outside(process: LittleProcess) {
    const shown = (group: string) => this.#shown(process).worldOf(group);
    return { shown, verb: this.sight(process).verb, allowed: this.allowed };
  }

  #say(process: LittleProcess, { operation, input }: Request, what: string): void {
    const at = (this.#cloud.clock.now / 1000).toFixed(2);
    this.broken.push(`${at} s: ${operation} of ${process.name} ${what}: ${JSON.stringify(input)}`);
  }

  #shown(process: LittleProcess): Shown {
    const { shown, routes, verb } = this.sight(process);
    return new Shown(this.#cloud, shown, routes, verb);
  }

  /** What the process has been shown. */
  sight(process: LittleProcess): Sight {
    const known = this.#sights.get(process);
    if (known !== undefined) return known;
    const sight = new Sight(this.#cloud);
    this.#sights.set(process, sight);
    return sight;
  }

  /** One poll a target group, however many waits there are: never a second one while the first is on its way. */
  #polled(process: LittleProcess, request: Request): void {
    const { asked } = this.sight(process);
    const { TargetGroupArn: arn } = request.input as unknown as TargetsInput;
    const { now } = this.#cloud.clock;
    if (now - (asked.get(arn) ?? Number.NEGATIVE_INFINITY) < REQUEST_MS / 2)
      this.#say(process, request, 'was sent twice at once');
    asked.set(arn, now);
  }

  #read(sent: Sent): void {
    const sight = this.sight(sent.process);
    const seen = sight.read(sent);
    if (seen === undefined || sight.last !== undefined) return;
    // What the minimum is: healthy targets at the time when the trouble began, that is, before there is a goal of that kind.
    const trouble = this.#soleStore.goalLike(sent.process, sight.verb);
    if (trouble !== undefined) return void (sight.minimum ??= this.#minimumOf(trouble.goal.run));
    const then = this.#cloud.stateAt(seen.time);
    const surface = surfaces(then).find(({ groups }) => groups.some(({ name }) => name === seen.group));
    if (surface === undefined) return;
    sight.minimum ??= new Map(this.#minimum);
    this.#setMinimum(sight.minimum, then, surface);
  }

  /** That of the run which has recorded a goal. */
  #minimumOf(run: string): Counts | undefined {
    return [...this.#sights].find(([{ name }]) => name === run)?.[1].minimum;
  }

  #setMinimum(minimum: Counts, state: State, surface: Surface): void {
    const { name } = surface;
    const fleets = [...new Set([...state.boxes.values()].flatMap((box) => fleetOf(box) ?? []))];
    const by = carrying(state) ?? surface;
    const alone = fleets.map((fleet) => healthyOf(state, by, (box) => fleetOf(box) === fleet));
    const largest = largestOf(alone);
    const all = sum(largest);
    const accepted = this.acceptedMinimum;
    for (const key of minimum.keys()) if (key.startsWith(`${name}/`)) minimum.delete(key);
    for (const [key, n] of largest) {
      const least = accepted === undefined || accepted >= all ? n : Math.floor((n * accepted) / all);
      minimum.set(key, least);
    }
  }

  /** What is taken away was looked at after all that this process did before. */
  #beforeChange(process: LittleProcess, request: Request): void {
    const sight = this.sight(process);
    const { operation, input } = asTargets(this.#cloud.state, request);
    const groups = production(this.#cloud.state).map(({ name }) => name);
    const isTerminating = isEnding(request) && sight.last?.operation !== operation;
    const target = (input as unknown as TargetsInput).TargetGroupArn?.replace('arn:', '');
    const needed = isTerminating
      ? groups
      : [
          ...groups.filter((name) => operation === 'DeregisterTargets' && name === target),
          // Several ways are changed in quick succession.
          ...(isShift(sight.last) ? [] : givenShare(this.#cloud.state, request, this.#cloud.state)),
        ];
    // Instances leave several groups in quick succession.
    const blind = isSameLeaving(sight.last, request) ? [] : needed.filter((name) => !sight.fresh.has(name));
    if (blind.length > 0) this.#say(process, request, `was sent without a look at ${blind.join(' and ')} before`);
    if (!NOTES.has(operation)) sight.fresh.clear();
  }

  /** Rule 1, with its "or none at all". */
  #starved(before: State, after: State, sight: Sight): readonly string[] {
    return surfaces(after).flatMap((surface) => {
      const had = healthyOf(before, surfaces(before).find(({ name }) => name === surface.name) ?? surface);
      const has = healthyOf(after, surface);
      if (sum(has) === sum(had)) return [];
      const excused = this.#lostByItself(surface, after, sight);
      const short = [...(sight.minimum ?? this.#minimum)].filter(([key, least]) => {
        const now = has.get(key) ?? 0;
        return key.startsWith(`${surface.name}/`) && now < (had.get(key) ?? 0) && now + (excused.get(key) ?? 0) < least;
      });
      const isEmptied = sum(has) === 0 && sum(had) > 0 && sum(excused) === 0;
      return [
        ...short.map(([key, least]) => `leaves ${has.get(key) ?? 0} healthy in ${key}, the minimum is ${least}`),
        ...(isEmptied ? [`leaves nothing healthy in ${surface.name}`] : []),
      ];
    });
  }

  /** Healthy when the process last looked, and not any more, without anybody's doing. */
  #lostByItself({ name, groups }: Surface, now: State, { shown }: Sight): Counts {
    const times = groups.map((group) => shown.get(group.name) ?? this.#cloud.clock.now);
    const then = this.#cloud.stateAt(Math.min(...times));
    const known = groups.map((group) => then.groups.get(group.name) as Group);
    return healthyOf(then, { name, groups: known }, (box) => {
      const own = groups.flatMap(({ members }) => [...members.values()].filter(({ id }) => id === box.id));
      if (own.some((member) => isServing(now, member))) return false;
      const isLost = ({ health }: Member) => health === 'unhealthy' || !isUp(now.boxes.get(box.id));
      return own.some((one) => (one.health === 'draining' ? isLetGo(now, box.id) : isLost(one)));
    });
  }

  /** Rule 4: who gets production traffic was healthy when it was looked at. */
  #unverified(before: State, sent: Sent, { input }: Request): readonly string[] {
    const group = groupNamed(before, (input as unknown as TargetsInput).TargetGroupArn);
    if (!production(before).includes(group)) return [];
    const [looks, shown] = [this.#looks(before, sent.process), this.#shown(sent.process)];
    const ids = idsOf({ input, operation: 'RegisterTargets' }, before);
    const blind = ids
      .filter((id) => !mayReturn(before, group, id) && !shown.mayBeFit(id))
      .filter((id) => {
        const known = group.members.get(id);
        if (known !== undefined && known.health !== 'draining') return false;
        return !looks.some((state) => [...state.groups.values()].some((one) => serves(state, one, id)));
      });
    if (isWhole(sent) && (blind.length < ids.length || wasKnown(sent, shown))) return [];
    return blind.map((id) => `gives production traffic to ${id}, which was not healthy`);
  }

  /** What is so, and what the process has been shown last. */
  #looks(now: State, process: LittleProcess): readonly State[] {
    return [now, ...[...this.sight(process).shown.values()].map((time) => this.#cloud.stateAt(time))];
  }

  /** Where weights move traffic: who has some of production now. */
  #noteServed(): void {
    const { state, clock } = this.#cloud;
    if (state.ways === undefined) return;
    for (const group of production(state)) for (const id of staying(group)) this.#servedAt.set(id, clock.now);
  }

  /** Requests may be on their way to who has lost its share a moment ago; by hand, only who has seen it knows of it. */
  #rushed({ ways }: State, ids: readonly string[], sight: Sight): readonly string[] {
    const { now } = this.#cloud.clock;
    const servedAt = (id: string): number => {
      const at = this.#servedAt.get(id) ?? -1e9;
      return this.#hand.movedAfter(at - 1) ? (sight.servedAt.get(id) ?? -1e9) : at;
    };
    const isRushed = (id: string): boolean => now - servedAt(id) < HOLD_S * 1000 - MACHINES_APART_MS;
    return (ways === undefined ? [] : ids.filter(isRushed)).map((id) => `ends ${id} before the hold has passed`);
  }

  #launched(before: State, after: State, { input, process }: Sent): readonly string[] {
    const token = (input as unknown as RunInput).ClientToken;
    const fresh = [...after.boxes.values()].filter(({ id }) => !before.boxes.has(id));
    if (fresh.length === 0) return [];
    const isAgain = this.#tokens.has(token);
    this.#tokens.set(token, fresh.length);
    // Runs with leases of their own may launch at the same moment: what one of them could not see is not held against it.
    const isOne = this.#soleStore.stores.length === 1;
    const isSeen = ({ launchedAt }: Box): boolean => isOne || launchedAt <= this.sight(process).tags;
    return [...(isAgain ? ['boots a ClientToken a second time'] : []), ...launchedBeside(before, fresh, isSeen)];
  }
}
