import { secondsToJudge } from '../../domain/bake.ts';
import type { Gate, Gating } from '../../domain/gates.ts';
import { NO_MINIMUM } from '../../domain/minimum-healthy.ts';
import type { PoolMinimum } from '../../domain/goal.ts';
import type { Snapshot } from '../../domain/snapshot.ts';
import type { Step, StepOf } from '../../steps/index.ts';
import type { Switch } from './model.ts';

/** The bakes of a switch: between its stages, and at its end. */

/** What a switch needs to know of its bakes. */
export type BakedSwitch = Pick<Switch, 'settings' | 'stages' | 'bakeS' | 'allowed' | 'prepares'>;

/** One of them, with the gates that can say something at that share. */
export interface PlannedBake {
  readonly percent: number;
  readonly seconds: number;
  readonly isLast: boolean;
  readonly gates: readonly Gate[];
}

const NO_GATING: Gating = { gates: [], onInconclusive: 'hold' };

/** A way back is never gated; alarms that the operator knows of are left out. */
export function gatingOf({
  settings,
  allowed,
  prepares,
}: Pick<BakedSwitch, 'settings' | 'allowed' | 'prepares'>): Gating {
  if (!prepares) return NO_GATING;
  const { gating = NO_GATING } = settings;
  const isIgnored = (gate: Gate): boolean => gate.kind === 'alarm' && allowed?.alarms?.includes(gate.alarm) === true;
  return { ...gating, gates: gating.gates.filter((gate) => !isIgnored(gate)) };
}

/** In order; without those in which nothing is waited for. */
export function bakesOf(change: BakedSwitch): readonly PlannedBake[] {
  const { gates } = gatingOf(change);
  const { shares = [100], everyS = 0 } = change.stages ?? {};
  const all = shares.map((percent, index): PlannedBake => {
    const isLast = index === shares.length - 1;
    const able = gates.filter((gate) => secondsToJudge(gate, percent, () => 0) !== undefined);
    return { percent, isLast, gates: able, seconds: isLast ? (change.bakeS ?? 0) : everyS };
  });
  return all.filter(({ isLast, gates: own, seconds }) => (isLast ? seconds > 0 : own.length > 0));
}

/** Seconds that the alarms among the gates take to change; what was not read takes none. */
export function alarmTimes({ details }: Snapshot): (name: string) => number {
  return (name) => details?.alarms?.find((alarm) => alarm.name === name)?.needsS ?? 0;
}

/** What follows once the fleet has that share; the bake of a stage is there only where gates judge it. */
export function bakeSteps(
  change: Switch,
  pool: string,
  percent: number,
  minimumHealthy: PoolMinimum = NO_MINIMUM,
): readonly Step[] {
  const found = bakesOf(change).find((one) => one.percent === percent);
  if (found === undefined) return [];
  const { since, to } = change;
  const { gates, seconds } = found;
  const { onInconclusive } = gatingOf(change);
  const facts = { fleet: to.id, pool, percent, seconds, since, gates, onInconclusive, minimumHealthy };
  const bake: StepOf<'bake'> = { do: 'bake', ...facts };
  return percent === 100 ? [{ do: 'tag-alone', fleet: to.id, since }, bake] : [bake];
}
