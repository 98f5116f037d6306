import type { Location } from '../domain/location.ts';
import { count, list } from '../domain/text.ts';
import { TOPICS, type Finding, type FindingState } from '../run/doctor/finding.ts';
import { locationLine } from './location.ts';
import { hanging, pad, painter, type Paint, type Style } from './text.ts';

/** What `doctor` shows. */
export interface DoctorReport {
  readonly environment: string;
  readonly location: Location | undefined;
  /** In the order of the topics. */
  readonly findings: readonly Finding[];
}

const MARKS: Readonly<Record<FindingState, readonly [mark: string, word: string, style: Style]>> = {
  ok: ['ok', '', 'green'],
  warning: ['! ', 'Warning: ', 'yellow'],
  failure: ['x ', 'Failure: ', 'red'],
  'not-checked': ['- ', 'Not checked: ', 'dim'],
};
const TOPIC_WIDTH = Math.max(...TOPICS.map((topic) => topic.length));
/** Commands are long: what can be done begins further left. */
const FIX = '    -> ';

/** One paragraph for all that is ok about a topic, and one for each other finding, with what can be done. */
export function doctorText({ environment, location, findings }: DoctorReport, width: number, colour = false): string {
  const paint = painter(colour);
  const topics = TOPICS.flatMap((topic) => {
    const some = findings.filter((one) => one.topic === topic);
    return some.length === 0 ? [] : topicLines(topic, some, width, paint);
  });
  return [
    paint('bold', `Doctor of ${environment}`),
    ...(location === undefined ? [] : [locationLine(location, paint)]),
    ...topics,
    summaryText(findings),
  ].join('\n');
}

function topicLines(topic: string, findings: readonly Finding[], width: number, paint: Paint): readonly string[] {
  const fine = findings.filter(({ state }) => state === 'ok').map(({ says }) => says);
  const rest = findings.filter(({ state }) => state !== 'ok');
  return [
    ...(fine.length === 0 ? [] : findingLines(topic, { state: 'ok', says: fine.join(' '), next: [] }, width, paint)),
    ...rest.flatMap((one) => findingLines(topic, one, width, paint)),
  ];
}

function findingLines(
  topic: string,
  { state, says, next: [fix] }: Pick<Finding, 'state' | 'says' | 'next'>,
  width: number,
  paint: Paint,
): readonly string[] {
  const [mark, word, style] = MARKS[state];
  const head = `${paint(style, mark)}  ${pad(topic, TOPIC_WIDTH)}  `;
  return [...hanging(head, word + says, width), ...(fix === undefined ? [] : hanging(FIX, fix, width))];
}

/** `1 failure, 2 warnings, 1 topic not checked.` */
function summaryText(findings: readonly Finding[]): string {
  const of = (state: FindingState): number => findings.filter((one) => one.state === state).length;
  const parts = [
    ...(of('failure') > 0 ? [count(of('failure'), 'failure')] : []),
    ...(of('warning') > 0 ? [count(of('warning'), 'warning')] : []),
    ...(of('not-checked') > 0 ? [`${of('not-checked')} not checked`] : []),
  ];
  return parts.length === 0 ? 'All is ok.' : `${list(parts)}; the rest is ok.`;
}

/** The same as data, for `doctor --json`; docs/json.md describes it. */
export function doctorData({ environment, location, findings }: DoctorReport) {
  return {
    type: 'doctor' as const,
    environment,
    location: location ?? null,
    failures: findings.filter(({ state }) => state === 'failure').length,
    findings,
  };
}
