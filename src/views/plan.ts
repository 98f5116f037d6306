import type { RunEvent, PlannedStep } from '../run/event.ts';
import { curveLines } from './curve.ts';
import { hanging, pad, paragraphs, painter, type Paint } from './text.ts';
import { locationLine } from './location.ts';
import { count, duration, listToFit } from '../domain/text.ts';

type Planned = Extract<RunEvent, { type: 'planned' }>;

/** More steps than this are shown without their targets. */
const STEPS_WITH_TARGETS_MAX = 20;

/** The plan for people: numbered steps with their targets, healthy targets over time, notes, expected time. */
export function planText(event: Planned, width: number, colour = false): string {
  const paint = painter(colour);
  return paragraphs([
    stepLines(event, width, paint),
    event.location ? [locationLine(event.location, paint)] : [],
    curveLines(event, width, paint),
    noteLines(event.notes, width, paint),
  ]);
}

function stepLines({ steps, seconds }: Planned, width: number, paint: Paint): string[] {
  if (steps.length === 0) return [paint('bold', 'Nothing to do')];
  const head = `${paint('bold', `Plan: ${count(steps.length, 'step')}`)}, about ${duration(seconds)}`;
  const digits = String(steps.length).length;
  const timeWidth = Math.max(...steps.map((step) => duration(step.seconds).length));
  const titleMax = Math.max(...steps.map((step) => step.title.length));
  const timeAt = Math.min(digits + 4 + titleMax, width - timeWidth - 3);
  return [
    head,
    ...steps.flatMap((step, index) => {
      const number = `  ${String(index + 1).padStart(digits)}  `;
      const [first = '', ...rest] = hanging(number, step.title, timeAt);
      const time = paint('dim', duration(step.seconds).padStart(timeWidth));
      return [`${pad(first, timeAt)}   ${time}`, ...rest, ...targetLine(steps, index, number.length, width, paint)];
    }),
  ];
}

function targetLine(
  steps: readonly PlannedStep[],
  index: number,
  indent: number,
  width: number,
  paint: Paint,
): string[] {
  const targets = targetsToShow(steps, index);
  return targets.length === 0 ? [] : [' '.repeat(indent) + paint('dim', listToFit(targets, width - indent))];
}

/** Targets are not repeated, neither those of the step before nor those in the title. */
function targetsToShow(steps: readonly PlannedStep[], index: number): readonly string[] {
  if (steps.length > STEPS_WITH_TARGETS_MAX) return [];
  const now = steps[index]?.instances ?? [];
  const before = steps[index - 1]?.instances ?? [];
  const isInTitle = now.every((id) => steps[index]?.title.includes(id));
  return isInTitle || now.join(' ') === before.join(' ') ? [] : now;
}

function noteLines(notes: readonly string[], width: number, paint: Paint): string[] {
  return notes.flatMap((note) => hanging(`${paint('yellow', 'Note')}  `, note, width));
}
