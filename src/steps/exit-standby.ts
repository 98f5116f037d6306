import { instanceById, registeredAt, running, type Places } from '../domain/in-place.ts';
import type { Instance, Snapshot } from '../domain/snapshot.ts';
import { isInStandby } from '../domain/scaled.ts';
import { backInService, weightIn } from '../domain/standby.ts';
import type { StepDefinition } from './definition.ts';
import { batchText, countOf, goneInstances } from './deploys.ts';
import { forEachPool, poolsText, returnsTo } from './places.ts';
import { registerBack } from './register-back.ts';
import { changeInstances, changeSizes, fleetOf } from './world.ts';

/**
 * Have the Auto Scaling group put the instances into service, which registers them with its own target groups, register them
 * where else they were, and wait until they are healthy in all of it.
 */
export interface ExitStandby {
  readonly do: 'exit-standby';
  readonly fleet: string;
  readonly instances: readonly string[];
  readonly places: Places;
}

export const putIntoService: StepDefinition<ExitStandby> = (step) => {
  const back = registerBack({ ...step, do: 'register-back' });
  return {
    ...back,
    title: (snapshot) => `put ${batchText(snapshot, step.instances)} into service again, in ${poolsText(step)}`,
    progress: (snapshot) => {
      const states = running(snapshot, step.instances).map(({ lifecycle }) => lifecycle);
      if (states.every((state) => state === undefined)) return back.progress(snapshot);
      return states.some((state) => state === 'Standby') ? 'todo' : 'under way';
    },
    guard: (snapshot) => aboveMaximum(snapshot, step),
    cannotSucceed: (snapshot) => goneInstances(snapshot, step.instances) ?? back.cannotSucceed(snapshot),
    count: (snapshot) => {
      const states = new Map(step.instances.map((id) => [id, instanceById(snapshot, id)?.lifecycle]));
      const entering = [...states].flatMap(([id, why]) => (why === undefined ? [] : [{ id, why }]));
      const { waiting = [] } = back.count(snapshot) ?? {};
      const known = new Set(entering.map(({ id }) => id));
      return countOf(step.instances, 'healthy', [...entering, ...waiting.filter(({ id }) => !known.has(id))]);
    },
    readsBefore: (snapshot) => ({ ...back.readsBefore(snapshot), fleets: 'all' }),
    readsToPoll: (snapshot) => ({ ...back.readsToPoll(snapshot), fleets: [step.fleet] }),
    apply: async (ports, snapshot) => {
      const out = waitingIn(snapshot, step);
      if (out.length > 0) await ports.fleet.exitStandby(fleetOf(snapshot, step), out);
      await forEachPool(
        snapshot,
        (name) => othersFor(snapshot, step, name),
        async (pool, targets) => ports.traffic.register(pool, targets),
      );
    },
    simulate: (snapshot) => {
      const out = running(snapshot, step.instances).filter(isInStandby);
      const served = changeInstances(snapshot, step.instances, backInService);
      return back.simulate(changeSizes(served, step.fleet, weightIn(out), out.length));
    },
  };
};

function waitingIn(snapshot: Snapshot, { instances }: ExitStandby): readonly Instance[] {
  return running(snapshot, instances).filter(({ lifecycle }) => lifecycle === 'Standby');
}

/** Where the group registers none of them: not its own, or what is in service already and was taken out by hand. */
function othersFor(snapshot: Snapshot, step: ExitStandby, name: string) {
  const own = fleetOf(snapshot, step).group?.targetGroups ?? [];
  const isOwn = snapshot.pools.some(({ name: pool, arn }) => pool === name && own.includes(arn));
  return running(snapshot, step.instances).flatMap(({ id, lifecycle }) =>
    isOwn && lifecycle !== undefined
      ? []
      : returnsTo(snapshot, step, id)
          .filter((place) => place.pool === name && registeredAt(snapshot, id, place) === undefined)
          .map(({ port }) => ({ id, port })),
  );
}

/** Auto Scaling lets in no more than the maximum (User guide, "Temporarily remove instances"). */
function aboveMaximum(snapshot: Snapshot, step: ExitStandby): string | undefined {
  const { group } = fleetOf(snapshot, step);
  const by = weightIn(waitingIn(snapshot, step));
  if (group === undefined || by === 0 || group.desired + by <= group.maximum) return undefined;
  return `${group.name} has a maximum of ${group.maximum} and was scaled out to ${group.desired} meanwhile: raise its maximum, so that what is in Standby can come back.`;
}
