import { z } from 'zod';
import { parseFault } from '../api/faults.ts';
import { BEHAVIOURS, behaviour, type BehaviourName } from '../instances/behaviour.ts';
import { ApiError, type FaultMaker } from '../service.ts';
import type { Ec2State } from './state.ts';

const instanceFault = z.looseObject({ instance: z.string(), ms: z.number().positive().optional() });
const releaseFault = z.looseObject({
  release: z.string(),
  behaviour: z.enum(BEHAVIOURS as [BehaviourName, ...BehaviourName[]]),
  ms: z.number().positive().optional(),
});

/** Faults of instances and of releases: see src/sandbox/BEHAVIOUR.md, "Faults". Ending one restores the previous behaviour. */
export function instanceFaults(state: Ec2State): Readonly<Record<string, FaultMaker>> {
  const existing = (spec: unknown) => {
    const { instance, ms } = parseFault(instanceFault, spec);
    if (!state.instances.find(instance)) throw new ApiError('InvalidFault', `There is no instance ${instance}.`);
    return { instance, ms };
  };
  const behave =
    (name: BehaviourName): FaultMaker =>
    (spec) => {
      const { instance, ms } = existing(spec);
      state.instances.setBehaviour(instance, behaviour(name, ms));
      return () => state.instances.setBehaviour(instance, undefined);
    };
  return {
    sick: behave('sick'),
    slow: behave('slow'),
    crash: behave('crash'),
    die: (spec) => {
      state.instances.loseHost(existing(spec).instance);
      return () => {};
    },
    impaired: (spec) => {
      const { instance } = existing(spec);
      state.impaired.add(instance);
      return () => void state.impaired.delete(instance);
    },
    heal: (spec) => {
      state.instances.setBehaviour(existing(spec).instance, undefined);
      return () => {};
    },
    release: (spec) => {
      const wanted = parseFault(releaseFault, spec);
      const before = state.instances.behaviourOf(wanted.release);
      state.instances.setReleaseBehaviour(wanted.release, behaviour(wanted.behaviour, wanted.ms));
      return () => state.instances.setReleaseBehaviour(wanted.release, before);
    },
  };
}
