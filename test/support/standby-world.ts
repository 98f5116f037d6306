import type { Fleet, Instance, Snapshot } from '../../src/domain/snapshot.ts';
import { backInService, weightIn } from '../../src/domain/standby.ts';
import type { FleetPort, RefreshChanges, StandbyChanges } from '../../src/fleets/fleet.ts';
import { behaviourOf, type Step } from '../../src/steps/index.ts';
import { changeInstances, changePrepared, changeSizes, idsOf } from '../../src/steps/world.ts';
import { resized } from './scaled-worlds.ts';

type Change = (what: string, effect: () => void) => Promise<void>;

/** What the group of a fake world does for deploys in place: at once, but for draining and health checks. */
export function standbyIn(
  fake: { readonly now: Snapshot; set(change: (snapshot: Snapshot) => Snapshot): void },
  change: Change,
  traffic: { readonly enter: (pool: string, id: string) => void; readonly leave: (pool: string, id: string) => void },
): StandbyChanges & RefreshChanges & Pick<FleetPort, 'resize'> {
  const own = ({ group }: Fleet): readonly string[] =>
    fake.now.pools.filter(({ arn }) => group?.targetGroups.includes(arn)).map(({ name }) => name);
  const move = (fleet: Fleet, some: readonly Instance[], sign: 1 | -1): void => {
    const put = (one: Instance): Instance => (sign === 1 ? backInService(one) : { ...one, lifecycle: 'Standby' });
    const moved = (snapshot: Snapshot): Snapshot => changeInstances(snapshot, idsOf(some), put);
    fake.set((snapshot) => changeSizes(moved(snapshot), fleet.id, sign * weightIn(some), sign * some.length));
    const through = sign === 1 ? traffic.enter : traffic.leave;
    for (const pool of own(fleet)) for (const { id } of some) through(pool, id);
  };
  const refreshed = (id: string, step: Step): void =>
    fake.set((snapshot) => behaviourOf({ ...step, fleet: id }).simulate(snapshot));
  return {
    startRefresh: async ({ id }, order) =>
      change(`refresh ${id}`, () => refreshed(id, { do: 'start-refresh', fleet: id, ...order })),
    cancelRefresh: async ({ id }) => change(`cancel ${id}`, () => {}),
    finishRefresh: async ({ id }) =>
      change(`refreshed ${id}`, () => refreshed(id, { do: 'finish-refresh', fleet: id, release: '' })),
    resize: async ({ id }, sizes) =>
      change(`resize ${id} ${sizes.minimum}`, () => fake.set((snapshot) => resized(snapshot, id, sizes))),
    prepare: async ({ id }, prepared) =>
      change(`prepare ${id} ${prepared.at}`, () => fake.set((snapshot) => changePrepared(snapshot, id, prepared))),
    restore: async ({ id }) =>
      change(`restore ${id}`, () => fake.set((snapshot) => changePrepared(snapshot, id, undefined))),
    enterStandby: async (fleet, some) => change(`standby ${idsOf(some).join(' ')}`, () => move(fleet, some, -1)),
    exitStandby: async (fleet, some) => change(`serve ${idsOf(some).join(' ')}`, () => move(fleet, some, 1)),
  };
}
