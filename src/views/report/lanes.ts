import { clockTime, duration } from '../../domain/text.ts';
import type { RunEvent } from '../../run/event.ts';
import type { RecordedFrame } from '../../probe/traffic-recorder.ts';
import type { TrafficSeen } from '../../probe/seen.ts';
import { bar, escape, paintOf, tag, textElement } from './svg.ts';

/** Horizontal lanes over one time axis. */

/** The position of times on the page. */
export interface Axis {
  readonly from: number;
  readonly to: number;
  readonly width: number;
}

/** A part of the drawing, with its height. */
export interface Lane {
  readonly height: number;
  readonly svg: string;
}

const ROW = 18;
const HEAD = 24;
const AREA = 70;
/** Average width of a letter in a label, in pixels. */
const LETTER = 5.8;

function x({ from, to, width }: Axis, at: number): number {
  return ((Math.min(Math.max(at, from), to) - from) / Math.max(1, to - from)) * width;
}

function head(title: string): string {
  return textElement(0, 15, title, 'head');
}

/** From the right end to the left. */
function legend(axis: Axis, words: readonly string[]): string {
  let end = axis.width;
  return words
    .toReversed()
    .map((word) => {
      end -= word.length * LETTER + 30;
      return bar(end, 5, 12, 12, paintOf(word, words), word) + textElement(end + 17, 15, word, 'small');
    })
    .join('');
}

/** The axis with its times. */
export function clockLane(axis: Axis): Lane {
  const marks = Array.from({ length: 6 }, (_, n) => axis.from + ((axis.to - axis.from) * n) / 5);
  const words = (at: number): string =>
    at === axis.from ? clockTime(at) : `+${((at - axis.from) / 1000).toFixed(1)} s`;
  const svg = marks.map((at) => textElement(x(axis, at), 12, words(at), 'mid')).join('');
  return { height: HEAD, svg };
}

/** After its bar, before it or in it: the first position where a label fits, or the one with the most room. */
function labelPosition(
  axis: Axis,
  start: number,
  end: number,
  words: string,
): Readonly<Record<string, string | number>> {
  const places = [
    { room: axis.width - end, place: { x: end + 6, class: 'small', 'text-anchor': 'start' } },
    { room: start, place: { x: start - 6, class: 'small', 'text-anchor': 'end' } },
    { room: end - start, place: { x: start + 6, class: 'small inside', 'text-anchor': 'start' } },
  ];
  const fits = places.find(({ room }) => room > words.length * LETTER + 6);
  return (fits ?? places.toSorted((a, b) => b.room - a.room)[0]!).place;
}

/** Each step as a bar from its start to its end. */
export function stepLane(axis: Axis, frames: readonly RecordedFrame<RunEvent>[]): Lane {
  const bars: string[] = [];
  let running: { readonly at: number; readonly title: string } | undefined;
  const close = (at: number, fill: string): void => {
    if (running === undefined) return;
    const y = HEAD + bars.length * ROW;
    const [start, end] = [x(axis, running.at), x(axis, at)];
    const took = duration((at - running.at) / 1000);
    const words = `${running.title} (${took})`;
    const label = tag('text', { ...labelPosition(axis, start, end, words), y: y + 11 }, escape(words));
    bars.push(bar(start, y, end - start, ROW - 5, fill, running.title) + label);
    running = undefined;
  };
  for (const frame of frames) {
    if (!('event' in frame)) continue;
    const { event, at } = frame;
    if (event.type === 'step-started') {
      close(at, '#80868f');
      running = { at, title: event.title };
    }
    if (event.type === 'step-done') close(at, '#4269d0');
    if (event.type === 'step-failed' || event.type === 'finished') close(at, paintOf('failed', []));
  }
  return { height: HEAD + bars.length * ROW + 10, svg: head('Steps') + bars.join('') };
}

/** Answers by release, and failures, stacked over time. */
export function answerLane(axis: Axis, { timeline }: TrafficSeen): Lane {
  const words = wordsOf(timeline.map(({ releases }) => releases));
  if (timeline.some(({ failed }) => failed > 0)) words.push('failed');
  const moments = timeline.map(({ at, releases, failed }) => ({ at, counts: { ...releases, failed } }));
  return seenLane(axis, 'Answers by release', moments, words, false);
}

/** Weights of each route, as shares, and states of each target group's targets. */
export function seenLanes(axis: Axis, frames: readonly RecordedFrame<RunEvent>[]): readonly Lane[] {
  const weights = frames.flatMap((frame) =>
    'route' in frame ? [{ title: `Weights of ${frame.route}`, at: frame.at, counts: frame.weights }] : [],
  );
  const states = frames.flatMap((frame) =>
    'pool' in frame ? [{ title: `Targets of ${frame.pool}`, at: frame.at, counts: frame.states }] : [],
  );
  return [...lanesByTitle(axis, weights, true), ...lanesByTitle(axis, states, false)];
}

type Counts = Readonly<Record<string, number>>;

interface Moment {
  readonly at: number;
  readonly counts: Counts;
}

/** One lane for each title. */
function lanesByTitle(axis: Axis, seen: readonly (Moment & { readonly title: string })[], shares: boolean): Lane[] {
  return [...Map.groupBy(seen, ({ title }) => title)].map(([title, moments]) =>
    seenLane(axis, title, moments, wordsOf(moments.map(({ counts }) => counts)), shares),
  );
}

function wordsOf(all: readonly Counts[]): string[] {
  return [...new Set(all.flatMap((counts) => Object.keys(counts)))].toSorted();
}

/** Counts over time, stacked: each is drawn from its own time to the next one's. */
function seenLane(
  axis: Axis,
  title: string,
  moments: readonly Moment[],
  words: readonly string[],
  shares: boolean,
): Lane {
  const most = Math.max(1, ...moments.map(({ counts }) => sum(counts)));
  const stacks = moments.map(({ at, counts }, n) => {
    const heightOfOne = AREA / (shares ? Math.max(1, sum(counts)) : most);
    const [start, end] = [x(axis, at), x(axis, moments[n + 1]?.at ?? axis.to)];
    let y = HEAD + AREA;
    return words.map((word) => {
      const count = counts[word] ?? 0;
      const height = count * heightOfOne;
      y -= height;
      return count === 0
        ? ''
        : bar(start, y, end - start, height, paintOf(word, words), `${clockTime(at)} ${word}: ${count}`);
    });
  });
  return { height: HEAD + AREA + 14, svg: head(title) + legend(axis, words) + stacks.flat().join('') };
}

function sum(counts: Counts): number {
  return Object.values(counts).reduce((all, n) => all + n, 0);
}
