import { count, dateTime, duration } from '../../domain/text.ts';
import type { RecordedFrame } from '../../probe/traffic-recorder.ts';
import { summarize, type Sample, type TrafficSeen } from '../../probe/seen.ts';
import type { RunEvent } from '../../run/event.ts';
import { answerLane, clockLane, seenLanes, stepLane, type Axis, type Lane } from './lanes.ts';
import { escape, paintDefinitions, tag } from './svg.ts';

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

const LIGHT =
  '--page: #fff; --ink: #1b1e23; --quiet: #57606a; --line: #d0d7de; --good: #1a7f37; --bad: #cf222e; --odd: #9a6700;';
const DARK =
  '--page: #15181d; --ink: #e6e9ee; --quiet: #9aa4b2; --line: #3a424d; --good: #4cc46a; --bad: #ff7b72; --odd: #e3b341;';

/** Light or dark as the reader has it, on paper always light; what is too wide scrolls by itself. */
export const PAGE_STYLE = `
  :root { color-scheme: light dark; ${LIGHT} }
  @media (prefers-color-scheme: dark) { :root { ${DARK} } }
  body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--page); margin: 2em auto; padding: 0 1em;
    max-width: ${WIDTH + 40}px; overflow-wrap: anywhere; }
  h1 { font-size: 1.4em; margin: 0; } h2 { font-size: 1.1em; margin: 1.2em 0 .3em; } p { margin: .4em 0; } ul { margin: .3em 0; padding-left: 1.3em; }
  .done { color: var(--good); } .failed, .refused { color: var(--bad); } .undone, .interrupted { color: var(--odd); }
  .scroll { overflow-x: auto; } table { border-collapse: collapse; margin: 1em 0; }
  td, th { text-align: left; padding: .15em 1.2em .15em 0; font-variant-numeric: tabular-nums; vertical-align: top; }
  .short { white-space: nowrap; overflow-wrap: normal; }
  tr + tr td { border-top: 1px solid var(--line); }
  svg.chart { display: block; margin-top: 1.5em; width: 100%; min-width: 680px; height: auto; }
  svg text { font: 12px system-ui, sans-serif; fill: var(--ink); }
  svg .head { font-weight: 600; } svg .small { fill: var(--quiet); font-size: 11px; } svg .inside { fill: #fff; }
  svg .mid { text-anchor: middle; fill: var(--quiet); }
  footer { color: var(--quiet); margin-top: 2em; font-size: .85em; }
  @media print {
    :root { color-scheme: light; ${LIGHT} } body { margin: 0; max-width: none; } .scroll { overflow: visible; } svg.chart { min-width: 0; }
    * { print-color-adjust: exact; -webkit-print-color-adjust: exact; } h2, tr, svg g { break-inside: avoid; } h2 { break-after: avoid; }
  }`;

/** One self-contained page. */
export function reportHtml(report: ReportOf): string {
  const { environment, run } = report;
  const title = `${titleOf(report)} in ${environment}`;
  return [
    '<!doctype html>',
    '<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">',
    `<title>${escape(title)}</title><style>${PAGE_STYLE}</style></head><body>`,
    tag('h1', {}, escape(title)),
    ...outcomeLines(report),
    ...reasonLines(report),
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

/** Why it ended like that, and what was worth a warning; each once. */
function reasonLines({ frames }: ReportOf): readonly string[] {
  const all = frames.flatMap((frame) => ('event' in frame ? [frame.event] : []));
  const reasons = all.flatMap((event) => {
    if (event.type === 'undoing') return [`It was undone: ${event.why}`];
    return event.type === 'step-failed' ? [`Step ${event.index + 1} failed: ${event.message}`] : [];
  });
  const warnings = all.flatMap((event) => (event.type === 'warning' ? [event.message] : []));
  return [...bullets('Reasons', reasons), ...bullets('Warnings', warnings)];
}

function bullets(title: string, lines: readonly string[]): readonly string[] {
  const items = [...new Set(lines)].map((line) => tag('li', {}, escape(line)));
  return items.length === 0 ? [] : [tag('h2', {}, title), tag('ul', {}, items.join(''))];
}

function clientLines({ seen }: ReportOf): readonly string[] {
  if (seen === undefined) return [];
  const { requests, failed, latencyMs } = seen;
  const cells = [requests, failed, `${latencyMs.p50} ms`, `${latencyMs.p99} ms`, `${latencyMs.max} ms`];
  const heads = ['requests', 'failed', 'p50', 'p99', 'max'];
  const rows = [heads.map((word) => tag('th', {}, word)), cells.map((cell) => tag('td', {}, String(cell)))];
  return [
    tag('p', {}, `Clients of ${escape(seen.url)}:`),
    tableOf(rows.map((row) => tag('tr', {}, row.join('')))),
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
  return [tableOf([tag('tr', {}, heads.join('')), ...rows])];
}

/** @param rows elements */
function tableOf(rows: readonly string[]): string {
  return tag('div', { class: 'scroll' }, tag('table', {}, rows.join('')));
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
  const box = { viewBox: `-30 0 ${WIDTH + 60} ${y}`, class: 'chart', role: 'img', 'aria-label': 'The run over time' };
  return tag('div', { class: 'scroll' }, tag('svg', box, paintDefinitions() + drawn.join('\n')));
}
