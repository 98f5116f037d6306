import type { FleetPort, LaunchRequest } from '../../src/fleets/fleet.ts';
import type { Fleet } from '../../src/domain/snapshot.ts';
import type { LaunchSpec } from '../../src/domain/goal.ts';
import type { StepOf } from '../../src/steps/index.ts';

export type Request = 'read' | 'launch' | 'tag' | 'terminate';
/** `lost`: the effect takes place, the answer does not come. `stale`: the answer shows the past. `slow`: a moment late. */
export type Fault = 'throttled' | 'broken' | 'refused' | 'lost' | 'stale' | 'slow';

/** A small world in which a kind of fleet is tried: what an adapter brings so that the suite can run on it. */
export interface FleetWorld {
  /** The port as a new process opens it, with nothing remembered; `way` is one of the suite's ways to decide what boots. */
  open(way?: string): FleetPort;
  /** Ids of the fleet `shop-41` of release 41 that serves, in two zones, tagged as current. */
  readonly blue: readonly string[];
  /** Boots running instances that carry no tags of ours; returns their ids. */
  unmanaged(count: number): Promise<readonly string[]>;
  /** Boots one that carries all ownership tags, of another environment. */
  neighbour(): Promise<string>;
  /** Instances that are not gone, with the release that they really run. */
  living(): Promise<readonly { readonly id: string; readonly release: string }[]>;
  /** The instance dies by itself. */
  lose(id: string): void;
  protect(id: string, on: boolean): Promise<void>;
  /** From now on, or for this many requests. */
  fault(kind: Fault, on: Request, times?: number): void;
  heal(): void;
  /** Names of the requests that have arrived since the last call, retries included: those that change something, and reads. */
  requests(): { readonly changes: readonly string[]; readonly reads: readonly string[] };
  close(): Promise<void>;
}

export interface FleetWorldOptions {
  readonly blue?: number;
}

/** A way to decide what a release boots. Release 42 can be booted in each, 666 in none. */
export interface Way {
  readonly name: string;
  /** What the request says, exactly, so that the same goal boots the same from any machine. */
  readonly pins: (world: FleetWorld) => Promise<object> | object;
  /** The error's code for a release that does not exist; absent when every release can be booted. */
  readonly missing?: string;
}

export type Start = (options?: FleetWorldOptions) => Promise<FleetWorld>;

/** A moment, as marks have it. */
export const AT = '2026-02-03T04:05:06.000Z';
export const ZONES = ['eu-west-1a', 'eu-west-1b'] as const;

/** The environment's only fleet. */
export async function blueOf(port: FleetPort): Promise<Fleet> {
  const { fleets } = await port.read([]);
  const blue = fleets.find((fleet) => fleet.release === '41');
  if (blue === undefined) throw new Error('There is no fleet of release 41.');
  return blue;
}

export async function fleetOf(port: FleetPort, id: string): Promise<Fleet> {
  const { fleets } = await port.read([]);
  const fleet = fleets.find((candidate) => candidate.id === id);
  if (fleet === undefined) throw new Error(`There is no fleet ${id}.`);
  return fleet;
}

export async function launchRequestOf(port: FleetPort, request: Partial<LaunchRequest> = {}): Promise<LaunchRequest> {
  return { release: '42', zones: { [ZONES[0]]: 2, [ZONES[1]]: 1 }, blue: await blueOf(port), ...request };
}

/** The step that launches a spec, which has been in a store in between. */
export function launchStep(spec: LaunchSpec, fleet = 'green', release = '42'): StepOf<'launch'> {
  return { do: 'launch', fleet, release, run: 'run-1', spec: JSON.parse(JSON.stringify(spec)) as LaunchSpec };
}

/** Brings up the fleet `green` of release 42. */
export async function launchGreen(world: FleetWorld, request: Partial<LaunchRequest> = {}): Promise<FleetPort> {
  const port = world.open();
  await port.launch(launchStep(await port.resolve(await launchRequestOf(port, request))));
  return port;
}

export function idsOf(things: readonly { readonly id: string }[]): readonly string[] {
  return things.map(({ id }) => id).toSorted();
}

/** What a kind of fleet brings to the contract. */
export interface FleetSuite {
  readonly setup: (options?: FleetWorldOptions) => Promise<FleetWorld>;
  readonly ways: readonly Way[];
  /** Requests that a fleet of that size may take, by verb. */
  readonly requests: Readonly<Record<number, Readonly<Record<string, number>>>>;
  /** Changes that it takes to launch three instances in two zones, to end them, and to launch all but a refused one. */
  readonly changes: Readonly<Record<'launch' | 'terminate' | 'refused', number>>;
  /** The code of the error when an instance is refused. */
  readonly refused: string;
  /** Whether instances can be protected from termination. */
  readonly protects: boolean;
}
