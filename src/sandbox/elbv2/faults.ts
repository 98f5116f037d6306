import { z } from 'zod';
import { parseFault } from '../api/faults.ts';
import type { FaultMaker } from '../service.ts';

const drainFaultSpec = z.looseObject({ ms: z.number().positive(), group: z.string().optional() });

/** The fault `drain`: prolongs deregistration delays that start while it is active. */
export function drainFault(slowDrain: (ms: number, group?: string) => void): FaultMaker {
  return (spec) => {
    const { ms, group } = parseFault(drainFaultSpec, spec);
    slowDrain(ms, group);
    return () => slowDrain(0, group);
  };
}
