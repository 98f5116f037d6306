import type { ClaimRequest, FleetPort, RefreshChanges, StandbyChanges, LaunchOrder } from '../../src/fleets/fleet.ts';
import type { Fleet, Instance, Marks, Snapshot, Target } from '../../src/domain/snapshot.ts';
import type { LaunchSpec } from '../../src/domain/goal.ts';
import type { Ports } from '../../src/steps/ports.ts';
import { nothingInPlace } from '../../src/run/deploys/nothing-in-place.ts';
import type { Outside } from '../../src/domain/traffic.ts';
import type { OutsidePort } from '../../src/traffic/discover.ts';
import type { Freeze } from '../../src/domain/freeze.ts';
import { notHere, type TrafficPort } from '../../src/traffic/traffic.ts';
import { poolByName } from '../../src/domain/queries.ts';
import { withTraffic } from '../../src/domain/routes.ts';
import { attached, changePool } from '../../src/steps/world.ts';
import { members } from '../../src/domain/roles.ts';
import { VirtualClock } from './virtual-clock.ts';
import { emptied, filledGroup } from './scaled-worlds.ts';
import { standbyIn } from './standby-world.ts';
import { claimed, NOTHING_TOLD, HOME, NOTHING_OUTSIDE, noted, world } from './worlds.ts';

/** A request as the ports were asked: `register prod B-0 B-1`, `read prod`, `read fleets`. */
export interface Asked {
  readonly at: number;
  readonly what: string;
}

export const SPEC: LaunchSpec = {
  kind: 'fake',
  summary: ['image ami-42'],
  batches: [{ zone: 'a', subnet: 'subnet-a', count: 2 }],
  request: {},
};

/** Blue `A` serves in `prod`, green `B` is healthy in `test`; two instances each. */
export function blueAndGreen(): FakeWorld {
  const blue = { prod: 'healthy', test: '-' } as const;
  const green = { prod: '-', test: 'healthy' } as const;
  return new FakeWorld(
    world([
      { id: 'A', marks: HOME, members: [blue, blue] },
      { id: 'B', marks: {}, members: [green, green] },
    ]),
  );
}

/** A world on a virtual clock behind all ports; what was asked for can be counted and timed. */
export class FakeWorld {
  readonly clock: VirtualClock;
  readonly asked: Asked[] = [];
  readonly ports: Ports;
  /** Milliseconds from an effect to the reading that shows it. */
  lagMs = 0;
  bootMs = 20_000;
  fleetCount: number | undefined = undefined;
  /** From registration to the first verdict of a health check. */
  checkMs = 4_000;
  drainMs = 30_000;
  freeze: Freeze = { state: 'none' };
  /** Instances whose checks fail. */
  readonly sick = new Set<string>();
  /** Called with each request before it is answered; may change the world, or throw. */
  onRequest: (what: string) => void | Promise<void> = () => {};
  ignored = 0; // so many changes are accepted without an effect
  /** Found, beside those of the config. */
  readonly #found: Set<string>;
  #history: readonly { readonly at: number; readonly snapshot: Snapshot }[];

  constructor(start: Snapshot, clock = new VirtualClock()) {
    this.clock = clock;
    this.#history = [{ at: Number.NEGATIVE_INFINITY, snapshot: start }];
    this.#found = new Set(start.pools.flatMap(({ role, name }) => (role === 'other' ? [name] : [])));
    this.ports = {
      fleet: this.#fleet(),
      traffic: this.#traffic(),
      outside: { ...NOTHING_OUTSIDE, look: async (request) => this.#look(request) },
      clock: this.clock,
      ...NOTHING_TOLD,
      freeze: { read: async () => this.freeze },
      inPlace: nothingInPlace({ environment: 'shop' }, this.clock),
    };
  }

  get now(): Snapshot {
    return (this.#history.at(-1) as { snapshot: Snapshot }).snapshot;
  }

  /** What was asked for that changes something. */
  get changes(): readonly string[] {
    return this.asked.map(({ what }) => what).filter((what) => !what.startsWith('read'));
  }

  set(change: (snapshot: Snapshot) => Snapshot): void {
    this.#history = [...this.#history, { at: this.clock.monotonic(), snapshot: change(this.now) }];
  }

  target(pool: string, id: string, state: Target['state'] | 'gone', reason?: string): void {
    this.set((snapshot) =>
      changePool(snapshot, pool, ({ targets }) => {
        const others = targets.filter((target) => target.id !== id);
        if (state === 'gone') return others;
        return [...others, { id, port: 8080, state, ...(reason === undefined ? {} : { reason }) }];
      }),
    );
  }

  /** New weights, by route. */
  weigh(changes: Parameters<TrafficPort['setWeights']>[0]): void {
    this.set((snapshot) => {
      const { traffic } = snapshot;
      if (traffic.kind === 'membership') return snapshot;
      const routes = traffic.routes.map((one) => ({ ...one, weights: changes.get(one.name) ?? one.weights }));
      return withTraffic(snapshot, { ...traffic, routes });
    });
  }

  #remove(fleet: string): void {
    this.set((snapshot) => ({ ...snapshot, fleets: snapshot.fleets.filter(({ id }) => id !== fleet) }));
  }

  instance(id: string, state: Instance['state']): void {
    this.set((snapshot) => ({
      ...snapshot,
      fleets: snapshot.fleets.map((fleet) => ({
        ...fleet,
        instances: fleet.instances.map((instance) => (instance.id === id ? { ...instance, state } : instance)),
      })),
    }));
  }

  later = (ms: number, act: () => void): void => void this.clock.sleep(ms).then(act);

  /** Lets time pass until the promise is settled; a run that takes more than two hours hangs. */
  async finish<T>(promise: Promise<T>): Promise<T> {
    const state = { settled: false };
    const settle = (): void => void (state.settled = true);
    promise.then(settle, settle);
    for (let hours = 0; hours < 2; hours += 1) {
      await this.clock.advance(3_600_000);
      if (state.settled) return promise;
    }
    throw new Error(`Still not settled. The last requests: ${JSON.stringify(this.asked.slice(-3))}`);
  }

  async #ask(what: string): Promise<Snapshot> {
    this.asked.push({ at: this.clock.monotonic(), what });
    await this.onRequest(what);
    const until = this.clock.monotonic() - this.lagMs;
    return (this.#history.findLast(({ at }) => at <= until) as { snapshot: Snapshot }).snapshot;
  }

  async #change(what: string, effect: () => void): Promise<void> {
    await this.#ask(what);
    if (this.ignored > 0) this.ignored -= 1;
    else effect();
  }

  async #look({ instances }: Parameters<OutsidePort['look']>[0]): Promise<Outside> {
    const ids = new Set((await instances).map(({ id }) => id));
    const { outside, pools } = await this.#ask('read outside');
    for (const { role, name, targets } of pools)
      if (role === 'other' && targets.some(({ id }) => ids.has(id))) this.#found.add(name);
    return outside.state === 'seen' ? { ...outside, groups: [...this.#found] } : outside;
  }

  #fleet(): FleetPort {
    return {
      kind: 'fake',
      count: this.fleetCount,
      read: async () => {
        const { fleets, unmanaged } = await this.#ask('read fleets');
        return { fleets, unmanaged };
      },
      readFleets: async (ids) => {
        const { fleets } = await this.#ask(`read ${ids.join(' ')}`);
        return fleets.filter(({ id }) => ids.includes(id));
      },
      resolve: async () => SPEC,
      launch: async (step) => this.#change(`launch ${step.fleet}`, () => this.#launch(step)),
      claim: async (step) => this.#change(`claim ${step.instances.join(' ')}`, () => this.#claim(step)),
      mark: async (fleet, marks) =>
        this.#change(`mark ${fleet.id} ${Object.keys(marks).join()}`, () => this.#mark(fleet.id, marks)),
      carries: async ({ id }, marks) => {
        const { fleets } = await this.#ask(`read the marks of ${id}`);
        const found = fleets.find((fleet) => fleet.id === id);
        return Object.entries(marks).every(([mark, value]) => found?.marks[mark as keyof Marks] === value);
      },
      note: async (instances, notes) =>
        this.#change(`note ${idsOf(instances)}`, () => this.set((snapshot) => noted(snapshot, instances, notes))),
      ...this.#groups(),
      terminate: async (fleet) =>
        this.#change(`terminate ${fleet.id}`, () => {
          fleet.instances.forEach(({ id }) => this.instance(id, 'terminated'));
          this.set((snapshot) => emptied(snapshot, fleet.id));
        }),
      remove: async ({ id }) => this.#change(`remove ${id}`, () => this.#remove(id)),
    };
  }

  #groups(): Pick<FleetPort, 'attach' | 'detach' | 'resize' | keyof (StandbyChanges & RefreshChanges)> {
    return {
      ...standbyIn(this, this.#change.bind(this), { enter: this.#enter.bind(this), leave: this.#leave.bind(this) }),
      attach: async (fleet, arn) => this.#change(`attach ${fleet.id} ${arn}`, () => this.#attach(fleet, arn, true)),
      detach: async (fleet, arn) => this.#change(`detach ${fleet.id} ${arn}`, () => this.#attach(fleet, arn, false)),
    };
  }

  #traffic(): TrafficPort {
    const readTraffic = async () =>
      this.now.traffic.kind === 'membership' ? this.now.traffic : (await this.#ask('read routes')).traffic;
    return {
      kind: 'fake',
      settings: { kind: 'membership' },
      groupNames: async () => this.now.pools.filter(({ role }) => role !== 'other').map(({ name }) => name),
      readTraffic,
      follow: readTraffic,
      residual: readTraffic,
      setWeights: async (changes) => this.#change(`weigh ${[...changes.keys()].join(' ')}`, () => this.weigh(changes)),
      setTtls: notHere,
      read: async (names) => {
        const { pools, unreadable } = await this.#ask(`read ${names?.join(' ') ?? 'pools'}`);
        const known = pools.filter(({ role, name }) => role !== 'other' || this.#found.has(name));
        const isAsked = ({ name }: { readonly name: string }): boolean => names?.includes(name) ?? true;
        return { pools: known.filter(isAsked), unreadable: unreadable.filter(isAsked) };
      },
      urls: async () => Object.fromEntries(this.now.pools.map(({ name }) => [name, [`http://${name}.example/`]])),
      register: async (pool, targets) =>
        this.#change(`register ${pool.name} ${idsOf(targets)}`, () =>
          targets.forEach(({ id }) => this.#enter(pool.name, id)),
        ),
      deregister: async (pool, targets) =>
        this.#change(`deregister ${pool.name} ${idsOf(targets)}`, () =>
          targets.forEach(({ id }) => this.#leave(pool.name, id)),
        ),
    };
  }

  #enter(pool: string, id: string): void {
    this.target(pool, id, 'initial', 'Elb.RegistrationInProgress');
    this.later(this.checkMs, () => {
      const stays = this.now.pools.some(
        ({ name, targets }) => name === pool && targets.some((one) => one.id === id && one.state === 'initial'),
      );
      if (!stays) return;
      if (this.sick.has(id)) this.target(pool, id, 'unhealthy', 'Target.Timeout');
      else this.target(pool, id, 'healthy');
    });
  }

  #leave(pool: string, id: string): void {
    this.target(pool, id, 'draining', 'Target.DeregistrationInProgress');
    this.later(this.drainMs, () => {
      const target = poolByName(this.now, pool).targets.find((one) => one.id === id);
      if (target?.state === 'draining') this.target(pool, id, 'gone');
    });
  }

  #launch(order: LaunchOrder): void {
    const { fleet, release, spec, marks = {} } = order;
    if (spec.group !== undefined) return this.set((snapshot) => filledGroup(snapshot, order));
    const instances = spec.batches.flatMap(({ zone, count }) =>
      Array.from({ length: count }, (_, n): Instance => ({
        id: `${fleet}-${zone}${n}`,
        zone,
        state: 'pending',
        launchedAt: 0,
      })),
    );
    this.set((snapshot) => {
      const before = snapshot.fleets.find(({ id }) => id === fleet);
      const have = before?.instances ?? [];
      const more = instances.filter(({ id }) => have.every((one) => one.id !== id));
      const whole = { id: fleet, release, marks: { ...before?.marks, ...marks }, instances: [...have, ...more] };
      return { ...snapshot, fleets: [...snapshot.fleets.filter((one) => one !== before), whole] };
    });
    this.later(this.bootMs, () => instances.forEach(({ id }) => this.instance(id, 'running')));
  }

  #claim(request: ClaimRequest): void {
    this.set((snapshot) => claimed(snapshot, request));
  }

  /** The group registers all that it has there, or deregisters it. */
  #attach(fleet: Fleet, arn: string, isIn: boolean): void {
    const pool = this.now.pools.find((one) => one.arn === arn)!.name;
    this.set((snapshot) => attached(snapshot, { fleet: fleet.id, pool }, isIn));
    const move = (id: string): void => (isIn ? this.#enter(pool, id) : this.#leave(pool, id));
    for (const { id } of members(fleet)) move(id);
  }

  #mark(id: string, marks: Marks): void {
    this.set((snapshot) => ({
      ...snapshot,
      fleets: snapshot.fleets.map((fleet) =>
        fleet.id === id ? { ...fleet, marks: { ...fleet.marks, ...marks } } : fleet,
      ),
    }));
  }
}

function idsOf(targets: readonly { id: string }[]): string {
  return targets.map(({ id }) => id).join(' ');
}
