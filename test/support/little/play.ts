import { NOTHING_OUTSIDE } from '../worlds.ts';
import { NO_MARKER } from '../../../src/production/production.ts';
import type { Clock } from '../../../src/clock.ts';
import type { FleetPort } from '../../../src/fleets/fleet.ts';
import { observe } from '../../../src/observe/observe.ts';
import type { Fleet, Snapshot } from '../../../src/domain/snapshot.ts';
import { fleetById, poolByName, registeredIn } from '../../../src/domain/queries.ts';
import type { TrafficPort } from '../../../src/traffic/traffic.ts';

/** A world in which one and the same play is given, to compare what is seen. */
export interface Theatre {
  readonly fleet: FleetPort;
  readonly traffic: TrafficPort;
  readonly clock: Clock;
  /** Names of the pools. */
  readonly production: string;
  readonly test: string;
  behave(id: string, fit: boolean): void;
  die(id: string): void;
}

/** By actor and place, such as `green-1 in production`: the states that were seen, each once, in their order. */
export type Seen = Readonly<Record<string, readonly string[]>>;

const LOOK_MS = 20;
const LONGEST_MS = 30_000;
const GREEN = 'green';

/** Every change that turnout makes, and everything that happens by itself, each until it shows. */
export async function play(theatre: Theatre): Promise<Seen> {
  const { fleet, traffic, production, test } = theatre;
  const audience = new Audience(theatre);
  const start = await audience.look();
  const blue = start.fleets[0] as Fleet;
  const release = '42';
  const spec = await fleet.resolve({ release, zones: zonesOf(blue), blue });
  const launch = { fleet: GREEN, release, spec };
  await fleet.launch(launch);
  await fleet.launch(launch);
  await audience.until('green runs', (now) => statesOf(now, GREEN).every((state) => state === 'running'));
  for (const name of [test, production]) {
    await register(theatre, await audience.look(), name, GREEN);
    await audience.until(`green is healthy in ${name}`, (now) => isAll(now, name, GREEN, 'healthy'));
  }
  await deregister(theatre, await audience.look(), production, blue.id);
  await audience.until('blue drains', (now) => isAll(now, production, blue.id, 'draining'));
  await register(theatre, await audience.look(), production, blue.id);
  await audience.until('blue is healthy again', (now) => isAll(now, production, blue.id, 'healthy'));
  await deregister(theatre, await audience.look(), production, blue.id);
  await audience.until('blue has drained', (now) => targetsOf(now, production, blue.id).length === 0);
  await fleet.mark(fleetById(await audience.look(), GREEN) as Fleet, { current: '2026-01-01T00:00:00.000Z' });
  await audience.until('green is marked', (now) => fleetById(now, GREEN)?.marks.current !== undefined);
  await fleet.terminate(fleetById(await audience.look(), blue.id) as Fleet);
  await audience.until('blue is gone', (now) => statesOf(now, blue.id).every((state) => state === 'terminated'));
  await misfortunes(theatre, audience);
  await traffic.deregister(poolByName(await audience.look(), test), [{ id: 'i-0123456789abcdef0', port: 8080 }]);
  return audience.seen;
}

async function misfortunes(theatre: Theatre, audience: Audience): Promise<void> {
  const { production } = theatre;
  const [first, second] = (fleetById(await audience.look(), GREEN) as Fleet).instances;
  const id = first?.id ?? '';
  theatre.behave(id, false);
  await audience.until('one gets sick', (now) => stateIn(now, production, id) === 'unhealthy');
  theatre.behave(id, true);
  await audience.until('one gets well', (now) => stateIn(now, production, id) === 'healthy');
  theatre.die(second?.id ?? '');
  await audience.until('one dies', (now) => stateIn(now, production, second?.id ?? '') === 'unused');
}

/** Looks all the time, and remembers what changed. */
class Audience {
  readonly #theatre: Theatre;
  readonly #seen: Record<string, string[]> = {};

  constructor(theatre: Theatre) {
    this.#theatre = theatre;
  }

  get seen(): Seen {
    return this.#seen;
  }

  async look(): Promise<Snapshot> {
    const { fleet: port, traffic, clock } = this.#theatre;
    const snapshot = await observe({ fleet: port, traffic, outside: NOTHING_OUTSIDE, production: NO_MARKER, clock });
    for (const fleet of snapshot.fleets) {
      const role = fleet.id === GREEN ? 'green' : 'blue';
      for (const [n, { id, state }] of fleet.instances.entries()) {
        this.#note(`${role}-${n + 1}`, state);
        for (const pool of snapshot.pools) {
          const target = pool.targets.find((candidate) => candidate.id === id);
          const shown = target === undefined ? '-' : [target.state, target.reason].filter(Boolean).join(' ');
          this.#note(`${role}-${n + 1} in ${pool.role}`, shown);
        }
      }
    }
    return snapshot;
  }

  async until(what: string, test: (now: Snapshot) => boolean): Promise<void> {
    const { clock } = this.#theatre;
    const end = clock.monotonic() + LONGEST_MS;
    while (!test(await this.look())) {
      if (clock.monotonic() > end) throw new Error(`waited in vain until ${what}: ${JSON.stringify(this.seen)}`);
      await clock.sleep(LOOK_MS);
    }
  }

  #note(key: string, state: string): void {
    // It lasts for as long as one health check takes, which is nothing in one of the worlds.
    if (state.endsWith('Elb.InitialHealthChecking')) return;
    const all = (this.#seen[key] ??= []);
    if (all.at(-1) !== state) all.push(state);
  }
}

function zonesOf({ instances }: Fleet): Record<string, number> {
  return Object.fromEntries(
    [...Map.groupBy(instances, ({ zone }) => zone)].map(([zone, group]) => [zone, group.length]),
  );
}

function statesOf(now: Snapshot, fleet: string): readonly string[] {
  const states = fleetById(now, fleet)?.instances.map(({ state }) => state) ?? [];
  return states.length > 0 ? states : ['none'];
}

function targetsOf(now: Snapshot, pool: string, fleet: string): readonly { readonly state: string }[] {
  const ids = new Set(fleetById(now, fleet)?.instances.map(({ id }) => id));
  return poolByName(now, pool).targets.filter(({ id }) => ids.has(id));
}

function isAll(now: Snapshot, pool: string, fleet: string, state: string): boolean {
  const targets = targetsOf(now, pool, fleet);
  return targets.length > 0 && targets.every((target) => target.state === state);
}

function stateIn(now: Snapshot, pool: string, id: string): string | undefined {
  return poolByName(now, pool).targets.find((target) => target.id === id)?.state;
}

async function register({ traffic }: Theatre, now: Snapshot, name: string, fleet: string): Promise<void> {
  const pool = poolByName(now, name);
  const { instances } = fleetById(now, fleet) as Fleet;
  const targets = instances.map(({ id }) => ({ id, port: pool.port }));
  // Twice: a target that is registered already is accepted.
  await traffic.register(pool, targets);
  await traffic.register(pool, targets);
}

async function deregister({ traffic }: Theatre, now: Snapshot, name: string, fleet: string): Promise<void> {
  const pool = poolByName(now, name);
  const targets = registeredIn(pool, fleetById(now, fleet) as Fleet).map(({ id, port }) => ({ id, port }));
  await traffic.deregister(pool, targets);
  await traffic.deregister(pool, targets);
}
