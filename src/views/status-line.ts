import type { OperatorError } from '../errors.ts';
import { liveFleets, roleOf } from '../domain/roles.ts';
import { subjectOf } from '../domain/goal.ts';
import { healthOf, type StatusReport } from './status.ts';
import { columns, cut, hanging, pad, painter, widthOf, type Paint } from './text.ts';
import { list } from '../domain/text.ts';

/** An environment of a folder of configs: what is there, or why that is not known. */
export interface Environment {
  /** As it was given, or as it is in the folder. */
  readonly file: string;
  readonly status: StatusReport | OperatorError;
}

/** A line for each environment, and more of them where the width is less than it takes. */
export function statusLines(all: readonly Environment[], width: number, colour = false): string {
  const paint = painter(colour);
  const rows = all.map(({ file, status }) =>
    status instanceof Error ? failed(file, status, paint) : row(status, paint),
  );
  const heads = columns(rows.map((cells) => [...cells.slice(0, -1), '']));
  const widest = Math.max(...heads.map(widthOf));
  return rows.flatMap((cells, i) => hanging(`${pad(heads[i] ?? '', widest)}  `, cells.at(-1) ?? '', width)).join('\n');
}

/** Of a reason; `turnout status` with that file has all of it. */
const WORDS_MAX = 120;

function failed(file: string, { message }: OperatorError, paint: Paint): readonly string[] {
  return [file, '', paint('red', 'not known'), cut(message.replaceAll(/\s+/g, ' '), WORDS_MAX)];
}

function row(report: StatusReport, paint: Paint): readonly string[] {
  const { environment, location, snapshot } = report;
  const pools = snapshot.pools.filter(({ role }) => role === 'production');
  const { healthy, registered } = healthOf(pools.flatMap(({ targets }) => targets));
  const style = healthy === 0 ? 'red' : healthy < registered ? 'yellow' : 'green';
  const where = location === undefined ? '' : `${location.account} ${location.region}`;
  const health = paint(style, `${healthy}/${registered} healthy`);
  return [environment, where, health, [fleets(report), ...attention(report, paint)].join('; ')];
}

/** `42 serves; 41 is parked`. */
function fleets({ snapshot }: StatusReport): string {
  const all = liveFleets(snapshot).map((fleet) => ({ release: fleet.release, role: roleOf(snapshot, fleet) }));
  const serving = all.filter(({ role }) => role === 'blue').map(({ release }) => release);
  const beside = all.filter(({ role }) => role !== 'blue').map(({ release, role }) => `${release} is ${role}`);
  const first =
    serving.length === 0 ? 'no fleet serves' : `${list(serving)} ${serving.length === 1 ? 'serves' : 'serve'}`;
  return [first, ...beside].join('; ');
}

function attention(
  { lease, goal, trouble, otherStore, movedByOthers, unreadable }: StatusReport,
  paint: Paint,
): readonly string[] {
  const stopped = goal && !lease ? `${goal.goal.verb} of ${subjectOf(goal.goal)} is unfinished` : undefined;
  return [
    ...(lease ? [paint('bold', `${lease.holder.verb} by ${lease.holder.who} is running`)] : []),
    ...[
      stopped,
      trouble && 'the store cannot be read',
      otherStore && 'another store keeps it',
      movedByOthers && 'moved by something other than turnout',
      unreadable.length > 0 && 'not all could be read',
    ].flatMap((text) => (typeof text === 'string' ? [paint('yellow', text)] : [])),
  ];
}
