import { isChange, isSameLeaving, type Request, type RunInput, type TargetsInput } from './api.ts';
import type { LittleCloud } from './cloud.ts';
import type { LittleProcess } from './process.ts';
import { HOLD_S } from './hold.ts';
import { givenShare, isShift } from './ways.ts';
import { carried, healthyOf, overwhelmed, sum, surfaces, type Counts, type Surface } from './surfaces.ts';
import { isServing, isUp, living, production, type Box, type Group, type State } from './state.ts';
import { SoleStore } from './sole-store.ts';
import type { LittleStore } from './store.ts';
import { REQUEST_MS, type Sent } from './wire.ts';
import {
  ENDING,
  TAGGING,
  claimed,
  fleetOf,
  groupNamed,
  idsOf,
  isOwned,
  isPartOfEnding,
  killed,
  mayReturn,
  serves,
  mayComeUnseen,
} from './rules.ts';
import { Shown, unused } from './unused.ts';

const ROUTE_READS: ReadonlySet<string> = new Set(['DescribeListeners', 'DescribeRules', 'ListResourceRecordSets']);

/** What one process has been shown. */
interface Sight {
  /** By group: the moment that the last reading of it showed. */
  readonly shown: Map<string, number>;
  /** The moment that the last reading of weights showed. */
  routes: number;
  /** Groups read since its last change. */
  readonly fresh: Set<string>;
  /** Its last change. */
  last: Request | undefined;
  /** By group: when it last asked for its health. */
  readonly asked: Map<string, number>;
}

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
  /** When somebody last changed something by hand: what a run could not have seen is not held against it. */
  #handAt = 0;
  /** The fewest healthy targets in all that a run was told to accept. */
  acceptedMinimum: number | undefined;

  constructor(cloud: LittleCloud, ...stores: readonly LittleStore[]) {
    this.#cloud = cloud;
    this.#soleStore = new SoleStore(stores);
    for (const surface of surfaces(cloud.state)) this.#setMinimum(cloud.state, surface);
    this.#noteServed();
  }

  handIsAtWork(): void {
    this.#handAt = Math.max(1, this.#cloud.clock.now);
  }

  /** The process has looked at all of production since the last change by hand, and its answers showed it. */
  #hasSeenTheHand(process: LittleProcess): boolean {
    const { shown } = this.#sight(process);
    return production(this.#cloud.state).every(({ name }) => (shown.get(name) ?? this.#handAt) >= this.#handAt);
  }

  /** Rule 3: nobody changes anything without the lease. */
  onSend(process: LittleProcess, request: Request): void {
    if (request.operation === 'DescribeTargetHealth') this.#polled(process, request);
    if (!isChange(request.operation)) return;
    const { stores } = this.#soleStore;
    if (!stores.some((store) => store.isHeldBy(process))) this.#say(process, request, 'was sent without the lease');
    for (const what of this.#soleStore.wrongWith(process, request, this.#cloud.state))
      this.#say(process, request, what);
    if (isPartOfEnding(request)) return;
    if (this.#sight(process).last !== request) this.#beforeChange(process, request);
    for (const what of unused(request, this.#shown(process), this.#knownMinimum)) this.#say(process, request, what);
    this.#sight(process).last = request;
  }

  /** Returns what is to be called once the request has had its effect. */
  onArrival(sent: Sent): () => void {
    if (!isChange(sent.operation)) {
      this.#read(sent);
      return () => {};
    }
    if (!this.#hasSeenTheHand(sent.process)) return () => {};
    const before = this.#cloud.state;
    const say = (what: string): void => this.#say(sent.process, sent, what);
    const ids = idsOf(sent, before);
    this.#noteServed();
    if (ENDING.has(sent.operation))
      for (const what of [...killed(before, ids), ...this.#rushed(before, ids)]) say(what);
    // What has lost its tags by hand was ours a moment ago.
    if (TAGGING.has(sent.operation) && this.#handAt === 0) for (const what of claimed(before, ids)) say(what);
    if (sent.operation === 'RegisterTargets') for (const what of this.#unverified(before, sent)) say(what);
    return () => {
      const after = this.#cloud.state;
      for (const what of this.#starved(before, after, this.#sight(sent.process))) say(what);
      for (const what of overwhelmed(before, after, this.#knownMinimum, this.#looks(before, sent.process))) say(what);
      if (sent.operation === 'RunInstances') for (const what of this.#launched(before, after, sent)) say(what);
    };
  }

  #say(process: LittleProcess, { operation, input }: Request, what: string): void {
    const at = (this.#cloud.clock.now / 1000).toFixed(2);
    this.broken.push(`${at} s: ${operation} of ${process.name} ${what}: ${JSON.stringify(input)}`);
  }

  #shown(process: LittleProcess): Shown {
    const { shown, routes } = this.#sight(process);
    return new Shown(this.#cloud, shown, routes);
  }

  /** By hand, somebody may have made any number the usual one. */
  get #knownMinimum(): Counts {
    return this.#handAt > 0 ? new Map() : this.#minimum;
  }

  #sight(process: LittleProcess): Sight {
    const known = this.#sights.get(process);
    if (known !== undefined) return known;
    const sight: Sight = {
      shown: new Map(),
      routes: this.#cloud.clock.now,
      fresh: new Set(),
      last: undefined,
      asked: new Map(),
    };
    this.#sights.set(process, sight);
    return sight;
  }

  /** One poll a target group, however many waits there are: never a second one while the first is on its way. */
  #polled(process: LittleProcess, request: Request): void {
    const { asked } = this.#sight(process);
    const { TargetGroupArn: arn } = request.input as unknown as TargetsInput;
    const { now } = this.#cloud.clock;
    if (now - (asked.get(arn) ?? Number.NEGATIVE_INFINITY) < REQUEST_MS / 2)
      this.#say(process, request, 'was sent twice at once');
    asked.set(arn, now);
  }

  #read({ operation, input, process, lagMs }: Sent): void {
    if (ROUTE_READS.has(operation)) this.#sight(process).routes = this.#cloud.clock.now - lagMs;
    if (operation !== 'DescribeTargetHealth') return;
    const group = groupNamed(this.#cloud.state, (input as unknown as TargetsInput).TargetGroupArn);
    const sight = this.#sight(process);
    const time = this.#cloud.clock.now - lagMs;
    sight.shown.set(group.name, time);
    sight.fresh.add(group.name);
    // What the minimum is: healthy targets at the time when the trouble began, that is, before there is a goal.
    const isAiming = this.#soleStore.stores.every(({ goal }) => goal === undefined) && sight.last === undefined;
    const then = this.#cloud.stateAt(time);
    const surface = surfaces(then).find(({ groups }) => groups.some(({ name }) => name === group.name));
    if (isAiming && surface !== undefined) this.#setMinimum(then, surface);
  }

  #setMinimum(state: State, surface: Surface): void {
    const { name } = surface;
    const fleets = [...new Set([...state.boxes.values()].map(fleetOf))];
    const alone = fleets.map((fleet) => healthyOf(state, surface, (box) => fleetOf(box) === fleet));
    const [best] = alone.toSorted((a, b) => sum(b) - sum(a));
    const largest = carried(state) ?? best ?? new Map<string, number>();
    const all = sum(largest);
    const accepted = this.acceptedMinimum;
    for (const key of this.#minimum.keys()) if (key.startsWith(`${name}/`)) this.#minimum.delete(key);
    for (const [key, n] of largest) {
      const least = accepted === undefined || accepted >= all ? n : Math.floor((n * accepted) / all);
      this.#minimum.set(key, least);
    }
  }

  /** What is taken away was looked at after all that this process did before. */
  #beforeChange(process: LittleProcess, request: Request): void {
    const sight = this.#sight(process);
    const { operation, input } = request;
    const groups = production(this.#cloud.state).map(({ name }) => name);
    const isTerminating = ENDING.has(operation) && sight.last?.operation !== operation;
    const target = (input as unknown as TargetsInput).TargetGroupArn?.replace('arn:', '');
    const needed = isTerminating
      ? groups
      : [
          ...groups.filter((name) => operation === 'DeregisterTargets' && name === target),
          // Several ways are changed in quick succession.
          ...(isShift(sight.last) ? [] : givenShare(this.#cloud.state, request)),
        ];
    // Instances leave several groups in quick succession.
    const blind = isSameLeaving(sight.last, request) ? [] : needed.filter((name) => !sight.fresh.has(name));
    if (blind.length > 0) this.#say(process, request, `was sent without a look at ${blind.join(' and ')} before`);
    // A note on a tag takes nothing from anybody.
    if (operation !== 'CreateTags') sight.fresh.clear();
  }

  /** Rule 1, with its "or none at all". */
  #starved(before: State, after: State, sight: Sight): readonly string[] {
    return surfaces(after).flatMap((surface) => {
      const had = healthyOf(before, surfaces(before).find(({ name }) => name === surface.name) ?? surface);
      const has = healthyOf(after, surface);
      if (sum(has) === sum(had)) return [];
      const excused = this.#lostByItself(surface, after, sight);
      const short = [...this.#knownMinimum].filter(([key, least]) => {
        const now = has.get(key) ?? 0;
        return key.startsWith(`${surface.name}/`) && now < (had.get(key) ?? 0) && now + (excused.get(key) ?? 0) < least;
      });
      const emptied =
        sum(has) === 0 && sum(had) > 0 && sum(excused) === 0 ? [`leaves nothing healthy in ${surface.name}`] : [];
      return [
        ...short.map(([key, least]) => `leaves ${has.get(key) ?? 0} healthy in ${key}, the minimum is ${least}`),
        ...emptied,
      ];
    });
  }

  /** Healthy when the process last looked, and not any more, without anybody's doing. */
  #lostByItself({ name, groups }: Surface, now: State, { shown }: Sight): Counts {
    const times = groups.map((group) => shown.get(group.name) ?? this.#cloud.clock.now);
    const then = this.#cloud.stateAt(Math.min(...times));
    const known = groups.map((group) => then.groups.get(group.name) as Group);
    return healthyOf(then, { name, groups: known }, (box) => {
      const member = groups.flatMap((group) => group.members.get(box.id) ?? [])[0];
      if (member === undefined || member.health === 'draining' || isServing(now, member)) return false;
      return member.health === 'unhealthy' || !isUp(now.boxes.get(box.id));
    });
  }

  /** Rule 4: who gets production traffic was healthy when it was looked at. */
  #unverified(before: State, { input, process }: Sent): readonly string[] {
    const group = groupNamed(before, (input as unknown as TargetsInput).TargetGroupArn);
    if (!production(before).includes(group)) return [];
    const looks = this.#looks(before, process);
    const blind = idsOf({ input, operation: 'RegisterTargets' }, before)
      .filter((id) => !mayReturn(before, group, id) && !mayComeUnseen(before, id))
      .filter((id) => {
        const known = group.members.get(id);
        if (known !== undefined && known.health !== 'draining') return false;
        return !looks.some((state) => [...state.groups.values()].some((one) => serves(state, one, id)));
      });
    return blind.map((id) => `gives production traffic to ${id}, which was not healthy`);
  }

  /** What is so, and what the process has been shown last. */
  #looks(now: State, process: LittleProcess): readonly State[] {
    return [now, ...[...this.#sight(process).shown.values()].map((time) => this.#cloud.stateAt(time))];
  }

  /** Where weights move traffic: who has some of production now. */
  #noteServed(): void {
    const { state, clock } = this.#cloud;
    if (state.ways === undefined) return;
    for (const { members } of production(state)) for (const id of members.keys()) this.#servedAt.set(id, clock.now);
  }

  /** Requests may be on their way to who has lost its share a moment ago. */
  #rushed(state: State, ids: readonly string[]): readonly string[] {
    const now = this.#cloud.clock.now;
    const rushed = ids.filter(
      (id) => state.ways !== undefined && this.#handAt === 0 && now - (this.#servedAt.get(id) ?? -1e9) < HOLD_S * 1000,
    );
    return rushed.map((id) => `ends ${id} before the hold has passed`);
  }

  #launched(before: State, after: State, { input }: Sent): readonly string[] {
    const token = (input as unknown as RunInput).ClientToken;
    const fresh = [...after.boxes.values()].filter((box) => !before.boxes.has(box.id));
    if (fresh.length === 0) return [];
    const found: string[] = [];
    if (this.#tokens.has(token)) found.push('boots a ClientToken a second time');
    this.#tokens.set(token, fresh.length);
    if (fresh.some((box) => !isOwned(box) || box.tags['turnout:release'] === undefined))
      found.push('boots without tags');
    const serving = new Set(production(before).flatMap((group) => [...group.members.keys()]));
    const idle = living(before).filter((box) => isOwned(box) && !serving.has(box.id));
    const others = new Set(idle.map(fleetOf));
    const homes = living(before)
      .filter((box) => serving.has(box.id))
      .map(fleetOf);
    for (const fleet of [fleetOf(fresh[0] as Box), ...homes]) others.delete(fleet);
    if (others.size > 0 && this.#handAt === 0) found.push(`boots a second fleet beside ${[...others].join()}`);
    return found;
  }
}
