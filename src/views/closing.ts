import type { Result, RunEvent } from '../run/event.ts';
import { hanging, headed, type Paint, type Style } from './text.ts';
import { count, duration } from '../domain/text.ts';

type Finished = Extract<RunEvent, { type: 'finished' }>;
type Started = Extract<RunEvent, { type: 'started' }>;

/** How each ending begins. */
export const HEADS: Readonly<Record<Result, readonly [Style, string]>> = {
  done: ['green', 'Done.'],
  planned: ['bold', 'Planned only, nothing was changed.'],
  refused: ['red', 'Refused, nothing was changed.'],
  undone: ['yellow', 'Undone.'],
  failed: ['red', 'Failed.'],
  interrupted: ['yellow', 'Interrupted.'],
};

/** `promote 42 in production, by alice@ci (run 0a1b2c)`. */
export function openingText(event: Started, paint: Paint): string {
  const what = event.release === undefined ? event.verb : `${event.verb} ${event.release}`;
  return `${paint('bold', `${what} in ${event.environment}`)}, by ${event.who} ${paint('dim', `(run ${event.run})`)}`;
}

/** How it ended, what can be done next, and what it cost. */
export function closingText(event: Finished, width: number, paint: Paint): string {
  const [style, head] = HEADS[event.result];
  const isProblem = event.result === 'refused' || event.result === 'failed';
  const sentence = isProblem ? `${event.message} (${event.code})` : event.message;
  const cost = `${duration(event.seconds)}, ${count(event.awsRequests, 'AWS request')}`;
  return [
    ...headed(head, style, sentence, width, paint),
    // One suggestion a line.
    ...event.next.flatMap((next, index) => hanging(index === 0 ? `${paint('bold', 'Next')}  ` : '      ', next, width)),
    paint('dim', cost),
  ].join('\n');
}
