import { count, dateTime, duration } from '../../domain/text.ts';
import type { RecordedFrame } from '../../probe/traffic-recorder.ts';
import { summarize, type Sample, type TrafficSeen } from '../../probe/seen.ts';
import type { RunEvent } from '../../run/event.ts';
import { answerLane, clockLane, seenLanes, stepLane, type Axis, type Lane } from './lanes.ts';
import { escape, tag } from './svg.ts';

/** The data of a report. */
export interface ReportOf {
  readonly environment: string;
  readonly run: string;
  readonly frames: readonly RecordedFrame<RunEvent>[];
  /** Requests of the probe; empty when traffic was not watched. */
  readonly samples: readonly Sample[];
  readonly seen?: TrafficSeen;
}

const WIDTH = 1000;
/** Finer than the chart in the terminal. */
const PARTS = 200;

const STYLE = `
  body { font: 15px/1.5 system-ui, sans-serif; color: #1b1e23; max-width: ${WIDTH + 40}px; margin: 2em auto; padding: 0 1em; }
  h1 { font-size: 1.4em; margin: 0; } p { margin: .4em 0; } .done { color: #1a7f37; } .failed, .refused { color: #cf222e; }
  .undone, .interrupted { color: #9a6700; } table { border-collapse: collapse; margin: 1em 0; }
  td, th { text-align: left; padding: .15em 1.2em .15em 0; font-variant-numeric: tabular-nums; }
  .short { white-space: nowrap; } svg { display: block; margin-top: 1.5em; } svg text { font: 12px system-ui, sans-serif; fill: #1b1e23; }
  svg .head { font-weight: 600; } svg .small { fill: #57606a; font-size: 11px; } svg .inside { fill: #fff; }
  svg .mid { text-anchor: middle; fill: #57606a; }
  footer { color: #57606a; margin-top: 2em; font-size: .85em; }`;

/** One self-contained page. */
export function reportHtml(report: ReportOf): string {
  const { environment, run } = report;
  const title = `${titleOf(report)} in ${environment}`;
  return [
    '<!doctype html>',
    `<html lang="en"><head><meta charset="utf-8"><title>${escape(title)}</title><style>${STYLE}</style></head><body>`,
    tag('h1', {}, escape(title)),
    ...outcomeLines(report),
    ...verdictLines(report),
    ...clientLines(report),
    drawing(report),
    tag('footer', {}, escape(`turnout, run ${run}. Hover over a bar for details.`)),
    '</body></html>',
    '',
  ].join('\n');
}

type EventOf<T extends RunEvent['type']> = Extract<RunEvent, { type: T }>;

function eventOf<T extends RunEvent['type']>({ frames }: ReportOf, type: T): EventOf<T> | undefined {
  return frames
    .flatMap((frame) => ('event' in frame && frame.event.type === type ? [frame.event as EventOf<T>] : []))
    .at(-1);
}

function titleOf(report: ReportOf): string {
  const started = eventOf(report, 'started');
  return [started?.verb, started?.release].filter((word) => word !== undefined).join(' ') || 'A run';
}

function outcomeLines(report: ReportOf): readonly string[] {
  const [started, finished] = [eventOf(report, 'started'), eventOf(report, 'finished')];
  const first = report.frames[0]?.at ?? 0;
  const by = started === undefined ? '' : `By ${started.who}, ${dateTime(first)}`;
  if (finished === undefined) return [tag('p', {}, escape(by))];
  const cost = `${duration(finished.seconds)}, ${count(finished.awsRequests, 'AWS request')}`;
  return [
    tag('p', {}, escape(`${by}, ${cost}.`)),
    tag('p', { class: finished.result }, `<b>${escape(finished.result)}</b>: ${escape(finished.message)}`),
    ...(finished.next.length === 0 ? [] : [tag('p', {}, `<b>Next</b>: ${finished.next.map(escape).join('<br>')}`)]),
  ];
}

function clientLines({ seen }: ReportOf): readonly string[] {
  if (seen === undefined) return [];
  const { requests, failed, latencyMs } = seen;
  const cells = [requests, failed, `${latencyMs.p50} ms`, `${latencyMs.p99} ms`, `${latencyMs.max} ms`];
  const heads = ['requests', 'failed', 'p50', 'p99', 'max'];
  const rows = [heads.map((word) => tag('th', {}, word)), cells.map((cell) => tag('td', {}, String(cell)))];
  return [
    tag('p', {}, `Clients of ${escape(seen.url)}:`),
    tag('table', {}, rows.map((row) => tag('tr', {}, row.join(''))).join('')),
    ...(seen.failures.length > 0 ? [tag('p', { class: 'failed' }, escape(seen.failures.join('; ')))] : []),
  ];
}

const VERDICT_CLASSES = { pass: 'verdict', fail: 'failed', inconclusive: 'undone' } as const;

/** The last word of each gate, by share of production. */
function verdictLines({ frames }: ReportOf): readonly string[] {
  const said = new Map<string, EventOf<'verdict'>>();
  for (const frame of frames)
    if ('event' in frame && frame.event.type === 'verdict')
      said.set(`${frame.event.percent} ${frame.event.gate}`, frame.event);
  const rows = [...said.values()].map(({ percent, gate, verdict, why, dryRun }) => {
    const short = [`${percent} %`, dryRun ? `${gate} (dry run)` : gate, verdict];
    const cells = [...short.map((cell) => tag('td', { class: 'short' }, escape(cell))), tag('td', {}, escape(why))];
    // What decides nothing is no failure of the run.
    return tag('tr', { class: dryRun ? 'verdict' : VERDICT_CLASSES[verdict] }, cells.join(''));
  });
  if (rows.length === 0) return [];
  const heads = ['share', 'gate', 'verdict', 'why'].map((word) => tag('th', {}, word));
  return [tag('table', {}, [tag('tr', {}, heads.join('')), ...rows].join(''))];
}

function drawing({ frames, samples, seen }: ReportOf): string {
  // Hours of samples are too many for the arguments of Math.min; both lists are in order of time.
  const times = [frames, samples].flatMap((list) => [...list.slice(0, 1), ...list.slice(-1)]).map(({ at }) => at);
  const axis: Axis = { from: Math.min(...times), to: Math.max(...times), width: WIDTH };
  const answers = seen === undefined ? [] : [answerLane(axis, summarize(seen.url, samples, PARTS))];
  return stacked([clockLane(axis), ...answers, stepLane(axis, frames), ...seenLanes(axis, frames)]);
}

function stacked(lanes: readonly Lane[]): string {
  let y = 0;
  const drawn = lanes.map(({ height, svg }) => {
    const group = tag('g', { transform: `translate(0 ${y})` }, svg);
    y += height;
    return group;
  });
  const box = { viewBox: `-30 0 ${WIDTH + 60} ${y}`, width: WIDTH + 60, height: y, role: 'img' };
  return tag('svg', box, drawn.join('\n'));
}
