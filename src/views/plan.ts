import type { RunEvent, PlannedStep } from '../run/event.ts';
import { curveLines } from './curve.ts';
import { painter, type Paint } from './paint.ts';
import { hanging, pad, padLeft } from './text.ts';
import { count, duration, listToFit } from '../domain/text.ts';

type Planned = Extract<RunEvent, { type: 'planned' }>;

/** More steps than this are shown without their targets. */
const STEPS_WITH_TARGETS_MAX = 20;

/** The plan for people: numbered steps with their targets, healthy targets over time, notes, expected time. */
export function planText(event: Planned, width: number, colour = false): string {
  const paint = painter(colour);
  const blocks = [
    stepLines(event, width, paint),
    curveLines(event, width, paint),
    noteLines(event.notes, width, paint),
  ];
  return blocks
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n');
}

function stepLines({ steps, seconds }: Planned, width: number, paint: Paint): string[] {
  if (steps.length === 0) return [paint('bold', 'Nothing to do')];
  const head = `${paint('bold', `Plan: ${count(steps.length, 'step')}`)}, about ${duration(seconds)}`;
  const digits = String(steps.length).length;
  const titleWidth = Math.max(...steps.map((step) => step.title.length));
  const timeWidth = Math.max(...steps.map((step) => duration(step.seconds).length));
  return [
    head,
    ...steps.flatMap((step, index) => {
      const number = `  ${padLeft(String(index + 1), digits)}  `;
      return oneStep(step, { number, titleWidth, timeWidth, targets: targetsToShow(steps, index) }, width, paint);
    }),
  ];
}

interface StepLayout {
  readonly number: string;
  /** Width of the longest title: the times are aligned. */
  readonly titleWidth: number;
  readonly timeWidth: number;
  readonly targets: readonly string[];
}

function oneStep(
  step: PlannedStep,
  { number, titleWidth, timeWidth, targets }: StepLayout,
  width: number,
  paint: Paint,
): string[] {
  const time = duration(step.seconds);
  const room = Math.min(titleWidth, width - number.length - timeWidth - 3);
  const [first = '', ...rest] = hanging(number, step.title, number.length + room);
  const lines = [`${pad(first, number.length + room)}   ${paint('dim', padLeft(time, timeWidth))}`, ...rest];
  const shown = targets.length === 0 ? '' : paint('dim', listToFit(targets, width - number.length));
  return shown === '' ? lines : [...lines, ' '.repeat(number.length) + shown];
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
