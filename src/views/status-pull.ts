import { followProblems, runsText } from '../domain/following.ts';
import { ago } from '../domain/text.ts';
import { advisedIn, type StatusReport } from './status.ts';
import { headed, type Paint } from './text.ts';

/** Problems that are shown, of each kind one: a terminal of 24 lines has room for them. */
const NAMED = 4;

/** What new instances boot, who runs what, and which instance has not taken its release, and why. */
export function pullLines(report: StatusReport, width: number, paint: Paint): string[] {
  const { pull, snapshot } = report;
  if (pull === undefined) return [];
  const { pointer, instances } = pull;
  const boots =
    pointer === undefined
      ? 'There is no pointer yet: a new instance boots nothing.'
      : `New instances boot ${pointer.release} (pointer ${pointer.number}, by ${pointer.by}, ${ago((snapshot.at - Date.parse(pointer.at)) / 1000)}).`;
  const runs = instances.length === 0 ? '' : ` By their reports ${runsText(instances)}.`;
  const problems = followProblems(instances).map(({ says }) => says);
  const more =
    problems.length > NAMED
      ? [advisedIn(report, `${problems.length - NAMED} more: \`turnout status --json\` names them.`)]
      : [];
  return [
    ...headed('Releases:', pointer === undefined ? 'yellow' : 'bold', `${boots}${runs}`, width, paint),
    ...[...problems.slice(0, NAMED), ...more].flatMap((text) => headed('Follow:', 'yellow', text, width, paint)),
  ];
}
