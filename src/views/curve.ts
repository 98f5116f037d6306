import type { RunEvent } from '../run/event.ts';
import { SPARKS, columns, type Paint } from './text.ts';

type Planned = Extract<RunEvent, { type: 'planned' }>;

interface Point {
  /** `now`, or the number of the step after which it is so. */
  readonly when: string;
  readonly healthy: number;
}

/** More changes than this are drawn as one line. */
const ROWS_MAX = 8;
const BAR_WIDTH = 30;

/** How many healthy targets each production pool has over the steps, the minimum marked. */
export function curveLines(event: Planned, width: number, paint: Paint): string[] {
  // Pools that go through the same numbers are drawn once.
  const drawn = Map.groupBy(Object.keys(event.healthyNow), (pool) =>
    poolCurve(pointsOf(event, pool), event.minimumHealthy[pool], width, paint).join('\n'),
  );
  return [...drawn].flatMap(([lines, names]) => [
    paint('bold', `Healthy in ${names.join(', ')}`),
    ...lines.split('\n'),
  ]);
}

function pointsOf(event: Planned, pool: string): Point[] {
  let last = event.healthyNow[pool] ?? 0;
  const points: Point[] = [{ when: 'now', healthy: last }];
  event.steps.forEach((step, index) => {
    const healthy = step.healthyAfter[pool] ?? last;
    if (healthy !== last) points.push({ when: `after ${index + 1}`, healthy });
    last = healthy;
  });
  return points;
}

function poolCurve(points: readonly Point[], minimum: number | undefined, width: number, paint: Paint): string[] {
  const fewest = minimum === undefined ? '' : ` (minimum ${minimum})`;
  if (points.length === 1) return [`  stays at ${points[0]?.healthy}${fewest}`];
  if (points.length > ROWS_MAX) return [`  ${sparkline(points, width - 50)}${fewest}`];
  return bars(points, minimum, paint);
}

/** `3 ▄▄▃▄▃▄ 3, lowest 2 after 7`. */
function sparkline(points: readonly Point[], cellsMax: number): string {
  const highest = Math.max(...points.map((point) => point.healthy), 1);
  const lowest = points.reduce((a, b) => (b.healthy < a.healthy ? b : a));
  const cells = Math.max(1, Math.min(points.length, cellsMax));
  const line = Array.from({ length: cells }, (_, i) => {
    // Where several points share a cell, the lowest is the one to know.
    const part = points.slice(Math.floor((i * points.length) / cells), Math.ceil(((i + 1) * points.length) / cells));
    const healthy = Math.min(...part.map((point) => point.healthy));
    return SPARKS[Math.round((healthy / highest) * (SPARKS.length - 1))];
  }).join('');
  return `${points[0]?.healthy} ${line} ${points.at(-1)?.healthy}, lowest ${lowest.healthy} ${lowest.when}`;
}

/** One bar a change; the minimum is a line that runs through all of them. */
function bars(points: readonly Point[], minimum: number | undefined, paint: Paint): string[] {
  const highest = Math.max(...points.map((point) => point.healthy), minimum ?? 0, 1);
  const digits = String(highest).length;
  const cells = (n: number): number => Math.round((n / highest) * BAR_WIDTH);
  const mark = minimum === undefined || minimum === 0 ? -1 : cells(minimum);
  const rows = points.map(({ when, healthy }) => [
    `  ${when}`,
    String(healthy).padStart(digits),
    bar(cells(healthy), mark, paint, minimum !== undefined && healthy < minimum),
  ]);
  if (mark >= 0) rows.push(['', '', `${' '.repeat(mark)}${paint('dim', `╵ minimum ${minimum}`)}`]);
  return columns(rows);
}

function bar(length: number, mark: number, paint: Paint, below: boolean): string {
  const colour = below ? 'red' : 'green';
  if (mark < 0) return paint(colour, '█'.repeat(length));
  const left = '█'.repeat(Math.min(length, mark)) + ' '.repeat(Math.max(0, mark - length));
  return paint(colour, left) + paint('dim', '│') + paint(colour, '█'.repeat(Math.max(0, length - mark)));
}
