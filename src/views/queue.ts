import type { RunAhead, RunEvent } from '../run/event.ts';
import { age, list } from '../domain/text.ts';

/** `Waiting for the lease, next in line: promote 42 by alice@ci has held it for 3 min (register 3 instances …).` */
export function queueText({ place, ahead }: Extract<RunEvent, { type: 'queued' }>, now: number): string {
  const others = ahead.filter((run) => !run.holds).map(runText);
  const sentences = [
    ...ahead.filter((run) => run.holds).map((run) => holds(run, now)),
    ...(others.length === 0 ? [] : [`${list(others, 3)} ${others.length === 1 ? 'comes' : 'come'} before this run`]),
  ];
  return `Waiting for the lease, ${place === 1 ? 'next in line' : `place ${place}`}: ${sentences.join('; ')}.`;
}

function holds(run: RunAhead, now: number): string {
  const doing = run.doing === '' ? '' : ` (${run.doing})`;
  return `${runText(run)} has held it for ${age((now - Date.parse(run.since)) / 1000)}${doing}`;
}

/** `promote 42 by alice@ci`. */
function runText({ verb, release, who }: RunAhead): string {
  return `${release === undefined ? verb : `${verb} ${release}`} by ${who}`;
}
