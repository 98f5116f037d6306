import { closedText } from '../domain/freeze.ts';
import { activeAlarm } from '../domain/gates.ts';
import type { Snapshot } from '../domain/snapshot.ts';
import type { Reads } from '../observe/reads.ts';
import type { StepBehaviour } from './definition.ts';

/** What a plan asked once, and a step asks again directly before each attempt: a run may have waited for hours in between. */
export interface Heeds {
  /** It is not done in a closed time. */
  readonly heedsFreeze?: true;
  /** It is not done while one of these alarms is in ALARM: it could say nothing about the release any more. */
  readonly heedsAlarms?: readonly string[];
}

/** The same step, which fails instead of beginning where what it heeds forbids it. */
export function heeding({ heedsFreeze, heedsAlarms }: Heeds, behaviour: StepBehaviour): StepBehaviour {
  const free =
    heedsFreeze === true ? stopping(behaviour, { freeze: true }, ({ freeze }) => closedText(freeze)) : behaviour;
  if (heedsAlarms === undefined) return free;
  return stopping(free, { alarms: heedsAlarms }, ({ details }) => alarmText(details?.alarms ?? [], heedsAlarms));
}

function stopping(
  behaviour: StepBehaviour,
  reads: Partial<Reads>,
  why: (snapshot: Snapshot) => string | undefined,
): StepBehaviour {
  return {
    ...behaviour,
    readsBefore: (snapshot) => ({ ...behaviour.readsBefore(snapshot), ...reads }),
    cannotSucceed: (snapshot) =>
      (behaviour.progress(snapshot) === 'todo' ? why(snapshot) : undefined) ?? behaviour.cannotSucceed(snapshot),
  };
}

function alarmText(...seen: Parameters<typeof activeAlarm>): string | undefined {
  const active = activeAlarm(...seen);
  return active && `The alarm ${active.name} is in ALARM before production has moved. ${active.why}`.trim();
}
